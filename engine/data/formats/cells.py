"""The cells of a table: what a text may be, and how a column is filled with what its texts say."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from engine.arrays import Array
from engine.data.formats.sheet import Column
from engine.errors import LabError

Decimal = Literal["point", "comma"]

MISSING = frozenset({"", "NA", "N/A", "null", "NULL", "?"})
POINT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
COMMA = re.compile(r"[+-]?(?:\d+,?\d*|,\d+)(?:[eE][+-]?\d+)?", re.ASCII)
NUMBER = re.compile(f"{POINT.pattern}|{COMMA.pattern}", re.ASCII)
WHOLE = re.compile(r"[\d\s+-]*", re.ASCII)
EITHER = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+", re.ASCII)
"""Thousands with separators, or a decimal comma and three digits after it?"""
THOUSANDS = re.compile(
    r"[+-]?\d{1,3}(?:(?:,\d{3})+\.\d+|(?:\.\d{3})+,\d+|(?:\.\d{3}){2,}|(?:[ '\u00a0\u202f]\d{3})+(?:[.,]\d+)?)",
    re.ASCII,
)
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}", re.ASCII)
"""Three decimals, or a thousand with a separator as where commas stand before decimals?"""
AMOUNT = re.compile(rf"[$€£¥]\s?(?:{NUMBER.pattern})|(?:{NUMBER.pattern})\s?[%‰$€£¥]", re.ASCII)
"""A number with a sign of what it counts."""
NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?", re.ASCII)
SLASHED = re.compile(r"\d{1,4}[/.]\d{1,2}[/.]\d{1,4}", re.ASCII)
"""A day whose parts could stand in several orders."""
MOST_WORDS = 10_000
"""A column of more different words is an identifier or a text, and no category."""


def kind_of(text: str) -> str:  # noqa: PLR0911 - one return a kind
    """Return what a stripped cell may be: `either` and `comma` are numbers where a comma stands before decimals."""
    if text in MISSING:
        return "missing"
    if POINT.fullmatch(text):
        if "." not in text and "e" not in text and "E" not in text:
            return "whole" if len(text) < 300 or math.isfinite(float(text)) else "not finite"
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
    if AMOUNT.fullmatch(text):
        return "amount"
    return "slashed" if SLASHED.fullmatch(text) else "word"


def plain_numbers(cells: Sequence[str], joined: str) -> Array | None:
    """Return the numbers of cells that all are finite ones with a decimal point, else None; `joined` are all cells."""
    # NumPy would take 1_000 for a number, and digits of any script.
    if "_" in joined or not joined.isascii():
        return None
    try:
        numbers = np.array(cells, dtype=np.float64)
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None


def numbers_of(cells: Sequence[str], kinds: dict[str, str]) -> Array | None:
    """Return the numbers of cells of which some may be empty (nan) or have a decimal comma; None if one is no number.

    `kinds` says of each different cell what it may be.
    """
    if not set(kinds.values()) <= {"missing", "point", "whole", "comma", "either"}:
        return None
    # What a comma means is settled later; where it is a decimal sign, this is its number.
    values = {
        cell: np.nan if kind == "missing" else float(cell.replace(",", ".") if kind == "comma" else _as_comma(cell))
        for cell, kind in kinds.items()
    }
    return np.array([values[cell] for cell in cells])


def _as_comma(cell: str) -> str:
    # 1,234,567 can only be thousands: such a column is refused, whatever stands here.
    return cell.replace(",", ".") if cell.count(",") == 1 else cell.replace(",", "")


class Reader(Protocol):
    """Fills a column of words or days, block by block."""

    def take(self, lines: Sequence[int], cells: Sequence[str]) -> None:
        """Take the cells of some more rows, each with its line."""

    def finish(self) -> None:
        """Give the column its values."""


def reader_of(path: Path, column: Column) -> Reader:
    """Return what fills a column of words or days."""
    return _Words(path, column) if column.kind == "word" else _Days(path, column)


class _Days:
    """Moments to the second, in universal time where a zone is named; a column of mere days becomes one of days."""

    def __init__(self, path: Path, column: Column) -> None:
        self._path, self._column = path, column
        self._blocks: list[Array] = []
        self._known: dict[str, np.datetime64] = {}
        self._whole = True

    def take(self, lines: Sequence[int], cells: Sequence[str]) -> None:
        for line, cell in zip(lines, cells, strict=True):
            if cell not in self._known:
                self._known[cell] = self._moment(cell.strip(), line)
        self._blocks.append(np.array([self._known[cell] for cell in cells], dtype="datetime64[s]"))
        if len(self._known) > MOST_WORDS:
            self._known.clear()

    def _moment(self, text: str, line: int) -> np.datetime64:
        if text in MISSING:
            return np.datetime64("NaT", "s")
        self._whole = self._whole and len(text) == len("2013-01-31")
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            if self._column.fault is None:
                self._column.fault = LabError(
                    f"column {self._column.name} holds {text} in line {line}, which is no day",
                    "write days as 2013-01-31",
                    where=str(self._path),
                )
            return np.datetime64("NaT", "s")
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        return np.datetime64(moment.replace(microsecond=0), "s")

    def finish(self) -> None:
        """Keep days where no cell has a time."""
        moments = np.concatenate(self._blocks)
        self._column.codes = moments.astype("datetime64[D]") if self._whole else moments


class _Words:
    def __init__(self, path: Path, column: Column) -> None:
        self._path, self._column = path, column
        self._blocks: list[Array] = []
        self._numbers: dict[str, int] = {}
        """Of each cell as it stands in the file; empty ones have −1."""
        self._words: dict[str, int] = {}

    def take(self, lines: Sequence[int], cells: Sequence[str]) -> None:
        for line, cell in zip(lines, cells, strict=True):
            if cell not in self._numbers:
                self._numbers[cell] = self._number(cell.strip(), line)
        self._blocks.append(np.array([self._numbers[cell] for cell in cells], dtype=np.int32))

    def _number(self, word: str, line: int) -> int:
        if word in MISSING:
            return -1
        number = self._words.setdefault(word, len(self._words))
        if number == MOST_WORDS and self._column.fault is None:
            self._column.fault = LabError(
                f"column {self._column.name} has more than {MOST_WORDS:,} different words (line {line}: {word[:40]})",
                "it is no category: choose data.features without it",
                where=str(self._path),
            )
        return number

    def finish(self) -> None:
        """Number the words by how often they occur."""
        values = np.concatenate(self._blocks)
        words = list(self._words)
        counts = np.bincount(values[values >= 0], minlength=len(words))
        order = sorted(range(len(words)), key=lambda number: (-counts[number], words[number]))
        self._column.vocabulary = tuple(words[number] for number in order)
        # One place more, for empty cells: they are −1 before and after.
        places = np.full(len(words) + 1, -1, dtype=np.int32)
        places[order] = np.arange(len(words))
        self._column.codes = places[values]
