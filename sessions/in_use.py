"""Whether somebody writes a page: the one question that renaming, tagging and deleting ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from engine.errors import LabError
from sessions import lock
from sessions.page import Page
from sessions.record import OVER


@contextmanager
def untouched(path: Path) -> Iterator[None]:
    """Do something with a page that nobody else writes.

    Raises
    ------
    LabError
        Where somebody does, with who that is.
    """
    held = lock.acquire(path, "edited")
    try:
        yield
    finally:
        held.release()


def require_runs(path: Path, page: Page, *, ended: bool = False) -> None:
    """Raise a LabError for a page that lacks its runs, or with `ended` one that has ended, since it is being trained.

    They come onto the page with the next save. Of a page that nobody trains nothing is said.
    """
    runs = page.record.runs if page.record else ()
    if any(run.status in OVER for run in runs) if ended else runs:
        return
    if who := who_trains(path):
        what = "none of its runs has ended" if ended else "its runs are not on the page yet"
        raise LabError(f"{who}, and {what}", "wait a minute, or until that has ended", where=path.stem)


def who_trains(path: Path) -> str:
    """Return in words who trains a page just now, `is being trained by ...`; empty where nobody does."""
    owner = lock.owner_of(path)
    return owner.says(datetime.now().astimezone()) if owner is not None and owner.doing == "trained" else ""
