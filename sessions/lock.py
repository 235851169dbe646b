"""One writer a page: a lock on a file of its own, `NAME.lock`, which says who has it.

The kernel's lock (`flock`) counts, not the file: it goes with its process, however that ends, and what a kill leaves is
an empty shell. Where the file system has no such locks the file itself counts, made with O_EXCL, and is cleared away
only when its writer is known to have ended. A lock of another machine is never cleared away: from here nobody can tell.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import pwd
import stat
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from weakref import WeakSet

from engine.errors import LabError
from sessions import files
from sessions.beside import lock_of
from sessions.identity import Identity, this_process

FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
UNSUPPORTED = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS}
MOST_BYTES = 4_096
ATTEMPTS = 200
"""How often a lock is tried that others give back in the very moment."""
Doing = Literal["trained", "edited", "recovered"]


def _now() -> datetime:
    return datetime.now().astimezone().replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has a page, and what for."""

    identity: Identity
    user: str
    since: datetime
    doing: str
    by_file: bool
    """Whether the file itself is the lock, and not the kernel's."""

    def says(self, now: datetime) -> str:
        """Return it for people: `is being trained by process 4711 on hostA since 10:12`."""
        since = self.since.astimezone(now.tzinfo)
        when = f"{since:%H:%M}" if since.date() == now.date() else f"{since:%Y-%m-%d %H:%M}"
        whose = "" if self.user == _user() else f"{self.user}'s "
        identity = self.identity
        return f"is being {self.doing} by {whose}process {identity.process} on {identity.host} since {when}"

    @property
    def may_be_followed(self) -> bool:
        """Whether its lock is left over, where the kernel has just given its file to somebody else."""
        here, there = this_process(), self.identity
        if self.by_file:
            return there.is_gone
        # The same boot is the same kernel, under whatever name; another boot of this host has ended them all.
        return there.host == here.host or (bool(here.boot) and there.boot == here.boot)


class Taken(LabError):  # noqa: N818 - a state that a person meets, not an error of the program
    """Another one writes this page."""

    def __init__(self, page: Path, owner: Owner | None, now: datetime, file: Path | None = None) -> None:
        self.says = owner.says(now) if owner is not None else "is being written by another lossbook"
        hint = "wait until that has ended"
        if owner is None or not owner.identity.is_of_this_machine:
            hint += f", or delete {(file or lock_of(page)).name} if it has"
        super().__init__(self.says, hint, where=page.stem)


class Lock:
    """A page that is ours to write until `release`, or until this process ends."""

    def __init__(self, path: Path, descriptor: int, owner: Owner) -> None:
        self.path = path
        self._descriptor = descriptor
        self._owner = owner
        _HELD.add(self)

    @property
    def is_held(self) -> bool:
        """Whether it still counts."""
        return self._descriptor >= 0

    def now_being(self, doing: Doing) -> None:
        """Say what the page is held for from now on."""
        self._owner = replace(self._owner, doing=doing)
        # Who waits is told less; the lock itself does not depend on it.
        with contextlib.suppress(OSError):
            _write(self._descriptor, self._owner)

    def release(self) -> None:
        """Give the page back and take the file away; a second time is no error."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor < 0:
            return
        try:
            # While it is still locked: whoever has opened the same file meanwhile will see that it is gone.
            if _is_at(self.path, descriptor):
                self.path.unlink()
        except OSError:
            pass  # A shell that cannot be taken away stands in nobody's way.
        finally:
            files.let_go(descriptor)

    def forget(self) -> None:
        """Let go in a forked child: the page stays its parent's, and ends with that."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


_HELD: WeakSet[Lock] = WeakSet()


def _forget_all() -> None:
    for held in list(_HELD):
        held.forget()


# The kernel's lock belongs to the open file, which a fork shares: a child would keep its dead parent's pages locked.
os.register_at_fork(after_in_child=_forget_all)


def acquire(page: Path, doing: Doing, clock: Callable[[], datetime] = _now) -> Lock:
    """Lock a page for writing, `page` being the path of its `NAME.toml`.

    Raises
    ------
    Taken
        Where another one has it, with who that is.
    LabError
        Where no lock can be made there, as in a folder that is read-only.
    """
    path = lock_of(page)
    for _ in range(ATTEMPTS):
        descriptor, is_new = _open(path)
        owner = Owner(this_process(), _user(), clock(), doing, by_file=False)
        try:
            taken = _take(path, descriptor, owner, page, is_new=is_new)
        except OSError as error:
            files.let_go(descriptor)
            raise LabError(f"cannot be locked: {error.strerror}", files.advice(error), where=str(path)) from error
        except BaseException:
            files.let_go(descriptor)
            raise
        if taken is not None:
            return Lock(path, descriptor, taken)
        files.let_go(descriptor)
    raise LabError("changes hands all the time", "try again", where=str(path))


def owner_of(page: Path) -> Owner | None:
    """Return who has a page, as far as its lock says, without touching it; None where nobody has, or nothing says."""
    try:
        descriptor = os.open(lock_of(page), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        owner = _read(descriptor)
    finally:
        files.let_go(descriptor)
    return None if owner is None or owner.identity.is_gone else owner


def _take(path: Path, descriptor: int, owner: Owner, page: Path, *, is_new: bool) -> Owner | None:
    """Make the opened file ours; None where it was taken away meanwhile, so that another must be opened."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Taken(page, _read(descriptor), owner.since) from None
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise LabError(f"cannot be locked: {error.strerror}", where=str(path)) from error
        return _take_by_file(path, descriptor, replace(owner, by_file=True), page, is_new=is_new)
    if not _is_at(path, descriptor):
        return None
    before = _read(descriptor)
    if before is not None and not before.may_be_followed:
        raise Taken(page, before, owner.since)
    # On a full disk nothing can be written, and it is locked all the same.
    with contextlib.suppress(OSError):
        _write(descriptor, owner)
    return owner


def _take_by_file(path: Path, descriptor: int, owner: Owner, page: Path, *, is_new: bool) -> Owner | None:
    if is_new:
        try:
            _write(descriptor, owner)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise LabError(f"cannot be written: {error.strerror}", where=str(path)) from error
        return owner
    before = _read(descriptor)
    if before is None or not before.identity.is_gone:
        raise Taken(page, before, owner.since)
    _clear_away(path, descriptor, page, owner.since)
    return None


def _clear_away(path: Path, descriptor: int, page: Path, now: datetime) -> None:
    """Take a dead process's file away. Only one may do so at a time, or it might be the file of the next owner."""
    guard = path.with_name(f"{path.name}.clearing")
    try:
        os.close(files.create(guard))
    except FileExistsError:
        raise Taken(page, None, now, guard) from None
    except OSError as error:
        raise LabError(f"cannot be cleared away: {error.strerror}", where=str(path)) from error
    try:
        if _is_at(path, descriptor):
            path.unlink()
    finally:
        guard.unlink()


def _open(path: Path) -> tuple[int, bool]:
    """Return a descriptor of the lock's file and whether it is new."""
    try:
        for _ in range(ATTEMPTS):
            with contextlib.suppress(FileExistsError):
                return _create(path), True
            with contextlib.suppress(FileNotFoundError):
                return _regular(path, os.open(path, FLAGS)), False
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise LabError("cannot be locked: it is a symbolic link", "delete it", where=str(path)) from error
        if files.is_there(path):
            raise LabError(f"cannot be locked: {error.strerror}", "look at this file", where=str(path)) from error
        said = f"cannot be written: {error.strerror}"
        raise LabError(said, files.advice(error), where=str(path.parent)) from error
    raise LabError("cannot be locked: it comes and goes", "try again", where=str(path))


def _create(path: Path) -> int:
    descriptor = os.open(path, FLAGS | os.O_CREAT | os.O_EXCL, files.PRIVATE_FILE)
    try:
        # The umask may have taken more away than others' rights.
        os.fchmod(descriptor, files.PRIVATE_FILE)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _regular(path: Path, descriptor: int) -> int:
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise LabError("cannot be locked: it is no file", "look at it", where=str(path))


def _is_at(path: Path, descriptor: int) -> bool:
    """Tell whether a path still names the file that was opened by it."""
    try:
        there = path.lstat()
    except OSError:
        return False
    here = os.fstat(descriptor)
    return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)


def _write(descriptor: int, owner: Owner) -> None:
    content = json.dumps(asdict(owner) | {"since": owner.since.isoformat()}).encode()
    os.ftruncate(descriptor, 0)
    while content:
        content = content[os.write(descriptor, content) :]
    os.lseek(descriptor, 0, os.SEEK_SET)


def _read(descriptor: int) -> Owner | None:
    """Return who has a lock; None where nothing is said, or nothing that could be true."""
    try:
        said: dict[str, Any] = json.loads(os.pread(descriptor, MOST_BYTES, 0))
        who = said["identity"]
        host, boot, space = (str(who[key]) for key in ("host", "boot", "space"))
        identity = Identity(host, boot, space, int(who["process"]), int(who["started"]))
        since = datetime.fromisoformat(said["since"]).astimezone()
        owner = Owner(identity, str(said["user"]), since, str(said["doing"]), by_file=bool(said["by_file"]))
    except (OSError, ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None
    return owner if identity.process > 0 else None


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
