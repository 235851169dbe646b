"""A plot as an SVG file: the curves of a `PlotData` as lines, with axes, legend, marks and levels.

The same pure parts as the terminal's plot decide on limits, ticks and what is drawn; only the pen is another. Texts
may come from outside: they are made safe and escaped here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np
from rich.cells import cell_len

from tui.plots.axes import Limits, data_range, decade_limits, epoch_limits, settle, ticks
from tui.plots.canvas import families_of
from tui.plots.chart import PlotData, with_references
from tui.plots.curves import BAND
from tui.plots.series import Line, Path, clipped, drawable, thinned
from tui.text import safe

WIDTH, HEIGHT = 760, 460
LEFT, RIGHT, BOTTOM = 68, 24, 54
SMALL, LARGE = 12, 15
"""Sizes of letters."""
ROW = 20
"""From one line of text to the next."""
CELL = 0.58
"""About how wide a letter is, of its size; a wide character has two cells."""
INK, MUTED, GRID = "#1b1f24", "#57606a", "#e3e6ea"
ROLES = {"train": "#0f62ae", "validation": "#c4520c"}
FAMILIES = ("#0f62ae", "#c4520c", "#1a7f4b", "#b3261e", "#7a3fb0", "#4d5560")
"""Read on white, and told apart by most people who do not see all colours; dashes tell validation from training."""
MARK = "#1a7f4b"
FEW_POINTS = 30
BAND_SHADED = "shaded: ± sd"
COLUMNS = 1_400
"""Of so many columns of the plot each keeps its lowest and its highest point."""


@dataclass(frozen=True, slots=True)
class _Area:
    """Where the curves are, in the picture's units, and what its edges stand for."""

    top: float
    x_limits: Limits
    y_limits: Limits

    @property
    def bottom(self) -> float:
        return HEIGHT - BOTTOM

    @property
    def right(self) -> float:
        return WIDTH - RIGHT

    def x(self, value: float) -> float:
        return LEFT + (value - self.x_limits.low) / (self.x_limits.high - self.x_limits.low) * (self.right - LEFT)

    def y(self, value: float) -> float:
        share = (value - self.y_limits.low) / (self.y_limits.high - self.y_limits.low)
        return self.bottom - share * (self.bottom - self.top)


def svg_of(plot: PlotData) -> str:
    """Return the plot as the text of an SVG file; one without anything to draw says so."""
    title = safe(plot.title)
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="system-ui, sans-serif">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    found = data_range(plot.lines, log=plot.log)
    if found is None:
        parts.append(_text(WIDTH / 2, HEIGHT / 2, plot.empty or "there is nothing to draw", MUTED, anchor="middle"))
        return "\n".join([*parts, "</svg>", ""])
    header, top = _header(plot)
    y_limits = settle(None, *with_references(plot, *found), log=plot.log)
    x_limits = decade_limits(plot.lines) if plot.x_log else epoch_limits(plot.lines, plot.x_total)
    area = _Area(top, x_limits, y_limits)
    parts += [*header, *_axes(plot, area), *_bands(plot, area), *_curves(plot, area), *_levels(plot, area)]
    parts += _marks(plot, area)
    return "\n".join([*parts, "</svg>", ""])


def _colour(line: Line, families: Sequence[int]) -> str:
    if len(families) > 1:
        return FAMILIES[families.index(line.family) % len(FAMILIES)]
    return ROLES.get(line.role, MUTED)


def _text(x: float, y: float, text: str, fill: str = INK, *, anchor: str = "start", size: int = SMALL) -> str:
    shown = escape(safe(text))
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{fill}" font-size="{size}" text-anchor="{anchor}">{shown}</text>'


def _width(text: str, size: int = SMALL) -> float:
    return cell_len(text) * CELL * size


def _header(plot: PlotData) -> tuple[list[str], float]:
    """Return title, legend and the y axis' title, and where the plot below them begins."""
    families = families_of(plot.lines)
    parts, y = [], 12.0
    if plot.title:
        y += LARGE
        parts.append(_text(LEFT, y, _cut(safe(plot.title), WIDTH - LEFT - RIGHT, LARGE), size=LARGE))
        y += 6
    x = float(LEFT)
    y += SMALL + 2
    for sample, label, fill in _legend(plot, families):
        wide = (30 if sample else 0) + _width(label) + 18
        if x > LEFT and x + wide > WIDTH - RIGHT:
            x, y = float(LEFT), y + ROW
        if sample:
            parts.append(f'<line x1="{x:.1f}" x2="{x + 24:.1f}" y1="{y - 4:.1f}" y2="{y - 4:.1f}" {sample}/>')
        parts.append(_text(x + (30 if sample else 0), y, label, fill))
        x += wide
    y += ROW
    y_title = f"{safe(plot.y_title)}, logarithmic" if plot.log else safe(plot.y_title)
    parts.append(_text(LEFT - 8, y, y_title, MUTED))
    return parts, y + 12


def _cut(text: str, room: float, size: int) -> str:
    while text and _width(text, size) > room:
        text = f"{text[:-2]}…" if len(text) > 2 else ""
    return text


def _legend(plot: PlotData, families: Sequence[int]) -> Iterator[tuple[str, str, str]]:
    """Yield how a sample line is drawn (empty for a mere text), the text beside it, and the text's colour."""
    told = set()
    for line in plot.lines:
        entry = (line.label, _colour(line, families))
        if line.role != "reference" and line.label and entry not in told:
            told.add(entry)
            yield _stroke(line, families), safe(line.label, 60), INK
    notes = (BAND_SHADED if note == BAND else note for note in plot.notes)
    yield from (("", f"▲ {safe(mark.label, 60)}", MARK) for mark in plot.marks if mark.label)
    yield from (("", safe(note, 60), MUTED) for note in notes)


def _stroke(line: Line, families: Sequence[int]) -> str:
    dash = ' stroke-dasharray="6 4"' if line.role == "validation" else ""
    faint = line.emphasis == "faint"
    if faint and line.role == "validation":
        dash = ""
    look = 'stroke-width="1" opacity="0.32"' if faint else 'stroke-width="2"'
    return f'fill="none" stroke="{_colour(line, families)}" {look}{dash}'


def _axes(plot: PlotData, area: _Area) -> Iterator[str]:
    x_ticks = ticks(area.x_limits, 10, whole=not plot.x_log)
    for tick in ticks(area.y_limits, 6):
        y = area.y(tick.position)
        yield f'<line x1="{LEFT}" x2="{area.right}" y1="{y:.1f}" y2="{y:.1f}" stroke="{GRID}"/>'
        yield _text(LEFT - 8, y + 4, tick.label, MUTED, anchor="end")
    for tick in x_ticks:
        x = area.x(tick.position)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{area.bottom}" y2="{area.bottom + 5}" stroke="{MUTED}"/>'
        yield _text(x, area.bottom + 20, tick.label, MUTED, anchor="middle")
    yield f'<path d="M{LEFT} {area.top:.1f}V{area.bottom}H{area.right}" fill="none" stroke="{MUTED}"/>'
    yield _text((LEFT + area.right) / 2, HEIGHT - 12, plot.x_title, MUTED, anchor="middle")


def _bands(plot: PlotData, area: _Area) -> Iterator[str]:
    """Fill what lies between each two edges."""
    families = families_of(plot.lines)
    edges = [line for line in plot.lines if line.emphasis == "edge"]
    for low, high in zip(edges[::2], edges[1::2], strict=False):
        known = np.isfinite(low.y) & np.isfinite(high.y)
        if not known.any():
            continue
        corners = [(x, y) for line, step in ((low, 1), (high, -1)) for x, y in _inside(line, known, area)[::step]]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
        yield f'<polygon points="{points}" fill="{_colour(low, families)}" opacity="0.14"/>'


def _inside(line: Line, known: np.ndarray, area: _Area) -> list[tuple[float, float]]:
    """Return an edge's points, held within the plot; of a value that has no logarithm the lower end."""
    values = line.y[known]
    if area.y_limits.log:
        values = np.log10(np.maximum(values, 10.0 ** max(area.y_limits.low, -300)))
    held = np.clip(values, area.y_limits.low, area.y_limits.high)
    every = max(1, len(held) // COLUMNS)
    points = zip(line.x[known][::every].tolist(), held[::every].tolist(), strict=True)
    return [(area.x(x), area.y(y)) for x, y in points]


def _curves(plot: PlotData, area: _Area) -> Iterator[str]:
    """Draw the faint ones first, then those that are read."""
    families = families_of(plot.lines)
    drawn = [line for line in plot.lines if line.role != "reference" and line.emphasis != "edge"]
    for line in sorted(drawn, key=lambda line: line.emphasis != "faint"):
        path = drawable(line, log=plot.log)
        if plot.log:
            path = Path(path.x, np.log10(path.y), path.joined)
        path = clipped(path, area.y_limits.low, area.y_limits.high)
        path = thinned(path, area.x_limits.low, area.x_limits.high, COLUMNS)
        steps = [
            f"{'L' if joined else 'M'}{area.x(x):.1f} {area.y(y):.1f}"
            for x, y, joined in zip(path.x.tolist(), path.y.tolist(), path.joined.tolist(), strict=True)
        ]
        if steps:
            yield f'<path d="{"".join(steps)}" stroke-linejoin="round" {_stroke(line, families)}/>'
        if line.emphasis == "main" and len(line.x) <= (FEW_POINTS if len(families) == 1 else 1):
            fill = _colour(line, families)
            yield from (
                f'<circle cx="{area.x(x):.1f}" cy="{area.y(y):.1f}" r="2.6" fill="{fill}"/>'
                for x, y in zip(path.x.tolist(), path.y.tolist(), strict=True)
            )


def _levels(plot: PlotData, area: _Area) -> Iterator[str]:
    """Draw each level to compare with, its name at the right above it; one beside the plot is pointed at."""
    taken: list[float] = []
    for line in plot.lines:
        if line.role != "reference" or not len(line.y) or math.isnan(line.y[0]):
            continue
        value = float(line.y[0])
        if area.y_limits.log:
            value = math.log10(value) if value > 0 else -math.inf
        inside = area.y_limits.holds(value)
        y = area.y(min(max(value, area.y_limits.low), area.y_limits.high))
        if inside:
            yield (
                f'<line x1="{LEFT}" x2="{area.right}" y1="{y:.1f}" y2="{y:.1f}" stroke="{MUTED}"'
                ' stroke-dasharray="2 4"/>'
            )
        arrow = "" if inside else " ▲" if value > area.y_limits.high else " ▼"
        place = next((p for p in (y - 5, y + 15, y - 5 - SMALL, y + 29) if _is_free(p, taken, area)), y - 5)
        taken.append(place)
        yield _text(area.right - 4, place, f"{safe(line.label, 40)}{arrow}", MUTED, anchor="end")


def _is_free(place: float, taken: Sequence[float], area: _Area) -> bool:
    return area.top + SMALL - 2 <= place <= area.bottom - 3 and all(abs(place - other) >= SMALL for other in taken)


def _marks(plot: PlotData, area: _Area) -> Iterator[str]:
    for mark in plot.marks:
        if not area.x_limits.holds(mark.x):
            continue
        x = area.x(mark.x)
        yield (
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{area.top:.1f}" y2="{area.bottom}" stroke="{MARK}"'
            ' stroke-dasharray="1 4"/>'
        )
        corners = f"{x - 5:.1f},{area.bottom + 9} {x + 5:.1f},{area.bottom + 9} {x:.1f},{area.bottom + 1}"
        yield f'<polygon points="{corners}" fill="{MARK}"/>'
