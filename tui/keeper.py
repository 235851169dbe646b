"""What is on the screen: the page with its lock, the notes, the draft, and how none of them is lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from engine.errors import LabError
from engine.experiment import Experiment
from sessions import lock, places
from sessions.drafts import Drafts
from sessions.edited import UNLOOKED, Edits
from sessions.page import Page, default_title
from sessions.record import Record
from sessions.recorder import Recorder
from sessions.store import Store
from tui.panels import form
from tui.panels.form import Draft

EMPTY = Record()
Loose: TypeAlias = tuple[Draft | None, str]


class Keeper:
    """Keeps one page, and what is on no page yet. `version` moves with every change that the screen should show."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self.store = store
        self.draft: Draft = form.first_draft()
        self.page: Page | None = None
        self.path: Path | None = None
        self.read_only = ""
        """Why the page's file is not ours to write; empty where it is."""
        self.notes = ""
        self.version = 0
        self.notices: list[str] = []
        """What a person should be told, in the order in which it happened."""
        self._now = now
        self._recorder: Recorder | None = None
        self._held: lock.Lock | None = None
        self.notes_from_file = False
        """Whether the notes are others than those on the screen: they were edited on the page's file."""
        self._unsaved_notes = False
        self._told = False
        self._compared: tuple[Draft, Experiment, bool] | None = None
        self._first, self._restored = self.draft, self.draft
        self._drafts = Drafts(store.folder)
        self._kept_loose: Loose = None, ""
        self._saving = threading.Lock()
        self._saves = 0
        """How many saves have begun: one in another thread gives way to those that began after it."""
        self._is_over = False

    @property
    def record(self) -> Record:
        """What is known of the study on the page."""
        return (self.page.record if self.page else None) or EMPTY

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

    def change(self, draft: Draft) -> None:
        """Take a changed draft."""
        self.draft = draft
        self.version += 1

    def write(self, notes: str) -> None:
        """Take the notes as they are now; they are saved with the page."""
        if notes != self.notes:
            self.notes = notes
            self._unsaved_notes = True

    def save(self) -> str:
        """Save the page now and say where; a page that is open to read only is saved as a new one.

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
            self.page, self.path = recorder.page, recorder.path
        elif self.page is None or self.path is None or self.read_only:
            self._save_as_new()
        else:
            page = replace(self.page, notes=self.notes)
            if self._held is None or not self._held.is_held:
                self._held = lock.acquire(self.path, "edited")
            with self._saving:
                self._saves += 1
                self.page = self._save(self.path, page)
        self._unsaved_notes = False
        return str(self.path)

    def _save(self, path: Path, page: Page) -> Page:
        """Save a page that nobody trains, with what was written on its file meanwhile, and return it as it is now."""
        edits = Edits(self.page or page, stamp=UNLOOKED)
        saved = edits.save(self.store, path, page)
        self.notices += edits.said
        self._take_notes_of(saved, page.notes)
        return saved

    def _take_notes_of(self, saved: Page, before: str) -> None:
        """Have on the screen what was written on the page's file, unless something else was typed since."""
        if saved.notes != before and self.notes == before:
            self.notes, self.notes_from_file = saved.notes, True

    def _save_as_new(self) -> None:
        """Begin a page with the settings and the notes that are on the screen; runs stay on the page that has them."""
        page = self._new_page() if self.page is None else replace(self.page, record=None, notes=self.notes)
        page = replace(page, created=self._now(), notes=self.notes)
        path, held = self.store.claim(page, self._now(), "edited")
        try:
            self.store.save(path, page)
        except LabError:
            held.release()
            raise
        self._let_go()
        self.page, self.path, self._held = page, path, held
        self.version += 1

    def _new_page(self) -> Page:
        """Return a page of what the panels say, not yet saved."""
        page = form.page_of(self.draft)
        return replace(page, title=default_title(page.experiment), notes=self.notes)

    def _save_notes_of_old_page(self) -> None:
        """Save the notes before something else comes onto the screen."""
        if not self._unsaved_notes or self.path is None:
            return
        was, is_copy = self.path.stem, bool(self.read_only)
        path = self.save()
        if is_copy:
            self.notices.append(f"{was} is open to read only: your notes are saved as a new page, {Path(path).stem}")

    async def autosave(self) -> None:
        """Save the notes of a page that has a file, and the draft, if they have changed; a failure becomes a notice."""
        if self._is_over:
            return
        if self._unsaved_notes and self.read_only and not self._told:
            self._told = True
            said = "is open to read only: notes are not saved into it; ctrl+s saves them as a new page"
            self.notices.append(f"{self.path.stem if self.path else ''} {said}")
        elif self._unsaved_notes and self.path is not None and not self.read_only:
            notes = self.notes
            if problem := await asyncio.to_thread(self._autosave_notes, self._saves, self.path, notes):
                self._notice(problem)
            elif notes == self.notes:
                self._unsaved_notes = False
        loose = self._loose()
        if loose != self._kept_loose:
            self._kept_loose = loose
            await asyncio.to_thread(self._keep, *loose)

    def _autosave_notes(self, saves: int, path: Path, notes: str) -> str:
        """Save notes from another thread, unless they come too late; return the problem, if there is one."""
        recorder, page = self._recorder, self.page
        if recorder is not None:
            recorder.annotate(notes)
            recorder.save_unless_over()
            return recorder.problem
        with self._saving:
            if saves != self._saves or page is None:
                return ""
            try:
                if self._held is None or not self._held.is_held:
                    self._held = lock.acquire(path, "edited")
                self.page = self._save(path, replace(page, notes=notes))
            except LabError as error:
                return str(error)
        return ""

    def _loose(self) -> Loose:
        """Return the draft and the notes that are on no page yet."""
        differs = self.draft != self._first if self.page is None else self.draft_differs
        notes = self.notes if self._unsaved_notes and (self.path is None or self.read_only) else ""
        return (self.draft if differs or notes.strip() else None), notes

    def _keep(self, draft: Draft | None, notes: str) -> None:
        """Keep what is on no page yet, or forget what was kept once there is nothing like it."""
        with self._saving:
            if self._is_over:
                return
            try:
                if draft is None:
                    self._drafts.drop()
                else:
                    self._drafts.keep(draft, notes, str(Path.cwd()))
            except (LabError, OSError) as error:
                self._notice(str(error))

    def restore(self) -> bool:
        """Bring back what a notebook that was killed had not put on a page; False where there is nothing."""
        if self.page is not None or self.draft is not self._first or self.notes:
            return False
        try:
            found = self._drafts.restore()
        except (LabError, OSError) as error:
            self.notices.append(str(error))
            return False
        if found is None:
            return False
        self.draft = self._restored = {**found.tables}
        self.notes, self._unsaved_notes = found.page.notes, bool(found.page.notes)
        self._kept_loose = self._loose()
        what = "settings and notes" if found.page.notes else "settings"
        self.notices.append(f"{what} that were on no page yet are back from last time; c takes them away")
        self.version += 1
        return True

    def _notice(self, problem: str) -> None:
        if problem not in self.notices:
            self.notices.append(problem)

    def keep_now(self) -> None:
        """Save everything before the program ends: called when the terminal goes away."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.annotate(self.notes)
            recorder.finish()
            self._unsaved_notes = False
        else:
            self._save_notes_of_old_page()
        self._keep(*self._loose())
        self.leave()

    def leave(self) -> None:
        """Give everything back; what is on no page yet stays for the next notebook."""
        with self._saving:
            self._is_over = True
        self._let_go()
        self._drafts.close()

    def _let_go(self) -> None:
        """Give the page on the screen back to whoever wants to write it."""
        held = self._hand_over()
        if held is not None:
            held.release()

    def _hand_over(self) -> lock.Lock | None:
        """Return the lock of the page on the screen, which is the caller's from now on."""
        with self._saving:
            # A save that waits in another thread must find that it comes too late.
            self._saves += 1
        held, self._held = self._held, None
        self.read_only, self._told = "", False
        return held
