"""`lossbook salvage`: keep what can be had of a damaged page."""

from __future__ import annotations

import argparse

from sessions import codec, lock
from sessions.recovery import mend
from sessions.salvage import is_damaged
from tui.cli import OK
from tui.cli.pages import store_of
from tui.text import safe


def salvage(options: argparse.Namespace) -> int:
    """Mend one page."""
    path = store_of(options).find(options.session)
    held = lock.acquire(path, "recovered")
    try:
        if is_damaged(path):
            said = mend(path)
        else:
            # A mistake in a setting is told, with its line, for a person to mend.
            codec.read_page(path)
            said = "it can be read, nothing is to be salvaged"
    finally:
        held.release()
    print(f"{safe(path.stem, 200)}: {safe(said, 2_000)}")
    return OK
