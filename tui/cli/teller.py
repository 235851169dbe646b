"""What a study says of itself on standard error while it goes."""

from __future__ import annotations

import time
from collections.abc import Callable

from sessions.record import Record
from tui.cli.line import ChangingLine
from tui.numbers import figure
from tui.progress import Pace, bar
from tui.text import safe


class Teller:
    """Says on standard error how a study goes: one line that changes on a terminal, some lines in a pipe."""

    def __init__(self, title: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._title = title
        self._clock = clock
        self._line = ChangingLine()
        # Of reading, which most data need no time for, a pipe hears nothing before the first line is due.
        self._reading_from = clock() + (0.0 if self._line.on_terminal else self._line.seconds)
        self._next = 0.0
        self._pace = Pace()

    def tell(self, record: Record) -> None:
        """Say where the study stands, if it is time to."""
        now = self._clock()
        # What has failed is told when the study is over.
        silent = {"failed"} if record.loading is not None else {"waiting", "failed"}
        begins = self._reading_from if record.loading is not None else 0.0
        if now < max(self._next, begins) or all(run.status in silent for run in record.runs):
            return
        self._next = now + self._line.seconds
        if record.loading is not None:
            self._line.show(f"{self._title} · reading the data {bar(record.loading)}")
            return
        going = next((run for run in record.runs if run.status == "training"), record.runs[-1])
        loss = going.train_curves.get("loss")
        words = [self._title, self._pace.look(record, now).says()]
        if loss is not None:
            words.append(f"{safe(going.label)} loss {figure(loss.last)}")
        self._line.show(" · ".join(words))

    def say(self, line: str) -> None:
        """Print a line for good."""
        self._line.say(line)

    def end(self) -> None:
        """Take the changing line away."""
        self._line.end()
