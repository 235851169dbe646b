"""How many points of each curve a page holds: it must stay small enough to be read."""

from __future__ import annotations

from sessions.record import CURVES, Record

MOST_VALUES = 100_000
MOST_POINTS = 1_000
LEAST_POINTS = 8
MOST_THINNED = 500_000
"""Values of thinned curves a page, unless there are so many curves that each has its fewest points."""


def most_points(record: Record) -> int | None:
    """Return how many points of each curve are kept, None for all."""
    curves = [curve for run in record.runs for name in CURVES for curve in getattr(run, name).values()]
    if sum(map(len, curves)) <= MOST_VALUES:
        return None
    return min(MOST_POINTS, max(LEAST_POINTS, MOST_THINNED // len(curves)))
