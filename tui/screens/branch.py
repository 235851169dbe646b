"""A branch of a page, asked for over the replay or the lab: from which epoch, and with which one setting changed."""

from __future__ import annotations

from functools import reduce
from typing import ClassVar, TypeAlias

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from engine.course import Course, turned
from engine.errors import LabError
from engine.tables import to_tables
from sessions import codec, places
from sessions.branching import branch_of
from sessions.course_of import turns_of
from sessions.page import Page
from sessions.parents import value_at
from sessions.record import Record
from tui.text import safe

USUAL = "training.learning_rate"
OTHERS = "any key of [training] but the loss, or model.dropout; tab changes the line · enter trains · esc gives up"

Branch: TypeAlias = tuple[Page, Course]
"""The page of a branch, and the course of its runs."""


class BranchScreen(ModalScreen[Branch | None]):
    """Ends with a branch of the page called `name`, or None where a person gave up."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Give up")]
    AUTO_FOCUS: ClassVar[str | None] = "#setting"

    def __init__(self, page: Page, name: str, epoch: int) -> None:
        super().__init__()
        self._page = page
        self._called = name
        self._epoch = Input(str(epoch), id="epoch", compact=True)
        self._setting = Input(setting_to_change(page, epoch), id="setting", compact=True, select_on_focus=False)
        self._problem = Static(markup=False, classes="problem")
        for line in (self._epoch, self._setting):
            line.cursor_blink = False

    def compose(self) -> ComposeResult:
        """Return the two lines, what is wrong with them, and what may be typed."""
        with Vertical(id="branch"):
            yield Static(Content.assemble((f"A branch of {safe(self._called, 60)}", "bold")), classes="title")
            yield Static(Content("after this epoch"))
            yield self._epoch
            yield Static(Content("one setting is another: KEY = VALUE"))
            yield self._setting
            yield self._problem
            yield Static(Content(OTHERS), classes="keys")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """End with the branch, or say what is wrong with it."""
        event.stop()
        try:
            found = branch_as_typed(self._page, self._called, self._epoch.value, self._setting.value)
        except LabError as error:
            self._problem.update(Content(safe(f"✗ {error}", 300)))
        else:
            self.dismiss(found)


def setting_to_change(page: Page, epoch: int) -> str:
    """Return the learning rate as it is at an epoch, to be typed over; only its key where it has none or several."""
    turns = [turn for turn in turns_of(page.record or Record()) if turn.epoch <= epoch]
    try:
        now = value_at(to_tables(reduce(turned, (turn.settings for turn in turns), page.experiment)), USUAL)
    except LabError:
        now = None
    return f"{USUAL} = {'' if now is None else now}"


def branch_as_typed(page: Page, name: str, epoch: str, setting: str) -> Branch:
    """Return the branch that two lines ask for.

    Raises
    ------
    LabError
        Where they ask for none, or the data of the page cannot be found.
    """
    if not epoch.strip().isdecimal():
        raise LabError(f"{epoch.strip() or 'nothing'!r} is no epoch", "a number such as 120")
    key, equals, value = (part.strip() for part in setting.partition("="))
    if not equals or not key or not value:
        raise LabError("that is not KEY = VALUE", f"such as {USUAL} = 0.001")
    found = branch_of(page, name, int(epoch), {key: codec.value_of(value)})
    places.checked(found[0])
    return found
