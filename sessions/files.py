"""Writing a file so that a crash, a full disk or a second writer leaves the old one or the new one, never a piece."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import secrets
import threading
from pathlib import Path
from typing import IO

from engine.errors import LabError
from sessions.beside import backup_of

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
LAST_SAVE_SECONDS = 5.0
ATTEMPTS = 8
"""Names that are tried for a temporary file."""
TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}\.(tmp|old)", re.DOTALL)
NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}
ADVICE = {
    errno.ENOSPC: "free some space on the disk",
    errno.EDQUOT: "delete some files: your quota is used up",
    errno.EROFS: "the disk can only be read: have it mounted for writing, or choose another with --sessions DIR",
    errno.EIO: "the disk may be failing: choose another with --sessions DIR",
    errno.EACCES: "make the folder writable, or choose another with --sessions DIR",
    errno.ENAMETOOLONG: "give it a shorter name",
}


def make_folder(folder: Path) -> None:
    """Make a folder that only its owner can read, whatever the umask; one that exists stays as it is."""
    try:
        for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
            # Path.mkdir would make the parents as the umask has it, and even this one with less than it is told.
            with contextlib.suppress(FileExistsError):
                missing.mkdir(mode=PRIVATE_FOLDER)
                missing.chmod(PRIVATE_FOLDER)
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
        let_go(descriptor)
        _discard(path)
        raise
    return descriptor


def let_go(descriptor: int) -> None:
    """Let go of a file that is of no use: what its disk still has to say of it does not matter."""
    with contextlib.suppress(OSError):
        os.close(descriptor)


def advice(error: OSError) -> str:
    """Return what a person can do about a disk that fails."""
    return ADVICE.get(error.errno or 0, "look at the folder and its disk, or choose another with --sessions DIR")


_SAVING = threading.Lock()
_LEFT: set[Path] = set()
"""Temporary files that the disk did not let go."""


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
    try:
        with _SAVING:
            _replace(path, content, keep_old=keep_old)
    except OSError as error:
        hint = f"{advice(error)}; nothing saved is lost, and the next save tries again"
        raise LabError(f"cannot be saved: {error.strerror}", hint, where=str(path)) from error


def _replace(path: Path, content: bytes, *, keep_old: bool) -> None:
    for left in list(_LEFT):
        _discard(left)
    temporary, descriptor = _begin(path)
    try:
        # Open, and so locked, until it has its name: what can be locked was left behind by a kill.
        with _opened(descriptor) as file:
            _write_through(file, content)
            if keep_old:
                _keep_old(path)
            temporary.replace(path)
        _sync_folder(path.parent)
    finally:
        _discard(temporary)


def _begin(path: Path) -> tuple[Path, int]:
    """Return a temporary file beside `path` that nobody else has, and its descriptor, which holds its lock."""
    for _ in range(ATTEMPTS):
        temporary = _beside(path, "tmp")
        try:
            descriptor = create(temporary)
        except FileExistsError:
            continue
        held = False
        try:
            # Another notebook that starts just now may have taken it for one that was left behind.
            held = _hold(descriptor) and os.fstat(descriptor).st_nlink > 0
        finally:
            if not held:
                let_go(descriptor)
                _discard(temporary)
        if held:
            return temporary, descriptor
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))


def _beside(path: Path, kind: str) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.{kind}")


def _hold(descriptor: int) -> bool:
    """Lock a file unless somebody else has; a file system without locks has none to heed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
    return True


def _discard(path: Path) -> None:
    """Delete a temporary file, now or, where the disk does not let it, before the next save."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        _LEFT.add(path)
    else:
        _LEFT.discard(path)


def sweep(folder: Path) -> None:
    """Delete the temporary files that a killed program left in a folder; those of a save that goes on stay."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if TEMPORARY.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                _sweep(Path(entry.path))


def _sweep(path: Path) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        finally:
            let_go(descriptor)


def is_there(path: Path) -> bool:
    """Tell whether a name is taken, be it by a link that leads nowhere."""
    return os.path.lexists(path)


def is_link(path: Path) -> bool:
    """Tell whether a name is a symbolic link; one that cannot be any is none."""
    with contextlib.suppress(OSError):
        return path.is_symlink()
    return False


def remove(path: Path) -> None:
    """Delete a file and its `.bak`; one that is not there is no error.

    Raises
    ------
    LabError
        Where the disk does not let them go.
    """
    try:
        for name in (path, backup_of(path)):
            name.unlink(missing_ok=True)
    except OSError as error:
        raise LabError(f"cannot be deleted: {error.strerror}", advice(error), where=str(path)) from error


def _opened(descriptor: int) -> IO[bytes]:
    try:
        return os.fdopen(descriptor, "wb")
    except OSError:
        let_go(descriptor)
        raise


def _write_through(file: IO[bytes], content: bytes) -> None:
    file.write(content)
    file.flush()
    os.fsync(file.fileno())


def _keep_old(path: Path) -> None:
    """Make the old file the `.bak`. Where that cannot be, the one before stays: no reason not to save the new file."""
    if is_link(path):
        # What it leads to is somebody else's.
        return
    link = _beside(path, "old")
    try:
        with contextlib.suppress(OSError, NotImplementedError):
            os.link(path, link, follow_symlinks=False)
            link.replace(backup_of(path))
    finally:
        _discard(link)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        let_go(descriptor)
