"""The figures of one column, from its values. Pure arithmetic, for values of any size."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from engine.arrays import Array, Floats
from tui.numbers import figure
from tui.portrait.parts import Column, Histogram

BINS = 10
FREQUENT = 10
"""The most frequent values that are kept; of words each has a bar."""
FEW_WHOLE = 200
"""Whole numbers that span less are binned by how many fall into each bin."""
LARGEST_WHOLE = 1e12
"""Beyond it the halves between whole numbers are not exact for long."""
FAR = 10.0
"""Values that lie so many times the middle 98 percent's width apart are not all given bins."""


def numbers(name: str, values: Floats, bounds: tuple[float, float, float, int] | None = None) -> Column:
    """Return what a column of numbers holds; `values`, (rows,), may have nan for an empty cell.

    `bounds` are minimum, mean, maximum and the number of empty cells of all rows, where `values` are only some.
    """
    there = values[np.isfinite(values)]
    if bounds is not None:
        minimum, mean, maximum, missing = bounds
    else:
        ends = (there.min(), average(there), there.max()) if len(there) else (np.nan,) * 3
        (minimum, mean, maximum), missing = map(float, ends), len(values) - len(there)
    different, counts = np.unique(there, return_counts=True)
    return Column(
        name,
        "number",
        missing=missing,
        seen=len(there),
        different=len(different),
        minimum=_number(minimum),
        mean=_number(mean),
        maximum=_number(maximum),
        common=tuple((float(different[place]), int(counts[place])) for place in _most(counts, 2)),
        histogram=histogram(there) if len(there) else None,
    )


def words(name: str, places: Array, vocabulary: Sequence[str], missing: int) -> Column:
    """Return what a column of words holds; `places`, (rows,), are those in the vocabulary, −1 for an empty cell."""
    there = places[places >= 0]
    # A word that only another file has is numbered as none of these.
    counts = np.bincount(there[there < len(vocabulary)], minlength=len(vocabulary))
    return Column(
        name,
        "word",
        missing=missing,
        seen=len(there),
        different=int((counts > 0).sum()),
        common=tuple((vocabulary[place], int(counts[place])) for place in _most(counts, 1)),
    )


def days(name: str, values: Array) -> Column:
    """Return what a column of days or times holds, (rows,) datetime64."""
    there = values[~np.isnat(values)]
    missing = len(values) - len(there)
    if not len(there):
        return Column(name, "day", missing=missing)
    return Column(
        name,
        "day",
        missing=missing,
        seen=len(there),
        different=len(np.unique(there)),
        minimum=str(there.min()),
        maximum=str(there.max()),
        histogram=histogram(there.astype(np.int64).astype(np.float64)),
    )


def histogram(values: Floats) -> Histogram | None:
    """Return how often finite values, (rows,), fall into about ten bins; None where they are all the same.

    Where a few lie very far out, the bins divide the middle 98 percent, and those beyond are only counted. Few
    different whole numbers have bins with as many of them in each, or some bins would look empty.
    """
    low, high = float(values.min()), float(values.max())
    if low == high:
        return None
    if high - low < FEW_WHOLE and max(-low, high) < LARGEST_WHOLE and (values == np.floor(values)).all():
        size = math.ceil((high - low + 1) / BINS)
        edges = np.arange(low, high + size + 1, size) - 0.5
        edges = edges[: math.ceil((high - low + 1) / size) + 1]
        return Histogram(tuple(np.histogram(values, edges)[0].tolist()), float(edges[0]), float(edges[-1]))
    # The difference of two very large numbers is infinite: a quarter of each has a finite one.
    part = 0.25 if not np.isfinite(high - low) else 1.0
    scaled, low, high = values * part, low * part, high * part
    inner_low, inner_high = (float(edge) for edge in np.quantile(scaled, [0.01, 0.99]))
    if 0 < (inner_high - inner_low) * FAR < high - low:
        low, high = inner_low, inner_high
    inside = scaled[(scaled >= low) & (scaled <= high)]
    edges = np.linspace(low, high, BINS + 1)
    # Neighbouring numbers have no room for ten bins between them.
    counts = np.histogram(inside, edges)[0] if (np.diff(edges) > 0).all() else np.array([len(inside)])
    beyond = int((scaled < low).sum()), int((scaled > high).sum())
    return Histogram(tuple(counts.tolist()), low / part, high / part, *beyond)


def average(values: Floats) -> float:
    """Return the mean of finite numbers, also of such whose sum is not finite."""
    largest = float(np.abs(values).max())
    return float(values.mean()) if largest < 1e290 else float((values / largest).mean()) * largest


def said(value: float | str | None) -> str:
    """Return a value as a table shows it: whole numbers without decimals, days as they are, `–` for none."""
    if isinstance(value, str):
        return value
    if value is not None and abs(value) < 1e6 and value == int(value):
        return str(int(value))
    return figure(value)


def _most(counts: Array, least: int) -> list[int]:
    """Return the places of the largest counts, the first of equal ones first; none where all are below `least`."""
    order = np.argsort(-counts, kind="stable")[:FREQUENT]
    return order[counts[order] > 0].tolist() if len(order) and counts[order[0]] >= least else []


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
