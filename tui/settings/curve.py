"""One numeric key: the validation curve, mean and sd over its values, training beside validation."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from engine.metrics import LARGER_IS_BETTER
from engine.plan import shown_setting
from sessions.record import Record
from sessions.settings import Result, Spread, chosen_result, ranked
from tui.plots.axes import Limits, nice_step, settle, ticks
from tui.plots.canvas import draw
from tui.plots.cells import Cells
from tui.plots.series import Line as Curve
from tui.portrait.lines import Line, lines_of

Part: TypeAlias = Literal["train", "validation"]
Spreads: TypeAlias = dict[Part, list[Spread | None]]

PARTS: tuple[Part, ...] = ("train", "validation")
SIGNS = {"train": "●", "validation": "○"}
SAMPLES = {"train": "─●─ train", "validation": "╌○╌ validation"}
DECADE = 10.0
APART = 3
"""Values nearer to each other than so many columns are spread out evenly instead."""
SHOWN = 10.0
"""Means are shown up to so many times the middle one; what is worse leaves through the edge."""


@dataclass(frozen=True, slots=True)
class Place:
    """A value of the key: its setting, and where it lies on the x axis."""

    result: Result
    shown: float
    x: float


@dataclass(frozen=True, slots=True)
class Plane:
    """Cells with a y axis at column `left`, and `rows` × `across` cells of room right of it from the second row on."""

    cells: Cells
    left: int
    x_limits: Limits
    y_limits: Limits

    @property
    def rows(self) -> int:
        """How many rows hold points: above them is the legend, below them the axis with its numbers."""
        return self.cells.height - 3

    @property
    def across(self) -> int:
        """How many columns hold points."""
        return self.cells.width - self.left - 2

    def column(self, place: Place) -> int:
        """Return the column of a value of the key."""
        return self.left + 1 + self.x_limits.place(place.x, 2 * self.across) // 2

    def row(self, value: float) -> int:
        """Return the row of a figure, the nearest where it lies outside."""
        level = min(max(self.level(value), self.y_limits.low), self.y_limits.high)
        return self.row_at(level)

    def row_at(self, level: float) -> int:
        """Return the row of a level in axis units."""
        return 1 + (4 * self.rows - 1 - self.y_limits.place(level, 4 * self.rows)) // 4

    def level(self, value: float) -> float:
        """Return a figure in axis units."""
        if not self.y_limits.log:
            return value
        return math.log10(value) if value > 0 else -math.inf

    def sign(self, part: Part, value: float) -> str:
        """Return the sign of a mean, an arrow where it lies outside."""
        level, rounding = self.level(value), 1e-9 * max(1.0, abs(self.y_limits.low), abs(self.y_limits.high))
        if level > self.y_limits.high + rounding:
            return "↑"
        return "↓" if level < self.y_limits.low - rounding else SIGNS[part]


def curve_of(
    record: Record, results: Sequence[Result], key: str, by: str, size: tuple[int, int], *, log: bool = False
) -> list[Line]:
    """Return the plot in `size` cells: powers of ten across where the values span more than a decade."""
    cells = Cells(*size)
    places, _ = placed(results, key, cells.width)
    spreads: Spreads = {part: [place.result.spread(part, by) for place in places] for part in PARTS}
    y_limits = _y_limits(spreads, by, log=log)
    if y_limits is None:
        return lines_of(cells)
    y_ticks = ticks(y_limits, max(2, (cells.height - 3) // 3))
    left = max(4, *(len(tick.label) for tick in y_ticks)) + 1
    x_limits = Limits(places[0].x, places[-1].x) if len(places) > 1 else Limits(places[0].x - 1, places[0].x + 1)
    plane = Plane(cells, left, x_limits, y_limits)
    _curves(plane, places, spreads)
    for y in range(1, plane.rows + 1):
        cells.put(left, y, "│", "axis")
    for tick in y_ticks:
        cells.put(left - 1 - len(tick.label), plane.row_at(tick.position), tick.label, "text")
        cells.put(left, plane.row_at(tick.position), "┤", "axis")
    marked, word = _marked(record, results, by)
    _x_axis(plane, places, marked)
    legend = [(SAMPLES[part], str(part)) for part in PARTS if any(spreads[part])]
    legend += [("│ ± sd", "text")] if any(len(place.result.runs) > 1 for place in places) else []
    legend += [(f"▲ {word} {shown_setting(marked.settings[key])}", "mark")] if marked is not None else []
    legend += [("✗ diverged", "problem")] if any(place.result.bad for place in places) else []
    x = 0
    for text, role in legend:
        x = cells.put(x, 0, text, role) + 2 if x + len(text) <= cells.width else x
    return lines_of(cells)


def _curves(plane: Plane, places: Sequence[Place], spreads: Spreads) -> None:
    """Lines, then bars on them, then a sign on each value."""
    cells, xs = plane.cells, np.array([place.x for place in places])
    lines = [Curve(part, xs, np.array([s.mean if s else math.nan for s in spreads[part]]), part) for part in PARTS]
    for y, runs in enumerate(draw(lines, plane.across, plane.rows, plane.x_limits, plane.y_limits)):
        cells.put_runs(plane.left + 1, 1 + y, runs)
    known = [(part, *pair) for part in PARTS for pair in zip(places, spreads[part], strict=True)]
    for part, place, spread in known:
        if spread is not None and spread.sd:
            for y in range(plane.row(spread.mean + spread.sd), plane.row(spread.mean - spread.sd) + 1):
                cells.put(plane.column(place), y, "│", part)
    for part, place, spread in known:
        if spread is not None:
            cells.put(plane.column(place), plane.row(spread.mean), plane.sign(part, spread.mean), part)
        elif part == "validation" and place.result.bad:
            cells.put(plane.column(place), 1, "✗", "problem")


def placed(results: Sequence[Result], key: str, width: int) -> tuple[list[Place], str]:
    """Return the values ascending with their places on the axis, and in a word what the axis is where not linear."""
    known = sorted((result for result in results if key in result.settings), key=lambda result: result.settings[key])
    values = [result.settings[key] for result in known]
    if values[0] > 0 and values[-1] / values[0] > DECADE:
        return [Place(r, v, math.log10(v)) for r, v in zip(known, values, strict=True)], " (log)"
    nearest = min(np.diff(values), default=1.0)
    if len(values) > 1 and nearest / (values[-1] - values[0]) * width < APART:
        return [Place(r, v, float(x)) for x, (r, v) in enumerate(zip(known, values, strict=True))], " (evenly spaced)"
    return [Place(r, v, float(v)) for r, v in zip(known, values, strict=True)], ""


def _marked(record: Record, results: Sequence[Result], by: str) -> tuple[Result | None, str]:
    """Return the setting to point at: the chosen one, else the best so far."""
    chosen = chosen_result(record, results)
    if chosen is not None:
        return chosen, "chosen"
    best = next(iter(ranked(results, by)), None)
    return (best, "best so far") if best is not None and best.spread("validation", by) is not None else (None, "")


def _y_limits(spreads: Spreads, by: str, *, log: bool) -> Limits | None:
    known = [spread for part in PARTS for spread in spreads[part] if spread is not None]
    means = [spread.mean for spread in known if spread.mean > 0 or not log]
    if not means:
        return None
    apart = [(spread.mean, spread.sd or 0.0) for spread in known]
    ends = [end for mean, sd in apart for end in (mean - sd, mean + sd, mean) if end > 0 or not log]
    low, high = min(ends), max(ends)
    if min(means) >= 0:
        low = max(low, 0.0)  # a loss less its sd may be below 0, but no loss is
    middle = abs(statistics.median(spread.mean for spread in spreads["validation"] or known if spread is not None))
    if not log and middle > 0:
        low, high = (max(low, -SHOWN * middle), high) if by in LARGER_IS_BETTER else (low, min(high, SHOWN * middle))
    return settle(None, low, max(high, low), log=True) if log else _around(low, max(high, low))


def _around(low: float, high: float) -> Limits:
    """Return round limits close to the values, from 0 where it is near: they are to be told apart."""
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        return settle(None, low, high, log=False)
    low = 0.0 if 0 < low < 0.3 * high else low
    step = nice_step(high - low, 8)
    return Limits(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step)


def _x_axis(plane: Plane, places: Sequence[Place], marked: Result | None) -> None:
    """The line, a tick at each value, and as many of the values as there is room for, the marked one first."""
    cells, bottom = plane.cells, plane.cells.height - 2
    cells.put(plane.left, bottom, "└" + "─" * (cells.width - plane.left - 1), "axis")
    taken: list[tuple[int, int]] = []
    for place in sorted(places, key=lambda place: marked is None or place.result.number != marked.number):
        x, pointed = plane.column(place), marked is not None and place.result.number == marked.number
        cells.put(x, bottom, "▲" if pointed else "┬", "mark" if pointed else "axis")
        text = shown_setting(place.shown)
        start = min(max(0, x - len(text) // 2), cells.width - len(text))
        if all(start > end + 1 or start + len(text) < begin - 1 for begin, end in taken):
            cells.put(start, bottom + 1, text, "mark" if pointed else "text")
            taken.append((start, start + len(text)))
