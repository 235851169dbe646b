"""Many keys: a table with a line for each setting, the best first. The app and the command line share its columns."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from engine.plan import shown_setting
from sessions.record import Record
from sessions.settings import Result, chosen_result, names_of, ranked
from tui.numbers import figure
from tui.plots.canvas import Run
from tui.plots.cells import fitted
from tui.portrait.lines import Line, line, within
from tui.text import safe

CHOSEN = "★"
NAME, LEAST = 8, 5
"""So many cells of a key's name are shown rather than another figure; and so many where nothing else helps."""
SHORT = {"train": "train", "validation": "val."}


def rows_of(
    record: Record, results: Sequence[Result], keys: Sequence[str], columns: Sequence[tuple[str, str]], by: str
) -> list[list[str]]:
    """Return a line of texts for each setting, the best first: a sign if it was chosen, values, runs, figures.

    `columns` are the figures: (part, name).
    """
    chosen = chosen_result(record, results)
    lines = []
    for result in ranked(results, by):
        sign = CHOSEN if chosen is not None and result.number == chosen.number else " "
        values = [safe(shown_setting(result.settings.get(key, "–")), 60) for key in keys]
        figures = [_spread(result, part, name) for part, name in columns]
        lines.append([sign, *values, _runs(result), *figures])
    return lines


def listing_of(
    record: Record, results: Sequence[Result], keys: Sequence[str], by: str, width: int
) -> tuple[Line, list[Line]]:
    """Return header and rows, with as many columns as the width has room for."""
    columns = [("train", by), ("validation", by)]
    rows = rows_of(record, results, keys, columns, by)
    header = [
        " ",
        *(safe(name, 60) for name in names_of(keys)),
        "runs",
        *(f"{SHORT[part]} {by}" for part, _ in columns),
    ]
    # Where there is no room, first the training figure goes, then how many runs there are.
    for dropped in (None, len(keys) + 2, len(keys) + 1):
        if dropped is not None:
            header = header[:dropped] + header[dropped + 1 :]
            rows = [row[:dropped] + row[dropped + 1 :] for row in rows]
        least = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
        needed = [max(size, cell_len(name)) for size, name in zip(least, header, strict=True)]
        needed = _narrowed(needed, [max(size, NAME) for size in least], len(keys), width)
        if _fits(needed, width):
            break
    needed = _narrowed(_narrowed(needed, least, len(keys), width), [LEAST] * len(needed), len(keys), width)
    shown = [_aligned(row, needed, len(keys)) for row in (header, *rows)]
    drawn = [_line(text, row[0] == CHOSEN, width) for text, row in zip(shown, (header, *rows), strict=True)]
    return within(line(shown[0], "header"), width), drawn[1:]


def _line(text: str, chosen: bool, width: int) -> Line:
    return within((Run(text, "mark" if chosen else "text"),), width)


def _fits(needed: Sequence[int], width: int) -> bool:
    return sum(needed) + 2 * (len(needed) - 1) <= width


def _narrowed(needed: Sequence[int], least: Sequence[int], keys: int, width: int) -> list[int]:
    """Return widths with the keys' columns cut, the widest first, until the line fits or none is above its least."""
    narrow = list(needed)
    while not _fits(narrow, width):
        wide = [place for place in range(1, keys + 1) if narrow[place] > least[place]]
        if not wide:
            break
        narrow[max(wide, key=lambda place: narrow[place])] -= 1
    return narrow


def _aligned(row: Sequence[str], needed: Sequence[int], keys: int) -> str:
    cells = []
    for place, (cell, size) in enumerate(zip(row, needed, strict=True)):
        text = fitted(cell, size)
        blank = " " * (size - cell_len(text))
        cells.append(text + blank if place <= keys else blank + text)
    return "  ".join(cells)


def _runs(result: Result) -> str:
    if result.bad:
        return f"✗ {result.bad}"
    return f"{result.finished}/{len(result.runs)}"


def _spread(result: Result, part: str, name: str) -> str:
    spread = result.spread(part, name)
    if spread is None:
        return "–"
    return figure(spread.mean) if spread.sd is None else f"{figure(spread.mean)} ±{figure(spread.sd, 2)}"
