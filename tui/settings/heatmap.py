"""Two keys: a grid of means, each cell told by its number and by its shade."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len

from engine.metrics import LARGER_IS_BETTER
from engine.plan import shown_setting
from sessions.record import Record
from sessions.settings import Result, chosen_result, names_of, ranked, values_of
from tui.numbers import figure
from tui.plots.canvas import Run
from tui.plots.cells import Cells, fitted
from tui.portrait.lines import BLANK, Line, line, lines_of
from tui.text import safe

SHADES = 8
"""From the worst to the best; the widget knows a colour for each."""
WIDEST_LABEL = 14
BEST = "★"


def heatmap_of(record: Record, results: Sequence[Result], keys: tuple[str, str], by: str, width: int) -> list[Line]:
    """Return the grid: the key with more values down, the other across, in blocks where the width is too small."""
    across, down = sorted(keys, key=lambda key: (len(values_of(record, key)), key != keys[1]))
    columns, rows = values_of(record, across), values_of(record, down)
    cells = {(repr(result.settings.get(across)), repr(result.settings.get(down))): result for result in results}
    shades = _shades(results, by)
    best = next(iter(ranked(results, by)), None)
    marked = {result.number for result in (chosen_result(record, results), best) if result is not None}
    if best is not None and best.spread("validation", by) is None:
        marked -= {best.number}
    texts = {place: _text(result, by, marked=result.number in marked) for place, result in cells.items()}
    heads = [_label(value) for value in columns]
    size = max(map(cell_len, [*texts.values(), *heads])) + 2
    labels = [_label(value) for value in rows]
    name, other = names_of((down, across))
    left = min(max(map(cell_len, [*labels, safe(name, 40)])), max(WIDEST_LABEL, width // 4)) + 1
    block = max(1, (width - left) // size)
    shown: list[Line] = []
    for start in range(0, len(columns), block):
        part = range(start, min(start + block, len(columns)))
        drawn = Cells(min(width, left + size * len(part)), len(rows) + 1)
        drawn.put(0, 0, fitted(safe(name, 40), left - 1), "axis-name")
        for place, column in enumerate(part):
            drawn.put(left + place * size, 0, _centred(heads[column], size), "text")
        for y, (label, value) in enumerate(zip(labels, rows, strict=True), 1):
            drawn.put(left - 1 - min(left - 1, cell_len(label)), y, fitted(label, left - 1), "text")
            for place, column in enumerate(part):
                at = repr(columns[column]), repr(value)
                role = shades.get(cells[at].number, "text") if at in cells else "text"
                drawn.put(left + place * size, y, _centred(texts.get(at, ""), size), role)
        shown += [*([BLANK] if shown else []), line(" " * left + fitted(safe(other, 60), width - left), "axis-name")]
        shown += lines_of(drawn)
    return [*shown, BLANK, _legend(results, record)]


def _legend(results: Sequence[Result], record: Record) -> Line:
    chosen = chosen_result(record, results)
    said = [
        Run(f"{BEST} {'best' if chosen is None else 'best or chosen'}  ", "text"),
        Run(" better ", f"shade-{SHADES - 1}"),
    ]
    said += [Run("  ", f"shade-{shade}") for shade in reversed(range(1, SHADES - 1))]
    return (*said, Run(" worse ", "shade-0"))


def _label(value: Any) -> str:
    return fitted(safe(shown_setting(value), 60), WIDEST_LABEL)


def _text(result: Result, by: str, *, marked: bool) -> str:
    """Return what a cell says: its mean, or why there is none."""
    spread = result.spread("validation", by)
    if spread is None:
        return f"✗ {result.bad}" if result.bad else "·"
    said = figure(spread.mean, 3)
    part = f" {result.finished}/{len(result.runs)}" if 0 < result.finished < len(result.runs) else ""
    return f"{BEST + ' ' if marked else ''}{said}{part}"


def _shades(results: Sequence[Result], by: str) -> dict[int, str]:
    """Return the shade of each setting that has a mean, by its rank: how far apart means are is told by the numbers.

    A scale would be spent on the worst: one that nearly diverges is a million times the others.
    """
    sign = -1.0 if by in LARGER_IS_BETTER else 1.0
    means = {r.number: sign * spread.mean for r in results if (spread := r.spread("validation", by)) is not None}
    order = {mean: rank for rank, mean in enumerate(sorted(set(means.values())))}
    last = max(1, len(order) - 1)
    return {number: f"shade-{round((SHADES - 1) * (1 - order[mean] / last))}" for number, mean in means.items()}


def _centred(text: str, size: int) -> str:
    text = fitted(text, size)
    before = (size - cell_len(text)) // 2
    return " " * before + text + " " * (size - before - cell_len(text))
