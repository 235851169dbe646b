"""Whether somebody writes a page: the one question that renaming, tagging and deleting ask."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import LabError
from sessions.journal import is_abandoned
from sessions.store import journal_of


@contextmanager
def untouched(path: Path) -> Iterator[None]:
    """Do something with a page that nobody else writes.

    Raises
    ------
    LabError
        Where somebody does.
    """
    journal = journal_of(path)
    if os.path.lexists(journal) and not is_abandoned(journal):
        raise LabError("is being trained", "stop it first, or wait until it has ended", where=path.stem)
    yield
