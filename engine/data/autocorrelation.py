"""How a series resembles its own past: autocorrelations, and the lags among them that stand out."""

from __future__ import annotations

import numpy as np

from engine.arrays import Array, Floats

LEAST_RISE = 0.1
"""A peak rises at least so far out of the valleys beside it ..."""
ERRORS = 4.0
"""... and so many times the error that a correlation of independent values has: 1/√rows."""


def autocorrelation(values: Array, most: int) -> Floats | None:
    """Return the correlations of a series with itself 0 to `most` rows later: (rows,) → (most + 1,).

    Each is the sum of products of deviations from one mean over the sum of their squares (Box, Jenkins and Reinsel,
    Time Series Analysis, 2.1.5), so that all lie between −1 and 1. None for a series that is constant or holds what is
    no number, and where it has no more than `most` rows.
    """
    series = np.asarray(values, dtype=np.float64)
    if len(series) <= most or not np.isfinite(series).all():
        return None
    # Scaled first: the squares of large numbers would overflow.
    largest = np.abs(series).max()
    series = series / largest if largest > 0 else series
    deviations = series - series.mean()
    if np.ptp(series) <= 1e-12:
        return None
    squares = deviations @ deviations
    products = [deviations[: len(series) - lag] @ deviations[lag:] for lag in range(most + 1)]
    found: Floats = np.array(products) / squares
    return found


def standing_out(correlations: Array, rows: int) -> tuple[int, ...]:
    """Return the lags whose correlation exceeds both neighbours by more than chance does, ascending.

    `correlations` are those at lags 0 to n; the last has no second neighbour and is never one of them. That a value is
    large proves nothing, a slow trend has large ones at all lags. A peak has to rise out of the higher of the two
    valleys beside it: a smooth period's immediate neighbours are nearly as high as itself.
    """
    rise = max(LEAST_RISE, ERRORS / np.sqrt(rows))
    found = []
    for lag in range(1, len(correlations) - 1):
        here = correlations[lag]
        if here <= max(correlations[lag - 1], correlations[lag + 1]) or here < ERRORS / np.sqrt(rows):
            continue
        if here - max(_valley(correlations[lag::-1]), _valley(correlations[lag:])) >= rise:
            found.append(lag)
    return tuple(found)


def _valley(outwards: Array) -> float:
    """Return the least value on the way from a peak to where it is exceeded, or to the end."""
    higher = np.flatnonzero(outwards > outwards[0])
    return float(outwards[: higher[0] if len(higher) else len(outwards)].min())
