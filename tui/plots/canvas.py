"""Curves drawn with plotext, as rows of text runs. The only file that knows plotext.

Each layer (the folds' training curves, the mean validation curve, the reference lines ...) is drawn in a band of its
own of one tall plotext matrix. The bands are then laid over each other here, where it is decided which layer gives a
character its colour. plotext sees nothing but finite points inside its matrix: on nan or points far outside it ends the
process, below any exception.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui.plots.axes import Limits
from tui.plots.series import Line, Path, clipped, dashed, drawable, simplified, thinned

Dots = NDArray[np.uint8]

BLANK = 0x2800
# Without colour, curves differ by their form: training is solid, validation dashed (drawn and left out, in dots) ...
DASH, GAP = 7.0, 4.0
# ... the edges of a band and the curves of another page dotted ...
DOTS = (1.0, 3.0)
RANKS = {"behind": 1, "faint": 1, "edge": 2, "main": 3}
DIM = {"faint", "behind"}
# ... and a reference keeps only the left dots of each character.
LEFT_DOTS = 0b01000111
# How far a drawn line may lie from a point that is left out, in dots: where points are few, and where they are many.
FINE, COARSE = 0.4, 1.2
# A frame costs by the point (some 2 µs each): more than this many, of the main lines or of the faint, are made fewer.
MOST_POINTS = 450


class Run(NamedTuple):
    """Neighbouring cells of one colour role; the role is empty for blank cells."""

    text: str
    role: str


class Layer(NamedTuple):
    """Lines drawn alike; layers are laid down in ascending order."""

    rank: int
    form: str
    role: str


def colour_role(line: Line, families: int) -> str:
    """Return the name of a line's colour: its role; where several families are told apart, its family's."""
    name = line.role if families <= 1 or line.role == "reference" else f"family-{line.family % 6}"
    return f"{name}-faint" if line.emphasis in DIM and line.role != "reference" else name


def families_of(lines: Sequence[Line]) -> list[int]:
    """Return the families of the curves, ascending."""
    return sorted({line.family for line in lines if line.role != "reference"})


def draw(lines: Sequence[Line], width: int, height: int, x_limits: Limits, y_limits: Limits) -> list[tuple[Run, ...]]:
    """Return `height` rows of runs, `width` characters each, with every curve in braille.

    Faint lines lie under the main ones. Where lines of one rank meet, the dots of both are seen, and the upper layer
    gives the colour.
    """
    if width < 1 or height < 1:
        return []
    families = len(families_of(lines))
    layers: dict[Layer, list[Path]] = {}
    for emphasis, above in RANKS.items():
        chosen = [line for line in lines if line.emphasis == emphasis]
        paths = _fewer([_in_dots(line, width, height, x_limits, y_limits) for line in chosen], width)
        for line, path in zip(chosen, paths, strict=True):
            if len(path.x):
                rank = 0 if line.role == "reference" else above
                layer = Layer(rank, line.role, colour_role(line, families))
                layers.setdefault(layer, []).append(_stroked(path, line))
    order = sorted(layers)
    return _laid_over(order, _rendered([layers[layer] for layer in order], width, height), width, height)


def _stroked(path: Path, line: Line) -> Path:
    """The path as its line is drawn: whole, dashed or dotted."""
    if line.emphasis in {"edge", "behind"}:
        return dashed(path, *DOTS)
    return dashed(path, DASH, GAP) if line.role == "validation" and line.emphasis == "main" else path


def _fewer(paths: list[Path], width: int) -> list[Path]:
    """The paths with about as many points as a frame can afford.

    In few steps, each far from the next: what is drawn already then stays for long while curves grow.
    """
    fine = simplified(paths, FINE)
    if _points(fine) <= MOST_POINTS:
        return fine
    coarse = simplified(fine, COARSE)
    if (points := _points(coarse)) <= MOST_POINTS:
        return coarse
    halvings = math.ceil(math.log2(points / MOST_POINTS))
    columns = max(4, 2 * width >> halvings)
    return simplified([thinned(path, 0, 2 * width, columns) for path in coarse], COARSE)


def _points(paths: Sequence[Path]) -> int:
    return sum(len(path.x) for path in paths)


def _in_dots(line: Line, width: int, height: int, x_limits: Limits, y_limits: Limits) -> Path:
    """The part of a line that is seen, in dots from the upper left corner: 2 a column, 4 a row."""
    path = drawable(line, log=y_limits.log)
    if line.role == "reference" and len(path.y):
        path = Path(np.array(x_limits[:2]), np.repeat(path.y[:1], 2), np.array([False, True]))
    path = thinned(path, x_limits.low, x_limits.high, 2 * width if line.emphasis == "main" else width)
    y = np.log10(path.y) if y_limits.log else path.y
    path = clipped(path._replace(y=y), y_limits.low, y_limits.high)
    x = np.clip((path.x - x_limits.low) / (x_limits.high - x_limits.low), 0, 1) * (2 * width - 1)
    y = np.clip((y_limits.high - path.y) / (y_limits.high - y_limits.low), 0, 1) * (4 * height - 1)
    return Path(x, y, path.joined)


def _rendered(layers: Sequence[Sequence[Path]], width: int, height: int) -> Dots:
    """The layers' braille dots as plotext draws them: (layers, rows, columns), a bit a dot."""
    if not layers:
        return np.zeros((0, height, width), np.uint8)
    import plotext  # noqa: PLC0415  # a fifth of a second, and only when there is something to draw

    tall = height * len(layers)
    marker = _shared_marker(plotext)
    matrix = plotext.matrix(width, tall)
    for band, paths in enumerate(layers):
        x, y, joined = (np.concatenate(parts) for parts in zip(*paths, strict=True))
        # To the middle of a dot, in characters from the upper left corner.
        across, down = (x + 0.5) / 2, band * height + (y + 0.5) / 4
        signal = plotext.figure.signal(across.tolist(), down.tolist(), marker=marker).lines()
        for index in np.flatnonzero(~joined).tolist():
            signal.line(index, False)  # noqa: FBT003  # plotext's own signature
        # The last steps of figure.build() alone. All of it takes twice as long, and its size, rulers and limits are
        # one for the whole process.
        signal._plot()  # noqa: SLF001
        matrix._insert_points(signal._get_points())  # noqa: SLF001
    text: str = matrix.string(colorless=True)
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32).reshape(tall, width + 1)[:, :width]
    dots = np.where((codes > BLANK) & (codes <= BLANK + 0xFF), codes - BLANK, 0).astype(np.uint8)
    return dots.reshape(len(layers), height, width)


@cache
def _shared_marker(plotext: Any) -> Any:
    """The braille marker; plotext copies it for each point, which this one answers with itself."""

    class Shared(plotext.marker):  # type: ignore[misc]  # plotext has no types
        def __copy__(self) -> Shared:
            return self

    return Shared("braille")


def _laid_over(order: Sequence[Layer], dots: Dots, width: int, height: int) -> list[tuple[Run, ...]]:
    """The layers over each other, the first at the bottom, as rows of runs."""
    merged, behind = np.zeros((2, height, width), np.uint8)
    owner, rank = np.full((2, height, width), -1)
    for index, layer in enumerate(order):
        own = dots[index]
        if layer.form == "reference":
            own = own & LEFT_DOTS
            behind |= own
        here = own > 0
        # A mean hides the folds it covers, or it would look ragged.
        merged = np.where(here, np.where(rank == layer.rank, merged | own, own), merged)
        owner[here], rank[here] = index, layer.rank
    merged |= behind
    roles = [layer.role for layer in order] + [""]
    rows = []
    for codes, owners in zip(merged.tolist(), owner.tolist(), strict=True):
        cells = zip((chr(BLANK + code) if code else " " for code in codes), owners, strict=True)
        runs = groupby(cells, key=lambda cell: roles[cell[1]])
        rows.append(tuple(Run("".join(text for text, _ in group), role) for role, group in runs))
    return rows
