"""The notebook as it is, with an eye on how late its event loop is.

`python watched.py LAGS.json SESSIONS` opens it in this terminal and writes the lags in seconds at its end.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import ClassVar

import tui.app
from sessions.store import Store

EVERY = 0.01


class Watched(tui.app.Lossbook):
    """Notes how much later than asked for a task of its loop is woken."""

    CSS_PATH = str(Path(tui.app.__file__).with_name("lossbook.tcss"))
    lags: ClassVar[list[float]] = []

    def on_mount(self) -> None:
        """Begin; Textual calls the notebook's own handler too."""
        self._watch = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while True:
            due = time.perf_counter() + EVERY
            await asyncio.sleep(EVERY)
            # Only while a study trains: opening a screen may take its time.
            if self.controller.record.status == "training" and self.controller.record.runs[0].epoch > 0:
                self.lags.append(time.perf_counter() - due)


if __name__ == "__main__":
    out, folder = sys.argv[1:]
    Watched(Store(Path(folder))).run()
    Path(out).write_text(json.dumps(Watched.lags), encoding="utf-8")
