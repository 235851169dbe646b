"""The table of runs as lines of text: a line each, their mean, and apart from them the baselines. No widget."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import overload

from rich.cells import cell_len

from sessions.record import Record, RunRecord
from sessions.report import summarize
from sessions.settings import names_of, varied
from tui.baselines import APART, cells, labelled
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
LEAST = 2
"""Rather than show fewer figures a table of a sweep leaves out words."""
WIDEST, SHORTEST = 40, 24
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
    texts = []
    for place, (cell, width) in enumerate(zip(row, needed, strict=True)):
        text = fitted(cell, width)
        blank = " " * (width - cell_len(text))
        texts.append(text + blank if place < 2 else blank + text)
    return " " + "  ".join(texts)


def table_of(record: Record, width: int) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of a record, as texts that are safe to show: as many columns as the width has room for."""
    if not record.runs:
        return [RUN, "status", "epoch"], []
    columns = _columns(record)
    form = _form(record)
    while True:
        header = [form.name, *form.heads, *_titles(columns)]
        rows = [_row(run, columns, form) for run in record.runs]
        spread = _spread(record, columns)
        if spread:
            rows.insert(len(record.candidates), spread)
        rows += _apart(record, columns, form, _mean_and_sd if spread else None)
        needed = widths([header, *rows])
        if sum(needed) + 2 * len(needed) <= width or not columns:
            return header, rows
        form = _narrower(form, columns)


def _narrower(form: Form, columns: list[tuple[str, str]]) -> Form:
    """Return the form of a table that needs less room, or take a column away from it."""
    if form.swept and not form.compact and len(columns) <= LEAST:
        return replace(form, compact=True)
    if form.compact and len(columns) == 1 and form.widest == WIDEST:
        return replace(form, widest=SHORTEST)
    columns.remove(min(columns, key=lambda column: IMPORTANCE.index((column[0], column[1] == "loss"))))
    return form


@dataclass(frozen=True, slots=True)
class Form:
    """How a table says things: the labels' column, and whether a run's state is a sign alone, for want of room."""

    name: str
    swept: bool
    compact: bool = False
    widest: int = WIDEST
    """So many cells of a label are shown."""

    @property
    def heads(self) -> list[str]:
        """The titles between the label and the figures."""
        return [""] if self.compact else ["status", "epoch"]

    def state(self, run: RunRecord) -> list[str]:
        """Return what stands below them."""
        said = SIGNS.get(run.status, run.status)
        return [said[:1]] if self.compact else [said, f"{run.epoch}/{run.epochs}"]

    def label(self, run: RunRecord) -> str:
        """Return a run's label: what the keys are is said by the title."""
        return fitted(safe(KEYS.sub("", run.label) if self.swept else run.label, WIDEST), self.widest)


def _form(record: Record) -> Form:
    keys = varied(record)
    return Form(fitted(safe(" · ".join(names_of(keys)), 60), WIDEST // 2) if keys else RUN, bool(keys))


def _titles(columns: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{SHORT[part]} {name}" for part, name in columns]


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
    return ["mean ± sd", "", "", *(_mean_and_sd(v["mean"], v["sd"]) if v else "–" for v in found)]


def _mean_and_sd(mean: float, sd: float | None) -> str:
    return figure(mean) if sd is None else f"{figure(mean)} ±{figure(sd, 2)}"


def _apart(
    record: Record,
    columns: Sequence[tuple[str, str]],
    form: Form,
    spread: Callable[[float, float | None], str] | None = None,
) -> list[list[str]]:
    """Return the rows of the baselines below one that says so; they have no state, since they are no runs."""
    if not record.baselines:
        return []
    blank = ["" for _ in form.heads]
    rows = [[fitted(label, form.widest), *blank, *cells(one, columns, spread)] for label, one in labelled(record)]
    return [[APART, *blank, *("" for _ in columns)], *rows]


def _row(run: RunRecord, columns: Sequence[tuple[str, str]], form: Form) -> list[str]:
    return [form.label(run), *form.state(run), *(figure(latest(run, part, name)) for part, name in columns)]


class ManyLines(Sequence[str]):
    """The table of many runs: a line is made when it is asked for, in columns as wide as any line may need."""

    def __init__(self, record: Record, width: int) -> None:
        self._record = record
        self._form = _form(record)
        self._columns = _columns(record)
        longest = max(record.runs, key=lambda run: len(run.label))
        last = max(run.epochs for run in record.runs)
        while True:
            self._apart = _apart(record, self._columns, self._form)
            names = [self._form.name, self._form.label(longest), *(row[0] for row in self._apart)]
            label = max(map(cell_len, names))
            states = [1] if self._form.compact else [max(map(cell_len, SIGNS.values())), max(5, 2 * len(str(last)) + 1)]
            figures = [max(FIGURE, cell_len(title)) for title in _titles(self._columns)]
            self._needed = [label, *states, *figures]
            if sum(self._needed) + 2 * len(self._needed) <= width or not self._columns:
                break
            self._form = _narrower(self._form, self._columns)

    def __len__(self) -> int:
        return 1 + len(self._record.runs) + len(self._apart)

    @overload
    def __getitem__(self, number: int) -> str: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[str]: ...
    def __getitem__(self, number: int | slice) -> str | Sequence[str]:
        """Return a line, the header first."""
        if isinstance(number, slice):
            return [self[place] for place in range(len(self))[number]]
        number = range(len(self))[number]
        if number == 0:
            return line_of([self._form.name, *self._form.heads, *_titles(self._columns)], self._needed)
        if number > len(self._record.runs):
            return line_of(self._apart[number - 1 - len(self._record.runs)], self._needed)
        return line_of(_row(self._record.runs[number - 1], self._columns, self._form), self._needed)
