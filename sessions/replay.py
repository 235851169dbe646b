"""Replay: the events of a study again, out of its record.

Folding them gives the record they came from, so the panels that showed the study live show it again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
from sessions.record import Record, RunRecord, fold

LEAST_SECONDS = 10.0
"""At speed 1 a replay takes at least so long: many a study is over before one has looked up."""


@dataclass(frozen=True, slots=True)
class Beat:
    """What happened at one epoch of all runs that trained side by side."""

    epoch: int
    events: tuple[Event, ...]


class Tape:
    """A record's course as beats, and the record as it stood after any number of them."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.beats = tuple(beats(record))

    def __len__(self) -> int:
        return len(self.beats)

    def at(self, position: int) -> Record:
        """Return the record after so many beats, from the beginning."""
        return fold(event for beat in self.beats[:position] for event in beat.events)

    def pace(self) -> float:
        """Return the beats a second of speed 1: as quick as it was, but never over in less than ten seconds."""
        seconds = max((run.seconds for run in self.record.runs), default=0.0) * max(1, len(self.record.candidates))
        return len(self) / max(seconds, LEAST_SECONDS)


def beats(record: Record) -> Iterator[Beat]:
    """Yield the beats of a record, the refit's after the candidates'; the last holds each run's end."""
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
    yield Beat(0, (*opening, *record.baselines, *_starts(candidates)))
    yield from _course(candidates, record)
    if record.chosen is not None:
        yield Beat(0, (SettingChosen(record.chosen, record.chosen_by),))
    for place, run in numbered:
        if run.role == "refit":
            planned = RefitPlanned(place, run.label, run.epochs, record.refit_reason, run.setting)
            yield Beat(0, (planned, *_starts([(place, run)])))
            yield from _course([(place, run)], record)
    yield Beat(max((run.epoch for run in record.runs), default=0), (StudyEnded(record.status),))


def _starts(runs: Sequence[tuple[int, RunRecord]]) -> Iterator[Event]:
    for place, run in runs:
        if run.again:
            yield RunsAgain((place,), run.again)
        if run.parameters:
            yield RunsStarted(
                (place,),
                run.parameters,
                run.train_rows,
                run.validation_rows,
                run.test_rows,
                run.updates_per_epoch,
                run.epochs,
            )


def _course(runs: Sequence[tuple[int, RunRecord]], record: Record) -> Iterator[Beat]:
    """Yield a beat for each epoch that any of the runs has a point at, with the ends of those that end there."""
    points: dict[int, list[tuple[int, RunRecord]]] = {}
    for place, run in runs:
        curve = next(iter(run.train_curves.values()), None)
        for epoch in [] if curve is None else curve.epochs.tolist():
            points.setdefault(epoch, []).append((place, run))
    looked_up = {
        (place, part, name): dict(curve)
        for place, run in runs
        for part, curves in (("train", run.train_curves), ("validation", run.validation_curves))
        for name, curve in curves.items()
    }
    changes = list(record.interventions)
    open_runs = dict(runs)
    last = max(points, default=0)
    for epoch in sorted(points):
        said: list[Event] = []
        here = points[epoch]
        ended_update = epoch * (here[0][1].updates_per_epoch or 1)
        while changes and changes[0].update < ended_update and set(changes[0].runs) & set(open_runs):
            change = changes.pop(0)
            said.append(Changed(change.runs, change.update, change.key, change.value))
        said += [_epoch(epoch, group, looked_up) for group in _alike(here)]
        for place, run in list(open_runs.items()):
            if run.epoch <= epoch or epoch == last:
                said += _ending(place, run)
                del open_runs[place]
        yield Beat(epoch, tuple(said))
    left = [event for place, run in open_runs.items() for event in _ending(place, run)]
    if left:
        yield Beat(last, tuple(left))


def _alike(runs: Sequence[tuple[int, RunRecord]]) -> list[list[tuple[int, RunRecord]]]:
    """Group runs with curves of the same names: an event holds a value of each for each run."""
    groups: dict[tuple[object, ...], list[tuple[int, RunRecord]]] = {}
    for place, run in runs:
        groups.setdefault((tuple(run.train_curves), tuple(run.validation_curves)), []).append((place, run))
    return list(groups.values())


def _epoch(
    epoch: int, group: Sequence[tuple[int, RunRecord]], values: dict[tuple[int, str, str], dict[int, float]]
) -> EpochEnded:
    first = group[0][1]
    columns = {
        part: {name: tuple(values[place, part, name].get(epoch, math.nan) for place, _ in group) for name in curves}
        for part, curves in (("train", first.train_curves), ("validation", first.validation_curves))
    }
    seconds = sum(run.seconds * epoch / max(1, run.epoch) for _, run in group)
    return EpochEnded(tuple(place for place, _ in group), epoch, columns["train"], columns["validation"], seconds)


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
