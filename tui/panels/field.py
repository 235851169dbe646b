"""One setting on one line: its name, its value, and an input in its place while it is typed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widgets import Input, Static

from tui.commands import FORM, bindings
from tui.panels.form import Row
from tui.panels.sweeps import BETWEEN, fixed
from tui.text import masked, safe

LABEL_WIDTH = 15


class Field(Horizontal, can_focus=True):
    """A row of a panel. It shows what it is given and says what a person wants; it changes nothing itself."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(FORM)]
    ALLOW_SELECT = False

    class Stepped(Message):
        """The next or the previous value is wanted."""

        def __init__(self, field: Field, direction: int) -> None:
            super().__init__()
            self.field, self.direction = field, direction

    class Left(Message):
        """The focus should go to the next field or the one before."""

        def __init__(self, field: Field, by: int) -> None:
            super().__init__()
            self.field, self.by = field, by

    class Typed(Message):
        """A text was typed as the value."""

        def __init__(self, field: Field, text: str) -> None:
            super().__init__()
            self.field, self.text = field, text

    class ListWanted(Message):
        """The list of choices is wanted."""

        def __init__(self, field: Field) -> None:
            super().__init__()
            self.field = field

    def __init__(self, row: Row) -> None:
        super().__init__()
        self.row = row
        self._label = Static(classes="label", markup=False)
        self._value = Static(classes="value", markup=False)
        self._input: Input | None = None
        self._whole = ""
        """The text that the input began with, of which hidden characters are shown as signs."""

    def compose(self) -> ComposeResult:
        """Return label and value."""
        yield self._label
        yield self._value

    def on_mount(self) -> None:
        """Show the row."""
        self.show(self.row)

    def show(self, row: Row) -> None:
        """Show another row, or the same with another value."""
        self.row = row
        self._label.update(Content(safe(row.label, LABEL_WIDTH - 1)), layout=False)
        self._value.update(Content(safe(row.text, 60)), layout=False)
        self._value.set_class(row.is_set, "set")

    @property
    def editing(self) -> bool:
        """Whether a value is being typed."""
        return self._input is not None

    def action_change(self, direction: int) -> None:
        """Ask for the next value."""
        self.post_message(self.Stepped(self, direction))

    def action_forget(self) -> None:
        """Ask for the default."""
        self.post_message(self.Typed(self, ""))

    async def action_edit(self) -> None:
        """Let the value be typed, or chosen where there is a list."""
        if self.row.choices and not self.row.swept:
            self.post_message(self.ListWanted(self))
        else:
            await self._type(self.row.text if self.row.swept or self.row.value is not None else "")

    async def action_sweep(self) -> None:
        """Let several values be typed, the present one being the first."""
        begun = self.row.swept or self.row.value is not None
        await self._type(f"{self.row.text}{BETWEEN}" if begun and not fixed(self.row.key) else self.row.text)

    async def _type(self, text: str) -> None:
        if self._input is None:
            self._value.display = False
            # What is there would else be taken away by the first letter.
            self._whole, text = text, masked(text)
            self._input = Input(text, compact=True, placeholder="default", select_on_focus=not text.endswith(BETWEEN))
            self._input.cursor_blink = False
            await self.mount(self._input)
            self._input.focus()

    def action_move(self, by: int) -> None:
        """Ask for the focus to go to a neighbour; the panels know which."""
        self.post_message(self.Left(self, by))

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Say what was typed."""
        event.stop()
        untouched = event.value == masked(self._whole)
        self.post_message(self.Typed(self, self._whole if untouched else event.value))

    async def on_input_blurred(self, event: Input.Blurred) -> None:
        """Give the typing up when the focus goes elsewhere."""
        event.stop()
        await self.close(refocus=False)

    async def key_escape(self) -> None:
        """Give the typing up."""
        await self.close()

    async def close(self, *, refocus: bool = True) -> None:
        """Take the input away."""
        if self._input is not None:
            used, self._input = self._input, None
            if refocus:
                self.focus()
            self._value.display = True
            await used.remove()

    async def on_click(self, event: Click) -> None:
        """Edit on a second click, when the row has the focus already."""
        if event.chain > 1:
            await self.action_edit()


class More(Field):
    """The row that shows or hides a panel's rarer settings."""

    class Toggled(Message):
        """They should be shown, or hidden again."""

    def action_change(self, direction: int) -> None:  # noqa: ARG002 - there is one other way
        """Ask for the other way."""
        self.post_message(self.Toggled())

    def action_forget(self) -> None:
        """Have no default."""

    async def action_edit(self) -> None:
        """Ask for the other way."""
        self.post_message(self.Toggled())

    async def action_sweep(self) -> None:
        """Have no values."""
