"""Autocorrelations as bars, and what they say in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.arrays import Floats
from tui.plots.cells import Cells
from tui.portrait.lines import LEVELS, Line, line, lines_of, wrapped
from tui.portrait.parts import Correlations, Series
from tui.text import safe

ABOVE = 4
"""Rows of cells that a correlation of 1 is high."""
WIDEST = 3
LEFT = 6
LARGE = 0.5
"""A correlation at lag 1 above which a series without a period is said to change slowly."""


def correlogram(found: Correlations, width: int) -> list[Line]:
    """Return a bar a lag, down where it is negative; the lags that stand out are marked and named below."""
    values = found.values
    step = max(1, min(WIDEST, (width - LEFT) // max(1, len(values))))
    values = values[: max(1, (width - LEFT) // step)]
    below = math.ceil(-min(0.0, float(values.min())) * ABOVE - 0.25)
    cells = Cells(width, ABOVE + below + 3)
    zero = ABOVE
    for y, text in ((0, "1"), (zero, "0"), *(((zero + below, f"−{below / ABOVE:g}"),) if below else ())):
        cells.put(LEFT - 2 - len(text), y, text, "text")
    for y in range(ABOVE + 1 + below):
        cells.put(LEFT - 1, y, "┤" if y in {0, zero} else "│", "axis")
    cells.put(LEFT, zero, "─" * (step * len(values)), "axis")
    for place, value in enumerate(values.tolist()):
        role = "mark" if place + 1 in found.peaks else "train"
        _bar(cells, LEFT + place * step, max(1, step - 1), zero, value, role=role)
    foot = zero + below + 1
    _names(cells, found.peaks, len(values), step, foot)
    return lines_of(cells)


def _bar(cells: Cells, x: int, width: int, zero: int, value: float, *, role: str) -> None:
    """Put a bar on the row of zero, or under it: up to an eighth of a cell, down to a half."""
    eighths = round(abs(value) * ABOVE * 8)
    for row in range(math.ceil(eighths / 8)):
        part = min(8, eighths - 8 * row)
        if value > 0:
            cells.put(x, zero - 1 - row, LEVELS[part] * width, role)
        elif part >= 2:
            cells.put(x, zero + 1 + row, ("█" if part > 6 else "▀") * width, role)


def _names(cells: Cells, peaks: Sequence[int], count: int, step: int, y: int) -> None:
    """Put marks and numbers below: of the lags that stand out, else of every fifth."""
    for lag in peaks:
        cells.put(LEFT + (lag - 1) * step, y, "▲", "mark")
    named = [lag for lag in peaks if lag <= count] or [1, *range(5, count + 1, 5)]
    free = 0
    for lag in named:
        x = LEFT + (lag - 1) * step
        if x >= free:
            free = cells.put(x, y + 1, str(lag), "mark" if lag in peaks else "text") + 1
    cells.put(LEFT - 4, y + 1, "lag", "text")


def in_words(series: Series, width: int) -> list[Line]:
    """Return what the two correlograms show, in a sentence or two."""
    own, changes = series.own, series.of_differences
    if own is None:
        return [line("no autocorrelation: the series is constant, too short, or has gaps")]
    said = _stands_out(own, "") if own.peaks else _nothing(own)
    if changes is not None and changes.peaks:
        said += f". Of the differences {_stands_out(changes, 'also ' if own.peaks else '')}"
    found = own.peaks or (changes is not None and changes.peaks)
    return wrapped(f"{said}.", width, "title" if found else "text")


def _stands_out(found: Correlations, also: str) -> str:
    lags = [lag for lag in found.peaks if lag < len(found.values)] or list(found.peaks)
    lag = max(lags, key=lambda one: (round(float(found.values[one - 1]), 2), -one))
    first = next((one for one in lags if found.values[one - 1] >= found.values[lag - 1] - 0.1), lag)
    here, beside = _two(found.values[first - 1]), _neighbours(found.values, first)
    others = [str(one) for one in found.peaks if one != first]
    more = f"; so do {', '.join(others)}" if len(others) > 1 else f"; so does {others[0]}" if others else ""
    return f"lag {first} {also}stands out: {here}, {beside}{more}"


def _neighbours(values: Floats, lag: int) -> str:
    near = [1.0 if place < 0 else float(values[place]) for place in (lag - 2, lag) if place < len(values)]
    return f"its neighbours {' and '.join(map(_two, near))}"


def _nothing(found: Correlations) -> str:
    first = float(found.values[0])
    said = f"No lag from 1 to {len(found.values)} stands out above both its neighbours"
    if first > LARGE:
        return f"{said}: {_two(first)} at lag 1 says that the series changes slowly, not that it repeats itself"
    return said


def _two(value: float) -> str:
    """Return a correlation with two decimals, as people write it: `.91`, `−.46`, `1.00`."""
    text = f"{abs(value):.2f}"
    return ("−" if value <= -0.005 else "") + (text.removeprefix("0"))


def title(series: Series, *, differences: bool) -> str:
    """Return what a correlogram is of."""
    what = "the differences from row to row" if differences else safe(series.name, 40)
    return f"Autocorrelation of {what}"
