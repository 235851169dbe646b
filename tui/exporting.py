"""What an export is handed: pictures of a record, and texts made safe to look at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sessions.record import Record
from tui.cli.json_text import json_text
from tui.numbers import figure
from tui.plots.chart import compose
from tui.plots.curves import plot_of
from tui.plots.svg import svg_of
from tui.text import masked

WIDTH, HEIGHT = 79, 20
EMPTY = "this page has no curves"


class Picture:
    """Draws for `sessions.export`: only what lies up here knows plots and terminals."""

    def text(self, record: Record, metric: str, *, log: bool) -> str:
        """Return the curves as lines of characters, in braille."""
        plot = plot_of(record, metric=metric, log=log, empty=EMPTY)
        lines = compose(plot, WIDTH, HEIGHT).cells.text().splitlines()
        return "\n".join(line.rstrip() for line in lines)

    def svg(self, record: Record, metric: str, *, log: bool, title: str) -> str:
        """Return the curves as an SVG file."""
        return svg_of(replace(plot_of(record, metric=metric, log=log, empty=EMPTY), title=title))

    def visible(self, text: str) -> str:
        """Return a text with a visible sign in the place of each hidden character; ends of lines and tabs stay."""
        return masked(text)

    def figure(self, value: float | None) -> str:
        """Return a number in four digits."""
        return figure(value)

    def json(self, value: Any) -> str:
        """Return plain values as one line of JSON."""
        return json_text(value)
