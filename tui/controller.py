"""The lab without a screen: the draft, the study that trains, the page that keeps it. The app only draws it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from engine.control import Change, Command, Pause, Resume, Step, Stop
from engine.course import Course
from engine.errors import LabError
from engine.events import Inspected, RatesTried
from engine.pool import Pool
from engine.study import Study
from sessions import checkpoints, places
from sessions.again import left_of
from sessions.archive import read_weights, with_known_history
from sessions.page import Page
from sessions.recorder import SAVES_AGAIN, Recorder
from sessions.specs import spec_of
from sessions.store import Store
from tui import rate
from tui.desk import Desk
from tui.panels import form, sweeps
from tui.panels.form import Draft


class Controller(Desk):
    """Holds one page and at most one study. `version` moves with every change that the screen should show."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        super().__init__(store, now)
        self._pool = Pool()
        self._study: Study | None = None
        self._asked_rate: tuple[int, float] | None = None
        """The learning rate that was asked for last while this study trains, and how many changes were known then."""
        self._known_problem = ""
        """The recorder's problem that a person knows of."""
        self._sized: tuple[Draft, str] | None = None
        self._kept = asyncio.Event()
        """Set while no page waits for being saved at the end of its study."""
        self._kept.set()

    @property
    def trains(self) -> bool:
        """Whether a study goes on, paused or not."""
        return self._study is not None

    @property
    def size(self) -> str:
        """How much the draft trains, in words; empty without a sweep."""
        if self._sized is None or self._sized[0] is not self.draft:
            self._sized = self.draft, sweeps.size_of(self.draft)
        return self._sized[1]

    @property
    def choose_by(self) -> str:
        """The figure that chooses among the settings of the page."""
        return self.page.experiment.choose_by if self.page is not None else "loss"

    async def train(self) -> None:
        """Train the draft from its first event to its last, keeping it on a new page."""
        if self._study is None:
            study = Study(form.check(self.draft), self._pool, course=checkpoints.ORDINARY)
            self._save_notes_of_old_page()
            await self._carry_out(study, self._new_page())

    def set_out(self, page: Page) -> None:
        """Put the settings of a page that is to be trained into the panels, and a new page on the screen.

        Raises
        ------
        LabError
            Where a study trains, or the page's data cannot be found.
        """
        draft = form.sparse(places.checked(page))
        self.clear()
        self.draft = draft

    async def branch(self, page: Page, course: Course) -> None:
        """Train a branch, whose settings are in the panels, keeping it on a new page."""
        if self._study is None:
            study = Study(places.checked(page), self._pool, course=course)
            await self._carry_out(study, replace(page, notes=self.notes))

    async def _carry_out(self, study: Study, page: Page) -> None:
        """Train a study to its end on a new page."""
        recorder = Recorder(self.store, page, self._now())
        self._let_go()
        await self._conduct(study, recorder)

    async def resume(self) -> None:
        """Go on with the study of the page on the screen, of which a stop or a kill has left something.

        Raises
        ------
        LabError
            Where there is none, nothing is left to do, or the page is not ours to write.
        """
        page, path = self.page, self.path
        if self._study is not None:
            return
        if page is None or path is None or page.record is None:
            raise LabError("there is no study to go on with", "open a page (o), or train the panels (r)")
        if self.read_only:
            raise LabError(f"the page {self.read_only}", "train the panels on a page of their own (r)")
        record = await asyncio.to_thread(with_known_history, path, page.record)
        left = left_of(replace(page, record=record), await asyncio.to_thread(checkpoints.read, path))
        if left is None:
            raise LabError("every run has finished, nothing is left to do", "train the panels (r)")
        study = Study(places.settled(page), self._pool, left.ends, left.course, left.measured, data=left.data)
        self._save_notes_of_old_page()
        page = replace(page, notes=self.notes)
        recorder = Recorder(self.store, page, self._now(), path=path, held=self._hand_over())
        recorder.go_on(left, record)
        await self._conduct(study, recorder)

    async def _conduct(self, study: Study, recorder: Recorder) -> None:
        """Train a study from its first event to its last, and keep it on its page."""
        self._known_problem = ""
        self._take_problem(recorder)
        self._recorder, self._study, self._asked_rate = recorder, study, None
        self._kept.clear()
        self.page, self.path = recorder.page, recorder.path
        try:
            async for batch in study.events():
                recorder.take(batch)
                self.page = recorder.page
                self.version += 1
                await recorder.keep()
                self._take_problem(recorder)
        finally:
            self._study = None
            try:
                await asyncio.shield(asyncio.to_thread(self._close, recorder))
            finally:
                self._kept.set()

    def _close(self, recorder: Recorder) -> None:
        """Save the page that has come to its end; one whose experiment cannot be is not kept."""
        if recorder.record.bad_input:
            recorder.discard()
            self.notices.append(recorder.record.bad_input)
            self.page = self.path = None
        else:
            notes, self._unsaved_notes = self.notes, False
            recorder.annotate(notes)
            if not recorder.finish(keep_lock=not self._is_over):
                self._unsaved_notes = bool(notes)
            self._take_problem(recorder)
            self.page, self.path = recorder.page, recorder.path
            self._take_notes_of(self.page, notes)
            self._take_over(recorder.held)
            self.notices += [f"{run.label}: {run.problem}" for run in recorder.record.runs if run.problem][:3]
        self._recorder = None
        self.version += 1

    async def inspect(self, run: int) -> Inspected:
        """Look into the network of a run of the page, as it is now or as it has ended.

        Raises
        ------
        LabError
            Where there is none, or its weights cannot be read.
        """
        if self.page is None or self.path is None:
            raise LabError("there is no run to look into", "train first (r)")
        spec = spec_of(self.page, run)
        return await self._pool.inspect(places.settled(self.page), spec, await self._weights(run, self.path))

    async def _weights(self, run: int, path: Path) -> str:
        if self._study is not None and self._recorder is not None:
            ended = self._recorder.weights.get(run)
            return await self._pool.weights_now(run) if ended is None else ended
        await self._kept.wait()
        return await asyncio.to_thread(read_weights, path, run, self.record.runs[run].sha256)

    async def try_rates(self) -> RatesTried:
        """Do the learning-rate range test with what the panels say.

        Raises
        ------
        LabError
            Where that cannot be trained, or has no learning rate.
        """
        return await self._pool.try_rates(form.check(self.draft))

    def send(self, command: Command) -> None:
        """Pass a command to the runs that train."""
        if self._study is not None:
            self._study.send(command)

    def pause(self) -> None:
        """Hold, or go on."""
        self.send(Resume() if self.record.status == "paused" else Pause())

    def step(self) -> None:
        """Train one epoch, then hold."""
        self.send(Step())

    def stop(self) -> None:
        """End all runs and keep what they have learned."""
        self.send(Stop())

    def change_rate(self, factor: float) -> tuple[float, float]:
        """Multiply the learning rate of the runs that train; return what it was and what it will be.

        Raises
        ------
        LabError
            Where nothing trains, there is no one rate, or it would leave its bounds.
        """
        if self._study is None:
            raise LabError("nothing trains", "r starts")
        known, before = len(self.record.interventions), rate.rate_of(self._study.experiment, self.record)
        if self._asked_rate is not None and self._asked_rate[0] == known:
            # It has not been answered yet.
            before = self._asked_rate[1]
        after = rate.changed_rate(before, factor)
        self._asked_rate = known, after
        self.send(Change(rate.KEY, after))
        return before, after

    def clear(self) -> None:
        """Put a new page on the screen; the old one stays where it is saved."""
        self._only_between_studies()
        super().clear()

    def open(self, path: Path) -> None:
        """Put a saved page on the screen, its settings into the panels."""
        self._only_between_studies()
        super().open(path)

    def _only_between_studies(self) -> None:
        if self._study is not None:
            raise LabError("a study trains", "stop it first (x)")

    async def close(self) -> None:
        """End the workers, and give back the page on the screen."""
        await self._pool.close()
        self.leave()

    @property
    def process_ids(self) -> tuple[int, ...]:
        """The workers' process ids."""
        return self._pool.process_ids

    def _take_problem(self, recorder: Recorder) -> None:
        if recorder.problem != self._known_problem:
            self._known_problem = recorder.problem
            self.notices.append(recorder.problem or SAVES_AGAIN)
        while recorder.found:
            self.notices.append(recorder.found.pop(0))
