"""What a study that was stopped or killed still has to do: the runs that finished stay, the rest is trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.course import Course
from engine.errors import LabError
from engine.events import Checkpoint, DataRead, Event, RunEnded, StudyEnded
from engine.experiment import Experiment
from engine.plan import RunSpec, plan, settings_of, varies_data, wants_refit, what_baselines_see
from sessions.checkpoints import SECONDS
from sessions.course_of import course_on
from sessions.page import Page
from sessions.record import Record, RunRecord
from sessions.replay import beats

KEPT = {"finished", "diverged"}
"""A run that has come to one of these ends would come to it again."""
CUT_SHORT = {"stopped", "interrupted"}
"""A study that ended so may lack baselines where every run has finished."""


@dataclass(frozen=True, slots=True)
class Left:
    """How a study goes on."""

    opening: tuple[Event, ...]
    """What was said of the runs that stay, from the start of the study on."""
    ends: dict[int, RunEnded]
    """The ends of the runs that stay."""
    measured: tuple[tuple[int, str], ...]
    """Setting and name of each baseline that stays."""
    data: tuple[DataRead, ...]
    """What the runs that stay have learned from."""
    course: Course
    """From which checkpoints the others go on, and what is done to them again."""


def left_of(page: Page, checkpoints: Sequence[Checkpoint] = ()) -> Left | None:
    """Return how the study of a page goes on; None where nothing is left to do.

    A run that had begun goes on from its checkpoint, or else from its start, to the bits that it would have had.

    Raises
    ------
    LabError
        Where the page has no runs, or is of another experiment by now.
    """
    record = page.record
    if record is None or not record.runs:
        raise LabError("has no runs to go on with", "train it: lossbook run SESSION")
    specs = plan(page.experiment)
    if _is_another(page.experiment, record, specs):
        raise LabError(
            "the experiment has been edited since, so its runs are others",
            "undo that, or train it anew: lossbook run SESSION",
        )
    stay = {place for place, run in enumerate(record.candidates) if run.status in KEPT}
    refitted = record.refit is not None and record.refit.status in KEPT
    # A refit begins when all else is done, so what has one lacks nothing.
    complete = refitted if wants_refit(page.experiment) else record.status not in CUT_SHORT
    if len(stay) == len(specs) and complete:
        return None
    course = course_on(record, checkpoints, SECONDS)
    runs = tuple(
        run if place in stay else _begun(run, course.start_of(place)) for place, run in enumerate(record.candidates)
    )
    refit = record.refit
    # Where a fold is trained once more, its figures may choose another setting or number of epochs.
    going_on = refit is not None and len(stay) == len(specs) and course.start_of(len(runs)) > 0
    if refit is not None and going_on:
        runs = (*runs, _begun(refit, course.start_of(len(runs))))
    kept = replace(record, status="training", runs=runs, looks_before=0)
    if not going_on:
        kept = replace(kept, chosen=None, chosen_by="", refit_reason="")
        if len(set(map(what_baselines_see, record.settings))) > 1:
            # They are tested for the chosen setting alone, which may be another one now.
            kept = replace(kept, baselines=tuple(replace(one, test=None) for one in record.baselines))
    said = [event for beat in beats(kept) for event in beat.events if not isinstance(event, StudyEnded)]
    ends = {event.run: event for event in said if isinstance(event, RunEnded)}
    # A page of an older version does not say which settings had which data.
    data = tuple(one for one in record.all_data if one.read_for or not varies_data(page.experiment))
    return Left(tuple(said), ends, tuple((one.setting, one.name) for one in record.baselines), data, course)


def furthest(before: Record, now: Record) -> Record:
    """Return the record of a study that went on, with what it has not yet come to again as it was before.

    Of each run the one that came further counts, so that a study which is stopped again has lost nothing.
    """
    pairs = enumerate(zip(before.runs, now.runs, strict=False))
    older = {place for place, (old, new) in pairs if new.status not in KEPT and old.epoch > new.epoch}
    runs = tuple(before.runs[place] if place in older else run for place, run in enumerate(now.runs))
    lacking = before.runs[len(runs) :]
    older |= {len(runs) + number for number in range(len(lacking))}
    done = [
        replace(one, runs=tuple(run for run in one.runs if (run in older) == (source is before)))
        for source in (before, now)
        for one in source.interventions
    ]
    kept = replace(now, runs=(*runs, *lacking), interventions=tuple(one for one in done if one.runs))
    if lacking:
        kept = replace(kept, chosen=before.chosen, chosen_by=before.chosen_by, refit_reason=before.refit_reason)
    return kept


def _is_another(experiment: Experiment, record: Record, specs: Sequence[RunSpec]) -> bool:
    """Tell whether a page has another experiment than the one that was run.

    `choose_by` and `validation.refit` change no run, and are held to all the same: who may choose the figure that
    chooses after the runs have been seen chooses by them. Pages that do not say what was run have the same plan.
    """
    if record.origin.experiment:
        return True
    labels = [spec.label for spec in specs]
    return labels != [run.label for run in record.candidates] or settings_of(experiment) != list(record.settings)


def _begun(run: RunRecord, epoch: int) -> RunRecord:
    """Return a run as it was after an epoch; after none, as it was planned."""
    if epoch:
        curves = [
            {name: curve.until(epoch) for name, curve in part.items()}
            for part in (run.train_curves, run.validation_curves)
        ]
        updates = epoch * run.updates_per_epoch
        return replace(
            run, status="training", epoch=epoch, updates=updates, train_curves=curves[0], validation_curves=curves[1]
        )
    return RunRecord(run.label, run.role, run.setting, run.restart, run.repeat, run.fold, epochs=run.epochs)
