"""A whole plot as cells: curves, axes, ticks, legend and marks. Needs no terminal; the widget and exports share it.

loss (squared)              ── train  ╌╌ validation  ▲ best 93
1.0 ┤⡀
    │⠱⡀⠈⠢⡀
0.5 ┤ ⠈⠢⣀ ⠈⠑⠤
    │    ⠉⠑⠒⠤⠤
  0 ┼────┬────┬────┬▲───┬
    0    25   50   75   100 epoch
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len

from tui.plots.axes import Limits, Tick, data_range, decade_limits, epoch_limits, settle, ticks
from tui.plots.canvas import Run, colour_role, draw, families_of
from tui.plots.cells import Cells, before_wide, fitted
from tui.plots.series import Line, drawable
from tui.text import safe

SMALLEST = (20, 5)
SAMPLES = {"train": "──", "validation": "╌╌", "reference": "··"}
# A short run's epochs are marked one by one where they are at least this many characters apart.
POINT_DISTANCE = 5
WIDEST_POWER = 6
# From so many rows on a second one goes to a legend that one cannot hold.
PACKED = 11
POINTS = {"train": "●", "validation": "○"}


@dataclass(frozen=True, slots=True)
class Mark:
    """An epoch to point at below the axis, with a label for the legend; `line` draws it through the whole plot."""

    x: float
    label: str
    line: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class PlotData:
    """Everything a plot shows. Plots compare by identity. Texts may come from outside: they are made safe here.

    `x_total` is the number of epochs planned; with `x_log` the lines' x and the marks are powers of ten; `notes` are
    further texts for the legend, such as "faint: 5 folds"; `empty` is shown while there is nothing to draw.
    """

    lines: tuple[Line, ...] = ()
    x_total: int = 0
    log: bool = False
    title: str = ""
    y_title: str = ""
    x_title: str = "epoch"
    x_log: bool = False
    notes: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """A plot of one size, and the y axis that the next frame starts from."""

    cells: Cells
    y_limits: Limits | None


def compose(plot: PlotData, width: int, height: int, y_before: Limits | None = None, tile: int = 0) -> Frame:
    """Return the plot in `width` × `height` cells, on the y axis before it where that still serves.

    `tile` is the even width of the tiles that it is shown in, 0 for none.
    """
    cells = Cells(width, height, tile)
    found = data_range(plot.lines, log=plot.log)
    if found is None:
        _centre(cells, plot.empty, "text")
        return Frame(cells, None)
    if width < SMALLEST[0] or height < SMALLEST[1]:
        _centre(cells, _last_values(plot), "text")
        return Frame(cells, y_before)
    y_limits = settle(y_before, *with_references(plot, *found), log=plot.log)
    x_limits = decade_limits(plot.lines) if plot.x_log else epoch_limits(plot.lines, plot.x_total)
    top = _header(cells, plot)
    axis_line = height >= 8
    rows = height - top - 1 - axis_line
    y_ticks = ticks(y_limits, max(2, rows // 3))
    # At least four: the plot's edge then seldom moves when the labels change.
    left = max(4, *(len(tick.label) for tick in y_ticks)) + 1
    area = _Area(cells, left + 1, top, width - left - 1, rows, x_limits, y_limits)
    _curves(plot, area)
    _y_axis(area, y_ticks, left)
    _x_axis(plot, area, axis_line=axis_line)
    return Frame(cells, y_limits)


@dataclass(frozen=True, slots=True)
class _Area:
    """Where the curves are: the upper left cell, the size, the limits."""

    cells: Cells
    x: int
    y: int
    width: int
    height: int
    x_limits: Limits
    y_limits: Limits

    def column(self, value: float) -> int:
        return self.x + self.x_limits.place(value, 2 * self.width) // 2

    def row(self, value: float) -> int:
        return self.y + (4 * self.height - 1 - self.y_limits.place(value, 4 * self.height)) // 4


def _centre(cells: Cells, text: str, role: str) -> None:
    shown = fitted(safe(text), cells.width)
    cells.put(max(0, (cells.width - cell_len(shown)) // 2), max(0, (cells.height - 1) // 2), shown, role)


def _last_values(plot: PlotData) -> str:
    """The newest value of each main curve, for a widget too small for a plot."""
    curves = [line for line in plot.lines if line.role != "reference" and line.emphasis == "main" and len(line.y)]
    return "  ".join(f"{safe(line.label, 20)} {line.y[-1]:.3g}" for line in curves)


def with_references(plot: PlotData, least: float, largest: float) -> tuple[float, float]:
    """Return a range of values with those reference lines in it that do not press the curves flat."""
    span = 99 * largest if plot.log else max(largest - least, 0.2 * abs(largest))
    low, high = (least / 100, largest + span) if plot.log else (least - span, largest + span)
    levels = [float(line.y[0]) for line in plot.lines if line.role == "reference" and len(line.y)]
    near = [level for level in levels if low <= level <= high and (level > 0 or not plot.log)]
    return min([least, *near]), max([largest, *near])


def _legend(plot: PlotData) -> list[Run]:
    """What each form and colour means: curves, marks, notes."""
    families = families_of(plot.lines)
    entries: dict[str, str] = {}
    for line in plot.lines:
        if line.role != "reference" and line.label:
            sample = SAMPLES[line.role] if line.emphasis == "main" else "⠤⠤"
            number = f"{families.index(line.family) + 1} " if len(families) > 1 else ""
            entries.setdefault(f"{number}{sample} {safe(line.label, 40)}", colour_role(line, len(families)))
    texts = [Run(text, role) for text, role in entries.items()]
    texts += [Run(f"▲ {safe(mark.label, 40)}", "mark") for mark in plot.marks if mark.label]
    return texts + [Run(safe(note, 60), "text") for note in plot.notes]


def _header(cells: Cells, plot: PlotData) -> int:
    """The titles at the left, the legend at the right, in one row or in two where that is worth it; how many."""
    texts = _legend(plot)
    titles = [Run(text, role) for text, role in ((safe(plot.title), "title"), (safe(plot.y_title), "text")) if text]
    crowded = _length(titles + texts) > cells.width
    if crowded and (len(families_of(plot.lines)) > 1 or (_length(texts) > cells.width and cells.height >= PACKED)):
        return _packed(cells, titles + texts)
    while len(texts) > 1 and _length(texts) > cells.width:
        texts.pop()
    rows = 2 if cells.height >= 14 and titles and texts and _length(titles + texts) > cells.width else 1
    x, room = 0, cells.width if rows == 2 else cells.width - _length(texts) - 2 * bool(texts)
    for text, role in titles:
        # A title of which no word is left says nothing.
        if (part := fitted(text, room - x)) == text or cell_len(part) >= 8:
            x = cells.put(x, 0, part, role) + 2
    x = cells.width - min(cells.width, _length(texts))
    for text, role in texts:
        # Wide characters that begin at even columns lie across no border of tiles.
        lead = before_wide(text)
        x = cells.put(x if lead is None else x + (x + lead) % 2, rows - 1, text, role) + 2
    return rows


def _packed(cells: Cells, texts: Sequence[Run]) -> int:
    """Titles and a legend of many entries from the left, in as many rows as a quarter of the plot; how many."""
    x, y = 0, 0
    for text, role in texts:
        if x and x + cell_len(text) > cells.width:
            x, y = 0, y + 1
        if y >= max(1, cells.height // 4):
            return y
        x = cells.put(x, y, fitted(text, cells.width), role) + 2
    return y + 1


def _length(texts: Sequence[Run]) -> int:
    """Cells that texts side by side need, two between each, and one to spare where one has wide characters."""
    return max(0, sum(cell_len(run.text) + 2 + (before_wide(run.text) is not None) for run in texts) - 2)


def _curves(plot: PlotData, area: _Area) -> None:
    """The curves, and on top of them what must be read on them."""
    cells = area.cells
    for y, runs in enumerate(draw(plot.lines, area.width, area.height, area.x_limits, area.y_limits)):
        cells.put_runs(area.x, area.y + y, runs)
    for mark in plot.marks:
        if mark.line and area.x_limits.holds(mark.x):
            column = area.column(mark.x)
            for y in range(area.y, area.y + area.height):
                if cells.rows[y][column][0] == " ":
                    cells.put(column, y, "┊", "mark")
    _points(plot, area)
    _endings(plot, area)
    for line in plot.lines if area.height >= 6 else ():
        if line.role == "reference":
            _reference_label(line, area)


def _points(plot: PlotData, area: _Area) -> None:
    """A marker on each epoch of a short run, and on a curve's only point."""
    families = families_of(plot.lines)
    apart = not plot.x_log and area.width / (area.x_limits.high - area.x_limits.low) >= POINT_DISTANCE
    for line in plot.lines:
        if line.emphasis == "main" and line.role in POINTS and (apart or len(line.x) == 1):
            path = drawable(line, log=plot.log)
            values = np.log10(path.y) if plot.log else path.y
            for x, y in zip(path.x.tolist(), values.tolist(), strict=True):
                if area.y_limits.holds(y):
                    area.cells.put(area.column(x), area.row(y), POINTS[line.role], colour_role(line, len(families)))


def _endings(plot: PlotData, area: _Area) -> None:
    """How a curve ends: its family's number; an arrow where it leaves through the top, a cross where it is no number.

    The number stands for the colour where there is none.
    """
    families = families_of(plot.lines)
    for line in plot.lines:
        path = drawable(line, log=plot.log)
        if line.role == "reference" or line.emphasis != "main" or not len(path.y):
            continue
        values = np.log10(path.y) if plot.log else path.y
        above = np.flatnonzero(values > area.y_limits.high)
        if len(above):
            x, y, sign = path.x[above[0]], area.y_limits.high, "↑"
        elif len(families) > 1 or not np.isfinite(line.y[-1]):
            number = str((families.index(line.family) + 1) % 10)
            x, y, sign = path.x[-1], values[-1], number if np.isfinite(line.y[-1]) else "×"
        else:
            continue
        area.cells.put(area.column(float(x)), area.row(float(y)), sign, colour_role(line, len(families)))


def _reference_label(line: Line, area: _Area) -> None:
    """The label at the right end of a reference line, above it; with an arrow where the level is off the plot."""
    value = float(line.y[0]) if len(line.y) else math.nan
    if area.y_limits.log:
        value = math.log10(value) if value > 0 else -math.inf
    if math.isnan(value) or not line.label:
        return
    place = area.row(min(max(value, area.y_limits.low), area.y_limits.high))
    label = safe(line.label, 40)
    if not area.y_limits.holds(value):
        label += " ▲" if value > area.y_limits.high else " ▼"
    label = fitted(label, area.width // 3)
    inside = area.y_limits.holds(value)
    rows = [place - 1, place + 1, place] if inside else [place]
    x = area.x + area.width - cell_len(label)
    free = [y for y in rows if area.y <= y < area.y + area.height and _blank(area.cells, x, y)]
    y = free[0] if free else max(area.y, min(rows[0], area.y + area.height - 1))
    area.cells.put(x, y, label, "reference")


def _blank(cells: Cells, x: int, y: int) -> bool:
    return all(text == " " for text, _ in cells.rows[y][x:])


def _y_axis(area: _Area, y_ticks: Sequence[Tick], left: int) -> None:
    for y in range(area.height):
        area.cells.put(left, area.y + y, "│", "axis")
    for tick in y_ticks:
        y = area.row(tick.position)
        area.cells.put(left - 1 - len(tick.label), y, tick.label, "text")
        area.cells.put(left, y, "┤", "axis")


def _x_axis(plot: PlotData, area: _Area, *, axis_line: bool) -> None:
    """The line below the curves, the epochs' numbers below that, the axis' title at the end."""
    cells, bottom = area.cells, area.y + area.height
    widest = WIDEST_POWER if plot.x_log else len(f"{area.x_limits.high:.0f}") + 3
    count = max(1, min(10, area.width // (widest + 3)))
    x_ticks = ticks(area.x_limits, count, whole=True)
    if axis_line:
        cells.put(area.x - 1, bottom, "└" + "─" * area.width, "axis")
        for tick in x_ticks:
            cells.put(area.column(tick.position), bottom, "┬", "axis")
    for mark in plot.marks:
        if area.x_limits.holds(mark.x):
            cells.put(area.column(mark.x), bottom if axis_line else bottom - 1, "▲", "mark")
    _x_labels(area, x_ticks, safe(plot.x_title, 30))


def _x_labels(area: _Area, x_ticks: Sequence[Tick], title: str) -> None:
    """The epochs' numbers below their ticks; the title stands before the last one, "epoch 100"."""
    cells, row = area.cells, area.cells.height - 1
    places = [
        (min(area.column(t.position) - (len(t.label) - 1) // 2, cells.width - len(t.label)), t.label) for t in x_ticks
    ]
    last = places[-1][0]
    start = last - cell_len(title) - 1
    if title and start > area.x + area.width // 3:
        cells.put(start, row, title, "text")
    else:
        start = last
    for x, text in places:
        if x == last or x + len(text) < start:
            cells.put(x, row, text, "text")
