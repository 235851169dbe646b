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
from pathlib import Path

from engine import events
from engine.errors import LabError
from engine.events import Event
from sessions import files

SYNC_SECONDS = 1.0


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


def read(path: Path) -> Iterator[Event]:
    """Yield the events of a journal up to the first line that is incomplete, damaged or out of turn."""
    with path.open("rb") as file:
        for number, line in enumerate(file):
            head, _, text = line.rstrip(b"\n").partition(b" ")
            place, _, text = text.partition(b" ")
            if not line.endswith(b"\n") or place != str(number).encode() or head != _checksum(number, text):
                return
            try:
                yield events.decode(text)
            except LabError:
                return


def has_more(path: Path, events_read: int) -> bool:
    """Tell whether whole lines follow on the events that could be read: then it is damaged, and not only cut off."""
    with path.open("rb") as file:
        return any(line.endswith(b"\n") for number, line in enumerate(file) if number >= events_read)


def damage(path: Path, events_read: int) -> str:
    """Return in words what a journal holds beyond the events that could be read; empty where that is nothing."""
    with path.open("rb") as file:
        unread = sum(len(line) for number, line in enumerate(file) if number >= events_read)
    return f"; the journal is damaged after that: {unread:,} bytes could not be read" if unread else ""


def _line(number: int, text: str) -> bytes:
    raw = text.encode()
    return b"%s %d %s\n" % (_checksum(number, raw), number, raw)


def _checksum(number: int, text: bytes) -> bytes:
    return b"%08x" % zlib.crc32(b"%d %s" % (number, text))
