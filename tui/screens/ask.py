"""Small questions over a screen: a line to type, or a value to pick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.text import safe


class AskScreen(ModalScreen["str | None"]):
    """Ends with a line that was typed, or None where a person gave up."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Give up")]

    def __init__(self, question: str, value: str) -> None:
        super().__init__()
        self._question = question
        self._input = Input(safe(value, 500), compact=True)
        self._input.cursor_blink = False

    def compose(self) -> ComposeResult:
        """Return the line under its question."""
        with Vertical(id="ask"):
            yield Static(Content(safe(self._question, 300)), classes="title")
            yield self._input

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """End with what was typed."""
        event.stop()
        self.dismiss(event.value)


class PickScreen(ModalScreen["int | None"]):
    """Ends with the place of what was picked, or None where a person gave up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Give up"),
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
    ]

    def __init__(self, question: str, choices: Sequence[str]) -> None:
        super().__init__()
        self._question = question
        self._list = OptionList(*(Option(Content(safe(choice))) for choice in choices), compact=True)

    def compose(self) -> ComposeResult:
        """Return the list under its question."""
        with Vertical(id="choice"):
            yield Static(Content(safe(self._question, 300)), classes="title")
            yield self._list

    def action_down(self) -> None:
        """To the next choice."""
        self._list.action_cursor_down()

    def action_up(self) -> None:
        """To the choice before."""
        self._list.action_cursor_up()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """End with the choice."""
        self.dismiss(event.option_index)
