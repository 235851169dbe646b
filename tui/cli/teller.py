"""What a study says of itself on standard error while it goes."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

from sessions.record import Record
from tui.numbers import figure
from tui.progress import Pace, bar
from tui.text import safe

REDRAW_SECONDS = 0.2
PLAIN_SECONDS = 5.0


class Teller:
    """Says on standard error how a study goes: one line that changes on a terminal, some lines in a pipe."""

    def __init__(self, title: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._title = title
        self._clock = clock
        self._terminal = sys.stderr.isatty()
        self._every = REDRAW_SECONDS if self._terminal else PLAIN_SECONDS
        # Of reading, which most data need no time for, a pipe hears nothing before the first line is due.
        self._reading_from = clock() + (0.0 if self._terminal else self._every)
        self._next = 0.0
        self._pace = Pace()
        self._drawn = False

    def tell(self, record: Record) -> None:
        """Say where the study stands, if it is time to."""
        now = self._clock()
        # What has failed is told when the study is over.
        silent = {"failed"} if record.loading is not None else {"waiting", "failed"}
        begins = self._reading_from if record.loading is not None else 0.0
        if now < max(self._next, begins) or all(run.status in silent for run in record.runs):
            return
        self._next = now + self._every
        if record.loading is not None:
            self._show(f"{self._title} · reading the data {bar(record.loading)}")
            return
        going = next((run for run in record.runs if run.status == "training"), record.runs[-1])
        loss = going.train_curves.get("loss")
        words = [self._title, self._pace.look(record, now).says()]
        if loss is not None:
            words.append(f"{safe(going.label)} loss {figure(loss.last)}")
        self._show(" · ".join(words))

    def _show(self, line: str) -> None:
        if self._terminal:
            try:
                width = os.get_terminal_size(sys.stderr.fileno()).columns or 80
            except OSError:
                width = 80
            self._write(f"\r\x1b[K{line[: width - 1]}")
            self._drawn = True
        else:
            self.say(line)

    def say(self, line: str) -> None:
        """Print a line for good."""
        self.end()
        self._write(f"{line}\n")

    def end(self) -> None:
        """Take the changing line away."""
        if self._drawn:
            self._write("\r\x1b[K")
            self._drawn = False

    def _write(self, text: str) -> None:
        """Write on standard error; where nobody is there to hear it any more, the study goes on all the same."""
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
