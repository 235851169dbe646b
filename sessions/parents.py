"""What a branch comes from: its parent's page, and what became another there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

from engine.course import turned
from engine.errors import LabError
from engine.tables import to_tables
from sessions import codec
from sessions.archive import with_known_history
from sessions.beside import SUFFIX
from sessions.course_of import turns_of
from sessions.index import entries_of
from sessions.page import Page
from sessions.record import Record

WHEN = re.compile(r"-\d{8}-\d{6}(-\d{1,4})?$")


@dataclass(frozen=True, slots=True)
class Parent:
    """The page under a branch. All texts may come from outside."""

    name: str
    epoch: int
    """After which the branch is another."""
    change: str
    """`learning_rate 0.01 → 0.001`."""
    record: Record | None = None
    """None where the parent's page is gone or cannot be read."""

    def says(self) -> str:
        """Return it in words, the parent's name without the moment at its end."""
        gone = "" if self.record is not None else ", which is gone,"
        return f"branch of {WHEN.sub('', self.name)}{gone} from epoch {self.epoch}: {self.change}"


def parent_of(path: Path, page: Page) -> Parent | None:
    """Return what the page at `path` branches from, with full curves where they are to be had; None for no branch."""
    branch = page.record.branch if page.record else None
    if branch is None or not branch.epochs:
        return None
    name, record = _found(path.parent, branch.parent, branch.parent_created)
    return Parent(name, branch.epochs[-1], change_of(page), record)


def change_of(page: Page) -> str:
    """Return what the last turn of a branch has changed, with the values before where these are known."""
    *earlier, last = turns_of(page.record or Record())
    try:
        before = to_tables(reduce(turned, (turn.settings for turn in earlier), page.experiment))
    except LabError:
        before = {}
    changes = []
    for key, value in last.settings.items():
        was = value_at(before, key)
        arrow = "" if was is None or key in page.experiment.sweep.keys else f"{was} → "
        changes.append(f"{key.rpartition('.')[2]} {arrow}{value}")
    return ", ".join(changes)


def value_at(tables: Mapping[str, Any], key: str) -> Any:
    """Return the value of a dotted key in tables; None where there is none."""
    value: Any = tables
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _found(folder: Path, name: str, created: str) -> tuple[str, Record | None]:
    """Return a page's name as it is today, and its record; the old name and None where it is not there.

    A page that got another name is known by the moment at which it was begun, and so is another page that took its.
    """
    # A name from a file is never a path.
    if Path(name).name == name and "\0" not in name:
        record = _record_of(folder / f"{name}{SUFFIX}", created)
        if record is not None:
            return name, record
    if created:
        for entry in entries_of(folder):
            record = _record_of(entry.path, created) if entry.created == created else None
            if record is not None:
                return entry.name, record
    return name, None


def _record_of(path: Path, created: str) -> Record | None:
    """Return the record of a page that was begun at a moment, where one is told; None where it is another."""
    try:
        page = codec.read_page(path)
    except (LabError, OSError, ValueError):
        return None
    if page.record is None or not page.record.runs or (created and _created(page) != created):
        return None
    return with_known_history(path, page.record)


def _created(page: Page) -> str:
    return page.created.isoformat() if page.created else ""
