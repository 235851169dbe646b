"""Who a process is, so that another one can tell whether it still lives: host, boot, process, time of its start."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

PROC = Path("/proc")
ENDED = {"Z", "X"}
"""States of a process that has ended and waits for its parent to ask."""
NOBODY, HIDDEN = 0, -1
"""Instead of a start: there is no such process, or one of which nothing may be seen."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One process on one machine. What cannot be found out is empty, and then nobody is ever called gone."""

    host: str
    boot: str
    """The kernel's name for the time since it started."""
    space: str
    """The namespace in which the process number is meant: containers of one machine count for themselves."""
    process: int
    started: int
    """When the process was started, in the kernel's ticks: numbers of processes are used again."""

    @property
    def is_of_this_machine(self) -> bool:
        """Whether its process number means something here and now."""
        here = this_process()
        place = (self.host, self.boot, self.space)
        return all(place) and place == (here.host, here.boot, here.space)

    @property
    def is_gone(self) -> bool:
        """Whether it is known to have ended; of another machine, or of an earlier boot, it never is."""
        if not self.is_of_this_machine:
            return False
        now = _started(self.process)
        return now == NOBODY or (now > 0 and self.started > 0 and now != self.started)


def this_process() -> Identity:
    """Return who asks."""
    return _identity(os.getpid())


@lru_cache(maxsize=2)
def _identity(process: int) -> Identity:
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        space = os.readlink(PROC / "self/ns/pid")  # noqa: PTH115 - it names no file
    except OSError:
        boot = space = ""
    return Identity(os.uname().nodename, boot, space, process, _started(process))


def _started(process: int) -> int:
    """Return when a process started, or NOBODY, or HIDDEN."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return NOBODY
    except PermissionError:
        pass
    try:
        # The name, in brackets, may hold anything.
        fields = (PROC / f"{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return HIDDEN
    return NOBODY if fields[0] in ENDED else int(fields[19])
