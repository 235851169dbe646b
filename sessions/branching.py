"""A branch of a page: its study up to an epoch, and from there on with one changed setting."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import Any

from engine.course import Course, Turn, turned
from engine.errors import KeyProblem, LabError
from engine.plan import settings_of
from engine.tables import plain, with_settings
from sessions.checkpoints import SECONDS
from sessions.course_of import changes_of, turns_of
from sessions.page import Page, default_title
from sessions.record import Record
from sessions.specs import edited


def branch_of(page: Page, name: str, epoch: int, settings: dict[str, Any]) -> tuple[Page, Course]:
    """Return the page of a branch of the page called `name`, and the course of its runs.

    Up to the epoch all is done again that was done to the parent's runs; what came later is left out.

    Raises
    ------
    KeyProblem
        For a key that cannot change on the way, or a value that it cannot have.
    LabError
        Where the page has no runs, or none came so far.
    """
    record = page.record
    if record is None or not record.runs:
        raise LabError("has no runs to branch from", "train it first: lossbook run SESSION")
    if record.origin.experiment:
        raise edited()
    reached = max(run.epoch for run in record.runs)
    if not 0 <= epoch <= reached:
        raise LabError(f"cannot branch at epoch {epoch}", f"its runs have trained for {reached} epochs: 0 to {reached}")
    turns = tuple(turn for turn in turns_of(record) if turn.epoch <= epoch)
    given = {key: plain(value) for key, value in settings.items()}
    for tried in settings_of(page.experiment):
        before = reduce(turned, (turn.settings for turn in turns), with_settings(page.experiment, tried))
        if turned(before, given) == before:
            (key, value), *_ = given.items()
            raise KeyProblem(key, f"is {value!r} already", "a branch is made to see what another value does")
    changes = tuple(one for one in changes_of(record) if _came_before(record, one.runs[0], one.update, epoch))
    created = page.created.isoformat() if page.created else ""
    course = Course((), changes, (*turns, Turn(epoch, given)), name, created, SECONDS)
    title = root_title(page) + "".join(_said(turn) for turn in course.turns)
    return replace(page, title=title, notes="", created=None, record=None, warning=""), course


def root_title(page: Page) -> str:
    """Return a page's title without what its own turns have put behind it; a person may have given it another."""
    title = page.title or default_title(page.experiment)
    for turn in reversed(turns_of(page.record or Record())):
        title = title.removesuffix(_said(turn))
    return title


def _said(turn: Turn) -> str:
    said = ", ".join(f"{key.rpartition('.')[2]} {value}" for key, value in turn.settings.items())
    return f" · {said} from epoch {turn.epoch}"


def _came_before(record: Record, run: int, update: int, epoch: int) -> bool:
    return update < epoch * record.runs[run].updates_per_epoch
