"""The baselines below what is drawn of the settings."""

from __future__ import annotations

from rich.cells import cell_len

from sessions.record import Record
from tui.baselines import APART, cells, labelled
from tui.numbers import figure
from tui.plots.cells import fitted
from tui.portrait.lines import Line, line, within

LABEL = 5
"""A label keeps so many cells: where there is no room, first the training figure goes, then the label's end."""


def baselines_of(record: Record, by: str, width: int) -> list[Line]:
    """Return a header and a line for each baseline, of at most `width` cells; none where none is measured."""
    known = labelled(record)
    if not known:
        return []
    columns = [("train", by), ("validation", by)]
    rows = [[APART, f"train {by}", f"val. {by}"], *([label, *cells(one, columns, _spread)] for label, one in known)]
    needed = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    if sum(needed) + 4 > width:
        rows, needed = [[row[0], row[2]] for row in rows], [needed[0], needed[2]]
    needed[0] = max(LABEL, min(needed[0], width - sum(needed[1:]) - 2 * len(needed[1:])))
    texts = [
        "  ".join(_padded(cell, size, place) for place, (cell, size) in enumerate(zip(row, needed, strict=True)))
        for row in rows
    ]
    return [within(line(text, "header" if place == 0 else "text"), width) for place, text in enumerate(texts)]


def _padded(cell: str, size: int, place: int) -> str:
    text = fitted(cell, size)
    blank = " " * (size - cell_len(text))
    return blank + text if place else text + blank


def _spread(mean: float, sd: float | None) -> str:
    return figure(mean) if sd is None else f"{figure(mean)} ±{figure(sd, 2)}"
