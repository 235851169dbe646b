"""Whether somebody writes a page: the one question that renaming, tagging and deleting ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sessions import lock


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
