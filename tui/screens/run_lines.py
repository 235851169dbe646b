"""The table of runs as lines of text: a line each, and their mean. No widget."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import overload

from rich.cells import cell_len

from sessions.record import Record, RunRecord
from sessions.report import summarize
from sessions.settings import names_of, varied
from tui.numbers import figure, latest, main_metric
from tui.plots.cells import fitted
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


RUN = "run"
WIDEST = 40
"""So many cells of a label are shown."""
FIGURE = 9
"""So many cells the longest figure has: `-1.23e-05`."""
KEYS = re.compile(r"[\w.-]+=")


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines, the first two columns to the left, numbers to the right."""
    needed = widths(rows)
    return [line_of(row, needed) for row in rows]


def line_of(row: Sequence[str], needed: Sequence[int]) -> str:
    """Return a row as a line: the first two columns to the left, numbers to the right."""
    cells = []
    for place, (cell, width) in enumerate(zip(row, needed, strict=True)):
        text = fitted(cell, width)
        blank = " " * (width - cell_len(text))
        cells.append(text + blank if place < 2 else blank + text)
    return " " + "  ".join(cells)


def table_of(record: Record, width: int) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of a record, as texts that are safe to show: as many columns as the width has room for."""
    if not record.runs:
        return [RUN, "status", "epoch"], []
    columns = _columns(record)
    name = _name(record)
    while True:
        header = [name, "status", "epoch", *(f"{SHORT[part]} {figure_name}" for part, figure_name in columns)]
        rows = [_row(run, columns, short=name != RUN) for run in record.runs]
        spread = _spread(record, columns)
        if spread:
            rows.insert(len(record.candidates), spread)
        needed = widths([header, *rows])
        if sum(needed) + 2 * len(needed) <= width or not columns:
            return header, rows
        columns.remove(_least_of(columns))


def _least_of(columns: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Return the column that goes first where there is no room."""
    return min(columns, key=lambda column: IMPORTANCE.index((column[0], column[1] == "loss")))


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


def _row(run: RunRecord, columns: list[tuple[str, str]], *, short: bool) -> list[str]:
    values = [figure(latest(run, part, name)) for part, name in columns]
    return [_label(run, short=short), SIGNS.get(run.status, run.status), f"{run.epoch}/{run.epochs}", *values]


def _label(run: RunRecord, *, short: bool) -> str:
    return safe(KEYS.sub("", run.label) if short else run.label, WIDEST)


def _name(record: Record) -> str:
    """Return what the column of labels is called: by the keys that a sweep varies, which the labels then leave out."""
    keys = varied(record)
    return fitted(safe(" · ".join(names_of(keys)), 60), WIDEST // 2) if keys else RUN


class ManyLines(Sequence[str]):
    """The table of many runs: a line is made when it is asked for, in columns as wide as any line may need."""

    def __init__(self, record: Record, width: int) -> None:
        self._record = record
        self._name = _name(record)
        self._columns = _columns(record)
        # How many characters a label has is soon counted; how many cells they take is not.
        label = min(WIDEST, max(len(self._name), *(len(run.label) for run in record.runs)))
        if self._name != RUN:
            label -= min(len(run.label) - len(KEYS.sub("", run.label)) for run in record.runs[:1])
        last = max(run.epochs for run in record.runs)
        self._needed = [max(label, len(self._name)), max(map(len, SIGNS.values())), 2 * len(str(last)) + 1]
        while True:
            figures = [max(FIGURE, len(title)) for title in self._titles()]
            if sum(self._needed) + sum(figures) + 2 * (3 + len(figures)) <= width or not self._columns:
                break
            self._columns.remove(_least_of(self._columns))
        self._needed += figures

    def _titles(self) -> list[str]:
        return [f"{SHORT[part]} {name}" for part, name in self._columns]

    def __len__(self) -> int:
        return 1 + len(self._record.runs)

    @overload
    def __getitem__(self, number: int) -> str: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[str]: ...
    def __getitem__(self, number: int | slice) -> str | Sequence[str]:
        """Return a line, the header first."""
        if isinstance(number, slice):
            return [self[place] for place in range(len(self))[number]]
        if number == 0:
            return line_of([self._name, "status", "epoch", *self._titles()], self._needed)
        if not 0 < number < len(self):
            raise IndexError(number)
        run = self._record.runs[number - 1]
        return line_of(_row(run, self._columns, short=self._name != RUN), self._needed)
