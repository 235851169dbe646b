"""The frame of a plane of points: two axes with ticks, and where a point lies in it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len

from engine.arrays import Array, Floats
from tui.plots.axes import LARGEST, Limits, nice_step, settle, ticks
from tui.plots.cells import Cells, fitted
from tui.text import safe

BETWEEN_TICKS = 10
STEPS = 8
"""About so many round steps hold all points."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Cells with axes on them, and room for points: `width` × `height` cells from column `x` of the second row on."""

    cells: Cells
    x: int
    width: int
    height: int
    x_limits: Limits
    y_limits: Limits

    def places(self, x: Floats, y: Floats, across: int, down: int) -> tuple[Array, Array]:
        """Return each point's place on a grid of `across` × `down`, from the upper left: (points,) each."""
        columns, rows = (
            np.rint((_bounded(values) - limits.low) / (limits.high - limits.low) * (dots - 1)).astype(np.intp)
            for values, limits, dots in ((x, self.x_limits, across), (y, self.y_limits, down))
        )
        return np.clip(columns, 0, across - 1), down - 1 - np.clip(rows, 0, down - 1)


def framed(x: Floats, y: Floats, names: tuple[str, str], width: int, height: int) -> Frame:
    """Return a frame for finite points, (points,) each: the y axis' name above it, the x axis' at its end."""
    x_limits, y_limits = (_limits(float(values.min()), float(values.max())) for values in (_bounded(x), _bounded(y)))
    cells = Cells(width, height)
    rows = height - 3
    y_ticks = ticks(y_limits, max(2, rows // 3))
    left = max(4, *(len(tick.label) for tick in y_ticks)) + 1
    frame = Frame(cells, left + 1, width - left - 1, rows, x_limits, y_limits)
    cells.put(left, 0, fitted(safe(names[1], 60), width - left), "text")
    for row in range(rows):
        cells.put(left, 1 + row, "│", "axis")
    for tick in y_ticks:
        row = rows - 1 - y_limits.place(tick.position, rows)
        cells.put(left - 1 - len(tick.label), 1 + row, tick.label, "text")
        cells.put(left, 1 + row, "┤", "axis")
    cells.put(left, 1 + rows, "└" + "─" * frame.width, "axis")
    _x_axis(frame, safe(names[0], 60))
    return frame


def _x_axis(frame: Frame, name: str) -> None:
    """The numbers below the line, and the name in the place of those that it hides."""
    cells, last = frame.cells, frame.cells.height - 1
    shown = fitted(name, frame.width // 2)
    start = cells.width - cell_len(shown)
    for tick in ticks(frame.x_limits, max(2, frame.width // BETWEEN_TICKS)):
        column = frame.x + frame.x_limits.place(tick.position, frame.width)
        cells.put(column, last - 1, "┬", "axis")
        x = max(0, column - len(tick.label) // 2)
        if x + len(tick.label) < start:
            cells.put(x, last, tick.label, "text")
    cells.put(start, last, shown, "text")


def _limits(low: float, high: float) -> Limits:
    """Return limits at whole steps close around the values: points, unlike a loss, have no reason to begin at 0."""
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        return settle(None, low, high, log=False)
    step = nice_step(high - low, STEPS)
    return Limits(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step)


def _bounded(values: Floats) -> Floats:
    return np.clip(values, -LARGEST, LARGEST)
