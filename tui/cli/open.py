"""`lossbook` without a command: open the notebook."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from pathlib import Path

from engine.errors import LabError
from sessions.store import Store


def open_app(options: argparse.Namespace) -> int:
    """Open the app, or say why this is no terminal for it."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise LabError("the notebook needs a terminal", "in a pipe use `lossbook run FILE`, see `lossbook --help`")
    if os.environ.get("TERM", "dumb") in {"dumb", "unknown"}:
        raise LabError(
            f"the terminal calls itself {os.environ.get('TERM', 'nothing')!r} and cannot draw",
            "set TERM (xterm-256color suits most), or use `lossbook run FILE`",
        )
    from tui.app import Lossbook

    app = Lossbook(
        Store(Path(options.sessions) if "sessions" in options else None),
        theme=f"textual-{options.theme}",
        fps=options.fps,
        replay=options.page,
        speed=getattr(options, "speed", None) or 1.0,
        start=str(getattr(options, "first", None) or ""),
    )
    # A full collection holds the screen for a tenth of a second: it leaves out what has been imported, and is rarer.
    gc.freeze()
    gc.set_threshold(700, 10, 100)
    app.run(mouse=not options.no_mouse)
    return app.return_code or 0
