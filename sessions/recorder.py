"""From a study's events to its page: journal first, then the record, then now and then the file."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from engine.errors import LabError
from engine.events import Checkpoint, DataLoading, Event, RunEnded
from sessions import checkpoints, files, lock
from sessions.again import Left, furthest
from sessions.archive import known_weights, save_archive
from sessions.beside import journal_of
from sessions.checkpoints import Checkpoints
from sessions.edited import Edits
from sessions.journal import Journal
from sessions.looks import before
from sessions.page import Page
from sessions.record import Record, fold
from sessions.recovery import interrupted
from sessions.salvage import once_resumed
from sessions.store import Store

SAVE_SECONDS = 60.0
GOES_ON = {"interrupted", "stopped"}
"""Studies that `resume` goes on with, from their checkpoints."""
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
        *,
        held: lock.Lock | None = None,
    ) -> None:
        """Begin a page, or go on with the one at `path`, whose file stays as it is until there is more to keep.

        `held` is the lock of `path`, where the caller has it already, and is given back at the end.

        Raises
        ------
        Taken
            Where another one writes the page at `path`.
        """
        self.store = store
        self.path = path or store.new_path(page, now)
        self.page = replace(page, record=Record("training"))
        if path is None:
            self.page = replace(self.page, created=now, salvaged="", warning="")
        self.held = held
        self._now = now
        self._is_new = path is None
        self._is_ours = path is not None
        self.problem = ""
        self._clock = clock
        self._saved = clock()
        self.weights: dict[int, str] = {}
        """Of every run that has ended, as its RunEnded had them."""
        self._before: tuple[Record, dict[int, str]] | None = None
        """What was known, with the weights, before a study went on."""
        self._on_file = self.page
        """The page as it was last saved."""
        self._edits = Edits(self.page, path, while_=" while it trained")
        self._journal: Journal | None = None
        self._checkpoints = Checkpoints(self.path)
        self._saving = threading.Lock()
        self._is_over = self._has_ended = False
        if path is not None:
            self._hold()
        try:
            if path is None:
                # The page comes first: a journal alone would not say of which experiment.
                self._hold()
                self._edits.save(store, self.path, self.page)
            self._journal = Journal(journal_of(self.path), clock)
        except LabError as error:
            self.problem = str(error)

    @property
    def _is_held(self) -> bool:
        return self.held is not None and self.held.is_held

    def _hold(self) -> None:
        """See that nobody else writes the page."""
        if self._is_held:
            return
        if self._is_ours:
            self.held = lock.acquire(self.path, "trained")
        else:
            self.path, self.held = self.store.claim(self.page, self._now, "trained")
            self._is_ours = True

    def go_on(self, left: Left, known: Record) -> Record:
        """Take up what stays of an earlier study of this page: its story, and the weights of runs that have ended."""
        weights = known_weights(self.path, known)
        self._before = known, weights
        self.weights |= {run: kept for run, kept in weights.items() if run in left.ends}
        return self.take(left.opening)

    def _kept(self) -> tuple[Page, dict[int, str]]:
        """Return the page and the weights to be saved: of each run what came furthest, now or before it went on."""
        if self._before is None:
            return self.page, self.weights
        before, weights = self._before
        record = furthest(before, self.record)
        older = {place for place, (old, run) in enumerate(zip(before.runs, record.runs, strict=False)) if run is old}
        newer = {run: kept for run, kept in self.weights.items() if run not in older}
        kept = newer | {run: weights[run] for run in older & weights.keys()}
        return replace(self.page, record=record), kept

    @property
    def record(self) -> Record:
        """What is known so far."""
        return self.page.record or Record()

    def take(self, batch: Sequence[Event]) -> Record:
        """Take events in and return the record after them."""
        if self._journal is not None:
            was_behind = self._journal.behind
            try:
                self._journal.append([event for event in batch if not isinstance(event, DataLoading | Checkpoint)])
            except LabError as error:
                # What is wrong with the page weighs more: a problem is told once, not in turn with another.
                self.problem = self.problem or str(error)
            else:
                self.problem = "" if was_behind else self.problem
        record = fold(batch, self.record)
        for event in batch:
            if isinstance(event, RunEnded) and event.weights:  # a replayed end has none
                self.weights[event.run] = event.weights
            elif isinstance(event, Checkpoint):
                self._checkpoints.take(event)
        self.page = replace(self.page, record=record)
        return record

    @property
    def found(self) -> list[str]:
        """What was written on the page's file by other means, in lines; whoever tells a person empties it."""
        return self._edits.said

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
        try:
            if self._checkpoints.waiting:
                await asyncio.to_thread(self._checkpoints.write)
        except LabError as error:
            self.problem = str(error)
        if self._clock() - self._saved >= SAVE_SECONDS:
            await asyncio.to_thread(self.save_unless_over)

    def save(self) -> bool:
        """Write the page now; where that fails, `problem` says why and the journal stays."""
        with self._saving:
            had = self._is_held
            try:
                return self._save()
            finally:
                # After the end the page is the caller's, who would find it locked for good.
                if self._has_ended and not had:
                    self._give_back()

    def save_unless_over(self) -> None:
        """Save in another thread, where the study may end, and the page be given back, before that thread begins."""
        with self._saving:
            if not self._is_over:
                self._save()

    def _save(self) -> bool:
        self._saved = self._clock()
        try:
            self._hold()
            page, weights = self._kept()
            self._on_file = self._edits.save(self.store, self.path, page)
            save_archive(self.path, page.record or Record(), weights)
        except LabError as error:
            self.problem = str(error)
            return False
        if self._journal is None or not self._journal.behind:
            self.problem = ""
        return True

    def finish(self, *, keep_lock: bool = False) -> bool:
        """Save the page for good, drop the journal and give the page back; what still went is called interrupted.

        With `keep_lock` the page stays locked for the caller, in `held`, as long as it could be saved. Once a page is
        saved for good it stays as it is: a second time does nothing.
        """
        with self._saving:
            saved = self._is_over or self._finish()
            self._has_ended = True
            if not (saved and keep_lock):
                self._give_back()
        return saved

    def _finish(self) -> bool:
        self.page = replace(self.page, record=interrupted(self.record))
        self.page, self.weights = self._kept()
        record = self.record
        looks = before(self.store.folder, record, self.path)
        self.page = replace(self.page, record=replace(record, looks_before=looks))
        if record.status == "finished":
            self.page = replace(self.page, salvaged=once_resumed(self.page.salvaged))
        saved = self._is_over = self._save()
        if saved:
            self.page = self._on_file
            if record.status not in GOES_ON:
                checkpoints.remove(self.path)
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
        if self._is_new and self._is_ours:
            files.remove(self.path)
        self._give_back()

    def _give_back(self) -> None:
        if self.held is not None:
            self.held.release()
