"""Where lossbook keeps what it reads beside the pages: downloaded data sets, and files in the form they were read."""

from __future__ import annotations

import os

from platformdirs import user_cache_path, user_data_path

from engine.data import folders

APPLICATION = "lossbook"


def settle() -> None:
    """Tell the engine, and the workers that inherit the environment, its folders, unless a person has chosen them."""
    os.environ.setdefault(folders.CACHE, str(user_cache_path(APPLICATION, appauthor=False)))
    os.environ.setdefault(folders.DATA, str(user_data_path(APPLICATION, appauthor=False) / "data"))
