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
from dataclasses import dataclass, replace

import numpy as np
from rich.cells import cell_len

from tui.numbers import figure
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
# A packed legend has one row in so many: more for levels, each of which needs its name; fewer for notes, but where
# families are told apart these say by what.
ROOM = {"text": 7, "reference": 3}
ROOM_ELSE = 4
# A level so many times above or below the curves is still drawn on a log axis.
NEAR = 3
POINTS = {"train": "●", "validation": "○"}


@dataclass(frozen=True, slots=True)
class Mark:
    """An epoch to point at below the axis, with a label for the legend; `line` draws it through the whole plot."""

    x: float
    label: str
    line: bool = False
    sign: str = "▲"
    """One cell that stands on the axis, and before the label."""


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
    if height < PACKED:
        # The legend may have no room for the names of levels, and a line without its name says nothing.
        plot = replace(plot, lines=tuple(line for line in plot.lines if line.role != "reference"))
    y_limits = settle(y_before, *with_references(plot, *found), log=plot.log)
    x_limits = decade_limits(plot.lines) if plot.x_log else epoch_limits(plot.lines, plot.x_total)
    top = _header(cells, plot, y_limits)
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
    """Return the range with those reference lines in it that do not press the curves flat.

    The picture may become about three times as high for them, on a log axis by a factor of three at each end.
    """
    span = max(largest - least, 0.2 * abs(largest))
    low, high = (least / NEAR, largest * NEAR) if plot.log else (least - span, largest + span)
    levels = [float(line.y[0]) for line in plot.lines if line.role == "reference" and len(line.y)]
    near = [level for level in levels if low <= level <= high and (level > 0 or not plot.log)]
    return min([least, *near]), max([largest, *near])


def _legend(plot: PlotData, y_limits: Limits) -> list[Run]:
    """What each form and colour means: curves, marks, levels with their values, notes."""
    families = families_of(plot.lines)
    entries: dict[str, str] = {}
    for line in plot.lines:
        if line.role != "reference" and line.label:
            sample = SAMPLES[line.role] if line.emphasis == "main" else "⠤⠤"
            number = f"{families.index(line.family) + 1} " if len(families) > 1 else ""
            entries.setdefault(f"{number}{sample} {safe(line.label, 40)}", colour_role(line, len(families)))
    texts = [Run(text, role) for text, role in entries.items()]
    texts += [Run(f"{mark.sign} {safe(mark.label, 40)}", "mark") for mark in plot.marks if mark.label]
    texts += [Run(_level(line, y_limits), "reference") for line in plot.lines if _is_level(line)]
    return texts + [Run(safe(note, 60), "text") for note in plot.notes]


def _is_level(line: Line) -> bool:
    return line.role == "reference" and bool(line.label) and len(line.y) > 0 and math.isfinite(line.y[0])


def _level(line: Line, y_limits: Limits) -> str:
    """What the legend says of a level, and where it is if not in the picture.

    At the level itself the name would lie on a curve, or on the name of another.
    """
    value = float(line.y[0])
    place = value
    if y_limits.log:
        place = math.log10(value) if value > 0 else -math.inf
    said = f"{safe(line.label, 40)} {figure(value, 3)}"
    if y_limits.holds(place):
        return f"{SAMPLES['reference']} {said}"
    return f"{said} ({'above' if place > y_limits.high else 'below'})"


def _header(cells: Cells, plot: PlotData, y_limits: Limits) -> int:
    """The titles at the left, the legend at the right, in one row or in two where that is worth it; how many."""
    texts = _legend(plot, y_limits)
    titles = [Run(text, role) for text, role in ((safe(plot.title), "title"), (safe(plot.y_title), "text")) if text]
    crowded = _length(titles + texts) > cells.width
    several = len(families_of(plot.lines)) > 1
    if crowded and (several or (_length(texts) > cells.width and cells.height >= PACKED)):
        return _packed(cells, titles + texts, several=several)
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


def _packed(cells: Cells, texts: Sequence[Run], *, several: bool) -> int:
    """Titles and a legend of many entries from the left, in as many rows as they may have; how many.

    `several` tells whether families are told apart.
    """
    x, y = 0, 0
    for text, role in texts:
        room = ROOM_ELSE if role == "text" and several else ROOM.get(role, ROOM_ELSE)
        wraps = bool(x) and x + cell_len(text) > cells.width
        if y + wraps >= max(1, cells.height // room):
            continue
        if wraps:
            x, y = 0, y + 1
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
            cells.put(area.column(mark.x), bottom if axis_line else bottom - 1, mark.sign, "mark")
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
