"""A guard that looks for leaks: ways in which held-out rows are known before they are met.

It warns and names what it found; it never changes anything. Generated data are drawn row by row and are not searched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from engine.arrays import Array, Integers
from engine.data.autocorrelation import autocorrelation
from engine.data.dataset import Dataset, blocks
from engine.validations import KFold, Validation

if TYPE_CHECKING:
    # At run time it is the experiment that imports this package, for its sources.
    from engine.data.splits import Cut
    from engine.experiment import Data

EXACT = 1e-10
"""A correlation that lies closer to 1 than this is one but for rounding."""
SHOWN = 3
FEWEST = 30
"""Rows below which an order is no evidence."""
MOST_CODES = 100
"""Classes above which nobody would number them by hand."""
ALIKE = 0.7
"""A correlation of neighbouring rows that seldom comes about without an order."""


def warnings(
    spec: Data, validation: Validation, dataset: Dataset, cuts: Sequence[Cut] = (), test: Integers | None = None
) -> list[str]:
    """Return one line for each thing that is allowed but may mislead; with folds and test rows, more can be told."""
    said = list(dataset.notes)
    if spec.shift is not None:
        said.append(f"the test rows are {spec.shift.says}")
    said += _of_time(spec, validation, dataset, cuts)
    said += _of_classes(dataset, cuts)
    if spec.source_is_drawn:
        return said
    said += _of_order(dataset)
    if cuts and test is not None and not dataset.lags:
        said += _of_repeated_rows(dataset, cuts, test)
        said += _of_groups(dataset, cuts, test)
    telling, constant = _telling(dataset, spec.target_transform == "log")
    said += [
        f"feature {name} says the target exactly: will it be known when it is to be predicted?"
        for name in telling[:SHOWN]
    ]
    if constant and not dataset.grid:
        more = f" and {len(constant) - SHOWN} more features have" if len(constant) > SHOWN else " has"
        said.append(f"{', '.join(constant[:SHOWN])}{more} one value and nothing to say")
    return said


def _of_order(dataset: Dataset) -> Iterator[str]:
    """Say where rows seem to be in order of time and are divided at random, or out of order and read as a series."""
    own = dataset.rows - dataset.test_rows
    if dataset.classes or own < FEWEST:
        return
    for name, values in zip(dataset.target_names, dataset.targets[:own].T, strict=True):
        if dataset.lags:
            past = autocorrelation(values, min(max(dataset.lags), own // 2))
            heard = 0.0 if past is None else float(np.abs(past[1:]).max())
            if past is not None and heard < 3 / np.sqrt(own):
                yield (
                    f"{name} resembles its own past at no lag up to {len(past) - 1} (the largest correlation is"
                    f" {heard:.2f}): are the rows in order of time?"
                )
        elif dataset.split != "time" and dataset.groups is None and not dataset.test_rows:
            beside = autocorrelation(values, 1)
            steps = np.diff(values)
            if beside is not None and beside[1] > ALIKE and (steps > 0).any() and (steps < 0).any():
                yield (
                    f"rows beside each other have much the same {name} (correlation {beside[1]:.2f}): if they are in"
                    ' order of time, random test rows are known from their neighbours; data.split = "time" has no such'
                    " leak"
                )


def _of_time(spec: Data, validation: Validation, dataset: Dataset, cuts: Sequence[Cut]) -> Iterator[str]:
    """Say where later rows train than are predicted."""
    in_order = bool(dataset.lags) or dataset.dates is not None
    which = "a series" if dataset.lags else "rows with dates"
    random_folds = in_order and isinstance(validation, KFold)
    if random_folds:
        yield (
            f"random folds on {which} leak the future: they validate on days that lie among later training days, so"
            ' the loss is better than a forecast\'s; validation.method = "rolling" has no such leak'
        )
    random_test = in_order and dataset.split != "time" and spec.test > 0 and not dataset.test_rows
    if random_test:
        yield (
            f"random test rows of {which} leak the future: they lie among later training days, so"
            ' the loss is better than a forecast\'s; data.split = "time" has no such leak'
        )
    if dataset.lags and (random_folds or random_test) and cuts:
        fewest = min(len(training) for training, _ in cuts)
        yield f"only {fewest} rows train in the smallest fold, because rows that read a held-out day are left out"
    if dataset.dates is not None and dataset.test_rows:
        own, test = np.split(dataset.dates, [dataset.rows - dataset.test_rows])
        both = np.intersect1d(own, test)
        if len(both):
            yield f"{len(both)} days of the test rows are days of the training rows too (the first: {both[0]})"
        elif test.max() < own.min():
            yield "the test rows are of an earlier time than all that train"
    if dataset.lags and dataset.dates is not None:
        steps = np.diff(dataset.dates[: dataset.rows - dataset.test_rows])
        uneven = np.flatnonzero(steps != steps[0]) if len(steps) else steps
        if len(uneven):
            place = int(uneven[0])
            yield (
                f"the series is not evenly spaced (after {dataset.dates[place]} comes {dataset.dates[place + 1]}): a"
                " lag counts rows, not days"
            )


def _of_classes(dataset: Dataset, cuts: Sequence[Cut]) -> Iterator[str]:
    if dataset.labels is None:
        return
    for number, name in enumerate(dataset.classes):
        if any(number not in dataset.labels[training] for training, _ in cuts):
            yield f"class {name} has no training row in some fold, so it cannot be learned there"


def _of_repeated_rows(dataset: Dataset, cuts: Sequence[Cut], test: Integers) -> Iterator[str]:
    """Say how many held-out rows are training rows too, cell for cell, and name the first pair."""
    names = dataset.prints
    if names is None or len(np.unique(names)) == len(names):
        return
    trained = np.unique(np.concatenate([np.concatenate(cut) for cut in cuts]))
    roles = (("test", test, [trained]), ("validation", *_columns_of(cuts)))
    for role, held_out, training in roles:
        pairs = held_out if isinstance(held_out, list) else [held_out]
        twins = list(_twins(names, pairs, training))
        if twins:
            rows = len({row for row, _ in twins})
            first, other = (dataset.name_of(row) for row in twins[0])
            yield (
                f"{rows} of {sum(map(len, pairs))} {role} rows are training rows too, cell for cell (the first:"
                f" {first} is {other}): they are known before they are asked for"
            )


def _columns_of(cuts: Sequence[Cut]) -> tuple[list[Integers], list[Integers]]:
    return [validation for _, validation in cuts], [training for training, _ in cuts]


def _twins(names: Array, held_out: Sequence[Integers], training: Sequence[Integers]) -> Iterator[tuple[int, int]]:
    """Yield each held-out row with the first training row of its own cut that is its like."""
    for rows, known in zip(held_out, training, strict=True):
        different, first = np.unique(names[known], return_index=True)
        if not len(rows) or not len(different):
            continue
        places = np.searchsorted(different, names[rows]).clip(0, len(different) - 1)
        for row, place in zip(rows, places, strict=True):
            if different[place] == names[row]:
                yield int(row), int(known[first[place]])


def _of_groups(dataset: Dataset, cuts: Sequence[Cut], test: Integers) -> Iterator[str]:
    """Say how many groups are on both sides: a split by time, or a test file, heeds none."""
    if dataset.groups is None:
        return
    trained = np.unique(np.concatenate([np.concatenate(cut) for cut in cuts]))
    sides = [("test", dataset.groups[test], dataset.groups[trained])]
    sides += [("validation", dataset.groups[validation], dataset.groups[training]) for training, validation in cuts]
    for role, held_out, training in sides:
        both = np.intersect1d(held_out, training)
        if len(both):
            yield f"{len(both)} groups have training and {role} rows: what is learned of them is asked again"
            return


def _telling(dataset: Dataset, logarithm: bool) -> tuple[list[str], list[str]]:
    """Return the features from which a target follows: by a line, or a class by its mere value; and constant ones.

    Cells that are empty tell nothing and are left out.
    """
    if dataset.rows < 3:
        return [], []
    targets = dataset.targets.astype(np.float64)
    if logarithm:
        with np.errstate(over="ignore"):
            targets = np.concatenate([targets, np.exp(targets - targets.max(axis=0))], axis=1)
    targets = targets - targets.mean(axis=0)
    outputs, columns = targets.shape[1], dataset.inputs.shape[1]
    count = np.zeros(columns)
    x, xx = np.zeros(columns), np.zeros(columns)
    t, tt, xt = (np.zeros((columns, outputs)) for _ in range(3))
    low, high = np.full(columns, np.inf), np.full(columns, -np.inf)
    for rows in blocks(dataset.rows):
        block = dataset.inputs[rows].astype(np.float64)
        low, high = np.fmin(low, np.fmin.reduce(block)), np.fmax(high, np.fmax.reduce(block))
        there = ~np.isnan(block)
        block = np.where(there, block, 0.0)
        weight = there.astype(np.float64)
        count += weight.sum(axis=0)
        x += block.sum(axis=0)
        xx += (block**2).sum(axis=0)
        t += weight.T @ targets[rows]
        tt += weight.T @ targets[rows] ** 2
        xt += block.T @ targets[rows]
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = xx - x**2 / count
        both = xt - x[:, None] * t / count[:, None]
        correlations = np.abs(both) / np.sqrt(spread[:, None] * (tt - t**2 / count[:, None]))
    varies = high > low
    exact = _follow_the_class(dataset) if dataset.classes else (correlations > 1 - EXACT).any(axis=1)
    telling = exact & (count > 2) & varies
    constant = ~varies & (count == dataset.rows)
    names = np.array(dataset.feature_names, dtype=object)
    return names[telling].tolist(), names[constant].tolist()


def _follow_the_class(dataset: Dataset) -> Array:
    """Tell which features have one value in each class, and not the same in all: (features,)."""
    columns, classes = dataset.inputs.shape[1], len(dataset.classes)
    if dataset.labels is None or classes > MOST_CODES:
        return np.zeros(columns, dtype=bool)
    low, high = np.full((classes, columns), np.inf), np.full((classes, columns), -np.inf)
    for rows in blocks(dataset.rows):
        for number in range(classes):
            block = dataset.inputs[rows][dataset.labels[rows] == number]
            low[number] = np.fmin(low[number], np.fmin.reduce(block, initial=np.inf))
            high[number] = np.fmax(high[number], np.fmax.reduce(block, initial=-np.inf))
    return np.asarray((low >= high).all(axis=0))
