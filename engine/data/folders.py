"""Folders that are handed in from outside: the engine chooses none by itself.

Both are environment variables, because training happens in processes of its own. Whoever starts the engine settles
them; unset, there is no cache and no downloaded data set.
"""

from __future__ import annotations

import os
from pathlib import Path

CACHE = "LOSSBOOK_CACHE"
DATA = "LOSSBOOK_DATA"


def cache_folder() -> Path | None:
    """Return where files that took long to read are kept as they were read; None for nowhere."""
    return _folder(CACHE)


def data_folder() -> Path | None:
    """Return where downloaded data sets lie, each in a folder of its name; None for nowhere."""
    return _folder(DATA)


def _folder(variable: str) -> Path | None:
    found = os.environ.get(variable)
    return Path(found) if found else None
