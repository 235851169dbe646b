"""Replay: the events of a study again, out of its record.

Folding them gives the record they came from, so the panels that showed the study live show it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import nan
from typing import TypeAlias

from engine.events import (
    Changed,
    EpochEnded,
    Event,
    RefitPlanned,
    RunEnded,
    RunsAgain,
    RunsFailed,
    RunsStarted,
    SettingChosen,
    StudyEnded,
    StudyStarted,
)
from sessions.record import Record, RunRecord

Numbered: TypeAlias = Sequence[tuple[int, RunRecord]]
"""Runs with their places in the record."""


@dataclass(frozen=True, slots=True)
class Beat:
    """What happened at one epoch of all runs that trained side by side."""

    epoch: int
    events: tuple[Event, ...]
    role: str = ""
    """Whose course it belongs to, the candidates' or the refit's; empty for what is said between and after them."""
    measured: tuple[int, ...] = ()
    """The runs that have figures of this epoch."""


def beats(record: Record) -> Iterator[Beat]:
    """Yield the beats of a record, the refit's after the candidates'; the last holds each run's end."""
    return _beats(record, with_figures=True)


def bare_beats(record: Record) -> Iterator[Beat]:
    """Yield the same beats without the figures of their epochs, which are most of what there is to say."""
    return _beats(record, with_figures=False)


def _beats(record: Record, *, with_figures: bool) -> Iterator[Beat]:
    opening: list[Event] = [
        StudyStarted(
            labels=tuple(run.label for run in record.candidates),
            restarts=tuple(run.restart for run in record.candidates),
            repeats=tuple(run.repeat for run in record.candidates),
            folds=tuple(run.fold for run in record.candidates),
            epochs=max((run.epochs for run in record.candidates), default=0),
            settings=record.settings,
            setting_of=tuple(run.setting for run in record.candidates),
        )
    ]
    opening += [part for part in (record.branch, record.environment, *record.all_data) if part is not None]
    numbered = list(enumerate(record.runs))
    candidates = [(place, run) for place, run in numbered if run.role == "candidate"]
    yield Beat(0, (*opening, *record.baselines, *_starts(candidates)), "candidate")
    yield from _course(candidates, record, with_figures=with_figures)
    if record.chosen is not None:
        yield Beat(0, (SettingChosen(record.chosen, record.chosen_by),))
    for place, run in numbered:
        if run.role == "refit":
            planned = RefitPlanned(place, run.label, run.epochs, record.refit_reason, run.setting)
            yield Beat(0, (planned, *_starts([(place, run)])), "refit")
            yield from _course([(place, run)], record, with_figures=with_figures)
    yield Beat(max((run.epoch for run in record.runs), default=0), (StudyEnded(record.status),))


def _starts(runs: Numbered) -> Iterator[Event]:
    for place, run in runs:
        if run.again:
            yield RunsAgain((place,), run.again)
    alike: dict[tuple[int, ...], list[int]] = {}
    for place, run in runs:
        rows = run.train_rows, run.validation_rows, run.test_rows
        if run.parameters:
            alike.setdefault((run.parameters, *rows, run.updates_per_epoch, run.epochs), []).append(place)
    for numbers, places in alike.items():
        yield RunsStarted(tuple(places), *numbers)


def _course(runs: Numbered, record: Record, *, with_figures: bool) -> Iterator[Beat]:
    """Yield a beat for each epoch that any of the runs has a point at, with the ends of those that end there."""
    points = _points(runs)
    places = {place for place, _ in runs}
    changes = [change for change in record.interventions if places & set(change.runs)]
    open_runs = dict(runs)
    role, last = runs[0][1].role if runs else "candidate", max(points, default=0)
    values = _values(runs) if with_figures else {}
    for epoch in sorted(points):
        said: list[Event] = []
        while changes and (epoch == last or changes[0].update < epoch * _per_epoch(changes[0].runs, record)):
            change = changes.pop(0)
            said.append(Changed(change.runs, change.update, change.key, change.value))
        if with_figures:
            here = [(place, record.runs[place]) for place in points[epoch]]
            said += [_epoch(epoch, group, values) for group in alike(here)]
        for place, run in list(open_runs.items()):
            if run.epoch <= epoch or epoch == last:
                said += _ending(place, run)
                del open_runs[place]
        yield Beat(epoch, tuple(said), role, points[epoch])
    left: list[Event] = [Changed(one.runs, one.update, one.key, one.value) for one in changes]
    left += [event for place, run in open_runs.items() for event in _ending(place, run)]
    if left:
        yield Beat(last, tuple(left), role)


def _points(runs: Numbered) -> dict[int, tuple[int, ...]]:
    """Return the epochs with figures, and whose they are: most runs have theirs at the same ones."""
    together: dict[bytes, tuple[list[int], list[int]]] = {}
    for place, run in runs:
        curve = next(iter(run.train_curves.values()), None)
        if curve is not None:
            epochs = curve.epochs
            together.setdefault(epochs.tobytes(), (epochs.tolist(), []))[1].append(place)
    points: dict[int, tuple[int, ...]] = {}
    for numbers, places in together.values():
        shared = tuple(places)
        for epoch in numbers:
            points[epoch] = tuple(sorted((*points[epoch], *shared))) if epoch in points else shared
    return points


def _per_epoch(runs: Sequence[int], record: Record) -> int:
    return next((record.runs[run].updates_per_epoch for run in runs if 0 <= run < len(record.runs)), 0) or 1


def alike(runs: Numbered) -> list[list[tuple[int, RunRecord]]]:
    """Group runs with curves of the same names: an event holds a value of each for each run."""
    groups: dict[tuple[object, ...], list[tuple[int, RunRecord]]] = {}
    for place, run in runs:
        groups.setdefault((tuple(run.train_curves), tuple(run.validation_curves)), []).append((place, run))
    return list(groups.values())


def seconds_of(group: Numbered, epoch: int) -> float:
    """Return the time that runs side by side had taken at an epoch, together."""
    return sum(run.seconds * epoch / max(1, run.epoch) for _, run in group)


Values: TypeAlias = dict[tuple[int, str, str], dict[int, float]]


def _values(runs: Numbered) -> Values:
    return {
        (place, part, name): dict(curve)
        for place, run in runs
        for part, curves in (("train", run.train_curves), ("validation", run.validation_curves))
        for name, curve in curves.items()
    }


def _epoch(epoch: int, group: Numbered, values: Values) -> EpochEnded:
    first = group[0][1]
    columns = {
        # In a damaged page a figure may have no value where the others have one.
        part: {name: tuple(values[place, part, name].get(epoch, nan) for place, _ in group) for name in curves}
        for part, curves in (("train", first.train_curves), ("validation", first.validation_curves))
    }
    runs = tuple(place for place, _ in group)
    return EpochEnded(runs, epoch, columns["train"], columns["validation"], seconds_of(group, epoch))


def _ending(place: int, run: RunRecord) -> Iterator[Event]:
    if run.status == "failed":
        yield RunsFailed((place,), run.problem, "", bad_input=run.bad_input, key=run.bad_key)
    elif run.status in {"finished", "stopped", "diverged"}:
        yield RunEnded(
            run=place,
            status=run.status,
            epochs=run.epoch,
            best_epoch=run.best_epoch,
            updates=run.updates,
            seconds=run.seconds,
            train=run.train or {},
            validation=run.validation,
            test=run.test,
            coefficients=run.coefficients,
            solution=run.solution,
            weights="",
            sha256=run.sha256,
        )
