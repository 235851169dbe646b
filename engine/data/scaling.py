"""Scaling by a run's training rows, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats, Integers
from engine.data.dataset import Dataset, middle_of

CHUNK = 4096
TINY = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """Mean and standard deviation of each column: (columns,), float64; the deviation is never 0, infinite for no use.

    A batch of float32 rows is scaled as `(batch - shift) * scale`.
    """

    mean: Floats
    sd: Floats

    @property
    def shift(self) -> Floats:
        """The mean as the trainer subtracts it: (columns,), float32."""
        return self.mean.astype(np.float32)

    @property
    def scale(self) -> Floats:
        """One over the deviation, which the trainer multiplies by: (columns,), float32."""
        return (1 / self.sd).astype(np.float32)

    def apply(self, values: Floats) -> Floats:
        """Return the scaled values, float64: (rows, columns) → (rows, columns)."""
        return np.asarray((values - self.mean) / self.sd)

    def undo(self, scaled: Floats) -> Floats:
        """Return the raw values, float64: (rows, columns) → (rows, columns)."""
        return np.asarray(scaled * self.sd + self.mean)


def identity(columns: int) -> Scaling:
    """Return the scaling that changes nothing."""
    return Scaling(np.zeros(columns), np.ones(columns))


def fit(dataset: Dataset, rows: Integers, standardize: bool) -> tuple[Scaling, Scaling]:
    """Return the scalings of the centred inputs and of the targets, from `rows` alone.

    Deviations are over n; that of a constant target counts as 1, a constant feature becomes 0. Classes are never
    scaled.
    """
    inputs = identity(dataset.inputs.shape[1])
    if standardize:
        mean, sd = _moments(dataset.inputs, rows, complete=dataset.fill is None)
        # A feature that is the same in all of these rows has taught nothing of its weight: were it scaled by 1, initial
        # numbers would answer for a held-out row in which it differs.
        inputs = Scaling(mean, np.where(sd < TINY, np.inf, sd))
    targets = _fit(dataset.targets, rows) if standardize and not dataset.classes else identity(dataset.targets.shape[1])
    return _without_unseen(dataset, rows, inputs), targets


def _without_unseen(dataset: Dataset, rows: Integers, scaling: Scaling) -> Scaling:
    """Return the scaling that makes 0 of a word that no row, or every row, of `rows` has.

    Nothing was learned of its weight: a held-out row that has the word must not be answered by initial numbers.
    """
    places = np.array(dataset.indicators, dtype=np.int64)
    if not len(places):
        return scaling
    first = dataset.inputs[rows[0], places]
    same = np.ones(len(places), dtype=bool)
    for start in range(0, len(rows), CHUNK):
        same &= (dataset.inputs[np.ix_(rows[start : start + CHUNK], places)] == first).all(axis=0)
    alike = places[same]
    mean, sd = scaling.mean.copy(), scaling.sd.copy()
    sd[alike] = np.inf
    return Scaling(mean, sd)


def fillings(dataset: Dataset, rows: Integers) -> Floats | None:
    """Return what stands for an empty cell of each column, from `rows` alone: (columns,); None if none is empty.

    Like the inputs less the dataset's centre. A column without any cell in `rows` is filled with 0.
    """
    if dataset.fill is None:
        return None
    if dataset.fill == "mean":
        return _moments(dataset.inputs, rows, complete=False)[0]
    return middle_of(dataset.inputs, rows)


def spread(dataset: Dataset, rows: Integers) -> Floats:
    """Return the standard deviation of each feature over `rows`: (features,); 0 for one that marks a word."""
    _, sd = _moments(dataset.inputs, rows, complete=dataset.fill is None)
    sd[list(dataset.indicators)] = 0.0
    return sd


def _fit(values: Floats, rows: Integers) -> Scaling:
    mean, sd = _moments(values, rows, complete=True)
    # float32 cannot hold one over less.
    return Scaling(mean, np.where(sd < TINY, 1.0, sd))


def _moments(values: Floats, rows: Integers, *, complete: bool) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of each column: (columns,) each, float64."""
    # Two passes in float64. Differences from the first row make a constant column exactly constant: its plain mean may
    # be off by a rounding, and that would be taken for its deviation.
    first = values[rows[0]].astype(np.float64)
    for place in np.flatnonzero(np.isnan(first)):
        there = values[rows, place]
        there = there[~np.isnan(there)]
        first[place] = there[0] if len(there) else 0.0
    add = np.sum if complete else np.nansum
    count = np.zeros(len(first))
    total, squares = np.zeros_like(first), np.zeros_like(first)
    # In chunks: a float64 copy of all training rows would be twice the data.
    chunks = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    for chunk in chunks:
        block = values[chunk] - first
        count += len(chunk) if complete else (~np.isnan(block)).sum(axis=0)
        total += add(block, axis=0)
    count = np.maximum(count, 1)
    mean = first + total / count
    for chunk in chunks:
        squares += add((values[chunk] - mean) ** 2, axis=0)
    return mean, np.sqrt(squares / count)


def raw_coefficients(
    dataset: Dataset, inputs: Scaling, targets: Scaling, weights: Floats, bias: Floats
) -> tuple[Floats, Floats]:
    """Return a linear model's coefficients and intercept in the data's own units, float64.

    The model is `scaled targets = scaled inputs @ weights + bias`. Weights (features, outputs) become coefficients of
    that shape, the bias (outputs,) becomes the intercept.
    """
    coefficients = weights.astype(np.float64) / inputs.sd[:, None] * targets.sd
    intercept = targets.mean + bias * targets.sd - (dataset.centre + inputs.mean) @ coefficients
    return coefficients, intercept
