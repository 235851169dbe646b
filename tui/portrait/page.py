"""All views of a portrait, one under the other."""

from __future__ import annotations

from collections.abc import Callable

from tui.numbers import counted
from tui.portrait.balance import balance
from tui.portrait.columns import column_lines
from tui.portrait.lines import BLANK, Line, within, wrapped
from tui.portrait.over_time import over_time
from tui.portrait.parts import Portrait
from tui.portrait.pictures import pictures
from tui.portrait.scatter import scatter
from tui.portrait.signals import signals

NARROWEST, WIDEST = 40, 120
SHORT = 20
"""Columns and classes in plain output."""


def page(portrait: Portrait, width: int, *, greys: bool, most: int = SHORT) -> list[Line]:
    """Return what there is to see of a data set in lines of at most `width` cells.

    `most` features and classes are listed; `greys` says whether pictures may be drawn in greys.
    """
    width = max(NARROWEST, min(WIDEST, width))
    views: list[Callable[[], list[Line]]] = [lambda: _heading(portrait, width)]
    if portrait.pictures:
        views.append(lambda: pictures(portrait.pictures, width, greys=greys))
    if portrait.signals:
        views.append(lambda: signals(portrait.signals, width))
    views += [lambda series=series: over_time(series, width) for series in portrait.series]  # type: ignore[misc]
    if (points := portrait.scatter) is not None:
        views.append(lambda: scatter(points, width))
    if portrait.classes:
        views.append(lambda: balance(portrait.classes, width, most))
    views.append(lambda: column_lines(portrait, width, most))
    found: list[Line] = []
    for view in views:
        lines = [within(line, width) for line in view()]
        found += [BLANK, *lines] if found and lines else lines
    return found


def _heading(portrait: Portrait, width: int) -> list[Line]:
    """What it is in a line, then what a person should know."""
    parts = [counted(portrait.rows, "row")]
    parts.append(_features(portrait))
    if portrait.classes:
        parts.append(counted(len(portrait.classes), "class"))
    elif portrait.target_names:
        unit = f" ({portrait.unit})" if portrait.unit else ""
        parts.append(f"target {', '.join(portrait.target_names[:3])}{unit}")
    if portrait.dates is not None:
        parts.append(f"{portrait.dates[0]} to {portrait.dates[1]}")
    found = wrapped(f"{portrait.name}: {', '.join(parts)}", width, "title")
    for text in portrait.notes:
        found += wrapped(f"! {text}", width, "validation", "  ")
    if portrait.problem:
        found += wrapped(f"✗ it cannot be trained on as it is: {portrait.problem}", width, "problem", "  ")
    return found


def _features(portrait: Portrait) -> str:
    if portrait.problem:
        return counted(len(portrait.columns) + portrait.more_columns, "column")
    if not portrait.features:
        return "no features but its own past"
    return counted(portrait.features, "feature")
