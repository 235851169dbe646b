"""A rectangle of characters with the names of their colours, and what changed from one to the next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from rich.cells import cell_len

from tui.plots.canvas import Run

# A cell is its characters and its colour role; the second half of a wide character is a cell without characters.
Cell = tuple[str, str]
Row = list[Cell]
# Fewer unchanged cells than this between two changes are sent along: moving the cursor over them costs as much.
BRIDGE = 6


class Change(NamedTuple):
    """`width` cells of row `y`, from column `x` on, that differ."""

    x: int
    y: int
    width: int


class Cells:
    """Rows of cells, blank at first, to put texts on. A text that does not fit is cut at the edge.

    Where the cells are shown in tiles of an even width, a wide character that would lie across the border of two goes
    one cell further.
    """

    def __init__(self, width: int, height: int, tile: int = 0) -> None:
        self.width = width
        self.height = height
        self.tile = tile
        self.rows: list[Row] = [[(" ", "")] * width for _ in range(height)]

    def put(self, x: int, y: int, text: str, role: str) -> int:
        """Write a safe text at a column of a row; return the column after it."""
        if not 0 <= y < self.height:
            return x
        row = self.rows[y]
        for character in text:
            size = cell_len(character)
            if size == 0:
                # A combining mark belongs to the letter before it.
                owner = x - 1 if x > 0 and x <= self.width and row[x - 1][0] else x - 2
                if 0 <= owner < self.width:
                    row[owner] = (row[owner][0] + character, row[owner][1])
                continue
            if size == 2 and self.tile and (x + 1) % self.tile == 0 and x + 1 < self.width:
                row[x] = (" ", role)
                x += 1
            if x < 0 or x + size > self.width:
                break
            row[x] = (character, role)
            if size == 2:
                row[x + 1] = ("", role)
            x += size
        return x

    def put_runs(self, x: int, y: int, runs: Iterable[Run]) -> None:
        """Write runs of characters, each one cell wide, from a column of a row on."""
        cells = [(character, role) for text, role in runs for character in text]
        self.rows[y][x : x + len(cells)] = cells[: self.width - x]

    def runs(self, y: int) -> list[Run]:
        """Return a row as runs of one colour role."""
        groups = groupby(self.rows[y], key=lambda cell: cell[1])
        return [Run("".join(text for text, _ in group), role) for role, group in groups]

    def text(self) -> str:
        """Return all rows as plain text."""
        return "\n".join("".join(text for text, _ in row).rstrip() for row in self.rows)


def changed(before: Cells, after: Cells) -> list[Change]:
    """Return the runs of cells that differ between two rectangles of one size, close ones joined."""
    changes = []
    for y, (old, new) in enumerate(zip(before.rows, after.rows, strict=True)):
        if old != new:
            columns = [x for x, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
            changes += [Change(first, y, last - first + 1) for first, last in _stretches(columns, old, new)]
    return changes


def _stretches(columns: Sequence[int], old: Row, new: Row) -> list[tuple[int, int]]:
    """The first and last columns of changes, both halves of a wide character in one."""
    found: list[tuple[int, int]] = []
    for column in columns:
        wide = column + 1 < len(new) and "" in (new[column + 1][0], old[column + 1][0])
        first, last = column - ("" in (new[column][0], old[column][0])), column + wide
        if found and first - found[-1][1] <= BRIDGE:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def before_wide(text: str) -> int | None:
    """Return how many cells come before the first wide character, None where there is none."""
    place = next((index for index, character in enumerate(text) if cell_len(character) == 2), None)
    return None if place is None else cell_len(text[:place])


def fitted(text: str, width: int) -> str:
    """Return a text cut to at most `width` cells, with `…` where something is missing."""
    if cell_len(text) <= width:
        return text
    used, kept = 1, []
    for character in text:
        used += cell_len(character)
        if used > width:
            break
        kept.append(character)
    return "".join(kept) + "…" if width > 0 else ""
