"""What is seen of a table's columns while it is read for the first time, and what each of them then is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from engine.arrays import Array
from engine.data.formats.cells import GROUPED, MISSING, WHOLE, Decimal, kind_of, numbers_of, plain_numbers
from engine.data.formats.numbers import Numbers, Writer
from engine.data.formats.reading import TextFile
from engine.data.formats.sheet import Column, Kind
from engine.errors import LabError

SHOWN_CELLS = 3
MOST_OF = 0.9
ONE_WAY = "write all in the same way, or say with data.decimal which sign the columns have that are used"
NUMERIC = {
    "not finite": ("no finite number", "leave such cells empty, and set data.missing"),
    "thousands": ("thousands with separators", "take the separators out"),
    "amount": ("a number with a sign", "take the sign out"),
    "either": ("a comma in a number, and others have a decimal {sign}", ONE_WAY),
    "comma": ("a comma in a number, and others have a decimal {sign}", ONE_WAY),
    "point": ("a decimal point, and others have a decimal {sign}", ONE_WAY),
}
"""Kinds of cells that are numbers of some sort: what they are called where others of their column are plain, and
what to do."""


class Survey:
    """Looks at a table block by block, and puts the numbers aside as it goes."""

    def __init__(self, file: TextFile, writer_of: Callable[[int], Writer]) -> None:
        self.columns = [Column(name) for name in file.names]
        self.rows = 0
        self.took_numbers = False
        """Whether rows came as numbers, so that what their cells looked like is not known."""
        self.notes: list[str] = []
        """What was made of a column that could be taken for something else."""
        self._where = str(file.path)
        self._counts = [Counter[str]() for _ in file.names]
        """For each column how many cells are missing, points, commas, either, days, words."""
        self._first: list[dict[str, list[tuple[int, str]]]] = [{} for _ in file.names]
        """For each column the first cells of each kind, with their lines."""
        self._grouped = set(range(len(file.names))) if file.delimiter == ";" else set()
        """The columns whose points may part thousands, as they do in many files with semicolons."""
        self._numeric: list[int] | None = None
        """The columns that could be of numbers by their first block: the writer has a column for each."""
        self._lost: set[int] = set()
        """Those of them that are none after all."""
        self._writer_of = writer_of
        self._writer: Writer | None = None

    def take_numbers(self, block: Array, *, whole: bool) -> None:
        """Take rows of which all cells are plain numbers: (rows, columns), float64."""
        self.took_numbers = True
        self.rows += len(block)
        for counts in self._counts:
            counts["whole" if whole else "point"] += len(block)
        if self._writer is None:
            self._numeric = list(range(len(self.columns)))
            self._writer = self._writer_of(len(self.columns))
        self._writer.add(block)

    def take(self, block: Sequence[tuple[int, list[str]]]) -> None:
        """Look at some rows, each with its line."""
        self.rows += len(block)
        lines = [line for line, _ in block]
        columns = list(zip(*(cells for _, cells in block), strict=True))
        found = {
            place: numbers
            for place, cells in enumerate(columns)
            if (numbers := self._look(place, lines, cells)) is not None
        }
        if self._writer is None or self._numeric is None:
            self._numeric = list(found)
            self._writer = self._writer_of(len(found))
        rows = np.full((len(block), len(self._numeric)), np.nan)
        for number, place in enumerate(self._numeric):
            if place in found:
                rows[:, number] = found[place]
        self._writer.add(rows)

    def _look(self, place: int, lines: Sequence[int], cells: Sequence[str]) -> Array | None:
        """Count what the cells of a column may be, and return their numbers if all are some or empty."""
        if place not in self._lost and (numbers := self._look_at_numbers(place, lines, cells)) is not None:
            return numbers
        often = Counter(cells)
        kinds = {cell: kind_of(cell.strip()) for cell in often}
        first = self._first[place]
        for cell, kind in kinds.items():
            self._counts[place][kind] += often[cell]
            if kind == "point" and not _may_be_grouped(cell.strip()):
                self._grouped.discard(place)
        for kind in set(kinds.values()) - {"missing"}:
            shown = first.setdefault(kind, [])
            if len(shown) < SHOWN_CELLS:
                alike = ((line, cell.strip()) for line, cell in zip(lines, cells, strict=True) if kinds[cell] == kind)
                shown += [found for found, _ in zip(alike, range(SHOWN_CELLS - len(shown)), strict=False)]
        numbers = numbers_of([cell.strip() for cell in cells], {cell.strip(): kind for cell, kind in kinds.items()})
        if numbers is None:
            self._lost.add(place)
        return numbers

    def _look_at_numbers(self, place: int, lines: Sequence[int], cells: Sequence[str]) -> Array | None:
        """Do the same, sooner, where the cells are plain numbers or empty; None where they are not."""
        present = cells
        joined = "".join(cells)
        numbers = plain_numbers(cells, joined)
        if numbers is None:
            present = [cell for cell in cells if cell not in MISSING]
            joined = "".join(present)
            found = plain_numbers(present, joined) if present and len(present) < len(cells) else None
            if found is None:
                return None
            numbers = np.full(len(cells), np.nan)
            numbers[[cell not in MISSING for cell in cells]] = found
        whole = WHOLE.fullmatch(joined)
        self._counts[place]["whole" if whole else "point"] += len(present)
        if place in self._grouped and not whole and not all(_may_be_grouped(cell.strip()) for cell in present):
            self._grouped.discard(place)
        self._counts[place]["missing"] += len(cells) - len(present)
        if not whole and "point" not in self._first[place]:
            texts = [(line, cell.strip()) for line, cell in zip(lines, cells, strict=True)]
            self._first[place]["point"] = [found for found in texts if kind_of(found[1]) == "point"][:SHOWN_CELLS]
        return numbers

    def settle(self, asked: Decimal | None) -> Decimal:
        """Decide what each column is, and return which decimal sign the numbers have."""
        if not self.rows:
            raise LabError("has a header and no rows", "it needs a line for each row", where=self._where)
        decimal: Decimal = asked or self._decimal()
        places = {place: number for number, place in enumerate(self._numeric or ())}
        for place, column in enumerate(self.columns):
            column.missing = self._counts[place]["missing"]
            column.kind = self._settled(place, decimal)
            if column.kind == "empty":
                column.codes = np.full(self.rows, np.nan)
            if column.kind == "number":
                column.place = places[place]
                if asked is None and decimal == "point" and place in self._grouped and self._counts[place]["point"]:
                    raise LabError(
                        f"column {column.name} holds numbers such as 1.234 alone: decimals, or thousands?",
                        'set data.decimal = "point", or take the separators out',
                        where=self._where,
                    )
        return decimal

    def numbers(self) -> Numbers:
        """Return the numbers that were put aside; a column that is none of numbers may have a place there too."""
        assert self._writer is not None  # noqa: S101 - it has rows, or `settle` has refused it
        return self._writer.finish()

    def close(self) -> None:
        """Let go of what was put aside and is not wanted."""
        if self._writer is not None:
            self._writer.close()

    def _decimal(self) -> Decimal:
        """Return the sign that all numbers of the file can have; columns of words have none."""
        numbers = [c for c in self._counts if c["comma"] + c["either"] and not _has_others(c)]
        if any(counts["comma"] for counts in numbers):
            return "comma"
        place = next((n for n, c in enumerate(self._counts) if c["either"] and not _has_others(c)), None)
        if place is None:
            return "point"
        line, cell = self._first[place]["either"][0]
        raise LabError(
            f"column {self.columns[place].name} holds {cell} in line {line}: thousands with a separator, or a"
            " decimal comma?",
            'set data.decimal = "comma", or take the separators out',
            where=self._where,
        )

    def _settled(self, place: int, decimal: Decimal) -> Kind:
        counts = self._counts[place]
        present = self.rows - counts["missing"]
        if not present:
            return "empty"
        days = counts["day"] + counts["time"]
        if days == present:
            return "day"
        wanted = ("point", "whole") if decimal == "point" else ("comma", "whole", "either")
        numbers = sum(counts[kind] for kind in wanted)
        if numbers == present:
            return "number"
        self._find_fault(place, wanted, present)
        self._say_of_words(place, numbers, present)
        return "word"

    def _find_fault(self, place: int, wanted: Sequence[str], present: int) -> None:
        """Say what is wrong with a column that is nearly one of numbers, or of days, and is neither."""
        counts = self._counts[place]
        sign = "comma" if "comma" in wanted else "point"
        others = {kind: says for kind, says in NUMERIC.items() if kind not in wanted and counts[kind]}
        numbers = sum(counts[kind] for kind in wanted)
        days = counts["day"] + counts["time"]
        if others and numbers + sum(counts[kind] for kind in others) == present:
            kind = next(iter(others))
            what, hint = others[kind]
            self._blame(place, kind, what.format(sign=sign), hint)
        elif counts["word"] and numbers >= MOST_OF * present:
            # A word here and there among numbers is a slip of the pen, and no category.
            self._blame(place, "word", "no number, and nearly all others there are", "mend them, or leave them empty")
        elif days and days + counts["slashed"] == present:
            self._blame(place, "slashed", "a day written in another way than the others", "write all as 2013-01-31")
        elif days >= MOST_OF * present:
            kind = next(kind for kind in counts if kind not in {"day", "time", "missing"} and counts[kind])
            self._blame(place, kind, "no day, and nearly all others are", "mend them, or leave them empty")

    def _say_of_words(self, place: int, numbers: int, present: int) -> None:
        counts, column = self._counts[place], self.columns[place]
        if counts["slashed"] == present:
            _, cell = self._first[place]["slashed"][0]
            self.notes.append(
                f"column {column.name} is read as words: whether {cell} begins with a day or a month is nowhere said;"
                " write days as 2013-01-31"
            )
        elif numbers >= present / 2 and column.fault is None:
            self.notes.append(f"column {column.name} mixes numbers and words, and is read as words")

    def _blame(self, place: int, kind: str, what: str, hint: str) -> None:
        cells = ", ".join(f"{cell[:20]} in line {line}" for line, cell in self._first[place].get(kind, ()))
        more = self._counts[place][kind] - SHOWN_CELLS
        listed = (cells or "others") + (f" and {more} more" if more > 0 and cells else "")
        name = self.columns[place].name
        self.columns[place].fault = LabError(f"column {name} holds {listed}: {what}", hint, where=self._where)


def _may_be_grouped(text: str) -> bool:
    return text.isdigit() or GROUPED.fullmatch(text) is not None


def _has_others(counts: Counter[str]) -> bool:
    return any(counts[kind] for kind in ("word", "day", "time", "slashed"))
