"""From columns of words, days and numbers to the numbers that networks read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.arrays import Array, Integers
from engine.data.formats.sheet import Column
from engine.errors import KeyProblem

RARE = "(other)"
"""The feature of all words that are rarer than those with a feature of their own."""


def lacking(column: Column) -> Array:
    """Return which cells are empty: (rows,)."""
    if column.kind == "day":
        return np.isnat(column.values)
    return np.isnan(column.values) if column.kind == "number" else column.values < 0


def encoded(features: Sequence[Column], rows: Integers, most: int) -> tuple[Array, tuple[str, ...], tuple[int, ...]]:
    """Return (rows, columns) float64, the columns' names, and which of them only say whether a row has a word.

    A word becomes a column that is 1 where a row has it, up to `most` words of a column; a day the number of days
    since 1970-01-01, with the time of day as its fraction.
    """
    columns: list[Array] = []
    names: list[str] = []
    indicators: list[int] = []
    for column in features:
        values = column.values[rows]
        if column.kind != "word":
            columns.append(_days(values) if column.kind == "day" else values)
            names.append(column.name)
            continue
        words = column.vocabulary
        shown = words if len(words) <= most + 1 else words[:most]
        parts = [(word, values == number) for number, word in enumerate(shown)]
        if len(shown) < len(words):
            parts.append((RARE, values >= len(shown)))
        for word, has in parts:
            indicators.append(len(columns))
            columns.append(has.astype(np.float64))
            names.append(f"{column.name}={word}")
    values = np.stack(columns, axis=1) if columns else np.empty((len(rows), 0))
    return values, tuple(names), tuple(indicators)


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
