"""How much memory is left."""

from __future__ import annotations

import re
from pathlib import Path


def free_bytes() -> int | None:
    """Return how many bytes of memory are free or can be freed; None where the system does not say."""
    try:
        found = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(encoding="ascii"))
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None
