"""A page to choose, over whatever wants one."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from engine.errors import LabError
from sessions.index import entries_of
from tui.background import beside
from tui.screens.pages_table import PagesTable
from tui.shelf import Shelf
from tui.text import safe


class PageChoiceScreen(ModalScreen[Path | None]):
    """Ends with the file of a page that has runs, or None where a person gave up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Give up"),
        Binding("down", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("pagedown", "leap(1)", show=False),
        Binding("pageup", "leap(-1)", show=False),
    ]
    AUTO_FOCUS: ClassVar[str | None] = "Input"

    def __init__(self, question: str, folder: Path, but: Container[Path] = ()) -> None:
        super().__init__()
        self._question = question
        self._folder = folder
        self._but = but
        self._shelf = Shelf()
        self._table = PagesTable()
        self._table.can_focus = False
        self._search = Input(placeholder="type to search · ↑ ↓ · enter chooses · esc gives up", compact=True)
        self._search.cursor_blink = False
        self._said = Static("reading the pages …", markup=False, classes="keys")

    def compose(self) -> ComposeResult:
        """Return the search above the pages."""
        with Vertical(id="page-choice"):
            yield Static(Content(safe(self._question, 200)), classes="title")
            yield self._search
            yield self._table
            yield self._said

    def on_mount(self) -> None:
        """Read the folder beside the screen's work."""
        self.run_worker(self._read(), exclusive=True)

    async def _read(self) -> None:
        try:
            entries = await beside(lambda: entries_of(self._folder))
        except LabError as error:
            self._said.update(Content(safe(f"✗ {error}", 300)))
            return
        self._shelf.take(entry for entry in entries if entry.runs and entry.path not in self._but)
        self._show()

    def _show(self) -> None:
        shown = self._shelf.shown()
        self._table.show(shown, self._shelf.order, backwards=False)
        none = "nothing has these words" if len(self._shelf) else "there is no other page with runs"
        self._said.update(Content("" if shown else none))

    def on_input_changed(self) -> None:
        """Filter as a person types."""
        self._shelf.asked = self._search.value
        self._show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """End with the page under the cursor."""
        event.stop()
        self._choose()

    def on_pages_table_chosen(self) -> None:
        """End with the page that was clicked again."""
        self._choose()

    def _choose(self) -> None:
        if self._table.entry is not None:
            self.dismiss(self._table.entry.path)

    def action_move(self, by: int) -> None:
        """To the next page or the one before."""
        self._table.action_move(by)

    def action_leap(self, by: int) -> None:
        """A window on or back."""
        self._table.action_leap(by)
