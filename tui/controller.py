"""The lab without a screen: the draft, the study that trains, the page that keeps it. The app only draws it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from engine.control import Command, Pause, Resume, Step, Stop
from engine.errors import LabError
from engine.events import Inspected, RatesTried
from engine.experiment import Experiment
from engine.pool import Pool
from engine.study import Study
from sessions import codec, places
from sessions.archive import read_weights
from sessions.page import Page, default_title
from sessions.record import Record
from sessions.recorder import Recorder
from sessions.specs import spec_of
from sessions.store import Store
from tui.panels import form, sweeps
from tui.panels.form import Draft

EMPTY = Record()


class Controller:
    """Holds one page and at most one study. `version` moves with every change that the screen should show."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self.store = store
        self.draft: Draft = form.first_draft()
        self.page: Page | None = None
        self.path: Path | None = None
        self.notes = ""
        self.version = 0
        self.notices: list[str] = []
        """What a person should be told, in the order in which it happened."""
        self._now = now
        self._pool = Pool()
        self._study: Study | None = None
        self._recorder: Recorder | None = None
        self._unsaved_notes = False
        self._compared: tuple[Draft, Experiment, bool] | None = None
        self._sized: tuple[Draft, str] | None = None
        self._kept = asyncio.Event()
        """Set while no page waits for being saved at the end of its study."""
        self._kept.set()

    @property
    def record(self) -> Record:
        """What is known of the study on the page."""
        return (self.page.record if self.page else None) or EMPTY

    @property
    def trains(self) -> bool:
        """Whether a study goes on, paused or not."""
        return self._study is not None

    @property
    def title(self) -> str:
        """The page's title, or what the draft would be called."""
        if self.page is not None:
            return self.page.title or default_title(self.page.experiment)
        try:
            return default_title(form.check(self.draft))
        except LabError:
            return "a new page"

    @property
    def draft_differs(self) -> bool:
        """Whether the panels say something else than the page on the screen."""
        if self.page is None:
            return False
        experiment = self.page.experiment
        if self._compared is None or self._compared[0] is not self.draft or self._compared[1] is not experiment:
            # Asked with every frame, and a sweep takes a while to be read.
            self._compared = self.draft, experiment, self._differs(self.page)
        return self._compared[2]

    def _differs(self, page: Page) -> bool:
        try:
            return form.check(self.draft) != places.settled(page)
        except LabError:
            return True

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

    def change(self, draft: Draft) -> None:
        """Take a changed draft."""
        self.draft = draft
        self.version += 1

    async def train(self) -> None:
        """Train the draft from its first event to its last, keeping it on a new page."""
        if self._study is not None:
            return
        study = Study(form.check(self.draft), self._pool)
        self._save_notes_of_old_page()
        page = self._new_page()
        recorder = Recorder(self.store, page, self._now())
        self._take_problem(recorder)
        self._recorder, self._study = recorder, study
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

    def _new_page(self) -> Page:
        """Return a page of what the panels say, not yet saved."""
        page = form.page_of(self.draft)
        return replace(page, title=default_title(page.experiment), notes=self.notes)

    def _close(self, recorder: Recorder) -> None:
        """Save the page that has come to its end; one whose experiment cannot be is not kept."""
        if recorder.record.bad_input:
            recorder.discard()
            self.notices.append(recorder.record.bad_input)
            self.page = self.path = None
        else:
            recorder.annotate(self.notes)
            recorder.finish()
            self._take_problem(recorder)
            self.page = recorder.page
            self.notices += [f"{run.label}: {run.problem}" for run in recorder.record.runs if run.problem][:3]
        self._recorder = None
        self._unsaved_notes = False
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

    def clear(self) -> None:
        """Put a new page on the screen; the old one stays where it is saved."""
        if self._study is not None:
            raise LabError("a study trains", "stop it first (x)")
        self._save_notes_of_old_page()
        self.page = self.path = None
        self.notes = ""
        self.version += 1

    def open(self, path: Path) -> None:
        """Put a saved page on the screen, its settings into the panels."""
        if self._study is not None:
            raise LabError("a study trains", "stop it first (x)")
        self._save_notes_of_old_page()
        page = codec.read_page(path)
        draft = form.sparse(places.settled(page))
        if page.warning:
            self.notices.append(f"{path.stem}: {page.warning}")
        self.page, self.path, self.notes, self.draft = page, path, page.notes, draft
        self.version += 1

    def write(self, notes: str) -> None:
        """Take the notes as they are now; they are saved with the page."""
        if notes != self.notes:
            self.notes = notes
            self._unsaved_notes = True

    def save(self) -> str:
        """Save the page now and say where.

        Raises
        ------
        LabError
            Where it cannot be saved; nothing is lost from the screen.
        """
        recorder = self._recorder
        if recorder is not None:
            recorder.annotate(self.notes)
            if not recorder.save():
                raise LabError(recorder.problem)
            self.page = recorder.page
        else:
            if self.page is None or self.path is None:
                self.page = replace(self._new_page(), created=self._now())
                self.path = self.store.new_path(self.page, self._now())
            self.page = replace(self.page, notes=self.notes)
            self.store.save(self.path, self.page)
        self._unsaved_notes = False
        return str(self.path)

    def autosave(self) -> None:
        """Save the notes of a page that has a file, if they have changed; a failure becomes a notice."""
        if self._unsaved_notes and self.path is not None:
            try:
                self.save()
            except LabError as error:
                self.notices.append(str(error))

    def keep_now(self) -> None:
        """Save everything before the program ends: called when the terminal goes away."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.annotate(self.notes)
            recorder.finish()
        else:
            self._save_notes_of_old_page()

    async def close(self) -> None:
        """End the workers."""
        await self._pool.close()

    @property
    def process_ids(self) -> tuple[int, ...]:
        """The workers' process ids."""
        return self._pool.process_ids

    def _save_notes_of_old_page(self) -> None:
        if self._unsaved_notes and self.path is not None:
            self.save()

    def _take_problem(self, recorder: Recorder) -> None:
        if recorder.problem and recorder.problem not in self.notices:
            self.notices.append(recorder.problem)
