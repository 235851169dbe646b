"""Changes test rows as a `Shift` says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.arrays import Array, Floats, Integers
from engine.data.dataset import Dataset
from engine.errors import KeyProblem
from engine.shift import Shift


def shifted(dataset: Dataset, rest: Integers, test: Integers, shift: Shift) -> Dataset:
    """Return the dataset with its test rows changed; `rest` are the others, whose range is what `invert` mirrors in.

    Of a series the values themselves change: the targets, and of the features, which are its past, those that are test
    days themselves. Of other data the features do, but for those that only say whether a row has a word. The inputs are
    changed where they are.

    Raises
    ------
    KeyProblem
        Where there is nothing that could be moved.
    """
    if shift.pixels and (dataset.lags or not dataset.grid):
        raise KeyProblem("data.shift", "has pixels, and these data are no pictures or signals", "leave pixels out")
    if not len(test):
        raise KeyProblem("data.shift", "changes test rows, and there are none", "set data.test, or leave it out")
    places = np.setdiff1d(np.arange(dataset.inputs.shape[1]), dataset.indicators)
    if dataset.lags:
        places = places[: len(dataset.lags) * len(dataset.target_names)]
    centre = dataset.centre[places]
    known = dataset.inputs[np.ix_(rest, places)] + centre
    # A column without any cell stays nan.
    low, high = np.fmin.reduce(known), np.fmax.reduce(known)
    if dataset.grid or dataset.lags:
        # One range for all pixels, or all days: what is seldom inked would else be inverted to less than black.
        low, high = np.full_like(low, np.fmin.reduce(low)), np.full_like(high, np.fmax.reduce(high))
    values = dataset.inputs[np.ix_(test, places)] + centre
    if shift.pixels:
        values = _moved(values, dataset.grid, shift.pixels, low[0])
    changed = _changed(values, shift, low, high)
    if dataset.lags:
        changed = np.where(_reads_tests(dataset, rest, test), changed, values)
    dataset.inputs[np.ix_(test, places)] = changed - centre
    if not dataset.lags:
        return dataset
    targets = dataset.targets.copy()
    targets[test] = _changed(targets[test], shift, low[:1], high[:1])
    return replace(dataset, targets=targets)


def _reads_tests(dataset: Dataset, rest: Integers, test: Integers) -> Array:
    """Tell which lagged features of test rows are test days themselves: (test rows, lags × targets)."""
    past = dataset.times[test][:, None] - np.array(dataset.lags)
    found = np.isin(past, dataset.times[test])
    if dataset.test_rows:
        # The first of them may have dropped out: they come after all the others.
        found |= past > dataset.times[rest].max()
    return np.repeat(found, len(dataset.target_names), axis=1)


def _changed(values: Floats, shift: Shift, low: Floats, high: Floats) -> Floats:
    return np.asarray((low + high - values if shift.invert else values) * shift.scale + shift.offset)


def _moved(values: Floats, grid: tuple[int, ...], by: int, background: float) -> Floats:
    """Return pictures or signals moved to the right: (rows, features) → (rows, features)."""
    pictures = values.reshape(len(values), -1, grid[-1])
    moved = np.full_like(pictures, background)
    width = grid[-1]
    if abs(by) < width:
        source = slice(max(0, -by), width - max(0, by))
        moved[:, :, max(0, by) : width + min(0, by)] = pictures[:, :, source]
    return moved.reshape(values.shape)
