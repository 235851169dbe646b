"""The journal: every event of a study, appended as it comes, so that a crash loses a second and not a night.

A line is `checksum number event`. Who holds the page's lock writes it; one whose page nobody holds was left behind.
"""

from __future__ import annotations

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
        self._synced = clock()
        try:
            self._descriptor = files.create(path, os.O_APPEND)
        except OSError as error:
            raise LabError(f"the journal cannot be made: {error.strerror}", where=str(path)) from error

    def append(self, batch: Iterable[Event]) -> None:
        """Write events to the file at once.

        Raises
        ------
        LabError
            Where the disk is full or gone. What stands in the journal stays readable.
        """
        lines = []
        for event in batch:
            lines.append(_line(self._number, events.encode(event)))
            self._number += 1
        content = b"".join(lines)
        try:
            while content:
                content = content[os.write(self._descriptor, content) :]
        except OSError as error:
            raise LabError(f"the journal cannot be written: {error.strerror}", where=str(self.path)) from error

    def sync_due(self) -> bool:
        """Tell whether a second has passed since the last sync."""
        return self._clock() - self._synced >= SYNC_SECONDS

    def sync(self) -> None:
        """Have the disk hold what was appended; it may take long, so not on the screen's thread."""
        self._synced = self._clock()
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def remove(self) -> None:
        """Close and delete: the page holds everything."""
        self.close()
        self.path.unlink(missing_ok=True)


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


def _line(number: int, text: str) -> bytes:
    raw = text.encode()
    return b"%s %d %s\n" % (_checksum(number, raw), number, raw)


def _checksum(number: int, text: bytes) -> bytes:
    return b"%08x" % zlib.crc32(b"%d %s" % (number, text))
