"""All keys and what they do, with a search."""

from __future__ import annotations

from textwrap import wrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.commands import GROUPS

KEYS, LABEL = 20, 12
"""Widths of the columns before the meaning."""


class HelpScreen(ModalScreen[None]):
    """Generated from the table of commands."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close"),
        Binding("down", "scroll(1)", show=False),
        Binding("up", "scroll(-1)", show=False),
        Binding("pagedown", "scroll(10)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._search = Input(placeholder="type to search; esc closes", compact=True)
        self._search.cursor_blink = False
        self._text = Static(markup=False)
        self._scroll = VerticalScroll(self._text, can_focus=False)

    def compose(self) -> ComposeResult:
        """Return the search above the list."""
        with Vertical(id="help"):
            yield self._search
            yield self._scroll

    def on_mount(self) -> None:
        """Show everything."""
        self.call_after_refresh(self._show)

    def on_input_changed(self) -> None:
        """Show what the search finds."""
        self._show()

    def on_resize(self) -> None:
        """Wrap the lines anew."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        self._text.update(keys_matching(self._search.value, self._scroll.scrollable_content_region.width))

    def action_scroll(self, lines: int) -> None:
        """Move the list under the search."""
        self._scroll.scroll_relative(y=lines, animate=False, immediate=True)


def keys_matching(words: str, width: int) -> Content:
    """Return the commands whose key, name or meaning holds every word, under the titles of their groups."""
    wanted = words.casefold().split()
    parts: list[str | tuple[str, str]] = []
    for title, commands in GROUPS:
        found = [c for c in commands if all(w in f"{c.shown_keys} {c.label} {c.help}".casefold() for w in wanted)]
        if found:
            parts += [(f"{title}\n", "bold")]
            for command in found:
                first, *more = wrap(command.help, max(20, width - KEYS - LABEL - 1))
                parts += [f"{command.shown_keys:<{KEYS}}", (f"{command.label:<{LABEL}}", "$text-primary"), f"{first}\n"]
                parts += [f"{'':{KEYS + LABEL}}{line}\n" for line in more]
            parts.append("\n")
    return Content.assemble(*parts) if parts else Content("nothing found")
