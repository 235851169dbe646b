"""Writing a file so that a crash, a full disk or a second writer leaves the old one or the new one, never a piece."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import threading
from pathlib import Path

from engine.errors import LabError
from sessions.identity import is_mark_of_dead, this_process

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
LAST_SAVE_SECONDS = 5.0
STRAY = re.compile(r"\..+\.(?P<mark>[0-9a-f]+-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+)-[0-9a-f]{8}\.(?:tmp|old)", re.DOTALL)


def make_folder(folder: Path) -> None:
    """Make a folder that only its owner can read, whatever the umask; one that exists stays as it is."""
    try:
        for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
            # Path.mkdir would make the parents as the umask has it.
            missing.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    except OSError as error:
        hint = "give another one with --sessions DIR"
        raise LabError(f"the folder cannot be made: {error.strerror}", hint, where=str(folder)) from error


def create(path: Path, flags: int = 0) -> int:
    """Open a new private file for writing and return its descriptor; FileExistsError where the name is taken."""
    descriptor = os.open(
        path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC | flags, PRIVATE_FILE
    )
    try:
        os.fchmod(descriptor, PRIVATE_FILE)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


_SAVING = threading.Lock()


def finish_saving() -> None:
    """Wait for a save in another thread, and let none begin after it: the program is about to end at once."""
    _SAVING.acquire(timeout=LAST_SAVE_SECONDS)


def save(path: Path, content: bytes, *, keep_old: bool = True) -> None:
    """Replace a file at once by a new one, and keep the old one as `.bak` unless it is of no use.

    Raises
    ------
    LabError
        Where it cannot be written; the old file is then still there, and no piece of the new one.
    """
    mark = f"{this_process().mark}-{secrets.token_hex(4)}"
    temporary, link = (path.with_name(f".{path.name}.{mark}.{kind}") for kind in ("tmp", "old"))
    try:
        with _SAVING:
            _replace(path, temporary, link if keep_old else None, content)
    except OSError as error:
        hint = "free some space or choose another folder, then save again: nothing saved is lost"
        raise LabError(f"cannot be saved: {error.strerror}", hint, where=str(path)) from error


def _replace(path: Path, temporary: Path, link: Path | None, content: bytes) -> None:
    try:
        _write_through(create(temporary), content)
        if link is not None:
            _keep_old(path, link)
        temporary.replace(path)
        _sync_folder(path.parent)
    finally:
        for left in (temporary, link):
            if left is not None:
                left.unlink(missing_ok=True)


def remove_strays(folder: Path) -> None:
    """Delete the temporary files of saves that were killed; those of a process that may live stay."""
    with os.scandir(folder) as found:
        strays = [STRAY.fullmatch(entry.name) for entry in found if entry.name.startswith(".")]
    for stray in strays:
        if stray and is_mark_of_dead(stray["mark"]):
            (folder / stray[0]).unlink(missing_ok=True)


def remove(path: Path) -> None:
    """Delete a file and its `.bak`; one that is not there is no error."""
    for name in (path, backup_of(path)):
        name.unlink(missing_ok=True)


def backup_of(path: Path) -> Path:
    """Return where `save` keeps the file as it was before."""
    return path.with_name(path.name + ".bak")


def _write_through(descriptor: int, content: bytes) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _keep_old(path: Path, temporary: Path) -> None:
    """Make the old file the `.bak`. Where that cannot be, the one before stays: no reason not to save the new file."""
    with contextlib.suppress(OSError, NotImplementedError):
        os.link(path, temporary, follow_symlinks=False)
        temporary.replace(backup_of(path))


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
