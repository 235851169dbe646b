"""The marks of a replay as a list: the one in hand with those around it."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from sessions.moments import Moment
from tui.text import safe

LINES = 4
"""So many marks are shown at a time."""


class MarksList(Static):
    """Shows where a replay stands among its marks; nothing is drawn for the same again."""

    def __init__(self) -> None:
        super().__init__(id="marks", markup=False)
        self._shown: tuple[int, int] | None = None

    def show(self, moments: tuple[Moment, ...], passed: int) -> None:
        """Show the marks around the last that was passed."""
        if (len(moments), passed) == self._shown:
            return
        self._shown = len(moments), passed
        self.set_class(not moments, "none")
        self.update(lines_of(moments, passed), layout=False)


def lines_of(moments: tuple[Moment, ...], passed: int) -> Content:
    """Return some lines of marks, the last passed one among them with a sign before it."""
    first = min(max(0, passed - 2), max(0, len(moments) - LINES))
    shown = moments[first : first + LINES]
    places = [f"{'refit, ' if one.role == 'refit' else ''}epoch {one.epoch}" for one in shown]
    width = max(map(len, places), default=0)
    parts: list[str | tuple[str, str]] = []
    for place, one in enumerate(shown, start=first):
        sign = "▸" if place == passed - 1 else " "
        left = f" · {len(moments) - len(shown)} more" if place == first + LINES - 1 and len(moments) > LINES else ""
        text = f"{sign} {one.letter}  {places[place - first]:<{width}}  {safe(one.says, 80)}{left}\n"
        parts.append((text, "bold") if place == passed - 1 else (text, "$text-muted"))
    return Content.assemble(*parts)
