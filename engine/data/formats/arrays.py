"""Features and targets as files of arrays hold them, before anything is made of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.arrays import Array
from engine.data.progress import Progress
from engine.errors import LabError

STEPS = 32
MOST_COLUMNS = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Arrays:
    """The rows of a data set, those of its test part last."""

    features: Array
    """(rows, columns), of the numbers that the file has: pixels stay bytes."""
    feature_names: tuple[str, ...]
    targets: Array
    """(rows,) or (rows, outputs): numbers, or texts that name classes."""
    target_names: tuple[str, ...]
    image_shape: tuple[int, int] | None = None
    """Height and width where each row is a picture, row by row from the top."""
    test_rows: int = 0
    """How many of the last rows are test rows, because the files say so."""
    notes: tuple[str, ...] = ()
    """How it was read, where a person should know."""


def pixel_names(height: int, width: int, name: str = "pixel") -> tuple[str, ...]:
    """Return a name for each pixel, row by row from the top."""
    return tuple(f"{name}-{row}-{column}" for row in range(height) for column in range(width))


def plain_size(path: Path, what: str) -> int:
    """Return how many bytes a file has; `what` says what it should be, as in `an IDX file`.

    Raises
    ------
    LabError
        If there is no such file, or if it is none: a folder, a pipe, a device, a link to nothing.
    """
    where = str(path)
    try:
        if path.is_file():
            return path.stat().st_size
        if path.is_dir():
            raise LabError("is a folder", f"it should be {what}", where=where)
        if path.is_symlink() and not path.exists():
            raise LabError("is a link to nothing", f"it should be {what}", where=where)
        path.stat()
    except OSError as error:
        raise LabError(f"cannot be read: {error.strerror}", "look at the path", where=where) from error
    except ValueError as error:
        raise LabError(f"is no path: {error}", f"give the path of {what}", where=where) from error
    raise LabError("is not a plain file", f"it should be {what}", where=where)


def allotted(rows: int, columns: int, dtype: np.dtype[np.generic], where: str) -> Array:
    """Return room for an array, (rows, columns), which the system provides only as it is filled."""
    try:
        return np.empty((rows, columns), dtype)
    except (MemoryError, ValueError) as error:
        raise LabError(f"is too large: {rows:,} rows of {columns:,}", "take fewer rows", where=where) from error


@contextmanager
def readable(where: str) -> Iterator[None]:
    """Turn what the system says against reading a file into a LabError."""
    try:
        yield
    except OSError as error:
        raise LabError(f"cannot be read: {error.strerror or error}", "look at the file", where=where) from error


class Steps:
    """Tells of progress in large steps, however small the blocks are in which a file is read."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total = progress, total
        self._done = self._told = 0

    def take(self, more: int) -> None:
        """Count some bytes that were read."""
        self._done += more
        step = self._done * STEPS // max(1, self._total)
        if step > self._told:
            self._told = step
            self._progress(min(1.0, self._done / self._total))
