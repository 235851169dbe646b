"""The lab: what a person can do in it, key by key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType

from engine.errors import LabError
from sessions.page import Page
from tui.commands import LAB, bindings
from tui.numbers import short
from tui.panels.field import Field
from tui.panels.form import Row, rows, with_value
from tui.panels.steps import stepped
from tui.panels.typed import parse
from tui.progress import Pace
from tui.screens.branch import Branch, BranchScreen
from tui.screens.choice import ChoiceScreen, Chosen
from tui.screens.data import DataScreen
from tui.screens.inspection import InspectionScreen
from tui.screens.lab_view import LabView
from tui.screens.range_test import RangeTestScreen
from tui.text import safe

TRAINING, RATE = 2, "learning_rate"
"""Where the learning rate is: the place of its panel, and its key."""


class LabScreen(LabView):
    """The first screen."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LAB)]

    # Panels

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
