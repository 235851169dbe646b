"""From columns of words, days and numbers to the numbers that networks read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.arrays import Array, Integers
from engine.data.formats.numbers import Numbers
from engine.data.formats.sheet import Column
from engine.errors import KeyProblem

RARE = "(other)"
"""The feature of all words that are rarer than those with a feature of their own."""


def lacking(column: Column) -> Array:
    """Return which cells are empty: (rows,)."""
    if column.kind == "day":
        return np.isnat(column.values)
    return np.isnan(column.values) if column.kind == "number" else column.values < 0


class Encoded:
    """The features of some rows of a sheet, made when they are asked for: (rows, features), float64.

    A word becomes a column that is 1 where a row has it, up to `most` words of a column; a day the number of days
    since 1970-01-01, with the time of day as its fraction. `encoded[rows]` gives some rows, `np.asarray` all of them.
    """

    def __init__(
        self,
        features: Sequence[Column],
        rows: Integers,
        numbers: Numbers,
        most: int,
        known: Integers | None = None,
    ) -> None:
        """Take the words that are most frequent in the rows numbered `known`, by default in all of `rows`."""
        self._given = (features, numbers, most)
        self._rows = rows
        self._numbers = numbers
        names: list[str] = []
        indicators: list[int] = []
        self._days: list[tuple[Column, int]] = []
        self._words: list[tuple[Column, Integers]] = []
        """Columns of words, each with the feature of every code; −1 for a word, or an empty cell, that has none."""
        places: list[int] = []
        sources: list[int] = []
        for column in features:
            if column.kind == "word":
                described, lookup = _chosen(column, rows if known is None else rows[known], most)
                self._words.append((column, np.where(lookup < 0, -1, lookup + len(names))))
                indicators += range(len(names), len(names) + len(described))
                names += [f"{column.name}={word}" for word in described]
                continue
            if column.kind == "day":
                self._days.append((column, len(names)))
            else:
                places.append(len(names))
                sources.append(column.place)
            names.append(column.name)
        self._places = np.array(places, dtype=np.int64)
        self._sources = np.array(sources, dtype=np.int64)
        self.names = tuple(names)
        self.indicators = tuple(indicators)
        """The features that only say whether a row has a word."""
        self.shape = (len(rows), len(names))

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that the features are made of."""
        return tuple(self._given[0])

    @property
    def most(self) -> int:
        """How many words of a column have a feature of their own, at most."""
        return self._given[2]

    def fitted(self, known: Integers) -> Encoded:
        """Return the same rows with features for the words that some of them have: those numbered `known`."""
        features, numbers, most = self._given
        return Encoded(features, self._rows, numbers, most, known)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, wanted: slice | Integers) -> Array:
        rows = self._rows[wanted]
        block = np.zeros((len(rows), len(self.names)))
        block[:, self._places] = self._numbers.array[rows][:, self._sources]
        self._numbers.forget()
        for column, place in self._days:
            block[:, place] = _days(column.codes[rows])
        for column, lookup in self._words:
            feature = lookup[column.codes[rows]]
            has = np.flatnonzero(feature >= 0)
            block[has, feature[has]] = 1.0
        return block

    def __array__(self, dtype: type | None = None, copy: bool | None = None) -> Array:
        return np.asarray(self[:], dtype=dtype)


def _chosen(column: Column, rows: Integers, most: int) -> tuple[list[str], Integers]:
    """Return the words that get a feature of their own, the rare ones' last, and the feature of each code.

    The lookup has two places more than there are words: for one that is none of them, and for an empty cell, −1.
    """
    words = column.vocabulary
    codes = column.codes[rows]
    counts = np.bincount(codes[(codes >= 0) & (codes < len(words))], minlength=len(words))
    order = sorted(np.flatnonzero(counts).tolist(), key=lambda code: (-counts[code], words[code]))
    # A bucket of one would only be a longer name for it.
    shown = order if len(order) <= most + 1 else order[:most]
    rare = len(shown) < len(order)
    lookup = np.full(len(words) + 2, len(shown) if rare else -1, dtype=np.int64)
    lookup[shown] = np.arange(len(shown))
    lookup[-1] = -1
    return [*(words[code] for code in shown), *([RARE] if rare else [])], lookup


def _days(values: Array) -> Array:
    seconds = values.astype("datetime64[s]")
    return np.where(np.isnat(seconds), np.nan, seconds.astype(np.int64) / 86_400)


def targets_of(columns: Sequence[Column], rows: Integers, test_rows: int) -> tuple[Array, tuple[str, ...]]:
    """Return numbers, (rows, outputs), and no classes; or class numbers, (rows,), and the classes' names.

    The last `test_rows` of `rows` are for the test alone: they can have no class of their own.

    Raises
    ------
    KeyProblem
        For words beside other targets, a single class, or a class that only test rows have.
    """
    if all(column.kind == "number" for column in columns):
        return np.stack([column.values[rows] for column in columns], axis=1), ()
    if len(columns) > 1:
        word = next(column for column in columns if column.kind == "word")
        raise KeyProblem(
            "data.target", f"names {word.name}, a column of words, beside others", "several targets must be numbers"
        )
    (column,) = columns
    values = column.values[rows]
    present = np.unique(values[: len(values) - test_rows])
    unknown = np.setdiff1d(values, present)
    if len(unknown):
        row = int((values == unknown[0]).argmax()) - (len(values) - test_rows)
        raise KeyProblem(
            "data.test_file",
            f"has a class of {column.name} in row {row + 1} that no training row has",
            "leave such rows out",
        )
    words = column.vocabulary
    classes = sorted(words[int(number)] for number in present)
    if len(classes) < 2:
        raise KeyProblem("data.target", f"is {column.name}, which has one class, {classes[0]}", "choose another column")
    order = {word: place for place, word in enumerate(classes)}
    return np.array([order[words[int(number)]] for number in values], dtype=np.int64), tuple(classes)
