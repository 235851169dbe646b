"""The table of columns: what each holds, how often it lacks, and how its values are spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from tui.numbers import counted
from tui.plots.cells import Cells, fitted
from tui.portrait.balance import share
from tui.portrait.figures import BINS, said
from tui.portrait.lines import Line, levels, line, lines_of, wrapped
from tui.portrait.parts import Column, Portrait
from tui.text import safe

KINDS = {"number": "number", "word": "words", "day": "days", "empty": "empty"}
SIGNS = {"target": "→", "date": "◷", "group": "≡", "feature": " ", "unused": "×"}
SIGN_WORDS = {"→": "target", "◷": "puts the rows in order", "≡": "equal cells stay together", "×": "not used"}
FIRST = ("target", "date", "group")
"""Columns of these roles stand above the features."""
NARROWEST_NAME = 10
LEAST_EXTRA = 16
"""A column of the most frequent values needs so many cells to say anything."""
RARE = 0.02
SPREAD = BINS + 2
"""Cells of a histogram with a mark on either side."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """How many cells each thing has; 0 for what is left out."""

    name: int
    kind: int
    figure: int
    missing: int
    values: int
    gap: int
    extra: int

    @property
    def figures(self) -> int:
        """Cells of minimum, mean and maximum together."""
        return 3 * self.figure + 2 * self.gap


def column_lines(portrait: Portrait, width: int, most: int) -> list[Line]:
    """Return the table, cut after `most` features, with what its signs mean below."""
    others = [column for role in FIRST for column in portrait.columns if column.role == role]
    features = [column for column in portrait.columns if column.role in {"feature", "unused"}]
    shown = [*others, *features[:most]]
    if not shown:
        return []
    layout = _layout(shown, width)
    cells = Cells(width, len(shown) + 1)
    _header(cells, layout)
    for y, column in enumerate(shown, 1):
        _row(cells, y, column, layout, portrait.sampled is not None)
    count = len(portrait.columns) + portrait.more_columns
    found = [line(f"Columns ({count:,})", "title"), *lines_of(cells)]
    left = len(features) - len(features[:most]) + portrait.more_columns
    if left:
        found.append(line(f"… and {counted(left, 'column')} more"))
    return found + _legend(shown, portrait, width)


def _layout(columns: Sequence[Column], width: int) -> _Layout:
    longest = max([len("name"), *(cell_len(safe(column.name)) for column in columns)])
    numbers = [text for column in columns if column.kind == "number" for text in _figures(column)]
    figure = max([7, *map(len, numbers)])
    missing = 7 if any(column.missing for column in columns) else 0
    values = max([8, *(len(_different(column, sampled=True)) for column in columns)])
    for kind, gap in ((6, 2), (6, 1), (0, 1)):
        fixed = 2 + (kind + gap if kind else 0) + 3 * (figure + gap) + (missing + gap if missing else 0)
        fixed += values + gap + SPREAD + gap
        if width - fixed >= min(longest, 2 * NARROWEST_NAME):
            break
    name = min(longest, max(NARROWEST_NAME, width - fixed))
    extra = width - fixed - name - gap
    return _Layout(name, kind, figure, missing, values, gap, extra if extra >= LEAST_EXTRA else 0)


def _header(cells: Cells, layout: _Layout) -> None:
    x = cells.put(2, 0, f"{'name':<{layout.name}}", "axis") + layout.gap
    if layout.kind:
        x = cells.put(x, 0, f"{'type':<{layout.kind}}", "axis") + layout.gap
    for title in ("minimum", "mean", "maximum"):
        x = cells.put(x, 0, f"{title:>{layout.figure}}", "axis") + layout.gap
    if layout.missing:
        x = cells.put(x, 0, f"{'missing':>{layout.missing}}", "axis") + layout.gap
    x = cells.put(x, 0, f"{'distinct':>{layout.values}}", "axis") + layout.gap
    x = cells.put(x + 1, 0, f"{'spread':<{SPREAD - 1}}", "axis") + layout.gap
    if layout.extra:
        cells.put(x, 0, "most frequent", "axis")


def _row(cells: Cells, y: int, column: Column, layout: _Layout, sampled: bool) -> None:
    sign, role = SIGNS[column.role], "mark" if column.role == "target" else "title"
    cells.put(0, y, sign, role)
    cells.put(2, y, fitted(safe(column.name), layout.name), role)
    x = 2 + layout.name + layout.gap
    if layout.kind:
        x = cells.put(x, y, f"{_kind(column):<{layout.kind}}", "text") + layout.gap
    if column.kind == "number":
        for text in _figures(column):
            x = cells.put(x, y, f"{text:>{layout.figure}}", "text") + layout.gap
    else:
        cells.put(x, y, fitted(_in_words(column, layout), layout.figures), "text")
        x += layout.figures + layout.gap
    if layout.missing:
        x = cells.put(x, y, f"{column.missing or '':>{layout.missing}}", "validation") + layout.gap
    x = cells.put(x, y, f"{_different(column, sampled=sampled):>{layout.values}}", "text") + layout.gap
    cells.put(x, y, spread_of(column), "train")
    if layout.extra:
        cells.put(x + SPREAD + layout.gap, y, _frequent(column, layout.extra), "text")


def _kind(column: Column) -> str:
    return "class" if column.kind == "word" and column.role == "target" else KINDS[column.kind]


def _figures(column: Column) -> tuple[str, str, str]:
    return said(column.minimum), said(column.mean), said(column.maximum)


def _different(column: Column, *, sampled: bool) -> str:
    return f"≥{column.different}" if sampled and column.different > 1 else str(column.different or "–")


def _in_words(column: Column, layout: _Layout) -> str:
    """What stands in the place of minimum, mean and maximum where there are none."""
    if column.kind == "day" and column.minimum is not None:
        first, last = (
            str(end) if layout.extra else str(end)[: len("2000-01-01")] for end in (column.minimum, column.maximum)
        )
        return f"{first} – {last}"
    kind = f"{_kind(column)} " if not layout.kind and column.kind == "empty" else ""
    return kind + ("" if layout.extra else _frequent(column, layout.figures))


def _frequent(column: Column, width: int) -> str:
    """Return the most frequent values with their shares, as many as fit; none for numbers that hardly come twice."""
    if not column.common or (column.kind == "number" and column.common[0][1] < RARE * column.seen):
        return ""
    found = ""
    for place, (value, count) in enumerate(column.common):
        name = safe(value, 40) if isinstance(value, str) else said(value)
        longer = f"{found}, " * bool(found) + f"{name} ({share(count, column.seen)})"
        end = " …" if place + 1 < column.different else ""
        if cell_len(longer + end) > width:
            return f"{found} …" if found else fitted(longer, width)
        found = longer
    return found + (" …" if column.different > len(column.common) else "")


def spread_of(column: Column) -> str:
    """Return a histogram in block characters, of words the most frequent ones; `‹` and `›` for values far outside."""
    if column.kind == "word":
        return " " + levels([count for _, count in column.common])
    if column.histogram is None:
        return " constant" if column.different == 1 else ""
    found = column.histogram
    return ("‹" if found.below else " ") + levels(found.counts) + ("›" if found.above else "")


def _legend(columns: Sequence[Column], portrait: Portrait, width: int) -> list[Line]:
    signs = [SIGNS[column.role] for column in columns]
    parts = [f"{sign} {word}" for sign, word in SIGN_WORDS.items() if sign in signs]
    if not any(column.missing for column in columns):
        parts.append("no cell is empty")
    if any(column.kind == "word" and column.role != "target" for column in columns):
        parts.append("spread of words: the most frequent first")
    if any(column.histogram and (column.histogram.below or column.histogram.above) for column in columns):
        parts.append("‹ › a few values lie far outside the bars, which show the middle 98 %")
    if portrait.sampled is not None:
        parts.append(f"distinct and spread are from a sample of {counted(portrait.sampled, 'row')}")
    return wrapped(" · ".join(parts), width, "axis")
