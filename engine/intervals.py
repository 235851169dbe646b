"""How large a difference between two settings is: intervals over folds or restarts that both were trained on.

Everywhere a difference is the second setting's figure less the first's, on the same rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engine import student_t
from engine.choosing import mean_of, sd_of

Verdict = Literal["better", "worse", "no difference seen"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval for a mean of differences, in their unit."""

    mean: float
    low: float | None
    """None for a single difference: it has no spread from which an interval could come."""
    high: float | None
    count: int
    """How many differences there were."""
    level: float
    """The share of such intervals that hold the true mean."""

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Low and high, or None where there are none."""
        return None if self.low is None or self.high is None else (self.low, self.high)


def corrected_interval(
    differences: Sequence[float], train_rows: float, held_out_rows: float, level: float = 0.95
) -> Interval:
    """Return the corrected resampled t interval (Nadeau & Bengio 2003, Machine Learning 52, 239–281).

    With J differences d of variance s² (divisor J − 1), one for each time that the rows were divided:

        mean(d) ± t(J − 1) · √((1/J + held_out_rows/train_rows) · s²)

    Folds share most of their training rows, so their differences are no independent draws; 1/J alone, as in the plain
    paired t interval, would call far too many differences real. How often the interval holds the truth is measured by
    `benchmarks/coverage.py`: it is wider than need be for most losses, and too narrow for repeated folds where what is
    judged is far from what was made small in training.

    Parameters
    ----------
    differences
        Second setting's figure less the first's, (J,), each on the held-out rows of one division.
    train_rows, held_out_rows
        Rows that a division trains on and holds out; the mean where divisions differ.
    level
        The confidence, such as 0.95.

    Raises
    ------
    ValueError
        Without differences, for one that is not finite, or for rows or a level that cannot be.
    """
    if train_rows <= 0 or held_out_rows < 0:
        raise ValueError(f"{train_rows} training and {held_out_rows} held-out rows cannot be")
    return _interval(differences, held_out_rows / train_rows, level)


def paired_interval(differences: Sequence[float], level: float = 0.95) -> Interval:
    """Return the plain paired t interval, mean(d) ± t(J − 1) · s/√J, for J independent differences.

    Restarts on one division of the rows are such: the interval then speaks of the luck in initial weights and shuffles,
    and of no other rows.

    Raises
    ------
    ValueError
        Without differences, for one that is not finite, or for a level that cannot be.
    """
    return _interval(differences, 0.0, level)


def verdict(interval: Interval, *, larger_is_better: bool) -> Verdict:
    """Tell what the second setting is beside the first, from an interval of second less first.

    It is better or worse where the whole interval lies on one side of 0, and "no difference seen" where 0 lies in the
    interval or at its end, or where there is none: that is no proof that the settings are equal.
    """
    if interval.bounds is None or interval.bounds[0] <= 0 <= interval.bounds[1]:
        return "no difference seen"
    return "better" if (interval.mean > 0) == larger_is_better else "worse"


def _interval(differences: Sequence[float], correction: float, level: float) -> Interval:
    """Return mean ± t · √((1/J + correction) · s²)."""
    count = len(differences)
    if not count or not all(map(math.isfinite, differences)):
        raise ValueError(f"an interval needs finite differences, not {list(differences)}")
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1, not at {level}")
    mean = mean_of(differences)
    if count == 1:
        return Interval(mean, None, None, count, level)
    error = sd_of(differences) * math.sqrt(1 / count + correction)
    half = student_t.quantile((1 + level) / 2, count - 1) * error
    return Interval(mean, mean - half, mean + half, count, level)
