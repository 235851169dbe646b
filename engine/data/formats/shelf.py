"""Keeps what took long to read in a folder of the cache, so that it is read once.

An entry is a folder named by a hash of the files and of how they are read. It comes into being at once by renaming, and
is deleted where it does not look as it should: the files it was made from are still there. The least recently used
entries go when all become too many.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
LEAST_BYTES = 4 << 20
"""A smaller file is read as quickly as it is found here."""
MOST_BYTES = 4 << 30
CHUNK_BYTES = 1 << 20
DAMAGED = (OSError, ValueError, KeyError, TypeError, IndexError, EOFError, RecursionError, zipfile.BadZipFile)


@dataclass(frozen=True, slots=True)
class Entry:
    """The place of what was read; None where nothing is kept."""

    path: Path | None

    @classmethod
    def of(cls, folder: Path | None, size: int, way: Sequence[Any]) -> Entry:
        """Return the place of so many bytes that are read in one way, of which their hash is a part."""
        if folder is None or size < LEAST_BYTES:
            return cls(None)
        return cls(folder / "tables" / hashlib.sha256(json.dumps(way).encode()).hexdigest()[:32])

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Let one process at a time read: the others find what it has kept."""
        if self.path is None:
            yield
            return
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(OSError):
                self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                lock = stack.enter_context(self.path.with_suffix(".lock").open("wb"))
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def load(self, reader: Callable[[Path], T]) -> T | None:
        """Return what `reader` makes of the folder that is kept, if one is and it is sound."""
        if self.path is None or not self.path.is_dir():
            return None
        try:
            found = reader(self.path)
        except DAMAGED:
            shutil.rmtree(self.path, ignore_errors=True)
            return None
        with contextlib.suppress(OSError):
            os.utime(self.path)
        return found

    def save(self, writer: Callable[[Path], None]) -> None:
        """Keep what `writer` puts into a folder, if the disk has room for it: nothing depends on that."""
        if self.path is None:
            return
        with contextlib.suppress(OSError):
            made = Path(tempfile.mkdtemp(dir=self.path.parent, prefix="new-"))
            try:
                writer(made)
                made.rename(self.path)
                _make_room(self.path.parent, self.path)
            finally:
                shutil.rmtree(made, ignore_errors=True)


def sums_of(folder: Path, names: Sequence[str]) -> dict[str, int]:
    """Return a checksum of each large file: a power cut may leave pages of zeros in it."""
    found = {}
    for name in names:
        found[name] = 0
        with (folder / name).open("rb") as opened:
            while chunk := opened.read(CHUNK_BYTES):
                found[name] = zlib.crc32(chunk, found[name])
    return found


def _make_room(folder: Path, newest: Path) -> None:
    """Delete the entries that were not used for longest, until all together are no more than `MOST_BYTES`."""
    entries = sorted((path for path in folder.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    sizes = {path: sum(file.stat().st_size for file in path.iterdir()) for path in entries}
    for path in entries:
        if sum(sizes.values()) <= MOST_BYTES or path == newest:
            return
        shutil.rmtree(path, ignore_errors=True)
        path.with_suffix(".lock").unlink(missing_ok=True)
        del sizes[path]
