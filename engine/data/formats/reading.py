"""Reads the rows of a text file from its beginning to its end."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO

import numpy as np

from engine.arrays import Array
from engine.data.formats.plain_text import opened_text
from engine.data.formats.sheet import BLOCK_ROWS
from engine.data.progress import Progress
from engine.errors import LabError

MOST_CELL = 1 << 17
STEPS = 100
"""So often at most is told how far a reading is."""


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file whose text has been looked at, and how its rows are told apart."""

    path: Path
    size: int
    """Bytes of text: more than the file has, where it is compressed."""
    sha256: str
    """Of the text."""
    encoding: str
    """As Python calls it."""
    delimiter: str
    header: bool
    names: tuple[str, ...]
    """The columns', all different."""
    notes: tuple[str, ...]


class Reading:
    """One reading of a file: blocks of plain numbers as long as there are some, then rows of cells."""

    def __init__(self, file: TextFile, raw: IO[bytes], text: Iterator[str], progress: Progress) -> None:
        self._file = file
        self._raw = raw
        self._text = text
        self._progress = progress
        self._told = 0
        self._lines = 0
        """That have been passed."""
        csv.field_size_limit(MOST_CELL)
        if file.header:
            next((cells for _, cells in self._cells() if cells != [""]), None)

    def numbers(self) -> Iterator[tuple[Array, bool]]:
        """Yield (rows, columns), float64, and whether all are whole, while cells are finite numbers and nothing else.

        NumPy's own reader is five times as quick as taking cells one by one, and knows nothing of quotes, empty cells
        or what is wrong: where it stops, `rows` goes on.
        """
        while lines := list(islice(self._text, BLOCK_ROWS)):
            joined = "".join(lines)
            block = self._plain(lines, joined)
            if block is None:
                self._text = chain(lines, self._text)
                return
            self._lines += len(lines)
            self._tell()
            if len(block):
                yield block, not any(sign in joined for sign in ".eE")

    def _plain(self, lines: Sequence[str], joined: str) -> Array | None:
        if not joined.isascii() or "_" in joined:
            return None
        if len(self._file.names) == 1 and not all(line.strip() for line in lines):
            return None  # of a single column, a blank line is an empty cell
        if not joined.strip():
            return np.empty((0, len(self._file.names)))
        try:
            block = np.loadtxt(lines, delimiter=self._file.delimiter, comments=None, ndmin=2)
        except ValueError:
            return None
        fits = block.shape[1] == len(self._file.names) and np.isfinite(block).all()
        return block if fits else None

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield each row's line and cells.

        Raises
        ------
        LabError
            With the line, for a row of another length or a quote that does not end.
        """
        wanted = len(self._file.names)
        for line, cells in self._cells():
            if len(cells) != wanted:
                raise LabError(
                    f"line {line} has {len(cells)} cells, and the header has {wanted}",
                    "each row needs one for each column; a cell with the delimiter in it stands in quotes",
                    where=str(self._file.path),
                )
            if not line % 1_000:
                self._tell()
            yield line, cells

    def _cells(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line and the cells of all that is left; blank lines are none, or cells of a single column."""
        before = self._lines
        single, blank = len(self._file.names) == 1, list[int]()
        reader = csv.reader(self._text, delimiter=self._file.delimiter, strict=True, skipinitialspace=True)
        try:
            for cells in reader:
                line, self._lines = self._lines + 1, before + reader.line_num
                if cells and cells != [""]:
                    # Blank lines at the end are none of its cells.
                    yield from ((gap, [""]) for gap in blank)
                    blank.clear()
                    yield line, cells
                elif single:
                    blank.append(line)
        except csv.Error as error:
            problem = str(error)
            if "end of data" in problem:
                problem = "a quote is opened and not closed"
            elif "larger than" in problem:
                problem = f"a cell has more than {MOST_CELL:,} characters: is a quote opened and not closed?"
            raise LabError(
                f"line {self._lines + 1}: {problem}", "mend the quotes of that line", where=str(self._file.path)
            ) from error

    def _tell(self) -> None:
        share = min(1.0, self._raw.tell() / max(1, self._file.size))
        if int(share * STEPS) > self._told:
            self._told = int(share * STEPS)
            self._progress(share)


@contextmanager
def reading(file: TextFile, progress: Progress, errors: str = "strict") -> Iterator[Reading]:
    """Open a file for one reading; `errors` is what becomes of bytes that are no text, as Python has it."""
    with (
        opened_text(file.path) as raw,
        io.TextIOWrapper(raw, encoding=file.encoding, newline="", errors=errors) as text,
    ):
        yield Reading(file, raw, text, progress)
