"""From a study's events to its page: journal first, then the record, then now and then the file."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from engine.errors import LabError
from engine.events import DataLoading, Event, RunEnded
from sessions import files
from sessions.journal import Journal
from sessions.looks import before
from sessions.page import Page
from sessions.record import Record, fold
from sessions.store import Store, interrupted, journal_of
from sessions.weights import write_weights

SAVE_SECONDS = 60.0
SAVES_AGAIN = "the disk works again: everything so far is saved"


class Recorder:
    """Keeps one page while its study goes. A disk that fails is told in `problem`; the study goes on in memory."""

    def __init__(
        self,
        store: Store,
        page: Page,
        now: datetime,
        clock: Callable[[], float] = time.monotonic,
        path: Path | None = None,
    ) -> None:
        """Begin a page, or go on with the one at `path`, whose file stays as it is until there is more to keep."""
        self.store = store
        self.path = path or store.new_path(page, now)
        self.page = replace(page, created=page.created if path else now, record=Record("training"))
        self._is_new = path is None
        self.problem = ""
        self._clock = clock
        self._saved = clock()
        self.weights: dict[int, str] = {}
        """Of every run that has ended, as its RunEnded had them."""
        self._journal: Journal | None = None
        try:
            if path is None:
                # The page comes first: a journal alone would not say of which experiment.
                store.save(self.path, self.page)
            self._journal = Journal(journal_of(self.path), clock)
        except LabError as error:
            self.problem = str(error)

    @property
    def record(self) -> Record:
        """What is known so far."""
        return self.page.record or Record()

    def take(self, batch: Sequence[Event]) -> Record:
        """Take events in and return the record after them."""
        if self._journal is not None:
            was_behind = self._journal.behind
            try:
                self._journal.append([event for event in batch if not isinstance(event, DataLoading)])
            except LabError as error:
                # What is wrong with the page weighs more: a problem is told once, not in turn with another.
                self.problem = self.problem or str(error)
            else:
                self.problem = "" if was_behind else self.problem
        record = fold(batch, self.record)
        for event in batch:
            if isinstance(event, RunEnded) and event.weights:  # a replayed end has none
                self.weights[event.run] = event.weights
        self.page = replace(self.page, record=record)
        return record

    def annotate(self, notes: str) -> None:
        """Take the student's notes onto the page."""
        self.page = replace(self.page, notes=notes)

    async def keep(self) -> None:
        """Sync the journal and save the page where that is due, in another thread: a disk may take its time."""
        journal = self._journal
        if journal is not None and journal.sync_due():
            try:
                await asyncio.to_thread(journal.sync)
            except OSError as error:
                self.problem = f"{journal.path}: the disk does not keep the journal: {error.strerror}"
        if self._clock() - self._saved >= SAVE_SECONDS:
            await asyncio.to_thread(self.save)

    def save(self) -> bool:
        """Write the page now; where that fails, `problem` says why and the journal stays."""
        self._saved = self._clock()
        try:
            self.store.save(self.path, self.page)
            if self.weights:
                write_weights(self.path, self.weights)
        except LabError as error:
            self.problem = str(error)
            return False
        if self._journal is None or not self._journal.behind:
            self.problem = ""
        return True

    def finish(self) -> bool:
        """Save the page for good and drop the journal; what still went is called interrupted."""
        record = interrupted(self.record)
        looks = before(self.store.folder, record, self.path)
        self.page = replace(self.page, record=replace(record, looks_before=looks))
        saved = self.save()
        if self._journal is not None:
            if saved:
                self._journal.remove()
            else:
                self._journal.close()
            self._journal = None
        return saved

    def discard(self) -> None:
        """Take a new page away, whose experiment cannot be: nothing was learned. An older one stays as it was."""
        if self._journal is not None:
            self._journal.remove()
            self._journal = None
        if self._is_new:
            files.remove(self.path)
