"""The table of runs on the stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from sessions.record import Record
from tui.screens.run_lines import ManyLines, aligned, table_of

MANY = 200
"""The lines of more runs are made only where they are in sight."""


class RunsTable(ScrollView, can_focus=True):
    """Shows a record, the header always in sight. Only lines that have changed are drawn again.

    A DataTable would do, but it renders all its rows for each cell that changes, and while folds train all change.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"runs--header"}

    def __init__(self) -> None:
        super().__init__(id="runs")
        self._lines: Sequence[str] = []

    def show(self, record: Record, width: int) -> None:
        """Show the runs as they are now, in so many cells."""
        before = self._lines
        seen = {number: before[number] for number in self._visible() if number < len(before)}
        if len(record.runs) > MANY:
            self._lines = ManyLines(record, width)
        else:
            header, rows = table_of(record, width)
            self._lines = aligned([header, *rows])
        if len(before) != len(self._lines):
            self.virtual_size = Size(width, len(self._lines))
            self.refresh(layout=True)
            return
        for y, number in enumerate(self._visible()):
            if number in seen and seen[number] != self._lines[number]:
                self.refresh(Region(0, y, self.size.width, 1))

    def _visible(self) -> list[int]:
        """Return the lines that are in the window, the header first."""
        return [y + round(self.scroll_offset.y) if y else 0 for y in range(self.size.height)]

    def render_line(self, y: int) -> Strip:
        """Return a line of the window: the header first, then the rows that are scrolled to."""
        number = y + round(self.scroll_offset.y) if y else 0
        style = self.get_component_rich_style("runs--header") if y == 0 else self.rich_style
        text = self._lines[number] if number < len(self._lines) else ""
        return Strip([Segment(text, style)]).adjust_cell_length(self.size.width, style)

    @property
    def text(self) -> str:
        """The whole table as plain text."""
        return "\n".join(self._lines)
