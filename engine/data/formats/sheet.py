"""A person's table as its file has it: columns of numbers, of words or of days."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from engine.arrays import Array
from engine.errors import LabError

Kind = Literal["number", "word", "day", "empty"]


@dataclass(slots=True, eq=False)
class Column:
    """What one column holds."""

    name: str
    kind: Kind = "empty"
    missing: int = 0
    vocabulary: tuple[str, ...] = ()
    """The words, the most frequent first, those of one frequency in the order of the alphabet."""
    values: Array = field(default_factory=lambda: np.empty(0))
    """(rows,): numbers, float64 with nan for an empty cell; places of words in `vocabulary`, −1 for none; or days."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as its file has it."""

    columns: tuple[Column, ...]
    rows: int
    notes: tuple[str, ...]
    """How it was read, a line each."""


def joined(first: Sheet, second: Sheet, where: str) -> Sheet:
    """Return the rows of a sheet and those of a second one, whose columns of the same names are taken.

    A word that only the second has is numbered as none of the first's: `len(vocabulary)`.

    Raises
    ------
    LabError
        With `where`, the second's file, if it lacks a column or has another kind of cells in it.
    """
    others = {column.name: column for column in second.columns}
    columns = []
    for column in first.columns:
        if column.name not in others:
            raise LabError(f"has no column {column.name}", "it needs the columns of the other file", where=where)
        other = others[column.name]
        if column.kind != other.kind and "empty" not in {column.kind, other.kind}:
            raise LabError(
                f"column {column.name} holds {other.kind}s, and {column.kind}s in the other file",
                "write it in the same way in both",
                where=where,
            )
        values = _continued(column, other)
        columns.append(replace(column, missing=column.missing + other.missing, values=values))
    return Sheet(tuple(columns), first.rows + second.rows, (*first.notes, *second.notes))


def _continued(column: Column, other: Column) -> Array:
    """Return the values of a column with those of another after them."""
    if column.kind == "empty":
        return np.full(len(column.values) + len(other.values), np.nan)
    more = other.values
    if other.kind == "empty":
        nothing = {"number": np.nan, "word": -1, "day": np.datetime64("NaT")}[column.kind]
        more = np.full(len(other.values), nothing, dtype=column.values.dtype)
    elif column.kind == "word":
        numbers = {word: number for number, word in enumerate(column.vocabulary)}
        # The last place is that of an empty cell, −1.
        known = [numbers.get(word, len(numbers)) for word in other.vocabulary]
        more = np.array([*known, -1], dtype=np.int64)[other.values]
    return np.concatenate([column.values, more])
