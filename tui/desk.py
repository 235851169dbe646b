"""The desk: which page lies on it, with whose lock; pages come, go, and move."""

from __future__ import annotations

from pathlib import Path

from engine.errors import LabError
from sessions import codec, lock, places
from sessions.page import default_title
from sessions.recorder import GOES_ON
from tui.keeper import Keeper
from tui.panels import form


class Desk(Keeper):
    """Holds one page."""

    @property
    def title(self) -> str:
        """The page's title, or what the draft would be called."""
        if self.page is not None:
            return self.page.title or default_title(self.page.experiment)
        try:
            return default_title(form.check(self.draft))
        except LabError:
            return "a new page"

    def clear(self) -> None:
        """Put a new page on the screen; the old one stays where it is saved.

        Settings that were brought back from last time, and are not wanted, become those of a new notebook.
        """
        self._save_notes_of_old_page()
        self._let_go()
        if self.page is None and self.draft is self._restored:
            self.draft = self._first
        self.page = self.path = None
        self.notes, self._unsaved_notes = "", False
        self.version += 1

    def open(self, path: Path) -> None:
        """Put a saved page on the screen, its settings into the panels; to read only where another one writes it."""
        self._save_notes_of_old_page()
        held, why = self._lock(path)
        try:
            page = codec.read_page(path)
            draft = form.sparse(places.settled(page))
        except LabError:
            if held is not None and held is not self._held:
                held.release()
            raise
        if held is not self._held:
            self._let_go()
        if page.warning:
            self.notices.append(f"{path.stem}: {page.warning}")
        if why:
            self.notices.append(f"{path.stem} {why}; opened to read")
        elif page.record is not None and page.record.status in GOES_ON:
            self.notices.append(f"{path.stem}: {page.record.status} before its end; u trains what is left")
        self.page, self.path, self.notes, self.draft = page, path, page.notes, draft
        self._held, self.read_only = held, why
        self._unsaved_notes = self._told = False
        self.version += 1

    def step_aside(self, path: Path) -> None:
        """Save the notes of the page on the screen and give it back, if it is this one and not trained: it will move.

        Raises
        ------
        LabError
            Where the notes cannot be saved.
        """
        if path == self.path and self._recorder is None:
            self._save_notes_of_old_page()
            self._let_go()

    def follow(self, path: Path, now: Path | None) -> None:
        """Go on with the page on the screen where it lies `now`; with a new one where it lies nowhere any more.

        Raises
        ------
        LabError
            Where it cannot be read there.
        """
        if path != self.path or self._recorder is not None:
            return
        if now is None:
            self.clear()
            return
        self.page, self.path = codec.read_page(now), now
        self._held, self.read_only = self._lock(now)
        self.version += 1

    def _lock(self, path: Path) -> tuple[lock.Lock | None, str]:
        """Return the lock of a page, or why there is none."""
        if path == self.path and self._held is not None and self._held.is_held:
            return self._held, ""
        try:
            return lock.acquire(path, "edited"), ""
        except lock.Taken as taken:
            return None, taken.says
        except LabError as error:
            return None, error.problem

    def _take_over(self, held: lock.Lock | None) -> None:
        """Go on with the lock under which the page was trained."""
        self._held = held
        if held is None or not held.is_held:
            return
        if self._is_over:
            held.release()
        else:
            held.now_being("edited")
