"""A page that plays again, through the panels that showed it live."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Static

from engine.errors import LabError
from sessions.page import Page, default_title
from sessions.tape import Tape
from tui.commands import REPLAY, bindings
from tui.panels import form
from tui.panels.panel import Panels
from tui.player import Player
from tui.screens.footer import KeysFooter
from tui.screens.lab import LOW
from tui.screens.stage import Stage, StatusLine
from tui.text import safe


class ReplayScreen(Screen[None]):
    """Its panels show the page's settings and take none."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(REPLAY)]
    # The table of runs would take the keys that seek.
    AUTO_FOCUS: ClassVar[str | None] = ""

    def __init__(self, page: Page, fps: int, speed: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        if page.record is None:
            raise LabError("the page holds no runs to replay", "train it first")
        self._page = page
        self._fps = fps
        self._clock = clock
        self._player = Player(Tape(page.record), speed)
        self._panels = Panels(form.sparse(page.experiment))
        self._stage = Stage("the replay starts")
        self._status = StatusLine()
        self._last = clock()

    def compose(self) -> ComposeResult:
        """Return the parts from top to bottom."""
        title = safe(self._page.title or default_title(self._page.experiment), 60)
        yield Static(Content.assemble(("Replay", "bold"), "  ", title), id="heading")
        with Horizontal(id="body"):
            self._panels.disabled = True
            yield self._panels
            yield self._stage
        yield self._status
        yield KeysFooter()

    def on_mount(self) -> None:
        """Start to play."""
        self._last = self._clock()
        self.set_interval(1 / self._fps, self._tick)
        self._show()

    def on_resize(self, event: Resize) -> None:
        """Fold the panels where the screen is low."""
        self.set_class(event.size.height < LOW, "low")
        self._panels.fold(accordion=event.size.height < LOW)

    def _tick(self) -> None:
        now = self._clock()
        passed, self._last = now - self._last, now
        if self._player.playing:
            self._player.tick(passed)
            self._show()

    def _show(self) -> None:
        self._stage.show(self._player.record, self._clock(), self._page.experiment.choose_by)
        share = self._player.position / max(1, len(self._player.tape))
        self._status.say(self._player.says(), share)

    def action_play(self) -> None:
        """Hold or go on."""
        self._player.toggle()
        self._show()

    def action_faster(self) -> None:
        """Double the speed."""
        self._player.faster(2.0)
        self._show()

    def action_slower(self) -> None:
        """Halve the speed."""
        self._player.faster(0.5)
        self._show()

    def action_seek(self, beats: int) -> None:
        """Go some epochs on or back, and hold there."""
        self._player.playing = False
        self._player.seek(int(self._player.position) + beats)
        self._show()

    def action_leap(self, direction: int) -> None:
        """Go a tenth of the replay on or back."""
        self._player.seek(self._player.position + direction * len(self._player.tape) / 10)
        self._show()

    def action_jump(self, end: int) -> None:
        """Go to the start or the end."""
        self._player.seek(end * len(self._player.tape))
        self._show()

    def action_log(self) -> None:
        """Draw the loss linear or logarithmic."""
        self._stage.toggle_log()

    def action_metric(self) -> None:
        """Draw the next metric."""
        self._stage.next_metric()

    def action_settings(self) -> None:
        """Show the settings of a sweep instead of the curves, or the curves again."""
        self._stage.swap()

    def action_back(self) -> None:
        """Leave the replay."""
        self.dismiss(None)
