"""What people give for an experiment file that is none: their table."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from sessions.beside import SUFFIX

TABLES = {".csv", ".tsv", ".txt", ".npz"}


def hint_for(path: Path) -> str:
    """Return what to do with a table or a folder of pictures; empty for a path that looks like neither."""
    if path.suffix.casefold() not in TABLES and (path.suffix == SUFFIX or not _is_folder(path)):
        return ""
    return f'write an experiment file with [data] and file = "{path}", or try `lossbook data {path}`'


def is_here(path: Path) -> bool:
    """Tell whether there is such a file or folder; a name that cannot be one, such as one too long, is none."""
    with suppress(OSError):
        return path.exists()
    return False


def _is_folder(path: Path) -> bool:
    with suppress(OSError):
        return path.is_dir()
    return False
