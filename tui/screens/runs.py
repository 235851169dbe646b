"""The table of runs: a line each, and their mean."""

from __future__ import annotations

from collections.abc import Sequence
from operator import le

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import DataTable

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


class RunsTable(DataTable[Text]):
    """Shows a record; only cells whose text has changed are drawn again."""

    def __init__(self) -> None:
        super().__init__(id="runs", cursor_type="row", cell_padding=1, show_cursor=False)
        self._shown: list[list[str]] = []
        self._header: list[str] = []
        self._widths: list[int] = []

    def show(self, record: Record, width: int) -> None:
        """Show the runs as they are now, in so many cells."""
        header, rows = table_of(record, width)
        needed = widths([header, *rows])
        fits = len(needed) == len(self._widths) and all(map(le, needed, self._widths))
        if header != self._header or len(rows) != len(self._shown) or not fits:
            self.clear(columns=True)
            for place, name in enumerate(header):
                title = Text(name, justify="left" if place < 2 else "right")
                self.add_column(title, key=str(place), width=needed[place])
            self._widths = needed
            for number, row in enumerate(rows):
                self.add_row(*(self._cell(place, text) for place, text in enumerate(row)), key=str(number))
        else:
            for number, row in enumerate(rows):
                for place, text in enumerate(row):
                    if text != self._shown[number][place]:
                        self.update_cell(str(number), str(place), self._cell(place, text))
        self._header, self._shown = header, rows

    def on_focus(self) -> None:
        """Show the cursor only where it can be moved."""
        self.show_cursor = True

    def on_blur(self) -> None:
        """Take it away again."""
        self.show_cursor = False

    @staticmethod
    def _cell(place: int, text: str) -> Text:
        return Text(text, justify="left" if place < 2 else "right", no_wrap=True)


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
        if sum(needed) + 2 * len(needed) <= width or not columns:
            return header, rows
        columns.remove(min(columns, key=lambda column: IMPORTANCE.index((column[0], column[1] == "loss"))))


def widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """Return the width of each column in cells.

    A DataTable measures columns itself, but only once it is idle: what it has drawn before stays cut off.
    """
    return [max(map(cell_len, column)) for column in zip(*rows, strict=True)]


def _columns(record: Record) -> list[tuple[str, str]]:
    metric = main_metric(record.runs[0])
    validated = any(run.validation_curves or run.validation for run in record.runs)
    tested = any(run.test for run in record.runs)
    parts = ["train", *(["validation"] if validated else []), *(["test"] if tested else [])]
    return [(part, name) for name in dict.fromkeys(["loss", metric]) for part in parts]


def _spread(record: Record, columns: list[tuple[str, str]]) -> list[str]:
    """Return the row of means, where there is more than one run to take them over."""
    summary = summarize(record) if len(record.candidates) > 1 else {}
    if not summary:
        return []
    found = [summary.get(f"{part}.{name}") for part, name in columns]
    return ["mean ± sd", "", "", *(f"{figure(v['mean'])} ±{figure(v['sd'], 2)}" if v else "–" for v in found)]


def _row(run: RunRecord, columns: list[tuple[str, str]]) -> list[str]:
    values = [figure(latest(run, part, name)) for part, name in columns]
    return [safe(run.label, 40), SIGNS.get(run.status, run.status), f"{run.epoch}/{run.epochs}", *values]
