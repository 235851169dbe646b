"""Reads a person's own table: text with a delimiter, a header line, and cells that are numbers, words or days.

Nothing is guessed in silence. What could be read in one way only is read that way and said in `Sheet.notes`; what
could be read in two is refused, with the key that decides. Columns that hold plain numbers become arrays block by
block; for all others the file is read a second time, once it is known what they hold, so that cells are never all held
as texts.
"""

from __future__ import annotations

import csv
import re
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

import numpy as np

from engine.arrays import Array
from engine.data.formats.cells import MISSING, WHOLE, Decimal, kind_of, plain_numbers, reader_of
from engine.data.formats.sheet import Column, Kind, Sheet
from engine.errors import LabError

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
QUOTED = re.compile(r'"(?:[^"]|"")*"')
MOST_COLUMNS = 100_000
MOST_CELL = 1 << 17
HEAD_BYTES = 1 << 16
BLOCK_ROWS = 4_096
SHOWN_CELLS = 3


@dataclass(frozen=True, slots=True)
class Form:
    """How the cells of a file are told apart and read."""

    delimiter: str
    decimal: Decimal
    names: tuple[str, ...]


def read(path: Path, delimiter: str | None = None, decimal: Decimal | None = None) -> Sheet:
    """Return the table of a file; `delimiter` is comma, semicolon or tab, by default what the header has.

    Raises
    ------
    LabError
        With the file, and the line and column where there is one.
    """
    _refuse_what_is_no_table(path)
    header, chosen = _header(path, delimiter)
    names, notes = _named(header)
    said = [] if chosen == "comma" else [f"cells end at {chosen}s"]
    form = Form(DELIMITERS[chosen], decimal or "point", names)
    survey = _Survey(path, form, asked=decimal)
    rows = _rows(path, form)
    while block := list(islice(rows, BLOCK_ROWS)):
        survey.take(block)
    decided = survey.settle()
    if decided == "comma" and decimal is None:
        said.append("numbers with a decimal comma")
    form = Form(form.delimiter, decided, names)
    _read_again(path, form, survey)
    return Sheet(tuple(survey.columns), survey.rows, (*said, *notes, *survey.notes))


# --- the file ---------------------------------------------------------------------------------------------------------


def _refuse_what_is_no_table(path: Path) -> None:
    where = str(path)
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            what = "a folder" if stat.S_ISDIR(found.st_mode) else "not a plain file"
            raise LabError(f"is {what}", "give the path of a CSV or TSV file", where=where)
        with path.open("rb") as opened:
            head = opened.read(HEAD_BYTES)
    except OSError as error:
        raise LabError(f"cannot be read: {error.strerror}", "look at the path", where=where) from error
    except ValueError as error:
        raise LabError(f"is no path: {error}", "give the path of a CSV or TSV file", where=where) from error
    if not head.strip():
        raise LabError("is empty", "it needs a line of column names and a line for each row", where=where)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise LabError("is UTF-16 text", "save it as UTF-8", where=where)
    if b"\0" in head:
        line = head[: head.index(b"\0")].count(b"\n") + 1
        raise LabError(f"holds a NUL byte in line {line}", "it is no text: save it as CSV, in UTF-8", where=where)
    free = _free_bytes()
    # Eight bytes a cell, and a cell is seldom shorter than three in the file.
    if free is not None and found.st_size * 3 > free:
        raise LabError(
            f"is {found.st_size >> 20:,} MB large, and {free >> 20:,} MB of memory are free",
            "take fewer rows or columns, or a machine with more memory",
            where=where,
        )


def _free_bytes() -> int | None:
    try:
        found = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(encoding="ascii"))
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None


def _header(path: Path, delimiter: str | None) -> tuple[list[str], str]:
    """Return the cells of the first line and the name of what stands between them."""
    try:
        with _opened(path) as lines:
            first = next((line for line in lines if line.strip()), "")
    except UnicodeDecodeError as error:
        raise _no_text(path, 1, error) from error
    if delimiter is not None:
        return _cells(first, DELIMITERS[delimiter]), delimiter
    outside = QUOTED.sub("", first)
    several = [name for name, character in DELIMITERS.items() if character in outside]
    if len(several) > 1:
        parts = " and ".join(f"{name}s" for name in several)
        raise LabError(
            f"line 1 has {parts}: either could stand between its cells",
            f'set data.delimiter = "{several[0]}" or "{several[1]}"',
            where=str(path),
        )
    chosen = several[0] if several else "comma"
    return _cells(first, DELIMITERS[chosen]), chosen


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return []


def _opened(path: Path) -> IO[str]:
    return path.open(encoding="utf-8-sig", newline="", errors="strict")


def _rows(path: Path, form: Form) -> Iterator[tuple[int, list[str]]]:
    """Yield each row's line and cells, the header left out."""
    where, began = str(path), 1
    csv.field_size_limit(MOST_CELL)
    with _opened(path) as lines:
        reader = csv.reader(lines, delimiter=form.delimiter, strict=True, skipinitialspace=True)
        header = True
        try:
            for cells in reader:
                line, began = began, reader.line_num + 1
                if not cells or cells == [""]:
                    continue
                if header:
                    header = False
                    continue
                if len(cells) != len(form.names):
                    raise LabError(
                        f"line {line} has {len(cells)} cells, and the header has {len(form.names)}",
                        "each row needs one for each column; a cell with the delimiter in it stands in quotes",
                        where=where,
                    )
                yield line, cells
        except csv.Error as error:
            problem = "a quote is opened and not closed" if "end of data" in str(error) else str(error)
            raise LabError(f"line {began}: {problem}", "mend the quotes of that line", where=where) from error
        except UnicodeDecodeError as error:
            raise _no_text(path, began, error) from error


def _no_text(path: Path, line: int, error: UnicodeDecodeError) -> LabError:
    return LabError(
        f"is not UTF-8 text: in or after line {line} comes the byte {error.object[error.start]:#04x}",
        "save it as UTF-8 (it may be Latin-1 or Windows-1252 now)",
        where=str(path),
    )


def _named(header: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """Return names that all differ, and what was done for that."""
    names: list[str] = []
    notes = []
    for place, cell in enumerate(header, 1):
        asked = cell.strip() or f"column-{place}"
        name, copy = asked, 2
        while name in names:
            name, copy = f"{asked}-{copy}", copy + 1
        if name != cell.strip():
            notes.append(f"column {place} is called {name}" + (f", the second {asked}" if cell.strip() else ""))
        names.append(name)
    return tuple(names), notes


# --- the columns ------------------------------------------------------------------------------------------------------


class _Survey:
    """What is seen of the columns in the first reading."""

    def __init__(self, path: Path, form: Form, asked: Decimal | None) -> None:
        if len(form.names) > MOST_COLUMNS:
            raise LabError(f"has {len(form.names)} columns", f"at most {MOST_COLUMNS:,} can be read", where=str(path))
        self.columns = [Column(name) for name in form.names]
        self.rows = 0
        self.notes: list[str] = []
        """What was made of a column that could be taken for something else."""
        self._path = path
        self._asked = asked
        self._counts = [Counter[str]() for _ in form.names]
        """For each column how many cells are missing, points, commas, either, days, words."""
        self._first: list[dict[str, list[tuple[int, str]]]] = [{} for _ in form.names]
        """For each column the first cells of each kind, with their lines."""
        self._blocks: list[list[Array] | None] = [[] for _ in form.names]
        """For each column its numbers so far; None once it has held anything else."""

    def take(self, block: list[tuple[int, list[str]]]) -> None:
        """Look at some rows, each with its line."""
        self.rows += len(block)
        lines = [line for line, _ in block]
        for place, cells in enumerate(zip(*(cells for _, cells in block), strict=True)):
            joined = "".join(cells)
            numbers = plain_numbers(cells, joined)
            blocks = self._blocks[place]
            if numbers is None:
                self._blocks[place] = None
                self._look_at(place, lines, cells)
            else:
                self._counts[place]["whole" if WHOLE.fullmatch(joined) else "point"] += len(cells)
                if blocks is not None:
                    blocks.append(numbers)

    def _look_at(self, place: int, lines: list[int], cells: tuple[str, ...]) -> None:
        counts = self._counts[place]
        for line, cell in zip(lines, cells, strict=True):
            text = cell.strip()
            kind = kind_of(text)
            counts[kind] += 1
            if counts[kind] <= SHOWN_CELLS:
                self._first[place].setdefault(kind, []).append((line, text))

    def settle(self) -> Decimal:
        """Decide what each column is, and return which decimal sign the numbers have."""
        if not self.rows:
            raise LabError("has a header and no rows", "it needs a line for each row", where=str(self._path))
        decimal: Decimal = self._asked or self._decimal()
        for place, column in enumerate(self.columns):
            column.missing = self._counts[place]["missing"]
            column.kind = self._settled(place, decimal)
            blocks = self._blocks[place]
            if column.kind == "number" and blocks is not None:
                column.values = np.concatenate(blocks)
                self._blocks[place] = []
        return decimal

    @property
    def left(self) -> list[int]:
        """The columns that have to be read again."""
        return [place for place, column in enumerate(self.columns) if not len(column.values)]

    def _decimal(self) -> Decimal:
        """Return the sign that all numbers of the file can have; columns of words have none."""
        numbers = [c for c in self._counts if c["comma"] + c["either"] and not _has_others(c)]
        if not any(counts["comma"] for counts in numbers):
            place = next((n for n, c in enumerate(self._counts) if c["either"] and not _has_others(c)), None)
            if place is None:
                return "point"
            line, cell = self._first[place]["either"][0]
            raise LabError(
                f"column {self.columns[place].name} holds {cell} in line {line}: thousands with a separator, or a"
                " decimal comma?",
                'set data.decimal = "comma", or take the separators out',
                where=str(self._path),
            )
        return "comma"

    def _settled(self, place: int, decimal: Decimal) -> Kind:
        counts = self._counts[place]
        present = self.rows - counts["missing"]
        if not present:
            return "empty"
        if counts["day"] + counts["time"] == present:
            return "day"
        if counts["slashed"] == present:
            _, cell = self._first[place]["slashed"][0]
            self.notes.append(
                f"column {self.columns[place].name} is read as words: whether {cell} begins with a day or a month is"
                " nowhere said; write days as 2013-01-31"
            )
        numbers = counts["point"] + counts["whole"] if decimal == "point" else counts["comma"] + counts["whole"]
        numbers += counts["either"] if decimal == "comma" else 0
        if numbers + counts["not finite"] == present:
            if counts["not finite"]:
                self._refuse(place, "not finite", "no finite number", "leave such cells empty, and set data.missing")
            return "number"
        if counts["thousands"] and numbers + counts["thousands"] + counts["either"] == present:
            self._refuse(place, "thousands", "thousands with separators", "take the separators out")
        # A word here and there among numbers is a slip of the pen, and no category.
        if numbers >= 0.9 * present and counts["word"]:
            self._refuse(place, "word", "no number, and nearly all others there are", "mend them, or leave them empty")
        return "word"

    def _refuse(self, place: int, kind: str, what: str, hint: str) -> None:
        cells = ", ".join(f"{cell[:20]} in line {line}" for line, cell in self._first[place][kind])
        more = self._counts[place][kind] - SHOWN_CELLS
        listed = cells + (f" and {more} more" if more > 0 else "")
        raise LabError(f"column {self.columns[place].name} holds {listed}: {what}", hint, where=str(self._path))


def _has_others(counts: Counter[str]) -> bool:
    return any(counts[kind] for kind in ("word", "day", "time", "slashed"))


def _read_again(path: Path, form: Form, survey: _Survey) -> None:
    """Read the columns that are not plain numbers throughout."""
    places = survey.left
    if not places:
        return
    readers = [reader_of(path, survey.columns[place], survey.rows, form.decimal) for place in places]
    for row, (line, cells) in enumerate(_rows(path, form)):
        for place, reader in zip(places, readers, strict=True):
            text = cells[place].strip()
            if text not in MISSING:
                reader.take(row, line, text)
    for reader in readers:
        reader.finish()
