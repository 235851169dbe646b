"""The learning rate of a study that trains, as a person changes it on the way. Pure."""

from __future__ import annotations

from engine.errors import LabError
from engine.experiment import Experiment
from sessions.course_of import turns_of
from sessions.record import Record
from tui.numbers import short

KEY = "learning_rate"
FULL = f"training.{KEY}"
LOWEST, HIGHEST = 1e-12, 1e6


def rate_of(experiment: Experiment, record: Record) -> float:
    """Return the learning rate that all runs have now, before their schedule.

    Raises
    ------
    LabError
        Where there is none, or settings of a sweep have their own.
    """
    if not experiment.training.optimizer.iterates:
        raise LabError("a closed form has no learning rate", "choose another optimizer in the training panel")
    if {FULL, "training.optimizer"} & set(experiment.sweep.keys):
        raise LabError("the settings of this sweep have learning rates of their own", "stop it (x) and change those")
    reached = max((run.epoch for run in record.runs), default=0)
    told = [
        (float(turn.epoch), float(turn.settings[FULL]))
        for turn in turns_of(record)
        if FULL in turn.settings and turn.epoch <= reached
    ]
    told += [
        (one.update / max(1, record.runs[one.runs[0]].updates_per_epoch), one.value)
        for one in record.interventions
        if one.key == KEY and one.runs and one.runs[0] < len(record.runs)
    ]
    if not told:
        return experiment.training.optimizer.learning_rate
    _, latest = max(enumerate(told), key=lambda numbered: (numbered[1][0], numbered[0]))
    return latest[1]


def changed_rate(before: float, factor: float) -> float:
    """Return a learning rate times a factor.

    Raises
    ------
    LabError
        Where it would leave what a learning rate can be.
    """
    after = before * factor
    if not LOWEST <= after <= HIGHEST:
        raise LabError(f"the learning rate is {short(before)}", f"it stays between {LOWEST:g} and {HIGHEST:g}")
    return after
