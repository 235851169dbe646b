"""Moving a page with all that belongs to it: together or not at all, and never over anything.

First everything is there twice, as hard links, the page last; then the old names go, the page first. A program killed
in between leaves one whole page at the old name or at the new one, for an instant at both.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from itertools import count
from pathlib import Path

from engine.errors import LabError
from sessions import files
from sessions.beside import BACKUP, MOVED, SUFFIX

NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}


def move(path: Path, folder: Path, stem: str, content: bytes | None = None) -> Path:
    """Move a page and its other files to the first free of the names `stem`, `stem-2` ...; return where it is now.

    With `content` that is the page from now on, and the page as it was its `.bak`. The caller sees to it that nobody
    writes the page.

    Raises
    ------
    LabError
        Where it cannot be; then everything is where it was.
    """
    if path.is_dir() and not path.is_symlink():
        raise LabError("is a folder", "move it with the means of your system", where=path.name)
    for number in count(1):
        to = folder / f"{stem}{f'-{number}' if number > 1 else ''}{SUFFIX}"
        if to == path or not _is_free(to):
            continue
        try:
            _move(path, to, content)
        except FileExistsError:
            # Somebody else has just taken the name.
            continue
        except OSError as error:
            raise LabError(f"cannot be moved: {error.strerror}", where=path.name) from error
        return to
    raise AssertionError("there is always one more name")


def files_of(path: Path) -> list[Path]:
    """Return the files that a page has, itself last."""
    return [file for file in (*_beside(path).values(), path) if files.is_there(file)]


def remove(file: Path) -> None:
    """Delete a file or a folder of checkpoints; never what a link leads to."""
    if file.is_dir() and not file.is_symlink():
        shutil.rmtree(file)
    else:
        file.unlink()


def _beside(path: Path) -> dict[str, Path]:
    return {ending: path.with_name(path.name.removesuffix(SUFFIX) + ending) for ending in MOVED}


def _is_free(path: Path) -> bool:
    return not any(files.is_there(file) for file in (path, *_beside(path).values()))


def _move(path: Path, to: Path, content: bytes | None) -> None:
    old, new = _beside(path), _beside(to)
    pairs = [(old[ending], new[ending]) for ending in MOVED if files.is_there(old[ending])]
    if content is not None:
        pairs = [pair for pair in pairs if pair[0] != old[SUFFIX + BACKUP]] + [(path, new[SUFFIX + BACKUP])]
    made: list[Path] = []
    try:
        for source, target in pairs:
            _twin(source, target, made)
        if content is None:
            _twin(path, to, made)
        else:
            _write(to, content, made)
        path.unlink()
    except BaseException:
        for file in reversed(made):
            with contextlib.suppress(OSError):
                file.rmdir() if file.is_dir() and not file.is_symlink() else file.unlink()
        raise
    # The page has moved. What of the old names cannot be taken away does no harm.
    for file in old.values():
        with contextlib.suppress(OSError):
            remove(file)
    for folder in {path.parent, to.parent}:
        _sync(folder)


def _twin(source: Path, target: Path, made: list[Path]) -> None:
    """Make a file, or a folder of files, exist under a second name."""
    if source.is_dir() and not source.is_symlink():
        target.mkdir(files.PRIVATE_FOLDER)
        made.append(target)
        for file in source.iterdir():
            _twin(file, target / file.name, made)
        return
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        _copy(source, target, made)
    else:
        made.append(target)


def _copy(source: Path, target: Path, made: list[Path]) -> None:
    """What a file system without hard links needs."""
    if source.is_symlink():
        target.symlink_to(source.readlink())
        made.append(target)
    else:
        _write(target, source.read_bytes(), made)


def _write(path: Path, content: bytes, made: list[Path]) -> None:
    with os.fdopen(files.create(path), "wb") as file:
        made.append(path)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
