"""A series: its values in the order of its rows, and how it resembles its own past."""

from __future__ import annotations

import numpy as np

from engine.arrays import Array
from tui.plots.cells import Cells
from tui.plots.chart import PlotData, compose
from tui.plots.series import Line as Curve
from tui.portrait.correlogram import correlogram, in_words, title
from tui.portrait.lines import BLANK, Line, line, lines_of
from tui.portrait.parts import Series
from tui.text import safe

HEIGHT = 12
BETWEEN_DATES = 14
"""Cells from one date below the axis to the next, at least."""


def over_time(series: Series, width: int) -> list[Line]:
    """Return the plot over the rows, or their dates, and both correlograms under it."""
    unit = f" ({safe(series.unit, 40)})" if series.unit else ""
    found = [line(f"{safe(series.name, 60)} over time{unit}", "title"), *_plot(series, width)]
    found += [BLANK, *in_words(series, width)]
    for correlations, differences in ((series.own, False), (series.of_differences, True)):
        if correlations is not None:
            found += [BLANK, line(title(series, differences=differences), "title")]
            found += correlogram(correlations, width)
    return found


def _plot(series: Series, width: int) -> list[Line]:
    rows = len(series.values)
    curve = Curve("", np.arange(rows, dtype=float), np.asarray(series.values, np.float64), "train")
    data = PlotData(lines=(curve,), x_total=max(1, rows - 1), x_title="row", empty="no number to draw")
    cells = compose(data, width, HEIGHT).cells
    if series.dates is not None and rows > 1:
        _date_axis(cells, series.dates)
    return [row for row in lines_of(cells) if row]


def _date_axis(cells: Cells, dates: Array) -> None:
    """Put dates in the place of the rows' numbers, the first and the last among them."""
    axis = "".join(text for text, _ in cells.rows[-2])
    if "└" not in axis:
        return
    left = axis.index("└") + 1
    room = cells.width - left
    count = max(2, room // BETWEEN_DATES)
    cells.put(left, cells.height - 2, "─" * room, "axis")
    cells.put(0, cells.height - 1, " " * cells.width, "")
    for number in range(count):
        row = round(number * (len(dates) - 1) / (count - 1))
        column = left + round(row / max(1, len(dates) - 1) * (room - 1))
        text = str(dates[row])[: len("2000-01-01")]
        x = min(max(0, column - len(text) // 2), cells.width - len(text))
        cells.put(column, cells.height - 2, "┬", "axis")
        cells.put(x, cells.height - 1, text, "text")
