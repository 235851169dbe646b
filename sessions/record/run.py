"""The record of one run, and what each event makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from engine.events import Columns, EpochEnded, Figures, RunEnded, RunsFailed, RunsStarted, StudyStarted
from sessions.curve import Curve

Curves: TypeAlias = dict[str, Curve]

CURVES = ("train_curves", "validation_curves")
OVER = {"finished", "stopped", "diverged", "failed"}


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run: where it stands, and what came of it."""

    label: str
    role: str = "candidate"
    setting: int = 0
    """Its setting in the record's list, counted from 0."""
    restart: int = 1
    repeat: int = 1
    fold: int = 1
    status: str = "waiting"
    epoch: int = 0
    epochs: int = 0
    """How many are planned; `epoch` is how many there were."""
    parameters: int = 0
    train_rows: int = 0
    validation_rows: int = 0
    test_rows: int = 0
    updates_per_epoch: int = 0
    updates: int = 0
    seconds: float = 0.0
    best_epoch: int | None = None
    train_curves: Curves = field(default_factory=dict)
    validation_curves: Curves = field(default_factory=dict)
    train: Figures | None = None
    validation: Figures | None = None
    test: Figures | None = None
    coefficients: Figures | None = None
    solution: Figures | None = None
    sha256: str = ""
    problem: str = ""
    bad_input: bool = False
    """Whether it failed because the experiment cannot be."""
    bad_key: str = ""
    again: str = ""
    """Why it was trained a second time: how its first worker died."""


def planned(event: StudyStarted) -> tuple[RunRecord, ...]:
    """Return the runs that a study begins with, all waiting."""
    settings = event.setting_of or (0,) * len(event.labels)
    places = zip(event.labels, settings, event.restarts, event.repeats, event.folds, strict=True)
    return tuple(
        RunRecord(label, "candidate", setting, restart, repeat, fold, epochs=event.epochs)
        for label, setting, restart, repeat, fold in places
    )


def started(run: RunRecord, event: RunsStarted) -> RunRecord:
    """Return a run at its start; with what it had reached where it goes on from a checkpoint."""
    return replace(
        run,
        status="training",
        epoch=event.epoch,
        updates=event.epoch * event.updates_per_epoch,
        train_curves=_until(run.train_curves, event.epoch),
        validation_curves=_until(run.validation_curves, event.epoch),
        epochs=event.epochs,
        parameters=event.parameters,
        train_rows=event.train_rows,
        validation_rows=event.validation_rows,
        test_rows=event.test_rows,
        updates_per_epoch=event.updates_per_epoch,
    )


def _until(curves: Curves, epoch: int) -> Curves:
    return {name: curve.until(epoch) for name, curve in curves.items()} if epoch else {}


def grown(run: RunRecord, epochs: Sequence[tuple[EpochEnded, int]]) -> RunRecord:
    """Return a run after epochs that ended: the events, and its place in each of them."""
    last, _ = epochs[-1]
    return replace(
        run,
        epoch=last.epoch,
        updates=last.epoch * run.updates_per_epoch,
        seconds=last.seconds / len(last.runs),
        train_curves=_longer(run.train_curves, [(event.epoch, event.train, place) for event, place in epochs]),
        validation_curves=_longer(
            run.validation_curves, [(event.epoch, event.validation, place) for event, place in epochs]
        ),
    )


def _longer(curves: Curves, epochs: Sequence[tuple[int, Columns, int]]) -> Curves:
    _, last, _ = epochs[-1]
    numbers = [epoch for epoch, _, _ in epochs]
    back = next((place for place in range(len(numbers) - 1, 0, -1) if numbers[place] <= numbers[place - 1]), 0)
    if back:
        # It began again, and the line of a damaged journal that says so is lost.
        return _longer(_longer(curves, epochs[:back]), epochs[back:])
    return {
        name: _before(curves.get(name), numbers[0]).with_points(
            numbers, [columns[name][place] for _, columns, place in epochs]
        )
        for name in last
    }


def _before(curve: Curve | None, epoch: int) -> Curve:
    if curve is None:
        return Curve()
    return curve if curve.last_epoch < epoch else curve.until(epoch - 1)


def ended(run: RunRecord, event: RunEnded) -> RunRecord:
    """Return a run that is over, with the figures of the weights that are kept."""
    return replace(
        run,
        status=event.status,
        epoch=event.epochs,
        best_epoch=event.best_epoch,
        updates=event.updates,
        seconds=event.seconds,
        train=event.train or None,
        validation=event.validation,
        test=event.test,
        coefficients=event.coefficients,
        solution=event.solution,
        sha256=event.sha256,
        problem=f"the loss is no longer a number after epoch {event.epochs}" if event.status == "diverged" else "",
    )


def failed(run: RunRecord, event: RunsFailed) -> RunRecord:
    """Return a run that has failed, with the problem and the next step as one text."""
    why = f"{event.problem}; {event.hint}" if event.hint else event.problem
    return replace(run, status="failed", problem=why, bad_input=event.bad_input, bad_key=event.key)
