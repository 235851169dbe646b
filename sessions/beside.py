"""The files of a page: `NAME.toml`, and what lies beside it, by the names that they have."""

from __future__ import annotations

from pathlib import Path

SUFFIX = ".toml"
ARCHIVE, CHECKPOINTS, JOURNAL, LOCK = ".npz", ".ckpt", ".journal", ".lock"
BACKUP = ".bak"
"""Behind the whole name of a file: as it was before it was saved last."""
DRAFT = ".draft"
"""What is on no page yet."""
MOVED = (ARCHIVE, ARCHIVE + BACKUP, SUFFIX + BACKUP, JOURNAL, CHECKPOINTS)
"""What goes with a page wherever it goes; a lock is of the place."""
OWN = frozenset({SUFFIX, ARCHIVE, CHECKPOINTS, JOURNAL, LOCK, BACKUP, DRAFT})
"""How names end that nobody else should write in a folder of pages."""


def archive_of(path: Path) -> Path:
    """Return where the archive of a page lies: its weights, and full curves."""
    return path.with_suffix(ARCHIVE)


def checkpoints_of(path: Path) -> Path:
    """Return the folder of the checkpoints of a page."""
    return path.with_suffix(CHECKPOINTS)


def journal_of(path: Path) -> Path:
    """Return the journal of a page."""
    return path.with_suffix(JOURNAL)


def lock_of(path: Path) -> Path:
    """Return the lock of a page."""
    return path.with_suffix(LOCK)


def backup_of(path: Path) -> Path:
    """Return where a file lies as it was before."""
    return path.with_name(path.name + BACKUP)
