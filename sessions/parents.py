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
from engine.events import Branched
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
    name, record = _found(path, page, branch)
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


def _found(path: Path, child: Page, branch: Branched) -> tuple[str, Record | None]:
    """Return the parent's name as it is today, and its record; the old name and None where it is not there.

    A page that got another name is known by the moment at which it was begun, its experiment and its turns; another
    page that took its name by the moment.
    """
    folder, name, created = path.parent, branch.parent, branch.parent_created
    # A name from a file is never a path.
    if Path(name).name == name and "\0" not in name:
        there = folder / f"{name}{SUFFIX}"
        page = _trained(there)
        if page is not None and (not created or _created(page) == created):
            return name, with_known_history(there, page.record or Record())
    found = []
    for entry in entries_of(folder) if created else []:
        page = _trained(entry.path) if entry.created == created and entry.path != path else None
        if page is not None and _could_be_of(page, child):
            found.append((entry.path, page))
    if len(found) != 1:
        return name, None
    ((there, page),) = found
    return there.stem, with_known_history(there, page.record or Record())


def _trained(path: Path) -> Page | None:
    """Return a page that has runs; None where there is none."""
    try:
        page = codec.read_page(path)
    except (LabError, OSError, ValueError):
        return None
    return page if page.record is not None and page.record.runs else None


def _could_be_of(page: Page, child: Page) -> bool:
    """Tell whether a branch can come from a page: it has the page's experiment, and one turn more."""
    turns = turns_of(page.record or Record())
    return page.experiment == child.experiment and turns == turns_of(child.record or Record())[:-1]


def _created(page: Page) -> str:
    return page.created.isoformat() if page.created else ""
