"""The earlier values of a series, looked up in the series itself, whatever lags an experiment reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Floats, Integers
from engine.baselines.base import Fitted, Fold
from engine.data.dataset import Dataset
from engine.errors import LabError

NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """For each row, the target of one earlier row."""

    values: Floats
    """(rows, outputs), in the target's unit; nan where there is no such row."""
    sources: Integers
    """(rows,): the row whose target it is; −1 where that is none of the data's rows."""
    is_read: Array
    """(rows,): whether the row's own features hold it, as those of a network's training rows may."""


def parts(dataset: Dataset) -> list[slice]:
    """Return the rows that make one series each: test rows that come from elsewhere are one of their own."""
    border = dataset.rows - dataset.test_rows
    if border in {0, dataset.rows} or (dataset.lags and dataset.times[border] == dataset.times[border - 1] + 1):
        return [slice(0, dataset.rows)]
    return [slice(0, border), slice(border, dataset.rows)]


def look_back(dataset: Dataset, keys: Integers, step: int) -> Past:
    """Return the past that lies `step` before each row's key: (rows,) ascending in each part.

    It is another row's target; or, for the first rows of a series, whose past has no row of its own, the feature that
    holds it, if lag `step` is one and keys count the rows of the series without a gap.
    """
    values = np.full(dataset.targets.shape, np.nan)
    sources = np.full(dataset.rows, NONE)
    is_read = np.zeros(dataset.rows, dtype=bool)
    for part in parts(dataset):
        own = keys[part]
        found = np.minimum(np.searchsorted(own, own - step), len(own) - 1)
        there = own[found] == own - step
        rows = np.arange(part.start, part.stop)
        sources[rows[there]] = rows[found[there]]
        values[rows[there]] = dataset.targets[rows[found[there]]]
        offsets = own - dataset.times[part]
        if step in dataset.lags and (offsets == offsets[0]).all():
            is_read[part] = True
            values[rows[~there]] = _feature(dataset, rows[~there], step)
    return Past(values, sources, is_read)


def _feature(dataset: Dataset, rows: Integers, lag: int) -> Floats:
    """Return what some rows read at a lag, in the target's unit: (rows,) → (rows, outputs)."""
    outputs = dataset.targets.shape[1]
    first = dataset.lags.index(lag) * outputs
    columns = slice(first, first + outputs)
    return np.asarray(dataset.inputs[rows, columns].astype(np.float64) + dataset.centre[columns])


def copying(fold: Fold, past: Past, what: str) -> Fitted:
    """Return the baseline that answers with the past.

    Rows without one are left out of all figures. So are, of training figures, rows that would copy from one that does
    not train, unless it is a value that they read anyway, and then not held out: nothing held out must speak in them.
    """
    train = fold.train
    allowed = past.is_read[train] | np.isin(past.sources[train], train)
    measured = train[np.isfinite(past.values[train]).all(axis=1) & allowed]
    if not len(measured):
        raise LabError(f"no training row has {what} beside it", "")
    missing = len(train) - len(measured)
    says = f"{what}; {missing:,} of {len(train):,} training rows are left out" if missing else what

    def predict(rows: Integers) -> Floats:
        return past.values[rows]

    return Fitted(predict, says, len(train), measured)
