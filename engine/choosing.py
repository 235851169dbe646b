"""Means over folds, and the setting that they choose."""

from __future__ import annotations

import math
import statistics
from collections.abc import Hashable, Iterable, Mapping, Sequence

from engine.metrics import LARGER_IS_BETTER


def over_folds(values: Iterable[tuple[Hashable, float]]) -> list[float]:
    """Return one value a fold, restarts averaged within it; where there is one fold, one value a restart.

    Each value comes with its fold: (repeat, fold).
    """
    groups: dict[Hashable, list[float]] = {}
    for fold, value in values:
        groups.setdefault(fold, []).append(value)
    if len(groups) == 1:
        return next(iter(groups.values()))
    return [sum(restarts) / len(restarts) for restarts in groups.values()]


def best_of(means: Mapping[int, float], complete: Mapping[int, float], figure: str) -> int | None:
    """Return the setting with the best mean of a figure, the first of equals; None where no mean is a number.

    A setting of which a share of the runs has failed or diverged comes behind all that are more `complete`: the mean
    of the folds that went well says nothing of the others.
    """
    known = {setting: mean for setting, mean in means.items() if math.isfinite(mean)}
    if not known:
        return None
    sign = -1.0 if figure in LARGER_IS_BETTER else 1.0
    return min(known, key=lambda setting: (-complete[setting], sign * known[setting], setting))


def mean_of(values: Sequence[float]) -> float:
    """Return the mean; NaN of nothing and of opposite infinities."""
    try:
        return statistics.fmean(values) if values else math.nan
    except OverflowError:
        # Only their sum is too large for a float.
        most = max(map(abs, values))
        return most * statistics.fmean(value / most for value in values)
    except ValueError:
        return math.nan


def sd_of(values: Sequence[float]) -> float:
    """Return the standard deviation (n − 1); NaN where a value is not finite, or there is a single one."""
    if len(values) < 2 or not all(map(math.isfinite, values)):
        return math.nan
    try:
        return statistics.stdev(values)
    except OverflowError:
        return math.inf  # it is itself too large for a float


def mean_and_sd(values: Sequence[float]) -> tuple[float, float | None]:
    """Return mean and standard deviation (n − 1); None for the latter where it is not a number: of one value, say."""
    sd = sd_of(values)
    return mean_of(values), sd if math.isfinite(sd) else None
