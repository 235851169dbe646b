"""The line to the terminal."""

from __future__ import annotations

from textual.app import App


def line_is_busy(app: App[None]) -> bool:
    """Tell whether what was drawn before is still on its way to the terminal: a frame more would make keys wait."""
    # Textual has no public way to ask: a slow connection is guessed at only where its writer still looks like this.
    writer = getattr(getattr(app, "_driver", None), "_writer_thread", None)
    waiting = getattr(writer, "_queue", None)
    return waiting is not None and waiting.qsize() > 0
