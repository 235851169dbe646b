"""The journal: every event of a study, appended as it comes, so that a crash loses a second and not a night.

A line is `checksum number event`. Who holds the page's lock writes it; one whose page nobody holds was left behind.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine import events
from engine.errors import LabError
from engine.events import Event
from sessions import files

SYNC_SECONDS = 1.0
MOST_DIGITS = 18
"""Of a line's number."""


class Journal:
    """The writing end."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self._clock = clock
        self._number = 0
        self._waiting = bytearray()
        self._length = 0
        """Of the file's whole lines, in bytes."""
        self._torn = False
        """Whether a piece of a line may stand behind them."""
        self._synced = clock()
        try:
            self._descriptor = files.create(path, os.O_APPEND)
        except OSError as error:
            hint = files.advice(error)
            raise LabError(f"the journal cannot be made: {error.strerror}", hint, where=str(path)) from error

    def append(self, batch: Iterable[Event]) -> None:
        """Write events to the file at once, after those that could not be written before.

        Raises
        ------
        LabError
            Where the disk is full or gone. What stands in the journal stays readable, and what does not stand in it
            waits for the next call.
        """
        for event in batch:
            self._waiting += _line(self._number, events.encode(event))
            self._number += 1
        try:
            self._write_out()
        except OSError as error:
            hint = f"{files.advice(error)}; the study goes on in memory, and the journal follows when it can"
            raise LabError(f"the journal cannot be written: {error.strerror}", hint, where=str(self.path)) from error

    @property
    def behind(self) -> bool:
        """Whether events wait for a disk that failed."""
        return bool(self._waiting)

    def _write_out(self) -> None:
        """Append what waits. Whatever fails, the file then ends with a whole line, or is cut to one before the next."""
        if self._torn:
            self._cut()
        written = 0
        try:
            while written < len(self._waiting):
                count = os.write(self._descriptor, self._waiting[written:])
                if not count:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                written += count
        finally:
            whole = self._waiting.rfind(b"\n", 0, written) + 1
            # A disk that fails may have taken more than it says.
            self._torn = whole < len(self._waiting)
            self._length += whole
            del self._waiting[:whole]
            if self._torn:
                with contextlib.suppress(OSError):
                    self._cut()

    def _cut(self) -> None:
        os.ftruncate(self._descriptor, self._length)
        self._torn = False

    def sync_due(self) -> bool:
        """Tell whether a second has passed since the last sync."""
        return self._clock() - self._synced >= SYNC_SECONDS

    def sync(self) -> None:
        """Have the disk hold what was appended; it may take long, so not on the screen's thread."""
        self._synced = self._clock()
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Let go of the file, after a last try to write what waits."""
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):
                self._write_out()
            self._let_go()

    def remove(self) -> None:
        """Close and delete: the page holds everything. One that cannot be deleted is recovered to that same page."""
        self._waiting.clear()
        self._let_go()
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _let_go(self) -> None:
        if self._descriptor >= 0:
            files.let_go(self._descriptor)
            self._descriptor = -1


@dataclass(frozen=True, slots=True)
class Heard:
    """What a journal says."""

    events: tuple[Event, ...]
    unread: int = 0
    """How many lines are damaged or missing."""
    is_damaged: bool = False
    """Whether there is more to it than a last line that is cut off, as by a kill."""


def hear(path: Path) -> Heard:
    """Return the events of a journal whose lines are whole, wherever they stand, and how many lines are not.

    A line has its own number and checksum, so that it is true whatever has become of those before it.
    """
    said: list[Event] = []
    last, bad, unread, is_damaged = -1, 0, 0, False
    with path.open("rb") as file:
        for line in file:
            number, event = _heard(line)
            if event is None or number <= last:
                bad += 1
                is_damaged |= line.endswith(b"\n")
                continue
            missing = number - last - 1
            # Two lines may have run into one, and one be in pieces.
            unread += max(bad, missing)
            is_damaged |= missing > 0
            last, bad = number, 0
            said.append(event)
    return Heard(tuple(said), unread + bad, is_damaged)


def read(path: Path) -> Iterator[Event]:
    """Yield the events of a journal that can be read."""
    yield from hear(path).events


def _heard(line: bytes) -> tuple[int, Event | None]:
    """Return a line's number and event; None for one that is incomplete or damaged."""
    head, _, text = line.removesuffix(b"\n").partition(b" ")
    place, _, text = text.partition(b" ")
    if not line.endswith(b"\n") or not place.isdigit() or len(place) > MOST_DIGITS:
        return -1, None
    number = int(place)
    if place != b"%d" % number or head != _checksum(number, text):
        return -1, None
    try:
        return number, events.decode(text)
    except LabError:
        return -1, None


def _line(number: int, text: str) -> bytes:
    raw = text.encode()
    return b"%s %d %s\n" % (_checksum(number, raw), number, raw)


def _checksum(number: int, text: bytes) -> bytes:
    return b"%08x" % zlib.crc32(b"%d %s" % (number, text))
