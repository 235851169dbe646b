"""From a study's events to its page: journal first, then the record, then now and then the file."""

from __future__ import annotations

import asyncio
import base64
import io
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np

from engine.errors import LabError
from engine.events import DataLoading, Event, RunEnded
from sessions import files
from sessions.journal import Journal
from sessions.looks import before
from sessions.page import Page
from sessions.record import Record, fold
from sessions.store import Store, interrupted, journal_of
from sessions.weights import archive_of

SAVE_SECONDS = 60.0


class Recorder:
    """Keeps one page while its study goes. A disk that fails is told in `problem`; the study goes on in memory."""

    def __init__(self, store: Store, page: Page, now: datetime, clock: Callable[[], float] = time.monotonic) -> None:
        self.store = store
        self.path = store.new_path(page, now)
        self.page = replace(page, created=now, record=Record("training"))
        self.problem = ""
        self._clock = clock
        self._saved = clock()
        self.weights: dict[int, str] = {}
        """Of every run that has ended, as its RunEnded had them."""
        self._journal: Journal | None = None
        try:
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
            try:
                self._journal.append([event for event in batch if not isinstance(event, DataLoading)])
            except LabError as error:
                self.problem = str(error)
                self._journal.close()
                self._journal = None
        record = fold(batch, self.record)
        for event in batch:
            if isinstance(event, RunEnded) and event.weights:
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
                files.save(archive_of(self.path), self._archive())
        except LabError as error:
            self.problem = str(error)
            return False
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
        """Take the page away: its experiment cannot be, so nothing was learned."""
        if self._journal is not None:
            self._journal.remove()
            self._journal = None
        files.remove(self.path)

    def _archive(self) -> bytes:
        """Return the final weights of every run that ended, one flat float32 array each, as an .npz file."""
        buffer = io.BytesIO()
        arrays: dict[str, Any] = {
            f"run_{run}_final": np.frombuffer(base64.b64decode(weights), dtype="<f4")
            for run, weights in sorted(self.weights.items())
        }
        np.savez(buffer, **arrays)
        return buffer.getvalue()
