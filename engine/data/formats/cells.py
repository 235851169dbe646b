"""The cells of a table: what a text may be, and how a column is filled with what its texts say."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from engine.arrays import Array
from engine.data.formats.sheet import Column
from engine.errors import LabError

Decimal = Literal["point", "comma"]

MISSING = frozenset({"", "NA", "N/A", "null", "NULL", "?"})
POINT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
COMMA = re.compile(r"[+-]?(?:\d+,?\d*|,\d+)(?:[eE][+-]?\d+)?")
WHOLE = re.compile(r"[\d\s+-]*")
EITHER = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+")
"""Thousands with separators, or a decimal comma and three digits after it?"""
THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+\.\d+|[+-]?\d{1,3}(?:\.\d{3})+,\d+")
NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?Z?")
SLASHED = re.compile(r"\d{1,4}[/.]\d{1,2}[/.]\d{1,4}")
"""A day whose parts could stand in several orders."""
MOST_WORDS = 10_000
"""A column of more different words is an identifier or a text, and no category."""


def kind_of(text: str) -> str:  # noqa: PLR0911 - one return a kind
    """Return what a stripped cell may be: `either` and `comma` are numbers where a comma stands before decimals."""
    if text in MISSING:
        return "missing"
    if POINT.fullmatch(text):
        if "." not in text and "e" not in text and "E" not in text:
            return "whole"
        return "point" if math.isfinite(float(text)) else "not finite"
    if EITHER.fullmatch(text):
        return "either"
    if COMMA.fullmatch(text):
        return "comma"
    if THOUSANDS.fullmatch(text):
        return "thousands"
    if NOT_FINITE.fullmatch(text):
        return "not finite"
    if DAY.fullmatch(text):
        return "day"
    if TIME.fullmatch(text):
        return "time"
    return "slashed" if SLASHED.fullmatch(text) else "word"


def plain_numbers(cells: tuple[str, ...], joined: str) -> Array | None:
    """Return the numbers of cells that all are finite ones with a decimal point, else None."""
    # NumPy would take 1_000 for a number.
    if "_" in joined:
        return None
    try:
        numbers = np.array(cells, dtype=np.float64)
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None


def reader_of(path: Path, column: Column, rows: int, decimal: Decimal) -> Reader:
    """Return what fills a column whose kind is settled."""
    if column.kind == "word":
        return _Words(path, column, rows)
    return _Days(path, column, rows) if column.kind == "day" else _Numbers(column, rows, decimal)


class Reader(Protocol):
    """Fills a column, cell by cell; empty cells are never handed on."""

    def take(self, row: int, line: int, text: str) -> None:
        """Put a cell's value into its row."""

    def finish(self) -> None:
        """Do what only the last cell allows."""


class _Numbers:
    def __init__(self, column: Column, rows: int, decimal: Decimal) -> None:
        column.values = self._values = np.full(rows, np.nan)
        self._comma = decimal == "comma"

    def take(self, row: int, line: int, text: str) -> None:  # noqa: ARG002 - every cell has been looked at
        self._values[row] = float(text.replace(",", ".") if self._comma else text)

    def finish(self) -> None:
        """Nothing is left to do."""


class _Days:
    """Moments to the second; a column of mere days becomes one of days."""

    def __init__(self, path: Path, column: Column, rows: int) -> None:
        self._values = np.full(rows, np.datetime64("NaT", "s"))
        self._path, self._column = path, column
        self._whole = True

    def take(self, row: int, line: int, text: str) -> None:
        try:
            self._values[row] = np.datetime64(text.removesuffix("Z"), "s")
        except ValueError as error:
            raise LabError(
                f"column {self._column.name} holds {text} in line {line}, which is no day",
                "write days as 2013-01-31",
                where=str(self._path),
            ) from error
        self._whole = self._whole and len(text) == len("2013-01-31")

    def finish(self) -> None:
        """Keep days where no cell has a time."""
        self._column.values = self._values.astype("datetime64[D]") if self._whole else self._values


class _Words:
    def __init__(self, path: Path, column: Column, rows: int) -> None:
        column.values = self._values = np.full(rows, -1, dtype=np.int64)
        self._path, self._column = path, column
        self._numbers: dict[str, int] = {}

    def take(self, row: int, line: int, text: str) -> None:
        number = self._numbers.setdefault(text, len(self._numbers))
        self._values[row] = number
        if number >= MOST_WORDS:
            raise LabError(
                f"column {self._column.name} has more than {MOST_WORDS:,} different words (line {line}: {text[:40]})",
                "it is no category: take the column out of the file",
                where=str(self._path),
            )

    def finish(self) -> None:
        """Number the words by how often they occur."""
        words = list(self._numbers)
        counts = np.bincount(self._values[self._values >= 0], minlength=len(words))
        order = sorted(range(len(words)), key=lambda number: (-counts[number], words[number]))
        self._column.vocabulary = tuple(words[number] for number in order)
        # One place more, for empty cells: they are −1 before and after.
        places = np.full(len(words) + 1, -1, dtype=np.int64)
        places[order] = np.arange(len(words))
        self._values[...] = places[self._values]
