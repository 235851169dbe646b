"""A page that plays again, through the panels that showed it live."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Static

from engine.errors import LabError
from sessions.archive import with_known_history
from sessions.in_use import require_runs
from sessions.page import Page, default_title
from sessions.parents import Parent, parent_of
from sessions.tape import Tape
from tui.background import beside
from tui.commands import REPLAY, bindings
from tui.panels import form
from tui.panels.panel import Panels
from tui.player import Player
from tui.plots.moments import marks_of
from tui.screens.ask import AskScreen
from tui.screens.branch import Branch, BranchScreen
from tui.screens.footer import KeysFooter
from tui.screens.lab_view import LOW
from tui.screens.marks import MarksList
from tui.screens.output import line_is_busy
from tui.screens.stage import Stage, StatusLine
from tui.text import safe


class ReplayScreen(Screen[Branch | None]):
    """Its panels show the page's settings and take none. Ends with a branch that is to be trained, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(REPLAY)]
    # The table of runs would take the keys that seek.
    AUTO_FOCUS: ClassVar[str | None] = ""

    def __init__(
        self,
        page: Page,
        fps: int,
        speed: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        *,
        path: Path | None = None,
        start: str = "",
    ) -> None:
        """Play a page; `path` is its file, where it has one, and `start` the epoch to begin at, as it is typed."""
        super().__init__()
        if path is not None:
            require_runs(path, page)
        if page.record is None or not page.record.runs:
            raise LabError("the page holds no runs to replay", "train it first")
        self._page = page
        self.path = path
        self._fps = fps
        self._clock = clock
        self._player = Player.of(Tape(page.record), page.notes, speed)
        if start:
            self._player.go_to(start)
            self._player.playing = True
        self._panels = Panels(form.sparse(page.experiment))
        self._stage = Stage("the replay starts")
        self._marks = MarksList()
        self._status = StatusLine()
        self._last = clock()

    def compose(self) -> ComposeResult:
        """Return the parts from top to bottom."""
        title = safe(self._page.title or default_title(self._page.experiment), 60)
        yield Static(Content.assemble(("Replay", "bold"), "  ", title), id="heading")
        with Horizontal(id="body"):
            self._panels.disabled = True
            yield self._panels
            with Vertical(id="right"):
                yield self._stage
                yield self._marks
        yield self._status
        yield KeysFooter()

    def on_mount(self) -> None:
        """Start to play."""
        self._last = self._clock()
        self.set_interval(1 / self._fps, self._tick)
        self._show()
        if self.path is not None:
            self.run_worker(self._complete(self.path))

    def on_resize(self, event: Resize) -> None:
        """Fold the panels where the screen is low."""
        self.set_class(event.size.height < LOW, "low")
        self._panels.fold(accordion=event.size.height < LOW)

    async def _complete(self, path: Path) -> None:
        """Read what lies beside the page: full curves where it has them thinned, and the page that it branches from."""
        page = self._page

        def read() -> tuple[Tape | None, Parent | None]:
            record = None if page.record is None else with_known_history(path, page.record)
            return None if record is None or record is page.record else Tape(record), parent_of(path, page)

        tape, parent = await beside(read)
        if tape is not None:
            self._page = replace(page, record=tape.record)
            self._player.take(tape, page.notes)
        self._stage.lay_over(parent)
        self._show()

    def _tick(self) -> None:
        now = self._clock()
        passed, self._last = now - self._last, now
        if self._player.playing:
            self._player.tick(passed)
            # The last frame is drawn whatever the line to the terminal does: none would follow.
            if self._player.over or not line_is_busy(self.app):
                self._show()

    def _show(self) -> None:
        player = self._player
        moments = tuple(moment for _, moment in player.marks)
        self._stage.marks = marks_of(moments, player.in_hand)
        chooses = self._page.experiment.choose_by
        self._stage.show(player.record, self._clock(), chooses, at_once=not player.playing)
        self._marks.show(moments, player.passed)
        self._status.say(player.says(), player.share)

    # Commands

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

    def action_mark(self, direction: int) -> None:
        """Go to the next mark or the one before."""
        if self._player.to_mark(direction):
            self._show()

    def action_go(self) -> None:
        """Go to an epoch that is typed."""

        def go(typed: str | None) -> None:
            if typed is not None:
                self._show()

        self._player.playing = False
        self.app.push_screen(AskScreen("Go to which epoch?", "", self._player.go_to), go)

    def action_log(self) -> None:
        """Draw the loss linear or logarithmic."""
        self._stage.toggle_log()

    def action_metric(self) -> None:
        """Draw the next metric."""
        self._stage.next_metric()

    def action_settings(self) -> None:
        """Show the settings of a sweep instead of the curves, or the curves again."""
        self._stage.swap()

    def action_branch(self) -> None:
        """Ask for a branch from the epoch that is shown, and end with it."""

        def take(branch: Branch | None) -> None:
            if branch is not None:
                self.dismiss(branch)

        self._player.playing = False
        self._show()
        if self.path is None:
            self.notify("the page has no file to branch from", severity="warning")
            return
        role, epoch = self._player.tape.where(int(self._player.position))
        # The refit follows from the candidates: a branch is of these.
        epoch = self._player.tape.last_epoch("candidate") if role == "refit" else epoch
        self.app.push_screen(BranchScreen(self._page, self.path.stem, epoch), take)

    def action_back(self) -> None:
        """Leave the replay."""
        self.dismiss(None)
