"""A person's table as its file has it: columns of numbers, of words or of days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np

from engine.arrays import Array
from engine.data.formats.numbers import Numbers, Writer
from engine.data.naming import whole_of_both
from engine.errors import LabError

Kind = Literal["number", "word", "day", "empty"]
BLOCK_ROWS = 1_024


@dataclass(slots=True, eq=False)
class Column:
    """What one column holds."""

    name: str
    kind: Kind = "empty"
    missing: int = 0
    vocabulary: tuple[str, ...] = ()
    """The words, the most frequent first, those of one frequency in the order of the alphabet."""
    codes: Array = field(default_factory=lambda: np.empty(0))
    """(rows,): places of words in `vocabulary`, −1 for none; or days; empty for a column of numbers."""
    place: int = -1
    """Which column of the sheet's numbers it is; −1 for one of words or days."""
    numbers: Numbers | None = None
    """The sheet's numbers."""
    fault: LabError | None = None
    """Why it can be no feature and no target; whoever does not use it need not care."""

    @property
    def values(self) -> Array:
        """(rows,): numbers, float64 with nan for an empty cell; or `codes`."""
        return self.codes if self.numbers is None or self.place < 0 else self.numbers.column(self.place)


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A table as its file has it."""

    columns: tuple[Column, ...]
    rows: int
    notes: tuple[str, ...]
    """How it was read, a line each."""
    numbers: Numbers
    """All columns of numbers beside each other."""
    sha256: str = ""
    """Names the file by its bytes, hexadecimal."""


def assembled(columns: Sequence[Column], rows: int, notes: Sequence[str], numbers: Numbers) -> Sheet:
    """Return a sheet whose columns of numbers are those of `numbers`."""
    for column in columns:
        column.numbers = numbers
    return Sheet(tuple(columns), rows, tuple(notes), numbers)


def joined(first: Sheet, second: Sheet, where: str, folder: Path | None) -> Sheet:
    """Return the rows of a sheet and those of a second one, whose columns of the same names are taken.

    A word that only the second has is numbered as none of the first's: `len(vocabulary)`. Where the numbers are many,
    they go to a file in `folder`.

    Raises
    ------
    LabError
        With `where`, the second's file, if it lacks a column or has another kind of cells in it.
    """
    others = {column.name: column for column in second.columns}
    columns: list[Column] = []
    pairs: list[tuple[Column, Column]] = []
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
        missing = column.missing + other.missing
        if column.kind == "number":
            columns.append(replace(column, missing=missing, place=len(pairs)))
            pairs.append((column, other))
        else:
            columns.append(replace(column, missing=missing, codes=_continued(column, other)))
    writer = Writer(len(pairs), folder)
    for side, sheet in enumerate((first, second)):
        for start in range(0, sheet.rows, BLOCK_ROWS):
            rows = slice(start, min(start + BLOCK_ROWS, sheet.rows))
            block = np.full((rows.stop - rows.start, len(pairs)), np.nan)
            for place, pair in enumerate(pairs):
                if pair[side].kind == "number":
                    block[:, place] = sheet.numbers.array[rows, pair[side].place]
            writer.add(block)
            sheet.numbers.forget()
    notes = (*first.notes, *(f"the test file: {note}" for note in second.notes if note not in first.notes))
    both = assembled(columns, first.rows + second.rows, notes, writer.finish())
    return replace(both, sha256=whole_of_both(first.sha256, second.sha256))


def _continued(column: Column, other: Column) -> Array:
    """Return the values of a column of words or days, or of an empty one, with those of another after them."""
    if column.kind == "empty":
        return np.full(len(column.codes) + len(other.values), np.nan)
    more = other.codes
    if other.kind == "empty":
        nothing = -1 if column.kind == "word" else np.datetime64("NaT")
        more = np.full(len(other.codes), nothing, dtype=column.codes.dtype)
    elif column.kind == "word":
        numbers = {word: number for number, word in enumerate(column.vocabulary)}
        # The last place is that of an empty cell, −1.
        known = [numbers.get(word, len(numbers)) for word in other.vocabulary]
        more = np.array([*known, -1], dtype=np.int64)[other.codes]
    return np.concatenate([column.codes, more])
