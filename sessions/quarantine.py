"""Where damaged files go: the folder `damaged/` among the pages, never one over another, and nothing is deleted."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from sessions import files

FOLDER = "damaged"


def keep_damaged(path: Path) -> Path:
    """Put a second name of a damaged file, or a copy of it, into `damaged/`; the file stays where it is.

    Raises
    ------
    OSError, LabError
        Where that cannot be; then nothing else must be done to the file.
    """
    folder = path.parent / FOLDER
    files.make_folder(folder)
    for number in count(1):
        target = folder / f"{path.name}.{number}"
        try:
            _link(path, target)
        except FileExistsError:
            continue
        target.chmod(files.PRIVATE_FILE)
        return target
    raise AssertionError("there is always one more number")


def _link(path: Path, target: Path) -> None:
    try:
        os.link(path, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):
        # A file system without hard links.
        content = path.read_bytes()
        with os.fdopen(files.create(target), "wb") as copy:
            copy.write(content)
            copy.flush()
            os.fsync(copy.fileno())
