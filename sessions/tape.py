"""A record's course as a tape: what was known after any number of beats, at once."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace
from itertools import accumulate

from engine.events import RunEnded
from sessions.record import CURVES, Record, RunRecord, fold
from sessions.replay import alike, bare_beats, seconds_of

LEAST_SECONDS = 10.0
"""At speed 1 a replay takes at least so long: many a study is over before one has looked up."""


class Tape:
    """A record's course as beats, and the record as it stood after any number of them."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.beats = tuple(bare_beats(record))
        """Without the figures of their epochs."""
        self._bones: list[tuple[int, Record]] = [(0, Record())]
        """After which beats something else than figures was said, and the record of that alone."""
        self._ended_at: dict[int, int] = {}
        """After which beat a run had come to its end."""
        for number, beat in enumerate(self.beats, start=1):
            if beat.events:
                self._bones.append((number, fold(beat.events, self._bones[-1][1])))
            self._ended_at |= {event.run: number for event in beat.events if isinstance(event, RunEnded)}
        self._places: dict[str, list[tuple[int, int]]] = {}
        """Of each course the epochs, ascending, with the number of beats after which each has ended."""
        for number, beat in enumerate(self.beats, start=1):
            self._places.setdefault(beat.role, []).append((beat.epoch, number))
        self._known_seconds: dict[tuple[str, int], dict[int, float]] = {}
        roles = accumulate((beat.role for beat in self.beats), _last_said, initial="candidate")
        self._roles = tuple(roles)

    def __len__(self) -> int:
        return len(self.beats)

    def at(self, position: int) -> Record:
        """Return the record after so many beats from the beginning: what folding them gives, at the cost of one."""
        position = min(max(position, 0), len(self))
        _, bones = self._bones[bisect_right(self._bones, position, key=lambda bone: bone[0]) - 1]
        reached = {role: self._reached(role, position) for role in ("candidate", "refit")}
        return replace(
            bones,
            runs=tuple(self._run(place, run, reached[run.role], position) for place, run in enumerate(bones.runs)),
        )

    def _run(self, place: int, bones: RunRecord, epoch: int, position: int) -> RunRecord:
        """Return a run with its figures up to an epoch; its end, if it has come, has said all else."""
        whole = self.record.runs[place]
        train, validation = (
            {name: part for name, curve in getattr(whole, curves).items() if len(part := curve.until(epoch))}
            for curves in CURVES
        )
        if not train:
            return bones
        if self._ended_at.get(place, len(self) + 1) <= position:
            return replace(bones, train_curves=train, validation_curves=validation)
        last = next(iter(train.values())).last_epoch
        return replace(
            bones,
            epoch=last,
            updates=last * bones.updates_per_epoch,
            seconds=self._seconds(place, last, whole.role),
            train_curves=train,
            validation_curves=validation,
        )

    def _seconds(self, place: int, epoch: int, role: str) -> float:
        """Return a run's share of the time that those beside it had taken together."""
        known = self._known_seconds
        if (role, epoch) not in known:
            beat = self.beats[self.position_of(epoch, role) - 1]
            groups = alike([(run, self.record.runs[run]) for run in beat.measured])
            known[role, epoch] = {run: seconds_of(group, epoch) / len(group) for group in groups for run, _ in group}
        return known[role, epoch][place]

    def _reached(self, role: str, position: int) -> int:
        """Return the last epoch of a course within so many beats."""
        places = self._places.get(role, [])
        number = bisect_right(places, position, key=lambda place: place[1])
        return places[number - 1][0] if number else 0

    def where(self, position: int) -> tuple[str, int]:
        """Return whose course goes on after so many beats, the candidates' or the refit's, and its last epoch."""
        role = self._roles[min(max(position, 0), len(self))]
        return role, self._reached(role, position)

    def last_epoch(self, role: str) -> int:
        """Return the last epoch of a course; 0 where there is none."""
        return self._places[role][-1][0] if role in self._places else 0

    def position_of(self, epoch: int, role: str = "candidate") -> int:
        """Return after how many beats an epoch of a course has ended, or the next one that has figures."""
        places = self._places.get(role) or [(0, 0)]
        return places[min(bisect_left(places, (epoch, 0)), len(places) - 1)][1]

    def pace(self) -> float:
        """Return the beats a second of speed 1: as quick as it was, but never over in less than ten seconds."""
        seconds = max((run.seconds for run in self.record.runs), default=0.0) * max(1, len(self.record.candidates))
        return len(self) / max(seconds, LEAST_SECONDS)


def _last_said(before: str, role: str) -> str:
    return role or before
