"""A program in a real terminal, timed: when a key was sent, when which bytes came back."""

from __future__ import annotations

import os
import re
import select
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pexpect

PATIENCE = 60.0
TO_CELL = re.compile(rb"\x1b\[(\d+);(\d+)H")


class Terminal:
    """What a program says is kept, and the moment of each piece of it."""

    def __init__(
        self, command: Sequence[str], size: tuple[int, int], folder: Path, bytes_per_second: float | None = None
    ) -> None:
        environment = os.environ | {
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LOSSBOOK_SESSIONS": str(folder),
        }
        self.started = time.perf_counter()
        self._child = pexpect.spawn(command[0], [*command[1:]], dimensions=size[::-1], env=environment, timeout=None)
        self._rate = bytes_per_second
        self._allowed_at = self.started
        self.said = bytearray()
        self.pieces: list[tuple[float, int]] = []
        """(moment, length of all that was said by then)."""

    @property
    def pid(self) -> int:
        """The program's process id."""
        return int(self._child.pid)

    def listen(self, seconds: float) -> bool:
        """Wait at most so long for a piece; tell whether one came."""
        until = time.perf_counter() + seconds
        if self._rate is not None:
            # As over a slow line: nothing more is taken until what was taken has had its time.
            time.sleep(max(0.0, min(self._allowed_at, until) - time.perf_counter()))
            if time.perf_counter() < self._allowed_at:
                return False
        ready, _, _ = select.select([self._child.child_fd], [], [], max(0.0, until - time.perf_counter()))
        if not ready:
            return False
        try:
            piece = os.read(self._child.child_fd, 1 << 16 if self._rate is None else 256)
        except OSError:
            piece = b""
        if not piece:
            raise EOFError("the program has ended: " + self.said[-500:].decode(errors="replace"))
        now = time.perf_counter()
        if self._rate is not None:
            self._allowed_at = max(self._allowed_at, now) + len(piece) / self._rate
        self.said += piece
        self.pieces.append((now, len(self.said)))
        return True

    def listen_for(self, seconds: float) -> int:
        """Listen for so long; return how many bytes came."""
        before, until = len(self.said), time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            self.listen(left)
        return len(self.said) - before

    def until(self, condition: Callable[[bytes], bool], since: int = 0, patience: float = PATIENCE) -> float:
        """Listen until what came after the first `since` bytes meets a condition; return that moment."""
        give_up = time.perf_counter() + patience
        while not condition(bytes(self.said[since:])):
            if time.perf_counter() > give_up:
                raise TimeoutError(self.said[-500:].decode(errors="replace"))
            self.listen(0.05)
        return self.pieces[-1][0]

    def press(self, keys: bytes) -> float:
        """Send keys; return the moment before."""
        now = time.perf_counter()
        os.write(self._child.child_fd, keys)
        return now

    def end(self) -> None:
        """Ask the program to end, and end it."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        self._rate = None
        give_up = time.perf_counter() + 10
        with suppress(EOFError):
            while time.perf_counter() < give_up:
                self.listen(0.05)
        self._child.close(force=True)


def paints(said: bytes, columns: range, rows: range) -> bool:
    """Tell whether the bytes write at a cell within a rectangle."""
    return any(int(row) in rows and int(column) in columns for row, column in TO_CELL.findall(said))
