"""The files that lie beside a page, `NAME.toml`, by the names that they have."""

from __future__ import annotations

from pathlib import Path


def journal_of(path: Path) -> Path:
    """Return the journal of a page."""
    return path.with_suffix(".journal")


def lock_of(path: Path) -> Path:
    """Return the lock of a page."""
    return path.with_suffix(".lock")
