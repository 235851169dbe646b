"""The lab: the panels, the stage, the notes. It draws what the controller holds and passes on what a person wants."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import Worker

from engine.errors import LabError
from engine.events import Branched
from sessions.page import Page
from sessions.parents import parent_of
from tui.background import beside
from tui.commands import LAB, bindings
from tui.controller import Controller
from tui.numbers import short
from tui.panels.field import Field
from tui.panels.form import Row, rows, with_value
from tui.panels.notes import Notes
from tui.panels.panel import Panels
from tui.panels.steps import stepped
from tui.panels.typed import parse
from tui.progress import Pace, standing
from tui.screens.branch import Branch, BranchScreen
from tui.screens.choice import ChoiceScreen, Chosen
from tui.screens.data import DataScreen
from tui.screens.footer import KeysFooter
from tui.screens.inspection import InspectionScreen
from tui.screens.output import line_is_busy
from tui.screens.range_test import RangeTestScreen
from tui.screens.stage import Stage, StatusLine
from tui.text import safe

EMPTY = "press r to train what the panels on the left say"
TRAINING, RATE = 2, "learning_rate"
"""Where the learning rate is: the place of its panel, and its key."""
LOW = 34
"""Below so many lines only one panel is open, and the notes only while they are written."""
SMALLEST = (60, 16)
NOTES_SECONDS = 1.0
WORDS_SECONDS = 0.5
"""How often the line of progress changes while a study goes: oftener it cannot be read."""
KEY_SECONDS = 0.05
"""How long a frame waits where a key has just come."""


class LabScreen(Screen[None]):
    """The first screen."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LAB)]
    # Textual would paint the whole screen anew whenever the focus moves; what gets or loses it paints itself.
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    def __init__(self, controller: Controller, fps: int, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.controller = controller
        self._fps = fps
        self._put_off = False
        self._clock = clock
        self._pace = Pace()
        self._seen = -1
        self._words_due = 0.0
        self._branched: tuple[Path | None, Branched | None] = None, None
        """The page whose parent is drawn or being read, and from what it branches."""
        self._autosaving: Worker[None] | None = None
        self._panels = Panels(controller.draft)
        self._stage = Stage(EMPTY)
        self._notes = Notes(id="notes", compact=True, placeholder="notes on this page (n)")
        self._heading = Static(id="heading", markup=False)
        self._headed = ""
        self._status = StatusLine()
        self._hint = Static(id="hint", markup=False)
        self._too_small = Static(id="too-small", markup=False)

    def compose(self) -> ComposeResult:
        """Return the parts from top to bottom."""
        yield self._heading
        with Horizontal(id="body"):
            yield self._panels
            with Vertical(id="right"):
                yield self._stage
                yield self._notes
        yield self._status
        yield self._hint
        yield KeysFooter()
        yield self._too_small

    def on_mount(self) -> None:
        """Start to look at the controller, at a rate that a slow line can bear."""
        self._notes.cursor_blink = False
        self._panels.go_to(0)
        self.set_interval(1 / self._fps, self.redraw)
        self.set_interval(NOTES_SECONDS, self._autosave)
        self.redraw()

    def on_resize(self, event: Resize) -> None:
        """Fold the panels where the screen is low; say so where it is too small."""
        width, height = event.size
        small = width < SMALLEST[0] or height < SMALLEST[1]
        self._too_small.display = small
        said = f"The terminal is {width}×{height}; the notebook needs {SMALLEST[0]}×{SMALLEST[1]}. Training goes on."
        self._too_small.update(Content(said))
        self.set_class(height < LOW, "low")
        self.call_after_refresh(self._panels.fold, accordion=height < LOW)

    def redraw(self) -> None:
        """Show what has changed, unless the line to the terminal is still busy with what was shown before."""
        controller = self.controller
        for notice in controller.notices:
            self.notify(safe(notice, 300), severity="warning", timeout=6, markup=False)
        controller.notices.clear()
        moving = controller.record.status == "training"
        if (controller.version == self._seen and not moving) or line_is_busy(self.app) or self._key_goes_first():
            return
        self._seen = controller.version
        now = self._clock()
        self._stage.show(controller.record, now, controller.choose_by)
        self._lay_over_parent()
        if now >= self._words_due or not moving:
            self._words_due = now + WORDS_SECONDS
            self._say_where_it_stands(now)
        headline = self._headline()
        if headline.plain != self._headed:
            self._headed = headline.plain
            self._heading.update(headline, layout=False)

    def _lay_over_parent(self) -> None:
        """Draw a branch over its parent, which is read beside the screen's work."""
        page, path = self.controller.page, self.controller.path
        branch = page.record.branch if page is not None and page.record is not None else None
        if (path, branch) == self._branched:
            return
        self._branched = path, branch

        async def read() -> None:
            parent = None if page is None or path is None else await beside(lambda: parent_of(path, page))
            if (path, branch) == self._branched:
                self._stage.lay_over(parent)

        if branch is None:
            self._stage.lay_over(None)
        else:
            self.run_worker(read(), exclusive=False)

    async def show_page(self) -> None:
        """Show another page: its settings, its curves and its notes."""
        self._pace = Pace()
        # First of all: until then a change that the editor still has to tell would be taken for what was written.
        self._notes.text = self.controller.notes
        await self._panels.show(self.controller.draft)
        self._explain()
        self.redraw()

    async def restore(self) -> None:
        """Show what a notebook that was killed had not put on a page."""
        if self.controller.restore():
            await self.show_page()

    def _key_goes_first(self) -> bool:
        """Put a frame off, once, where a key has just come: what it changes is painted before the plot is."""
        keyed: float = getattr(self.app, "keyed", 0.0)
        self._put_off = not self._put_off and time.monotonic() - keyed < KEY_SECONDS
        if self._put_off:
            self.set_timer(KEY_SECONDS, self.redraw)
        return self._put_off

    def _headline(self) -> Content:
        controller = self.controller
        edited = " · panels changed: r starts a new page" if not controller.trains and controller.draft_differs else ""
        if (edited or controller.page is None) and controller.size:
            edited = f" · {controller.size}{' · r starts a new page' if edited else ''}"
        if controller.read_only:
            edited = f" · read only: {controller.read_only}{edited}"
        return Content.assemble(("Lossbook", "bold"), "  ", safe(controller.title, 60), safe(edited))

    def _say_where_it_stands(self, now: float) -> None:
        path = self.controller.path
        self._status.say(*standing(self.controller.record, self._pace, now, path.stem if path else ""))

    # What a person does in the panels

    def on_descendant_focus(self) -> None:
        """Say what the setting with the focus means."""
        self._explain()

    def _explain(self) -> None:
        focused = self.focused
        if isinstance(focused, Field):
            self.hint(focused.row.help)
        elif focused is self._notes:
            self.hint("Markdown, saved by itself; a line `epoch 12: …` or `@12 …` is a mark of the replay; esc leaves")
        elif focused is not None and isinstance(focused.parent, Field):
            self.hint(focused.parent.row.how_to_type)

    def hint(self, text: str, *, problem: bool = False) -> None:
        """Show one line of help, or what is wrong with what was typed."""
        self._hint.set_class(problem, "problem")
        self._hint.update(Content(safe(f"✗ {text}" if problem else text, 300)), layout=False)

    async def on_field_stepped(self, message: Field.Stepped) -> None:
        """Take the next value."""
        row = message.field.row
        try:
            await self._set(row, stepped(row, message.direction))
        except LabError as error:
            self.hint(str(error), problem=True)

    async def on_field_typed(self, message: Field.Typed) -> None:
        """Take what was typed, or say what is wrong with it and let it be mended."""
        try:
            value = parse(message.field.row, message.text)
            await self._set(message.field.row, value)
        except LabError as error:
            self.hint(str(error), problem=True)
        else:
            await message.field.close()

    def on_field_list_wanted(self, message: Field.ListWanted) -> None:
        """Let a choice be made."""

        async def take(chosen: Chosen | None) -> None:
            if chosen is not None:
                try:
                    await self._set(message.field.row, chosen.value)
                except LabError as error:
                    self.hint(str(error), problem=True)

        self.app.push_screen(ChoiceScreen(message.field.row), take)

    async def _set(self, row: Row, value: object) -> None:
        self.controller.change(with_value(self.controller.draft, row, value))
        await self._panels.show(self.controller.draft)
        self._explain()

    # Commands

    def action_run(self) -> None:
        """Train the draft, or go on where it is paused."""
        if self.controller.record.status == "paused" and self.controller.trains:
            self.controller.pause()
        elif self.controller.trains:
            self.hint("a study trains already: x stops it", problem=True)
        else:
            self._pace = Pace()
            self.run_worker(self._told(self.controller.train()), exclusive=False)

    def action_resume(self) -> None:
        """Go on with the study of the page, where a stop or a kill has left something."""
        if self.controller.trains:
            self.hint("a study trains already: p holds it and lets it go on", problem=True)
        else:
            self._pace = Pace()
            self.run_worker(self._told(self.controller.resume()), exclusive=False)

    async def _told(self, training: Awaitable[None]) -> None:
        """Wait for a study's end, and tell what has gone wrong."""
        try:
            await training
        except LabError as error:
            self.notify(safe(str(error), 300), severity="error", timeout=10, markup=False)
        finally:
            self.controller.version += 1

    def action_pause(self) -> None:
        """Hold, or go on."""
        self._only_while_training(self.controller.pause)

    def action_step(self) -> None:
        """Train one epoch, then hold."""
        self._only_while_training(self.controller.step)

    def action_stop(self) -> None:
        """End all runs."""
        self._only_while_training(self.controller.stop)

    def _only_while_training(self, act: Callable[[], None]) -> None:
        if self.controller.trains:
            act()
        else:
            self.hint("nothing trains: r starts", problem=True)

    async def action_reset(self) -> None:
        """Put a new page on the screen."""
        try:
            self.controller.clear()
        except LabError as error:
            self.hint(str(error), problem=True)
        else:
            await self.show_page()

    def action_log(self) -> None:
        """Draw the loss linear or logarithmic."""
        self._stage.toggle_log()

    def action_metric(self) -> None:
        """Draw the next metric."""
        self.hint(f"drawn: {self._stage.next_metric()}")

    def action_settings(self) -> None:
        """Show the settings of a sweep instead of the curves, or the curves again."""
        had_focus = self.focused is self._stage.shown
        if not self._stage.swap():
            self.hint("this page tries one setting: | in a panel's row types several values of it", problem=True)
        elif had_focus:
            self._stage.shown.focus()

    def action_rate(self, direction: int) -> None:
        """Double the learning rate of what trains, or halve it."""
        try:
            before, after = self.controller.change_rate(2.0**direction)
        except LabError as error:
            self.hint(str(error), problem=True)
        else:
            self.hint(f"learning rate {short(before)} → {short(after)}, from the next batch on")

    def action_branch(self) -> None:
        """Ask for a branch of the page on the screen, and train it."""
        controller = self.controller
        page, path = controller.page, controller.path
        if controller.trains or page is None or path is None or page.record is None or not page.record.runs:
            self.hint("a branch needs a page whose study is over: r trains one, o opens one", problem=True)
            return

        async def take(branch: Branch | None) -> None:
            if branch is not None:
                await self.branch(branch)

        reached = max(run.epoch for run in page.record.candidates)
        self.app.push_screen(BranchScreen(page, path.stem, reached), take)

    async def branch(self, branch: Branch) -> None:
        """Train a branch on a page of its own."""
        page, course = branch
        try:
            self.controller.set_out(page)
        except LabError as error:
            self.notify(safe(str(error), 300), severity="error", timeout=10, markup=False)
            return
        await self.show_page()
        self._pace = Pace()
        self.run_worker(self._told(self.controller.branch(page, course)), exclusive=False)

    def action_inspect(self) -> None:
        """Look into the last run, which is the result; the screen leads to the others."""
        if not self.controller.record.runs:
            self.hint("there is no run to look into: r trains one", problem=True)
        else:
            self.app.push_screen(InspectionScreen(self.controller))

    def action_look(self) -> None:
        """Look at the data that the panels choose."""
        self.app.push_screen(DataScreen(self.controller.draft))

    def action_find_rate(self) -> None:
        """Try learning rates with what the panels say, and take one of them."""

        async def take(suggested: float | None) -> None:
            row = next((row for row in rows(self.controller.draft, TRAINING) if row.info.key == RATE), None)
            if suggested is not None and row is not None:
                await self._set(row, suggested)
                self.hint(f"learning rate {short(suggested)}, as the range test suggests: r trains with it")

        self.app.push_screen(RangeTestScreen(self.controller), take)

    def action_notes(self) -> None:
        """Write on the page."""
        self._notes.add_class("open")
        self._notes.focus()

    def action_panel(self, place: int) -> None:
        """Go to a panel."""
        self._panels.go_to(place)

    def action_runs(self) -> None:
        """Go to the table of runs, or to the settings where they are shown."""
        self._stage.shown.focus()

    def action_save(self) -> None:
        """Save the page."""
        self.controller.write(self._notes.text)
        try:
            self.hint(f"saved {self.controller.save()}")
        except LabError as error:
            self.notify(safe(str(error), 300), severity="error", timeout=10, markup=False)

    def action_export(self) -> None:
        """Write a report of the page, and say where."""
        page, path = self.controller.page, self.controller.path
        if page is None or path is None or not self.controller.record.over:
            self.hint("there is no finished page to report on: r trains one", problem=True)
        else:
            self.run_worker(self._export(path, replace(page, notes=self._notes.text)), exclusive=False)

    async def _export(self, path: Path, page: Page) -> None:
        from tui.exporting import write_report  # noqa: PLC0415 - it knows every format, and the first screen must come soon

        try:
            report, *_ = await asyncio.to_thread(write_report, self.controller.store.folder, path, page)
        except LabError as error:
            self.notify(safe(str(error), 300), severity="error", timeout=10, markup=False)
        else:
            self.hint(f"report and plot are in {report.parent}; other formats: lossbook export")

    def key_escape(self) -> None:
        """Leave the notes or the table."""
        if self.focused is self._notes or self.focused is self._stage.shown:
            self._notes.remove_class("open")
            self._panels.go_to(0)

    def on_text_area_changed(self) -> None:
        """Take the notes."""
        self.controller.write(self._notes.text)

    def _autosave(self) -> None:
        # One at a time: a disk may take longer than the time between two.
        if self._autosaving is None or self._autosaving.is_finished:
            self._autosaving = self.run_worker(self.controller.autosave(), exclusive=False)
