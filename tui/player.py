"""A replay's position, speed and pause: pure but for the clock that is handed in."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from engine.errors import LabError
from sessions.moments import Moment, moments_of
from sessions.record import Record
from sessions.tape import Tape

SLOWEST, FASTEST = 1 / 64, 256.0
AN_EPOCH = re.compile(r"(?P<refit>refit\s+)?(?P<epoch>\d{1,12})")


@dataclass(slots=True)
class Player:
    """Plays a tape. `tick` moves it on; everything else is where and how fast."""

    tape: Tape
    speed: float = 1.0
    playing: bool = True
    position: float = 0.0
    marks: tuple[tuple[int, Moment], ...] = ()
    """After how many beats something happened, ascending."""
    _known: tuple[int, Record] = (0, Record())

    @classmethod
    def of(cls, tape: Tape, notes: str = "", speed: float = 1.0) -> Player:
        """Return a player of a tape, with the marks of its record and of the notes of its page."""
        marks = [(tape.position_of(one.epoch, one.role), one) for one in moments_of(tape.record, notes)]
        return cls(tape, speed, marks=tuple(sorted(marks, key=lambda mark: mark[0])))

    def take(self, tape: Tape, notes: str = "") -> None:
        """Go on with a tape of the same study that has more points, from the same epoch."""
        role, epoch = self.tape.where(int(self.position))
        is_at_start, is_at_end = self.position < 1, self.over
        other = Player.of(tape, notes)
        self.tape, self.marks, self._known = tape, other.marks, (0, Record())
        position = tape.position_of(epoch, role)
        self.position = 0.0 if is_at_start else float(len(tape) if is_at_end else position)

    def tick(self, seconds: float) -> None:
        """Let so much time pass."""
        if self.playing:
            self.position = min(self.position + seconds * self.tape.pace() * self.speed, float(len(self.tape)))
            if self.over:
                self.playing = False

    @property
    def over(self) -> bool:
        """Whether the end is reached."""
        return self.position >= len(self.tape)

    @property
    def record(self) -> Record:
        """The record as it stood at the position."""
        wanted = int(self.position)
        if self._known[0] != wanted:
            self._known = wanted, self.tape.at(wanted)
        return self._known[1]

    @property
    def share(self) -> float:
        """How much of the tape has been played, 0 to 1."""
        return self.position / max(1, len(self.tape))

    def toggle(self) -> None:
        """Hold or go on; at the end, from the start."""
        if self.over and not self.playing:
            self.position = 0.0
        self.playing = not self.playing

    def faster(self, factor: float) -> None:
        """Multiply the speed."""
        self.speed = min(max(self.speed * factor, SLOWEST), FASTEST)

    def seek(self, position: float) -> None:
        """Go to a beat."""
        self.position = min(max(position, 0.0), float(len(self.tape)))

    def go_to(self, asked: str) -> None:
        """Go to an epoch of what plays, or of the refit, and hold there: `120`, `refit 20`.

        Raises
        ------
        LabError
            Where it is no epoch, or there is none so late.
        """
        found = AN_EPOCH.fullmatch(asked.strip().casefold())
        if found is None:
            raise LabError("that is no epoch", "a number such as 120, or refit 20")
        role = "refit" if found["refit"] else self.tape.where(int(self.position))[0]
        last = self.tape.last_epoch(role)
        if role == "refit" and self.tape.record.refit is None:
            raise LabError("there is no refit on this page", "a number such as 120")
        if int(found["epoch"]) > last:
            raise LabError(f"there is no epoch {found['epoch']}", f"they go from 0 to {last}")
        self.playing = False
        self.position = float(self.tape.position_of(int(found["epoch"]), role))

    # Marks

    def to_mark(self, direction: int) -> bool:
        """Go to the next mark, or with −1 to the one before, and hold there; tell whether there is one."""
        here = int(self.position)
        ahead = [place for place, _ in self.marks if (place > here if direction > 0 else place < here)]
        if ahead:
            self.playing = False
            self.position = float(min(ahead) if direction > 0 else max(ahead))
        return bool(ahead)

    @property
    def passed(self) -> int:
        """How many marks have been reached."""
        return bisect_right(self.marks, int(self.position), key=lambda mark: mark[0])

    @property
    def in_hand(self) -> tuple[Moment, ...]:
        """What was reached last: several moments where they came together."""
        passed = self.passed
        return tuple(moment for place, moment in self.marks[:passed] if place == self.marks[passed - 1][0])

    def says(self) -> str:
        """Return speed, state, epoch and the mark in hand in words; text of the page as it is there."""
        state = "▶ replay" if self.playing else "‖ replay"
        speed = f"{self.speed:g}×" if self.speed >= 1 else f"1/{1 / self.speed:g}×"
        role, epoch = self.tape.where(int(self.position))
        planned = max((run.epochs for run in self.tape.record.runs if run.role == role), default=0)
        where = (
            f"{'refit, ' if role == 'refit' else ''}epoch {epoch}/{planned}" if self.position >= 1 else "at the start"
        )
        marks = "; ".join(f"{one.letter} {one.says}" for one in self.in_hand)
        return f"{state} {speed} · {where}{' · end' if self.over else ''}{f' · {marks}' if marks else ''}"
