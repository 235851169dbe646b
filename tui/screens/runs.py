"""The table of runs: a line each, and their mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from sessions.record import Record, RunRecord
from sessions.report import summarize
from tui.numbers import figure, latest, main_metric
from tui.text import safe

# Told by a word and a sign: colour alone would be lost on some terminals and some people.
SIGNS = {
    "waiting": "· waiting",
    "training": "▶ training",
    "paused": "‖ paused",
    "finished": "✓ finished",
    "stopped": "■ stopped",
    "diverged": "✗ diverged",
    "failed": "✗ failed",
    "interrupted": "■ interrupted",
}
SHORT = {"train": "train", "validation": "val.", "test": "test"}
IMPORTANCE = [
    ("train", False),
    ("test", True),
    ("train", True),
    ("validation", True),
    ("test", False),
    ("validation", False),
]
"""Which columns (part, whether it is the loss) go first where there is no room, the dearest last."""


LEAST = 2
"""So many figures a line are worth shorter labels."""
KEYS = re.compile(r"[\w.-]+=")


class RunsTable(ScrollView, can_focus=True):
    """Shows a record, the header always in sight. Only lines that have changed are drawn again.

    A DataTable would do, but it renders all its rows for each cell that changes, and while folds train all change.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"runs--header"}

    def __init__(self) -> None:
        super().__init__(id="runs")
        self._lines: list[str] = []

    def show(self, record: Record, width: int) -> None:
        """Show the runs as they are now, in so many cells."""
        header, rows = table_of(record, width)
        before, self._lines = self._lines, aligned([header, *rows])
        if len(before) != len(self._lines):
            self.virtual_size = Size(width, len(self._lines))
            self.refresh(layout=True)
            return
        for number, (old, new) in enumerate(zip(before, self._lines, strict=True)):
            y = number - self.scroll_offset.y if number else 0
            if old != new and 0 <= y < self.size.height:
                self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """Return a line of the window: the header first, then the rows that are scrolled to."""
        number = y + self.scroll_offset.y if y else 0
        style = self.get_component_rich_style("runs--header") if y == 0 else self.rich_style
        text = self._lines[number] if number < len(self._lines) else ""
        return Strip([Segment(text, style)]).adjust_cell_length(self.size.width, style)

    @property
    def text(self) -> str:
        """The whole table as plain text."""
        return "\n".join(self._lines)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines, the first two columns to the left, numbers to the right."""
    needed = widths(rows)
    lines = []
    for row in rows:
        cells = [
            cell + " " * (width - cell_len(cell)) if place < 2 else " " * (width - cell_len(cell)) + cell
            for place, (cell, width) in enumerate(zip(row, needed, strict=True))
        ]
        lines.append(" " + "  ".join(cells))
    return lines


def table_of(record: Record, width: int) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of a record, as texts that are safe to show: as many columns as the width has room for."""
    if not record.runs:
        return ["run", "status", "epoch"], []
    columns = _columns(record)
    while True:
        header = ["run", "status", "epoch", *(f"{SHORT[part]} {name}" for part, name in columns)]
        rows = [_row(run, columns) for run in record.runs]
        spread = _spread(record, columns)
        if spread:
            rows.insert(len(record.candidates), spread)
        needed = widths([header, *rows])
        if sum(needed) + 2 * len(needed) > width and len(columns) <= LEAST:
            # The figures are what is looked for: keys that all labels repeat are left out first.
            rows = [[KEYS.sub("", row[0]), *row[1:]] for row in rows]
            needed = widths([header, *rows])
        if sum(needed) + 2 * len(needed) <= width or not columns:
            return header, rows
        columns.remove(min(columns, key=lambda column: IMPORTANCE.index((column[0], column[1] == "loss"))))


def widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """Return the width of each column in cells."""
    return [max(map(cell_len, column)) for column in zip(*rows, strict=True)]


def _columns(record: Record) -> list[tuple[str, str]]:
    metric = main_metric(record.runs[0])
    validated = any(run.validation_curves or run.validation for run in record.runs)
    tested = any(run.test for run in record.runs)
    parts = ["train", *(["validation"] if validated else []), *(["test"] if tested else [])]
    return [(part, name) for name in dict.fromkeys(["loss", metric]) for part in parts]


def _spread(record: Record, columns: list[tuple[str, str]]) -> list[str]:
    """Return the row of means, where there is more than one run of one setting to take them over."""
    summary = summarize(record) if len(record.candidates) > 1 and len(record.settings) == 1 else {}
    if not summary:
        return []
    found = [summary.get(f"{part}.{name}") for part, name in columns]
    return ["mean ± sd", "", "", *(f"{figure(v['mean'])} ±{figure(v['sd'], 2)}" if v else "–" for v in found)]


def _row(run: RunRecord, columns: list[tuple[str, str]]) -> list[str]:
    values = [figure(latest(run, part, name)) for part, name in columns]
    return [safe(run.label, 40), SIGNS.get(run.status, run.status), f"{run.epoch}/{run.epochs}", *values]
