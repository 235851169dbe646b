"""Checkpoints beside a page, in `NAME.ckpt/`, while its study trains or is interrupted: where its runs stood last.

A file holds one stack's newest checkpoint, an event's line with its checksum. What is damaged counts as not there: its
runs then train from their start, to the same bits.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from engine import events
from engine.course import Course
from engine.errors import LabError
from engine.events import Checkpoint
from sessions import files
from sessions.beside import backup_of, checkpoints_of

SECONDS = 10.0
"""How often runs say where they stand."""
ORDINARY = Course(checkpoint_seconds=SECONDS)
"""The course of a study that simply begins."""
MOST_BYTES = 1 << 30


class Checkpoints:
    """Keeps the newest checkpoint of each stack of a page."""

    def __init__(self, path: Path) -> None:
        self._folder = checkpoints_of(path)
        self._newest: dict[tuple[int, ...], Checkpoint] = {}
        self._kept: dict[Path, set[int]] = {}

    @property
    def waiting(self) -> bool:
        """Whether there is one to be written."""
        return bool(self._newest)

    def take(self, checkpoint: Checkpoint) -> None:
        """Take one in, to be written at the next `write`."""
        self._newest[checkpoint.runs] = checkpoint

    def write(self) -> None:
        """Write what is new. A stack only ever gets smaller, so an older file with all of its runs is of no more use.

        Raises
        ------
        LabError
            Where it cannot be written; older checkpoints are still there.
        """
        newest, self._newest = self._newest, {}
        for runs, checkpoint in newest.items():
            files.make_folder(self._folder)
            line = events.encode(checkpoint).encode()
            path = self._folder / hashlib.sha256(repr(runs).encode()).hexdigest()[:16]
            files.save(path, _digest(line) + b"\n" + line)
            backup_of(path).unlink(missing_ok=True)
            for older in [one for one, others in self._kept.items() if others > set(runs)]:
                del self._kept[older]
                older.unlink(missing_ok=True)
            self._kept[path] = set(runs)


def read(path: Path) -> tuple[Checkpoint, ...]:
    """Return the checkpoints beside a page that are whole."""
    return tuple(_read(checkpoints_of(path)))


def remove(path: Path) -> None:
    """Delete the checkpoints of a page: it has come to its end."""
    folder = checkpoints_of(path)
    # What a symbolic link leads to is somebody else's; what the disk does not let go harms nobody.
    with contextlib.suppress(OSError):
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)


def _read(folder: Path) -> Iterator[Checkpoint]:
    try:
        found = sorted(folder.iterdir()) if not folder.is_symlink() else []
    except OSError:
        return
    for path in found:
        try:
            if path.is_symlink() or path.stat().st_size > MOST_BYTES:
                continue
            digest, _, line = path.read_bytes().partition(b"\n")
            event = events.decode(line) if _digest(line) == digest else None
        except (OSError, LabError):
            continue
        if isinstance(event, Checkpoint):
            yield event


def _digest(line: bytes) -> bytes:
    return hashlib.sha256(line).hexdigest().encode()
