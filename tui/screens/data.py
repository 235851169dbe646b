"""A look at the data that the panels choose, over the lab."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.errors import LabError
from tui.background import beside
from tui.panels import form
from tui.panels.form import Draft
from tui.portrait.lines import wrapped
from tui.portrait.look import look_at
from tui.portrait.page import page
from tui.screens.line_view import LineView

MOST = 1_000
"""Columns and classes that are listed."""


class DataScreen(ModalScreen[None]):
    """Reads the data beside the screen's work, and then shows all views of them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,d,q,enter", "dismiss(None)", "Close"),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "leap(1)", show=False),
        Binding("pageup", "leap(-1)", show=False),
        Binding("home", "edge(-1)", show=False),
        Binding("end", "edge(1)", show=False),
    ]

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._draft = draft
        self._view = LineView(lambda width: wrapped("reading the data …", width))

    def compose(self) -> ComposeResult:
        """Return the window on the views above its keys."""
        with Vertical(id="data"):
            yield self._view
            yield Static(Content("↑ ↓ scroll · page up, page down · esc closes"), classes="keys")

    def on_mount(self) -> None:
        """Begin to read."""
        self.run_worker(self._look(), exclusive=True)

    async def _look(self) -> None:
        try:
            experiment = form.check(self._draft)
            seen = await beside(lambda: look_at(experiment))
        except LabError as error:
            problem = f"✗ {error}"
            self._view.show(lambda width: wrapped(problem, width, "problem"))
            return
        self._view.show(lambda width: page(seen, width, greys=True, most=MOST))

    def action_scroll(self, by: int) -> None:
        """Scroll by some lines."""
        self._view.scroll_relative(y=by, animate=False, immediate=True, force=True)

    def action_leap(self, by: int) -> None:
        """Scroll by a window, less a line to go on reading from."""
        self.action_scroll(by * max(1, self._view.size.height - 1))

    def action_edge(self, to: int) -> None:
        """Go to the first or the last line."""
        self._view.scroll_to(y=0 if to < 0 else self._view.max_scroll_y, animate=False, immediate=True, force=True)
