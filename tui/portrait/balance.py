"""How many rows each class has, as bars."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from tui.numbers import counted
from tui.plots.cells import Cells, fitted
from tui.portrait.lines import Line, bar, line, lines_of, wrapped
from tui.text import safe

TIMES = 10
"""A largest class so many times the smallest is worth a word."""
LONGEST_NAME = 24
LONGEST_BAR = 40


def balance(classes: Sequence[tuple[str, int]], width: int, most: int = 20) -> list[Line]:
    """Return a bar a class, with its rows and their share; of more than `most` classes only the largest."""
    total = max(1, sum(count for _, count in classes))
    largest = max(count for _, count in classes)
    cut = len(classes) > most
    shown = sorted(classes, key=lambda one: -one[1])[:most] if cut else list(classes)
    names = [safe(name) for name, _ in shown]
    name_width = min(LONGEST_NAME, width // 3, max(map(cell_len, names)))
    count_width = len(str(largest))
    room = max(4, min(LONGEST_BAR, width - name_width - count_width - 12))
    cells = Cells(width, len(shown))
    for y, (name, (_, count)) in enumerate(zip(names, shown, strict=True)):
        cells.put(0, y, fitted(name, name_width), "title")
        x = cells.put(name_width + 2, y, f"{count:>{count_width}}  {share(count, total):>6}", "text")
        cells.put(x + 2, y, bar(count / largest if largest else 0, room), "train")
    found = [line(f"Classes ({len(classes)})", "title"), *lines_of(cells)]
    if cut:
        found.append(line(f"… and {counted(len(classes) - most, 'class')} more"))
    return found + _warning(classes, width)


def share(count: int, total: int) -> str:
    """Return a share in percent: `52 %`, `0.3 %`; only what is all or nothing is said to be."""
    percent = 100 * count / total
    if count in {0, total} or 9.5 <= percent < 99.5:
        return f"{percent:.0f} %"
    return f"{min(99.9, max(0.1, percent)):.1f} %"


def _warning(classes: Sequence[tuple[str, int]], width: int) -> list[Line]:
    (most_name, most), (least_name, least) = max(classes, key=lambda c: c[1]), min(classes, key=lambda c: c[1])
    if most <= TIMES * least:
        return []
    times = f"{most / least:.0f} times as many rows as" if least else "rows, and none has"
    said = (
        f"! unbalanced: {safe(most_name, 40)} has {times} {safe(least_name, 40)};"
        f" to guess it always is already right in {share(most, max(1, sum(count for _, count in classes)))} of the rows"
    )
    return wrapped(said, width, "validation", "  ")
