"""Many numbers in rows, in memory or in a file that is mapped into it.

A large table is parsed as float64 and trained as float32. Both at once would be three times the data, so the float64
rows go to a file while they are read, and come back a block at a time.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import tempfile
from pathlib import Path
from typing import IO

import numpy as np

from engine.arrays import Array
from engine.errors import LabError

MOST_IN_MEMORY = 16 << 20
"""Bytes beyond which numbers go to a file."""


COPIED_ROWS = 1 << 15


class Numbers:
    """(rows, columns) float64, read only."""

    def __init__(self, array: Array, mapped: mmap.mmap | None = None) -> None:
        self.array = array
        self._mapped = mapped

    def column(self, place: int) -> Array:
        """Return a copy of one column: (rows,)."""
        found = np.empty(len(self.array))
        for start in range(0, len(found), COPIED_ROWS):
            found[start : start + COPIED_ROWS] = self.array[start : start + COPIED_ROWS, place]
            self.forget()
        return found

    def forget(self) -> None:
        """Let go of the memory of what was read from a file; it is read again when it is asked for."""
        if self._mapped is not None:
            self._mapped.madvise(mmap.MADV_DONTNEED)


def mapped(opened: IO[bytes], columns: int) -> Numbers:
    """Return the numbers of an open file, little-endian float64 row by row; the file may then be closed."""
    size = os.fstat(opened.fileno()).st_size
    area = mmap.mmap(opened.fileno(), size, access=mmap.ACCESS_READ)
    return Numbers(np.frombuffer(area, dtype="<f8").reshape(-1, columns), area)


class Writer:
    """Takes numbers in blocks of rows; beyond `MOST_IN_MEMORY` bytes they go to a file in `folder`."""

    def __init__(self, columns: int, folder: Path | None) -> None:
        self._columns = columns
        self._folder = folder
        self._blocks: list[Array] = []
        self._bytes = 0
        self._file: IO[bytes] | None = None

    def add(self, block: Array) -> None:
        """Take some more rows: (rows, columns), float64.

        Raises
        ------
        LabError
            If the disk takes no more.
        """
        self._bytes += block.nbytes
        try:
            if self._file is None and self._bytes > MOST_IN_MEMORY:
                self._file = self._opened()
                for earlier in self._blocks:
                    self._file.write(_bytes_of(earlier))
                self._blocks = []
            if self._file is None:
                self._blocks.append(block)
            else:
                self._file.write(_bytes_of(block))
        except OSError as error:
            raise self._full(error) from error

    def _opened(self) -> IO[bytes]:
        # Without a name: whatever becomes of this process, nothing is left behind.
        if self._folder is not None:
            with contextlib.suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                return tempfile.TemporaryFile(dir=self._folder)
        return tempfile.TemporaryFile()

    def finish(self) -> Numbers:
        """Return all that was taken."""
        if self._file is None:
            blocks, self._blocks = self._blocks, []
            return Numbers(np.concatenate(blocks) if blocks else np.empty((0, self._columns)))
        try:
            with self._file as file:
                file.flush()
                return mapped(file, self._columns)
        except OSError as error:
            raise self._full(error) from error

    def close(self) -> None:
        """Let go of all that was taken, if it was not wanted in the end."""
        if self._file is not None:
            self._file.close()

    def _full(self, error: OSError) -> LabError:
        folder = self._folder or tempfile.gettempdir()
        return LabError(
            f"a table of more than {self._bytes >> 20:,} MB cannot be put aside: {error.strerror}",
            "make room there, or let LOSSBOOK_CACHE name another folder",
            where=str(folder),
        )


def _bytes_of(block: Array) -> bytes:
    return np.asarray(block, dtype="<f8").tobytes()
