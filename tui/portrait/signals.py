"""Rows that are curves over ordered features: one of each class, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tui.numbers import counted
from tui.plots.axes import Limits, settle
from tui.plots.canvas import draw
from tui.plots.cells import Cells, fitted
from tui.plots.series import Line as Curve
from tui.portrait.lines import BLANK, Line, line, lines_of
from tui.portrait.parts import Sample
from tui.text import safe

HEIGHT = 4
NARROWEST = 13
GAP = 2
IN_A_ROW = 5


def signals(samples: Sequence[Sample], width: int) -> list[Line]:
    """Return a small curve for each sample, all on one scale, with its label above."""
    values = np.concatenate([sample.values for sample in samples])
    finite = values[np.isfinite(values)]
    if not len(finite):
        return []
    y_limits = settle(None, float(finite.min()), float(finite.max()), log=False)
    positions = len(samples[0].values)
    x_limits = Limits(0.0, float(max(1, positions - 1)))
    a_row = max(1, min(IN_A_ROW, len(samples), (width + GAP) // (NARROWEST + GAP)))
    place = (width + GAP) // a_row
    said = f"Signals (one row of each, {counted(positions, 'position')}, from {y_limits.low:g} to {y_limits.high:g})"
    found = [line(said, "title")]
    for start in range(0, len(samples), a_row):
        cells = Cells(width, HEIGHT + 1)
        for index, sample in enumerate(samples[start : start + a_row]):
            x, room = index * place, place - GAP
            end = cells.put(x, 0, fitted(safe(sample.label), room - 2), "title")
            cells.put(end + 1, 0, "─" * (x + room - end - 1), "axis")
            curve = Curve("", np.arange(positions, dtype=float), np.asarray(sample.values, np.float64), "train")
            for y, runs in enumerate(draw([curve], room, HEIGHT, x_limits, y_limits)):
                cells.put_runs(x, y + 1, runs)
        found += [*lines_of(cells), BLANK]
    return found[:-1]
