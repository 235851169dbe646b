"""A list to choose from, each choice with its one sentence."""

from __future__ import annotations

from textwrap import wrap
from typing import Any, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.panels.form import Row, as_text, first_sentence
from tui.panels.sweeps import fixed
from tui.text import safe

WIDTH, FRAME = 76, 8
"""The box's width, as in the stylesheet, and how much of it are border, padding and scrollbar."""


class ChoiceScreen(ModalScreen["Chosen | None"]):
    """Ends with what was chosen, or None where a person gave up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Give up"),
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
    ]

    def __init__(self, row: Row) -> None:
        super().__init__()
        self._row = row
        self._list = OptionList(compact=True)
        self._typed = ""
        """The beginning of a name, as far as it has been typed."""

    def compose(self) -> ComposeResult:
        """Return the list under its question."""
        with Vertical(id="choice"):
            several = "" if fixed(self._row.key) else " · to try several, leave with esc and press |"
            said = f"{self._row.label}: {self._row.info.spec.help} · letters jump to a name{several}"
            yield Static(Content(safe(said, 300)), classes="title")
            yield self._list

    def on_mount(self) -> None:
        """Stand on the present value."""
        choices = self._row.choices
        self._list.add_options(_options(self._row, min(WIDTH, self.size.width * 95 // 100) - FRAME))
        self._list.highlighted = choices.index(self._row.value) if self._row.value in choices else 0

    def on_key(self, event: Key) -> None:
        """Jump to the first choice that begins with what is typed."""
        if event.character is None or not event.is_printable:
            return
        names = [as_text(choice).casefold() for choice in self._row.choices]
        for typed in (self._typed + event.character.casefold(), event.character.casefold()):
            place = next((place for place, name in enumerate(names) if name.startswith(typed)), None)
            if place is not None:
                self._typed = typed
                self._list.highlighted = place
                event.stop()
                return

    def action_down(self) -> None:
        """To the next choice."""
        self._list.action_cursor_down()

    def action_up(self) -> None:
        """To the choice before."""
        self._list.action_cursor_up()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """End with the choice."""
        self.dismiss(Chosen(self._row.choices[event.option_index]))


class Chosen:
    """What was chosen; it may be None, the rule in the help."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _options(row: Row, width: int) -> list[Option]:
    """Return the choices with their sentences, which are wrapped beside the names and not under them."""
    registry = row.info.spec.registry
    names = [as_text(choice) for choice in row.choices]
    column = max(map(cell_len, names)) + 2
    options = []
    for choice, name in zip(row.choices, names, strict=True):
        says = first_sentence(registry[choice].__doc__) if registry is not None and choice is not None else ""
        if choice is None:
            says = "by the rule above"
        lines = wrap(safe(says), max(20, width - column)) or [""]
        options.append(Option(Content(("\n" + " " * column).join([name.ljust(column) + lines[0], *lines[1:]]))))
    return options
