"""The folder of pages: names, saving, listing, and the recovery of what a killed program left behind."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from platformdirs import user_data_path

from engine.errors import LabError, nearest
from engine.events import RunEnded
from sessions import codec, files, journal, lookalikes
from sessions.archive import known_weights, save_archive
from sessions.origin import Origin
from sessions.page import Page, default_title
from sessions.record import Record, fold

SUFFIX = ".toml"
VARIABLE = "LOSSBOOK_SESSIONS"
LONGEST_NAME = 80


def default_folder() -> Path:
    """Return where pages are kept: LOSSBOOK_SESSIONS, or sessions/ in the platform's user data folder."""
    given = os.environ.get(VARIABLE)
    return Path(given) if given else user_data_path("lossbook", appauthor=False) / "sessions"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the folder: a page, or the reason why it is none."""

    path: Path
    page: Page | None
    problem: str = ""


class Store:
    """A folder of pages."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_folder()

    def new_path(self, page: Page, now: datetime) -> Path:
        """Return a path that no page has yet, such as `a-week-of-births-20261122-101500.toml`."""
        files.make_folder(self.folder)
        stem = f"{slug(page.title or default_title(page.experiment))}-{now:%Y%m%d-%H%M%S}"
        path = self.folder / f"{stem}{SUFFIX}"
        count = 1
        while path.exists() or journal_of(path).exists():
            count += 1
            path = self.folder / f"{stem}-{count}{SUFFIX}"
        return path

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
            raise LabError(f"there is no session {name!r} in {self.folder}", hint)
        return path

    def paths(self) -> list[Path]:
        """Return the files of all pages, newest first."""
        found = [path for path in self.folder.glob(f"*{SUFFIX}") if not path.name.startswith(".")]
        return sorted(found, key=lambda path: (_modified(path), path.name), reverse=True)

    def entries(self) -> Iterator[Entry]:
        """Yield every page, newest first; one that cannot be read comes with the reason and hides no other."""
        for path in self.paths():
            try:
                yield Entry(path, codec.read_page(path))
            except LabError as error:
                yield Entry(path, None, f"{error.problem}; {error.hint}" if error.hint else error.problem)

    def recover(self) -> list[str]:
        """Bring every page that a killed program left behind up to its last event, and say in a line what was done."""
        said = []
        for left in sorted(self.folder.glob("*.journal")):
            path = left.with_suffix(SUFFIX)
            if not journal.is_abandoned(left):
                continue
            try:
                page = codec.read_page(path)
                # A damaged journal ends early: the page may have been saved since.
                events = list(journal.read(left))
                known = page.record or Record()
                heard = replace(fold(events), origin=Origin(known.origin.experiment))
                record = interrupted(max(heard, known, key=_epochs))
                self.save(path, replace(page, record=record))
                found = {end.run: end.weights for end in events if isinstance(end, RunEnded) and end.weights}
                save_archive(path, record, known_weights(path, record, found) | found)
                left.unlink()
            except (LabError, OSError) as error:
                said.append(f"{path.stem} could not be recovered: {error}")
            else:
                said.append(f"{path.stem}: recovered to epoch {max((run.epoch for run in record.runs), default=0)}")
        return said


def interrupted(record: Record) -> Record:
    """Return the record of a study that nobody ended: what was still going is called interrupted."""
    if record.over:
        return record
    going = {"waiting", "training", "paused"}
    runs = tuple(replace(run, status="interrupted") if run.status in going else run for run in record.runs)
    return replace(record, status="interrupted", runs=runs)


def journal_of(path: Path) -> Path:
    """Return the journal beside a page."""
    return path.with_suffix(".journal")


def slug(title: str) -> str:
    """Return a title as the stem of a file's name: letters, digits and hyphens, Chinese kept, never a path."""
    plain = unicodedata.normalize("NFKC", title).casefold()
    stem = re.sub(r"[\W_]+", "-", plain).strip("-")
    while len(stem.encode()) > LONGEST_NAME:
        stem = stem[:-1]
    return stem.strip("-") or "page"


def _epochs(record: Record) -> int:
    return sum(run.epoch for run in record.runs)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
