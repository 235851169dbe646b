"""How the reading of a large file says how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float], None]
"""Is told the share that has been read, 0 to 1; never more often than a person could see."""


def silent(share: float) -> None:
    """Tell nobody."""
