"""The folder of pages: names, saving, listing, and the recovery of what a killed program left behind."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from pathlib import Path

from platformdirs import user_data_path

from engine.errors import LabError, nearest
from sessions import codec, files, lock, lookalikes, recovery
from sessions.beside import SUFFIX, journal_of
from sessions.lock import Doing, Lock, Taken
from sessions.page import Page, default_title

VARIABLE = "LOSSBOOK_SESSIONS"
LONGEST_NAME = 80
ENDED = {"finished", "stopped", "diverged", "failed"}


def default_folder() -> Path:
    """Return where pages are kept: LOSSBOOK_SESSIONS, or sessions/ in the platform's user data folder."""
    given = os.environ.get(VARIABLE)
    return Path(given) if given else user_data_path("lossbook", appauthor=False) / "sessions"


class Store:
    """A folder of pages."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_folder()

    def new_path(self, page: Page, now: datetime) -> Path:
        """Return a path that no page has yet, such as `a-week-of-births-20261122-101500.toml`."""
        files.make_folder(self.folder)
        return next(self._free_paths(page, now))

    def claim(self, page: Page, now: datetime, doing: Doing) -> tuple[Path, Lock]:
        """Return a path that no page has yet, and its lock: nobody else begins a page there.

        Raises
        ------
        LabError
            Where the folder cannot be written.
        """
        files.make_folder(self.folder)
        for path in self._free_paths(page, now):
            try:
                held = lock.acquire(path, doing)
            except Taken:
                continue
            # Its last owner may have begun and ended a page since it was looked for.
            if not _is_taken(path):
                return path, held
            held.release()
        raise AssertionError("there is always one more name")

    def _free_paths(self, page: Page, now: datetime) -> Iterator[Path]:
        stem = f"{slug(page.title or default_title(page.experiment))}-{now:%Y%m%d-%H%M%S}"
        for number in count(1):
            path = self.folder / f"{stem}{f'-{number}' if number > 1 else ''}{SUFFIX}"
            if not _is_taken(path):
                yield path

    def save(self, path: Path, page: Page) -> None:
        """Write a page; LabError where it cannot be, and then nothing has changed."""
        files.save(path, codec.write_page(page).encode())

    def find(self, name: str) -> Path:
        """Return the path of a page: of a file where the name holds a `/` or ends in `.toml`, else of a page here."""
        if "/" in name or name.endswith(SUFFIX):
            here = self.folder / name
            is_page = "/" not in name and not lookalikes.is_here(Path(name)) and lookalikes.is_here(here)
            return here if is_page else Path(name)
        path = self.folder / f"{name}{SUFFIX}"
        if not lookalikes.is_here(path):
            table = lookalikes.hint_for(Path(name)) if lookalikes.is_here(Path(name)) else ""
            if table:
                raise LabError("is no experiment file", table, where=name)
            hint = (
                nearest(name, [known.stem for known in self.paths()]) if self.folder.exists() else "none is saved yet"
            )
            if files.is_link(path):
                raise codec.leads_nowhere(str(path))
            raise LabError(f"there is no session {name!r} in {self.folder}", hint)
        return path

    def paths(self) -> list[Path]:
        """Return the files of all pages, newest first."""
        try:
            found = [path for path in self.folder.glob(f"*{SUFFIX}") if not path.name.startswith(".")]
        except OSError as error:
            raise LabError(f"cannot be read: {error.strerror}", files.advice(error), where=str(self.folder)) from error
        return sorted(found, key=lambda path: (_modified(path), path.name), reverse=True)

    def recover(self) -> list[str]:
        """Bring every page that a killed program left behind up to its last event, and say in a line what was done."""
        return recovery.recover(self.folder)


def slug(title: str) -> str:
    """Return a title as the stem of a file's name: letters, digits and hyphens, Chinese kept, never a path."""
    plain = unicodedata.normalize("NFKC", title).casefold()
    stem = re.sub(r"[\W_]+", "-", plain).strip("-")
    while len(stem.encode()) > LONGEST_NAME:
        stem = stem[:-1]
    return stem.strip("-") or "page"


def _is_taken(path: Path) -> bool:
    return files.is_there(path) or files.is_there(journal_of(path))


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
