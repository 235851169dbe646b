"""Points in a plane: dots, or a marker and a colour for each class."""

from __future__ import annotations

import numpy as np
from rich.cells import cell_len

from engine.arrays import Integers
from tui.plots.canvas import Run
from tui.portrait.frame import Frame, framed
from tui.portrait.lines import Line, line, lines_of, wrapped
from tui.portrait.parts import Scatter
from tui.text import safe

MARKERS = "●○▲△■□◆◇+×"
COLOURS = 6
FEW = 200
"""So many points or fewer are drawn as markers: single dots would hardly be seen."""
DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.uint8)
"""The bit of each dot of a braille character, (4, 2)."""
BRAILLE = 0x2800


def scatter(found: Scatter, width: int) -> list[Line]:
    """Return the plane; in a cell with points of several classes stands the marker of the most frequent one."""
    finite = np.isfinite(found.x) & np.isfinite(found.y)
    if not finite.any():
        return []
    x, y = found.x[finite], found.y[finite]
    height = max(12, min(20, width // 5))
    frame = framed(x, y, (found.x_name, found.y_name), width, height)
    if found.labels is None and len(x) <= FEW:
        _markers(frame, *frame.places(x, y, frame.width, frame.height), np.zeros(len(x), dtype=np.int64), 1)
    elif found.labels is None:
        _dots(frame, *frame.places(x, y, 2 * frame.width, 4 * frame.height))
    else:
        labels = found.labels[finite]
        _markers(frame, *frame.places(x, y, frame.width, frame.height), labels, len(found.classes))
    title = f"{safe(found.y_name, 40)} against {safe(found.x_name, 40)}"
    said = [line(title, "title")] if found.labels is None else _legend(found, width)
    return [*said, *(wrapped(found.said, width) if found.said else []), *lines_of(frame.cells)]


def role_of(number: int) -> str:
    """Return the colour of a class; beyond six they come again, with other markers."""
    return f"family-{number % COLOURS}"


def _dots(frame: Frame, columns: Integers, rows: Integers) -> None:
    codes = np.zeros((frame.height, frame.width), dtype=np.uint8)
    np.bitwise_or.at(codes, (rows // 4, columns // 2), DOTS[rows % 4, columns % 2])
    for y, x in np.argwhere(codes).tolist():
        frame.cells.put(frame.x + x, 1 + y, chr(BRAILLE + int(codes[y, x])), "train")


def _markers(frame: Frame, columns: Integers, rows: Integers, labels: Integers, classes: int) -> None:
    counts = np.zeros((frame.height, frame.width, classes), dtype=np.int64)
    np.add.at(counts, (rows, columns, labels), 1)
    winner = counts.argmax(axis=2)
    for y, x in np.argwhere(counts.any(axis=2)).tolist():
        number = int(winner[y, x])
        frame.cells.put(frame.x + x, 1 + y, MARKERS[number], role_of(number))


def _legend(found: Scatter, width: int) -> list[Line]:
    """The markers with the names of their classes, in as many lines as they need."""
    rows: list[Line] = [line(f"{safe(found.x_name, 40)} and {safe(found.y_name, 40)}", "title")]
    current: list[Run] = []
    used = 0
    for number, name in enumerate(found.classes):
        text = f"{MARKERS[number]} {safe(name, 24)}"
        if current and used + cell_len(text) > width:
            rows.append(tuple(current))
            current, used = [], 0
        current += [Run(text, role_of(number)), Run("   ", "")]
        used += cell_len(text) + 3
    return [*rows, tuple(current)]
