"""Rows that are pictures, as small ones: half a character a pixel where there are greys, else shades."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from rich.cells import cell_len

from engine.arrays import Floats
from tui.plots.axes import LARGEST
from tui.plots.cells import Cells, fitted
from tui.portrait.lines import BLANK, Line, line, lines_of
from tui.portrait.parts import Sample
from tui.text import safe

SHADES = " ░▒▓█"
GREYS = 24
"""Levels of grey, as a terminal of 256 colours has them; a role names those of the upper and the lower half."""
GAP = 2
IN_A_ROW = 5
"""Pictures are made smaller until so many stand side by side."""
LEAST_PIXELS = 8
MOST_ROWS = 4
"""Rows of pictures."""
TALLEST = 32


def pictures(samples: Sequence[Sample], width: int, *, greys: bool) -> list[Line]:
    """Return pictures side by side with their labels below, in at most four rows.

    The brightest value of all is white and the least black. A second one of each class is shown only where the first
    ones leave room for it.
    """
    height, columns = samples[0].values.shape
    step = _step(height, columns, width)
    small = [_smaller(np.clip(np.nan_to_num(sample.values), -LARGEST, LARGEST), step) for sample in samples]
    least, most = min(float(one.min()) for one in small), max(float(one.max()) for one in small)
    tall, wide = small[0].shape
    cell_rows = (tall + 1) // 2
    place = max(wide, min(LEAST_PIXELS, max(cell_len(safe(sample.label)) for sample in samples))) + GAP
    a_row = max(1, (width + GAP) // place)
    firsts = len({sample.label for sample in samples})
    second = len(samples) == 2 * firsts and firsts <= a_row
    shown = len(samples) if second else min(firsts, a_row * MOST_ROWS)
    a_row = firsts if second else a_row
    said = f"Pictures ({height} × {columns} pixels" + (f", each {step} × {step} of them as one)" if step > 1 else ")")
    found = [line(said, "title")]
    for start in range(0, shown, a_row):
        cells = Cells(width, cell_rows + 1)
        for index in range(start, min(start + a_row, shown)):
            x = (index - start) * place
            _draw(cells, x, _levels(small[index], least, most), greys=greys)
            label = fitted(safe(samples[index].label), place - 1)
            cells.put(x + max(0, (wide - cell_len(label)) // 2), cell_rows, label, "text")
        found += [*lines_of(cells), BLANK]
    return found[:-1]


def _step(height: int, columns: int, width: int) -> int:
    """Return how many pixels become one, in each direction."""
    widest = max(LEAST_PIXELS, width // IN_A_ROW - GAP)
    return max(1, math.ceil(columns / widest), math.ceil(height / TALLEST))


def _smaller(picture: Floats, step: int) -> Floats:
    """Return a picture, (height, width), each pixel the mean of step × step ones, at the edges of those there are."""
    if step == 1:
        return picture
    for axis in (0, 1):
        starts = np.arange(0, picture.shape[axis], step)
        sizes = np.diff(np.append(starts, picture.shape[axis]))
        sums = np.add.reduceat(picture, starts, axis=axis)
        picture = sums / (sizes[:, None] if axis == 0 else sizes)
    return picture


def _levels(picture: Floats, least: float, most: float) -> Floats:
    """Return brightness from 0 to 1, with a row of none below where the number of rows is odd."""
    bright = (picture - least) / (most - least) if most > least else np.zeros(picture.shape)
    return np.pad(bright, ((0, len(picture) % 2), (0, 0)))


def _draw(cells: Cells, x: int, bright: Floats, *, greys: bool) -> None:
    """Put a picture, (even, width), on cells: two of its rows in one row of them."""
    upper, lower = bright[::2], bright[1::2]
    if greys:
        top, bottom = (np.rint(half * (GREYS - 1)).astype(int).tolist() for half in (upper, lower))
        for y, pair in enumerate(zip(top, bottom, strict=True)):
            for column, (above, below) in enumerate(zip(*pair, strict=True)):
                cells.put(x + column, y, "▀", f"grey-{above}-{below}")
        return
    for y, row in enumerate(np.rint((upper + lower) / 2 * (len(SHADES) - 1)).astype(int).tolist()):
        cells.put(x, y, "".join(SHADES[level] for level in row), "text")
