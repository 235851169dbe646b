"""What is written on a page's file by other means while this program has the page: kept, and said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from engine.errors import LabError
from sessions import codec
from sessions.files import is_link
from sessions.page import Page
from sessions.quarantine import FOLDER, keep_damaged
from sessions.store import Store

KEYS = ("title", "tags", "notes")
Head: TypeAlias = dict[str, Any]
"""Of a page, what stands under each of these keys."""
Stamp: TypeAlias = tuple[int, int, int]
UNLOOKED: Stamp = (-1, -1, -1)
"""Of a file that is there, whatever is in it."""


class Edits:
    """Saves one page, and joins what was written on its file since the last time with what was changed here.

    Where the same was changed in both places, what stands here is saved and the other file kept in `damaged/`.
    """

    def __init__(self, page: Page, path: Path | None = None, *, stamp: Stamp | None = None, while_: str = "") -> None:
        """Begin with a page as its file at `path` has it; with none where it has no file yet.

        `stamp` is UNLOOKED where the file may have changed since it was read.
        """
        self.said: list[str] = []
        """In lines, what was found; for the caller to tell and to empty."""
        self._while = while_
        self._known = self._written = head_of(page)
        self._stamp = stamp if path is None else stamp_of(path)
        self._aside: Stamp | None = None

    def save(self, store: Store, path: Path, page: Page) -> Page:
        """Save a page and return it as it was saved.

        Raises
        ------
        LabError
            Where that cannot be, or a file that is to be replaced cannot be kept; it then stays where it is.
        """
        joined, said = page, ""
        now = stamp_of(path)
        if self._stamp is not None:
            there = self._written
            if now is None:
                said = "was deleted by hand, and is written again"
            elif is_link(path):
                # What it leads to is somebody else's: it is neither read nor kept.
                now, said = None, "had become a link to another file, and is a file of its own again"
            elif now != self._stamp:
                there, said = self._read(path, page, now)
            joined, both = self._joined(page, there)
            mine = [key for key in KEYS if there[key] != self._written[key] and getattr(joined, key) == there[key]]
            if mine and not said:
                said = f"was edited{self._while}: its {' and '.join(mine)} are kept"
            if both and now is not None:
                kept = self._put_aside(path, now)
                said = f"{' and '.join(both)} were edited here and by hand: the file with the others is {kept}"
        store.save(path, joined)
        if said:
            self.said.append(f"{path.stem} {said}")
        self._known = head_of(page)
        self._written, self._stamp = head_of(joined), stamp_of(path)
        return joined

    def _read(self, path: Path, page: Page, now: Stamp) -> tuple[Head, str]:
        """Return what stands on a file that somebody has changed, and what is to be said where it cannot be taken."""
        try:
            found = codec.read_page(path)
        except LabError:
            return self._written, f"was edited{self._while}, and cannot be read: it is {self._put_aside(path, now)} now"
        if found.experiment != page.experiment:
            kept = self._put_aside(path, now)
            return head_of(found), f"was edited{self._while}: its settings stay, and the file with others is {kept}"
        return head_of(found), ""

    def _joined(self, page: Page, there: Head) -> tuple[Page, list[str]]:
        """Return a page with what was changed on its file, and the keys that were changed in both places."""
        ours = head_of(page)
        both = [
            key for key in KEYS if ours[key] != self._known[key] and there[key] not in (self._known[key], ours[key])
        ]
        return replace(page, **{key: there[key] for key in KEYS if ours[key] == self._known[key]}), both

    def _put_aside(self, path: Path, now: Stamp) -> str:
        if self._aside == now:
            return f"in {FOLDER}/"
        try:
            kept = keep_damaged(path)
        except OSError as error:
            problem = f"was edited by hand, and cannot be kept in {FOLDER}/: {error.strerror}"
            raise LabError(problem, "move it away with the means of your system", where=str(path)) from error
        self._aside = now
        return f"{FOLDER}/{kept.name}"


def head_of(page: Page) -> Head:
    """Return what a page has that a person may write on it while it is trained."""
    return {key: getattr(page, key) for key in KEYS}


def stamp_of(path: Path) -> Stamp | None:
    """Return what tells a file from another, or from itself before an edit; None where there is none."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino
