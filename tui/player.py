"""A replay's position, speed and pause: pure but for the clock that is handed in."""

from __future__ import annotations

from dataclasses import dataclass

from sessions.record import Record, reduce
from sessions.replay import Tape

SLOWEST, FASTEST = 1 / 64, 256.0


@dataclass(slots=True)
class Player:
    """Plays a tape. `tick` moves it on; everything else is where and how fast."""

    tape: Tape
    speed: float = 1.0
    playing: bool = True
    position: float = 0.0
    _record: Record | None = None
    _folded: int = 0

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
        """The record as it stood at the position; on the way forward only what is new is folded."""
        wanted = int(self.position)
        if self._record is None or wanted < self._folded:
            self._record = self.tape.at(wanted)
        else:
            for beat in self.tape.beats[self._folded : wanted]:
                for event in beat.events:
                    self._record = reduce(self._record, event)
        self._folded = wanted
        return self._record

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

    def says(self) -> str:
        """Return speed and state in words."""
        state = "▶ replay" if self.playing else "‖ replay"
        speed = f"{self.speed:g}×" if self.speed >= 1 else f"1/{1 / self.speed:g}×"
        record = self.record
        shown = max(record.runs, key=lambda run: run.epoch, default=None)
        where = f"epoch {shown.epoch}/{shown.epochs}" if shown else "at the start"
        return f"{state} {speed} · {where}{' · end' if self.over else ''}"
