"""A task that a linear model solves fairly well: to tell even digits from odd ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats
from engine.data.table import Table

ROWS = 1_797
"""Rows of the data set `digits`."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Some rows of the data."""

    inputs: Floats
    """(rows, 65), standardized; the last column is the ones of the intercept."""
    targets: Floats
    """(rows,), 1 for an even digit and −1 for an odd one."""

    def accuracy(self, weights: Floats) -> float:
        """Return the share of rows on whose right side the plane of the weights (65,) lies."""
        return float(((self.inputs @ weights > 0) == (self.targets > 0)).mean())


def dealt(table: Table, rng: np.random.Generator, train: int, public: int) -> tuple[Rows, Rows, Rows]:
    """Return `train` training rows, `public` public ones and all others, private, at random; scaled by the first.

    `table` holds the data set `digits`.
    """
    pixels, targets = np.asarray(table.features, dtype=np.float64), np.where(table.targets % 2 == 0, 1.0, -1.0)
    order = rng.permutation(table.rows)
    mean, sd = pixels[order[:train]].mean(axis=0), pixels[order[:train]].std(axis=0)
    # A pixel that is the same in all training rows has taught nothing, and becomes 0.
    scaled = (pixels - mean) / np.where(sd > 0, sd, np.inf)
    inputs = np.column_stack([scaled, np.ones(len(scaled))])
    training, seen, unseen = (Rows(inputs[rows], targets[rows]) for rows in np.split(order, [train, train + public]))
    return training, seen, unseen
