"""The pages of a library as lines of a table: which columns there is room for, and what stands in them. No widget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len

from sessions.finding import CANNOT, status_of
from sessions.listed import Listed
from tui.numbers import figure
from tui.plots.cells import fitted
from tui.screens.run_lines import SIGNS
from tui.text import safe

GAP = "  "
LONGEST = 200
LAST_SECOND = 250_000_000_000


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, the order that it shows, its width in cells and what it says of a page."""

    title: str
    order: str
    width: int
    says: Callable[[Listed], str]
    right: bool = False


def _date(text: str) -> str:
    return text[:10] + GAP[:1] + text[11:16] if text else ""


def _title(entry: Listed) -> str:
    return f"{CANNOT}: {entry.name}" if entry.problem else entry.title


def _saved(entry: Listed) -> str:
    if entry.stamp is None:
        return ""
    # A file system can hold times for which there is no date.
    seconds = min(max(entry.stamp.modified / 1e9, 0), LAST_SECOND)
    return f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d %H:%M}"


def _status(entry: Listed) -> str:
    return SIGNS["failed"] if entry.problem else SIGNS.get(entry.status, safe(entry.status or "· not run", LONGEST))


CREATED = Column("created", "created", 10, lambda entry: entry.created[:10])
MOMENT = Column("created", "created", 16, lambda entry: _date(entry.created))
SAVED = Column("saved", "saved", 10, lambda entry: _saved(entry)[:10])
SAVED_MOMENT = Column("saved", "saved", 16, _saved)
TITLE = Column("title", "title", 20, lambda entry: safe(_title(entry), LONGEST))
DATA = Column("data", "data", 10, lambda entry: safe(entry.data, LONGEST))
STATUS = Column("status", "status", 13, _status)
SIGN = Column("", "status", 1, lambda entry: _status(entry)[:1])
RUNS = Column("runs", "runs", 5, lambda entry: f"{entry.runs}" if entry.runs else "", right=True)
LOSS = Column("loss", "loss", 9, lambda entry: figure(entry.loss) if entry.status else "", right=True)
VERDICT = Column("verdict", "verdict", 13, lambda entry: safe(entry.verdict, LONGEST))
TAGS = Column("tags", "", 16, lambda entry: safe(", ".join(entry.tags), LONGEST))
NAME = Column("page", "name", 24, lambda entry: safe(entry.name, LONGEST))
SHARES = {TITLE: 2, TAGS: 1, NAME: 2}
"""How the rest of the width is divided."""


def columns_for(width: int, order: str) -> list[Column]:
    """Return the columns that a width has room for, in their order: names last, as the titles nearly say them.

    The date is that by which the pages are sorted, else when they were begun.
    """
    moment, day = (SAVED_MOMENT, SAVED) if order == "saved" else (MOMENT, CREATED)
    if width >= 150:
        return _spread([moment, TITLE, DATA, STATUS, RUNS, LOSS, VERDICT, TAGS, NAME], width)
    if width >= 110:
        return _spread([moment, TITLE, DATA, STATUS, RUNS, LOSS, TAGS], width)
    if width >= 90:
        return _spread([day, TITLE, DATA, STATUS, RUNS, LOSS, TAGS], width)
    return _spread([day, TITLE, DATA, SIGN, RUNS, LOSS], width)


def _spread(columns: list[Column], width: int) -> list[Column]:
    rest = width - 1 - sum(column.width + len(GAP) for column in columns)
    shares = sum(SHARES.get(column, 0) for column in columns)
    return [
        Column(
            column.title, column.order, column.width + rest * SHARES.get(column, 0) // shares, column.says, column.right
        )
        if rest > 0
        else column
        for column in columns
    ]


def header_of(columns: Sequence[Column], order: str, *, backwards: bool) -> str:
    """Return the titles as a line, with a sign at the one by which the pages are sorted."""
    sign = "▴" if backwards else "▾"
    return _line(columns, [f"{column.title}{sign}" if column.order == order else column.title for column in columns])


def line_of(entry: Listed, columns: Sequence[Column]) -> str:
    """Return a page as a line."""
    return _line(columns, [column.says(entry) for column in columns])


def _line(columns: Sequence[Column], cells: Sequence[str]) -> str:
    parts = []
    for column, cell in zip(columns, cells, strict=True):
        text = fitted(cell, column.width)
        blank = " " * (column.width - cell_len(text))
        parts.append(blank + text if column.right else text + blank)
    return " " + GAP.join(parts)


def said_of(entry: Listed) -> str:
    """Return a page in words, for the line below the table: the reason where it cannot be read."""
    if entry.problem:
        return safe(f"{entry.file} {entry.problem}", 300)
    parts = [status_of(entry), *([", ".join(entry.tags)] if entry.tags else []), entry.notes or entry.name]
    return safe(" · ".join(parts), 300)
