"""Splits: which rows test, which validate and which train.

Test rows are taken away first, by the seed alone; a validation method divides the rest, by seed and repeat. Whatever
the method, no training row of a series reads a held-out target.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from engine.arrays import Integers
from engine.data.dataset import Dataset
from engine.data.dividing import deal, deal_whole, pick, share_of
from engine.data.lags import purged
from engine.errors import KeyProblem, LabError
from engine.streams import Purpose, stream
from engine.validations import Holdout, KFold, NoValidation, Rolling, Validation

if TYPE_CHECKING:
    # At run time it is the experiment that imports this package, for its sources.
    from engine.experiment import Data

Cut = tuple[Integers, Integers]
"""Training and validation rows of one fold, ascending."""


def test_rows(spec: Data, dataset: Dataset, seed: int) -> Cut:
    """Return (rest, test): ascending row numbers that together are all rows.

    Raises
    ------
    KeyProblem
        If either would be empty although test rows are asked for, or a class has too few rows to be shared out.
    """
    rows = np.arange(dataset.rows)
    if dataset.test_rows:
        if spec.test_from is not None:
            raise KeyProblem("data.test_from", "stands beside data that have test rows of their own", "leave it out")
        return rows[: -dataset.test_rows], rows[-dataset.test_rows :]
    if spec.test_from is not None:
        return _from_day(spec, dataset, rows)
    if spec.test == 0:
        return rows, rows[:0]
    count = share_of(spec.test, dataset.rows)
    if count == 0:
        raise KeyProblem("data.test", f"= {spec.test:g} of {dataset.rows} rows is none", "set more, or 0 for no test")
    if count == dataset.rows:
        raise KeyProblem("data.test", f"= {spec.test:g} of {dataset.rows} rows leaves none to train on", "set less")
    if dataset.split == "time":
        return rows[:-count], rows[-count:]
    rng = stream(seed, Purpose.SPLIT)
    classes = np.zeros_like(rows)
    if dataset.split == "stratified" and dataset.labels is not None:
        classes = dataset.labels
    if dataset.groups is not None:
        hand = _by_groups(dataset.groups, classes, rng, [spec.test, 1 - spec.test], "data.test")
        return rows[hand == 1], rows[hand == 0]
    if dataset.split == "stratified" and dataset.labels is not None:
        _refuse_single(dataset, classes, "data.split", "be stratified", 'set data.split = "random", or data.test = 0')
    test = pick(rng, classes, count)
    return _without(rows, test), test


def _from_day(spec: Data, dataset: Dataset, rows: Integers) -> Cut:
    if dataset.dates is None or spec.test_from is None:
        raise KeyProblem("data.test_from", "needs data with dates, and these have none", "set data.test, a share")
    first = int(np.searchsorted(dataset.dates, np.datetime64(spec.test_from, "D")))
    if first in {0, dataset.rows}:
        side = "before it to train on" if first == 0 else "on or after it to test on"
        span = f"{dataset.dates[0]} to {dataset.dates[-1]}"
        raise KeyProblem("data.test_from", f"= {spec.test_from} leaves no row {side}", f"the rows run from {span}")
    return rows[:first], rows[first:]


def folds(  # noqa: PLR0917 - a division depends on all of these
    validation: Validation, spec: Data, dataset: Dataset, rest: Integers, seed: int, repeat: int
) -> list[Cut]:
    """Return each fold's (training, validation) rows, ascending; `rest` is what `test_rows` left.

    The rows that validate are divided off first; then the training rows that read a held-out target are purged; then
    `train_rows` limits what is left: to the latest where the split is by time, else at random. The random choice
    follows one ranking of all rows for a repeat, whatever the method and the fold. So the training rows of two folds
    overlap as much as they can, and a smaller `train_rows` is part of a larger one, which steadies learning curves.

    Raises
    ------
    KeyProblem
        If a fold would be empty, or a class has too few rows.
    LabError
        If purging leaves no training row.
    """
    rng = stream(seed, Purpose.FOLDS, repeat=repeat)
    # Drawn first and always, so that neither the method nor `train_rows` moves the other's draws.
    rank = rng.permutation(dataset.rows)
    test = _without(np.arange(dataset.rows), rest)
    cuts = []
    for number, (others, held_out) in enumerate(_divided(validation, dataset, rest, rng)):
        training = purged(dataset.times, dataset.lags, others, np.concatenate([test, held_out]))
        if not len(training):
            raise LabError(
                f"fold {number + 1} of series {dataset.name} has no training row: each reads a held-out target"
                f" among its {len(dataset.lags)} lags",
                'set fewer lags, or validation.method = "holdout" with data.split = "time"',
            )
        if spec.train_rows is not None and dataset.split == "time":
            training = training[-spec.train_rows :]
        elif spec.train_rows is not None:
            training = np.sort(training[np.argsort(rank[training])[: spec.train_rows]])
        cuts.append((training, held_out))
    return cuts


def _divided(validation: Validation, dataset: Dataset, rest: Integers, rng: np.random.Generator) -> list[Cut]:
    """Return the rows that may train and those that validate, fold by fold."""
    if isinstance(validation, NoValidation):
        return [(rest, rest[:0])]
    if isinstance(validation, Rolling):
        return _rolling(validation, dataset, rest)
    if isinstance(validation, Holdout):
        held_out = [_held_out(validation, dataset, rest, rng)]
    elif isinstance(validation, KFold):
        hand = _hands(validation, dataset, rest, rng)
        held_out = [rest[hand == number] for number in range(validation.k)]
    else:
        raise LabError(f"there is no way to divide rows for {type(validation).__name__}")
    return [(_without(rest, rows), rows) for rows in held_out]


def _held_out(validation: Holdout, dataset: Dataset, rest: Integers, rng: np.random.Generator) -> Integers:
    """Return the rows that validate: the last ones where time divides, whole groups where there are some."""
    count = share_of(validation.share, len(rest))
    if count in {0, len(rest)}:
        lacking = "to validate on" if count == 0 else "to train on"
        raise KeyProblem(
            "validation.share",
            f"= {validation.share:g} of {len(rest)} rows leaves none {lacking}",
            'set another share, or method = "none"',
        )
    if dataset.split == "time":
        return rest[-count:]
    classes = _classes(dataset, rest)
    if dataset.groups is not None:
        shares = [validation.share, 1 - validation.share]
        hand = _by_groups(dataset.groups[rest], classes, rng, shares, "validation.share")
        return np.asarray(rest[hand == 0])
    if dataset.labels is not None:
        _refuse_single(dataset, classes, "validation.method", 'be "holdout"', 'set method = "none", or data.test = 0')
    return rest[pick(rng, classes, count)]


def _hands(validation: KFold, dataset: Dataset, rest: Integers, rng: np.random.Generator) -> Integers:
    """Return the fold in which each row validates."""
    classes = _classes(dataset, rest)
    if dataset.groups is None:
        _refuse_large_k(dataset, validation.k, classes)
        return deal(rng, classes, validation.k)
    return _by_groups(dataset.groups[rest], classes, rng, [1.0] * validation.k, "validation.k")


def _rolling(validation: Rolling, dataset: Dataset, rest: Integers) -> list[Cut]:
    """Return folds that each validate on the part of time after all that they train on.

    All parts that validate have equally many rows; what is left over trains (scikit-learn's TimeSeriesSplit).
    """
    if dataset.split != "time":
        raise KeyProblem(
            "validation.method",
            'cannot be "rolling": the rows are in no order of time',
            'set data.lags or data.date, or data.split = "time" if they are',
        )
    size = len(rest) // (validation.k + 1)
    if not size:
        raise KeyProblem(
            "validation.k", f"= {validation.k} is too many for {len(rest)} rows: each fold needs a row", "set less"
        )
    starts = [len(rest) - (validation.k - fold) * size for fold in range(validation.k)]
    return [(rest[:start], rest[start : start + size]) for start in starts]


def _by_groups(
    groups: Integers, classes: Integers, rng: np.random.Generator, shares: Sequence[float], key: str
) -> Integers:
    """Return each row's hand, whole groups each."""
    count = len(np.unique(groups))
    if count < len(shares):
        raise KeyProblem(
            key, f"cannot divide {count} groups of data.group into {len(shares)} parts", "set less, or leave it out"
        )
    return deal_whole(rng, groups, classes, shares)


def _classes(dataset: Dataset, rows: Integers) -> Integers:
    if dataset.labels is None:
        return np.zeros_like(rows)
    return np.asarray(dataset.labels[rows])


def _refuse_large_k(dataset: Dataset, k: int, groups: Integers) -> None:
    if k > len(groups):
        raise KeyProblem("validation.k", f"= {k} is more than the {len(groups)} rows to divide", "set less")
    if dataset.labels is not None:
        present, sizes = np.unique(groups, return_counts=True)
        least = int(sizes.argmin())
        if k > sizes[least]:
            raise KeyProblem(
                "validation.k",
                f"= {k} is more than the {sizes[least]} rows of class {dataset.classes[present[least]]}",
                "set less, so that each fold has a row of it" if sizes[least] > 1 else 'set method = "none"',
            )


def _refuse_single(dataset: Dataset, groups: Integers, key: str, what: str, hint: str) -> None:
    """Refuse a class of one row: it cannot both train and be held out."""
    present, sizes = np.unique(groups, return_counts=True)
    if sizes.min() < 2:
        name = dataset.classes[present[sizes.argmin()]]
        raise KeyProblem(key, f"cannot {what}: class {name} has a single row to share out", hint)


def _without(rows: Integers, taken: Integers) -> Integers:
    return np.setdiff1d(rows, taken, assume_unique=True)
