"""Small questions over a screen: a line to type, or a value to pick."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from engine.errors import LabError
from tui.text import safe


class AskScreen(ModalScreen["str | None"]):
    """Ends with a line that was typed, or None where a person gave up.

    A line for which `check` raises a LabError can be mended: what is wrong with it is said below.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Give up")]

    def __init__(self, question: str, value: str, check: Callable[[str], object] | None = None) -> None:
        super().__init__()
        self._question = question
        self._check = check
        self._problem = Static(markup=False, classes="problem")
        self._input = Input(safe(value, 500), compact=True)
        self._input.cursor_blink = False

    def compose(self) -> ComposeResult:
        """Return the line under its question."""
        with Vertical(id="ask"):
            yield Static(Content(safe(self._question, 300)), classes="title")
            yield self._input
            yield self._problem

    def on_mount(self) -> None:
        """Leave the room for a problem to the screen until there is one."""
        self._problem.display = False

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """End with what was typed."""
        event.stop()
        try:
            if self._check is not None:
                self._check(event.value)
        except LabError as error:
            self._problem.display = True
            self._problem.update(Content(safe(f"✗ {error}", 300)))
        else:
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
