"""Lines of characters with the names of their colours: what plain output and the app are both made from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from rich.cells import cell_len

from tui.plots.canvas import Run
from tui.plots.cells import Cells, fitted
from tui.text import safe

Line: TypeAlias = tuple[Run, ...]

BLANK: Line = ()
LEVELS = " ▁▂▃▄▅▆▇█"


def line(text: str, role: str = "text") -> Line:
    """Return a safe text as a line."""
    return (Run(text, role),)


def lines_of(cells: Cells) -> list[Line]:
    """Return the rows of cells, blank ends left out."""
    return [_stripped(cells.runs(y)) for y in range(cells.height)]


def plain(shown: Iterable[Line]) -> str:
    """Return lines as text without colours."""
    return "\n".join("".join(run.text for run in one).rstrip() for one in shown)


def within(shown: Line, width: int) -> Line:
    """Return a line cut to at most `width` cells."""
    used = 0
    kept: list[Run] = []
    for run in shown:
        if used + cell_len(run.text) > width:
            return (*kept, Run(fitted(run.text, width - used), run.role))
        kept.append(run)
        used += cell_len(run.text)
    return shown


def wrapped(text: str, width: int, role: str = "text", indent: str = "", most: int = 1_000) -> list[Line]:
    """Return a text from outside in lines of at most `width` cells, the later ones indented.

    It is broken at spaces, and within a word, such as a path, where that is longer than a line.
    """
    rows: list[str] = []
    current = ""
    for word in safe(text, most).split():
        if not current.strip() or cell_len(f"{current} {word}") <= width or cell_len(indent + word) > width:
            current += " " * bool(current.strip())
        else:
            rows.append(current)
            current = indent
        for character in word:
            if cell_len(current + character) > width:
                rows.append(current)
                current = indent
            current += character
    return [line(row, role) for row in (*rows, current) if row.strip()]


def bar(share: float, cells: int) -> str:
    """Return a bar from the left of at most `cells` cells, to a half of one; what is there at all is seen."""
    halves = max(1, round(min(1.0, share) * cells * 2)) if share > 0 else 0
    return "━" * (halves // 2) + "╸" * (halves % 2)


def levels(counts: Sequence[int]) -> str:
    """Return a column a count, as high as its share of the largest; what is there at all is seen.

    None is a full cell high: in a table it would run into the row above.
    """
    largest = max(counts, default=0)
    return "".join(LEVELS[max(1, round(7 * count / largest))] if count else "·" for count in counts)


def _stripped(runs: list[Run]) -> Line:
    while runs and not runs[-1].text.strip() and not runs[-1].role.startswith("grey"):
        runs = runs[:-1]
    return tuple(runs)
