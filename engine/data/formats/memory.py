"""How much memory there is for what a file holds."""

from __future__ import annotations

import re
from pathlib import Path

from engine.errors import LabError


def free_bytes() -> int | None:
    """Return the memory that is free or soon made free, by the kernel's estimate; None where it gives none."""
    try:
        found = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(encoding="ascii"))
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None


def refuse_more_than_free(wanted: int, where: str) -> None:
    """Refuse to read what would take `wanted` bytes, if so many are not free.

    Raises
    ------
    LabError
        With both numbers.
    """
    free = free_bytes()
    if free is not None and wanted > free:
        raise LabError(
            f"would take {wanted >> 20:,} MB of memory, and {free >> 20:,} MB are free",
            "take fewer rows, or a machine with more memory",
            where=where,
        )
