"""From a page's record to the course of its runs: what is to be done again, and where runs go on from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.course import STOP, Course, Turn
from engine.events import Changed, Checkpoint
from sessions.record import Record, RunRecord


def course_again(record: Record) -> Course:
    """Return the course of a study that does all that was done to this one: changes, stops, and a branch's turns."""
    stops = tuple(
        Changed((place,), run.updates, STOP, 0.0) for place, run in enumerate(record.runs) if run.status == "stopped"
    )
    return _with_turns(record, (*changes_of(record), *stops))


def course_on(record: Record, checkpoints: Sequence[Checkpoint], seconds: float) -> Course:
    """Return the course of a study that goes on, from those checkpoints that fit the runs that are left."""
    course = _with_turns(record, changes_of(record))
    fitting = tuple(one for one in checkpoints if _fits(one, record))
    return replace(course, checkpoints=fitting, checkpoint_seconds=seconds)


def changes_of(record: Record) -> tuple[Changed, ...]:
    """Return what a person changed on the way of the runs; an edited page may speak of runs that it does not have."""
    known = set(range(len(record.runs)))
    told = ((tuple(run for run in one.runs if run in known), one) for one in record.interventions)
    return tuple(Changed(runs, one.update, one.key, one.value) for runs, one in told if runs)


def turns_of(record: Record) -> tuple[Turn, ...]:
    """Return the turns of a branch, its ancestors' first; none where it is no branch."""
    branch = record.branch
    return () if branch is None else tuple(Turn(*turn) for turn in zip(branch.epochs, branch.settings, strict=True))


def _with_turns(record: Record, changes: tuple[Changed, ...]) -> Course:
    branch = record.branch
    if branch is None:
        return Course(changes=changes)
    return Course((), changes, turns_of(record), branch.parent, branch.parent_created)


def _fits(checkpoint: Checkpoint, record: Record) -> bool:
    """Tell whether the record knows every epoch of the checkpoint's runs up to there."""
    known = [record.runs[run] for run in checkpoint.runs if 0 <= run < len(record.runs)]
    return len(known) == len(checkpoint.runs) and all(_is_known(run, checkpoint) for run in known)


def _is_known(run: RunRecord, checkpoint: Checkpoint) -> bool:
    curves = [*run.train_curves.values(), *run.validation_curves.values()]
    every = list(range(1, checkpoint.epoch + 1))
    return (
        checkpoint.update == checkpoint.epoch * run.updates_per_epoch
        and bool(run.train_curves)
        and all(curve.until(checkpoint.epoch).epochs.tolist() == every for curve in curves)
    )
