"""The text of a table before its cells mean anything: file, encoding, delimiter, header, rows."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal, get_args

from engine.data.formats.cells import NUMBER
from engine.data.formats.plain_text import Encoding, checked, encoding_of, opened_text, refuse_what_is_too_large
from engine.data.formats.reading import TextFile, reading
from engine.data.progress import silent
from engine.errors import LabError

Delimiter = Literal["comma", "semicolon", "tab", "pipe"]

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
QUOTED = re.compile(r'"(?:[^"]|"")*"')
MOST_COLUMNS = 100_000
HEAD_BYTES = 1 << 16
MOST_NOTES = 10
MOST_HEADER = 4_000_000
EARLY_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Form:
    """How a file is to be read; None where the file itself decides."""

    delimiter: Delimiter | None = None
    encoding: Encoding | None = None
    header: bool | None = None


def look(path: Path, form: Form) -> TextFile:
    """Return what a text file is, having read it once from end to end without keeping it.

    Raises
    ------
    LabError
        With the file, and the line where there is one, if it is no text or has several readings.
    """
    refuse_what_is_too_large(path)
    try:
        return _looked(path, form)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise LabError(f"is a damaged gzip file: {error}", "compress it again", where=str(path)) from error


def _looked(path: Path, form: Form) -> TextFile:
    where = str(path)
    with opened_text(path) as opened:
        head = opened.read(HEAD_BYTES)
    encoding, notes = encoding_of(head, form.encoding, where)
    checked(path, encoding, most=HEAD_BYTES)
    first = _first_row(path, encoding)
    cells, delimiter = _first_cells(first, form.delimiter, where)
    if len(cells) > MOST_COLUMNS:
        raise LabError(f"has {len(cells)} columns", f"at most {MOST_COLUMNS:,} can be read", where=where)
    header = _has_header(cells, form.header, where)
    names, renamed = _named(cells if header else [""] * len(cells))
    if not header:
        renamed = [f"there is no header: the columns are called {names[0]} to {names[-1]}"]
    if delimiter != "comma":
        notes.append(f"cells end at {delimiter}s")
    file = TextFile(path, 0, "", encoding, DELIMITERS[delimiter], header, names, (*notes, *renamed))
    # What is wrong near the beginning is told at once, however long the file is.
    with reading(file, silent, errors="replace") as begun:
        for _ in islice(begun.rows(), EARLY_ROWS):
            pass
    sha256, size = checked(path, encoding)
    return replace(file, size=size, sha256=sha256)


def _first_row(path: Path, encoding: str) -> str:
    """Return the first line with anything on it, and those that a quoted line break adds to it.

    Raises
    ------
    LabError
        If there is none, or it is enormous.
    """
    first = ""
    with opened_text(path) as raw, io.TextIOWrapper(raw, encoding=encoding, newline="", errors="replace") as lines:
        while len(first) <= MOST_HEADER and (line := lines.readline(MOST_HEADER)):
            first += line if first or line.strip() else ""
            if first and first.count('"') % 2 == 0:
                return first
    if not first:
        raise LabError("is empty", "it needs a line of column names and a line for each row", where=str(path))
    if len(first) > MOST_HEADER:
        raise LabError(
            f"line 1 has more than {MOST_HEADER:,} characters",
            "is a quote opened there and not closed?",
            where=str(path),
        )
    raise LabError("line 1: a quote is opened and not closed", "mend the quotes of the header", where=str(path))


def _first_cells(first: str, asked: Delimiter | None, where: str) -> tuple[list[str], Delimiter]:
    """Return the cells of the first line and what stands between them."""
    chosen = asked
    if chosen is None:
        outside = QUOTED.sub("", first)
        several = [name for name in get_args(Delimiter) if DELIMITERS[name] in outside]
        if len(several) > 1:
            parts = " and ".join(f"{name}s" for name in several)
            raise LabError(
                f"line 1 has {parts}: either could stand between its cells",
                f'set data.delimiter = "{several[0]}" or "{several[1]}"',
                where=where,
            )
        chosen = several[0] if several else "comma"
    try:
        csv.field_size_limit(MOST_HEADER)
        return next(
            csv.reader(io.StringIO(first, newline=""), delimiter=DELIMITERS[chosen], skipinitialspace=True), []
        ), chosen
    except csv.Error as error:
        raise LabError(f"line 1: {error}", "mend the header", where=where) from error


def _has_header(cells: list[str], asked: bool | None, where: str) -> bool:
    """Tell whether the first line names the columns; one with numbers in it could be a row."""
    if asked is not None:
        return asked
    numbers = [cell.strip() for cell in cells if NUMBER.fullmatch(cell.strip())]
    if numbers:
        raise LabError(
            f"line 1 holds numbers ({', '.join(numbers[:3])}): are they names of columns, or is it the first row?",
            "set data.header = false if it is a row, true if it has the names",
            where=where,
        )
    return True


def _named(header: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """Return names that all differ, and what was done for that."""
    copies: dict[str, int] = {}
    notes = []
    for place, cell in enumerate(header, 1):
        asked = name = cell.strip() or f"column-{place}"
        while name in copies:
            copies[asked] += 1
            name = f"{asked}-{copies[asked]}"
        copies[name] = 1
        if name != cell.strip():
            notes.append(f"column {place} is called {name}" + (f", another {asked}" if cell.strip() else ""))
    if len(notes) > MOST_NOTES:
        notes = [*notes[:MOST_NOTES], f"{len(notes) - MOST_NOTES} more columns have such names"]
    return tuple(copies), notes
