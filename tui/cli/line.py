"""A line on standard error that changes while something goes on, and is gone afterwards; in a pipe, some lines."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from typing import TextIO

REDRAW_SECONDS = 0.2
PLAIN_SECONDS = 5.0


class ChangingLine:
    """What is said of something that goes on. Where nobody is there to hear it any more, it goes on all the same."""

    def __init__(self) -> None:
        self.on_terminal = sys.stderr.isatty()
        self.seconds = REDRAW_SECONDS if self.on_terminal else PLAIN_SECONDS
        """How often it should be told something."""
        self._drawn = False

    def show(self, text: str) -> None:
        """Say how it stands now; the text is safe."""
        if not self.on_terminal:
            self.say(text)
            return
        try:
            width = os.get_terminal_size(sys.stderr.fileno()).columns or 80
        except OSError:
            width = 80
        self._write(f"\r\x1b[K{text[: width - 1]}")
        self._drawn = True

    def say(self, text: str) -> None:
        """Print a line for good."""
        self.end()
        self._write(f"{text}\n")

    def end(self) -> None:
        """Take the changing line away."""
        if self._drawn:
            self._write("\r\x1b[K")
            self._drawn = False

    def _write(self, text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except OSError:
            mute(sys.stderr)
            mute_lost_terminal()


def mute(stream: TextIO) -> None:
    """Send what is still written to a stream nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    with suppress(OSError, ValueError):
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def mute_lost_terminal() -> None:
    """Mute what is written to a terminal that has gone, so that a program can come to its end."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            number = stream.fileno()
            if stat.S_ISCHR(os.fstat(number).st_mode) and not os.isatty(number):
                mute(stream)
