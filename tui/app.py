"""The Textual app: it only wires screens, signals and the controller together."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
import termios
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.events import Event, Key, Paste
from textual.screen import Screen

from engine.errors import LabError
from sessions import codec, files
from sessions.store import Store
from tui.background import beside
from tui.commands import EVERYWHERE, LAB, Command, bindings
from tui.controller import Controller
from tui.screens.branch import Branch
from tui.screens.compare import CompareScreen
from tui.screens.help import HelpScreen
from tui.screens.lab import LabScreen
from tui.screens.library import LibraryScreen
from tui.screens.page_choice import PageChoiceScreen
from tui.screens.replay import ReplayScreen
from tui.text import masked, safe

TERMINAL_SECONDS = 1.0
"""How often the terminal is looked for: under nohup no signal tells that it has gone."""
FPS, REPLAY_FPS = 5, 12
"""How often the lab and a replay are drawn in a second, where a person does not say."""
GRACE_SECONDS = 3.0
"""How long the loop may take to end the program before it is ended without it."""
SETTLED_SECONDS = 1.0


class Lossbook(App[None]):
    """The notebook."""

    TITLE = "Lossbook"
    CSS_PATH = "lossbook.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(EVERYWHERE)]

    def __init__(
        self,
        store: Store,
        *,
        theme: str = "textual-dark",
        fps: int | None = None,
        replay: Path | None = None,
        speed: float = 1.0,
        start: str = "",
    ) -> None:
        super().__init__()
        # A menu that slides costs a hundred kilobytes a second over SSH.
        self.animation_level = "none"
        self._first_theme = theme
        self._replay_fps = fps or REPLAY_FPS
        self.keyed = 0.0
        """When the last key came, by the monotonic clock."""
        self._replay = replay
        self._speed = speed
        self._start = start
        self._asked_to_leave = False
        self.controller = Controller(store, lambda: datetime.now().astimezone().replace(microsecond=0))
        self._lab = LabScreen(self.controller, fps or FPS)

    def get_default_screen(self) -> Screen[None]:
        """Return the lab."""
        return self._lab

    def on_mount(self) -> None:
        """Take the theme, the signals, and what a killed notebook left behind."""
        self.theme = self._first_theme
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            # Outside the main thread, as in a test, signals are somebody else's.
            with contextlib.suppress(ValueError, RuntimeError):
                loop.add_signal_handler(number, self._leave_at_once, 128 + number)
        if not self.is_headless:
            Thread(target=self._watch_terminal, args=(loop,), daemon=True).start()
            self.set_timer(SETTLED_SECONDS, _spare_collector)
        self.run_worker(self._recover, thread=True)
        if self._replay is not None:
            self.replay_page(self._replay, self._speed, self._start)
        else:
            self._lab.call_after_refresh(self._lab.restore)

    def _recover(self) -> None:
        """Bring pages up to their journals, beside the screen's work."""
        for line in self.controller.store.recover():
            self.call_from_thread(self.notify, safe(line, 300), title="Recovered", timeout=8, markup=False)

    def _leave_at_once(self, status: int) -> None:
        """Save and end: the terminal is going away."""
        self.controller.keep_now()
        self.exit(return_code=status)

    def _watch_terminal(self, loop: asyncio.AbstractEventLoop) -> None:
        """Leave where the terminal has gone; in a thread, for Textual then waits to write to it and never goes on."""
        while _has_terminal():
            time.sleep(TERMINAL_SECONDS)
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(self._vanish)
        time.sleep(GRACE_SECONDS)
        self._vanish()

    def _vanish(self) -> None:
        """Save and end at once: there is no screen to restore."""
        self.controller.keep_now()
        files.finish_saving()
        os._exit(128 + signal.SIGHUP)

    async def on_event(self, event: Event) -> None:
        """Note when a key comes; clean what is pasted before any widget sees it: an escape in it would go back."""
        if isinstance(event, Key):
            self.keyed = time.monotonic()
        if isinstance(event, Paste):
            event.text = masked(event.text)
        await super().on_event(event)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy what was seen."""
        super().copy_to_clipboard(masked(text))

    async def on_unmount(self) -> None:
        """End the workers."""
        await self.controller.close()

    def replay_page(self, path: Path, speed: float = 1.0, start: str = "") -> None:
        """Play a page again, from an epoch as it is typed; the page is read beside the screen's work."""

        async def begin() -> None:
            try:
                page = await beside(lambda: codec.read_page(path))
                self._play(ReplayScreen(page, self._replay_fps, speed, path=path, start=start))
            except LabError as error:
                self.notify(safe(str(error), 300), severity="error", timeout=10, markup=False)

        self.run_worker(begin(), exclusive=True, group="replay")

    def _play(self, replay: ReplayScreen) -> None:
        """Show a replay; a branch that it ends with is trained in the lab."""

        async def take(branch: Branch | None) -> None:
            if branch is not None:
                await self._lab.branch(branch)

        self.push_screen(replay, take)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Fill the command palette from the table of commands."""
        for command in (*(LAB if isinstance(screen, LabScreen) else ()), *EVERYWHERE):
            if command.action != "command_palette":
                yield SystemCommand(command.label, f"{command.help} ({command.shown_keys})", self._caller(command))

    def _caller(self, command: Command) -> Callable[[], Awaitable[None]]:
        async def call() -> None:
            # The app's own actions are not the screen's: asked there, they would do nothing.
            await self.run_action(command.action, default_namespace=self if command in EVERYWHERE else self.screen)

        return call

    def action_theme(self) -> None:
        """Change between dark and light."""
        self.theme = "textual-light" if self.theme == "textual-dark" else "textual-dark"

    def action_help(self) -> None:
        """Show all keys."""
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())

    def action_library(self) -> None:
        """Show the saved pages, and do with one what a person wants."""
        before = self.controller.path

        async def take(wanted: tuple[str, Path] | None) -> None:
            if wanted is None:
                if self.controller.path != before:
                    await self._lab.show_page()
                return
            what, path = wanted
            if what == "replay":
                self.replay_page(path)
                return
            try:
                self.controller.open(path)
            except LabError as error:
                self.notify(safe(str(error), 300), severity="error", timeout=10, markup=False)
            else:
                await self._lab.show_page()

        self.push_screen(LibraryScreen(self.controller), take)

    def action_replay(self) -> None:
        """Watch the page on the screen again."""
        page = self.controller.page
        if page is None or page.record is None or not page.record.runs or self.controller.trains:
            self._lab.hint("there is no finished study on this page to replay", problem=True)
        else:
            self._play(ReplayScreen(page, self._replay_fps, path=self.controller.path))

    def action_compare(self) -> None:
        """Choose a page to compare with the one on the screen."""
        screen = self.screen
        path = screen.path if isinstance(screen, ReplayScreen) else self.controller.path
        if path is None or (screen is self._lab and (self.controller.trains or not self.controller.record.runs)):
            self._lab.hint("there is no finished study on this page to compare with another", problem=True)
            return

        def take(other: Path | None) -> None:
            if other is not None:
                self.push_screen(CompareScreen([path, other]))

        self.push_screen(PageChoiceScreen("Compare with which page?", path.parent, {path}), take)

    def action_leave(self) -> None:
        """Leave; while a study trains, only when asked twice."""
        if self.controller.trains and not self._asked_to_leave:
            self._asked_to_leave = True
            self.notify("A study trains: press q again to stop it, save its page and leave.", timeout=5)
            self.set_timer(5, self._forget_asking)
            return
        self.controller.keep_now()
        self.exit()

    def _forget_asking(self) -> None:
        self._asked_to_leave = False


def _has_terminal() -> bool:
    try:
        termios.tcgetattr(sys.__stdin__.fileno() if sys.__stdin__ else 0)
    except (termios.error, OSError, ValueError):
        return False
    return True


def _spare_collector() -> None:
    """Take what is there for good out of the garbage collector's sight: a full one takes 60 ms, and keys wait."""
    gc.collect()
    gc.freeze()
