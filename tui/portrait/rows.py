"""Which rows of a large table are looked at, and sums over all of them, a block at a time."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine.arrays import Array, Floats

MOST_ROWS = 20_000
LEAST_ROWS = 1_000
MOST_CELLS = 8_000_000
"""Cells that are held at once for histograms and pictures."""
BLOCK_CELLS = 1_000_000


def spread(rows: int, columns: int = 1) -> Array:
    """Return the numbers of the rows to look at: all, or as many as memory and time allow, evenly spread."""
    most = min(MOST_ROWS, max(LEAST_ROWS, MOST_CELLS // max(1, columns)))
    return np.arange(rows) if rows <= most else np.linspace(0, rows - 1, most).astype(np.intp)


class Bounds(NamedTuple):
    """What is known of each column from all rows: (columns,) each; nan where a column has no number."""

    minimum: Floats
    mean: Floats
    maximum: Floats
    missing: Array

    def of(self, place: int) -> tuple[float, float, float, int]:
        """Return those of one column."""
        return (
            float(self.minimum[place]),
            float(self.mean[place]),
            float(self.maximum[place]),
            int(self.missing[place]),
        )


def bounds(matrix: Any, columns: int) -> Bounds:
    """Return minimum, mean and maximum of the first columns of (rows, columns), which may be lazy, and what lacks."""
    rows, width = matrix.shape
    block_rows = max(1, BLOCK_CELLS // max(1, width))
    least, most = np.full(columns, np.nan), np.full(columns, np.nan)
    total, count = np.zeros(columns), np.zeros(columns, dtype=np.int64)
    for start in range(0, rows, block_rows):
        block = np.asarray(matrix[start : start + block_rows], dtype=np.float64)[:, :columns]
        there = np.isfinite(block)
        if not there.all():
            block = np.where(there, block, np.nan)
        least, most = np.fmin(least, np.fmin.reduce(block)), np.fmax(most, np.fmax.reduce(block))
        count += there.sum(axis=0)
        with np.errstate(over="ignore"):
            total += np.where(there, block, 0.0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(count > 0, total / count, np.nan)
    return Bounds(least, mean, most, rows - count)
