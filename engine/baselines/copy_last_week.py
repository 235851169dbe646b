"""Next Monday will be as this one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Integers
from engine.baselines.base import BASELINES, Fitted, Fold
from engine.baselines.past import copying, look_back, parts
from engine.data.dataset import Dataset

DAYS = 7


@BASELINES.register("copy-last-week")
@dataclass(frozen=True, slots=True)
class CopyLastWeek:
    """The value of seven days before, for a daily series with dates: what a period of a week is worth by itself.

    Daily means that no day comes twice and that most rows follow the day after another; single days may be missing. It
    is found by its date in the series itself, so that it does not matter which lags the experiment has.
    """

    def applies(self, dataset: Dataset) -> bool:
        """Tell whether the rows are days of one series of numbers, for more than a week."""
        if dataset.task != "regression" or dataset.groups is not None or dataset.dates is None:
            return False
        days = _days(dataset)
        steps = [np.diff(days[part]) for part in parts(dataset)]
        return all((step > 0).all() for step in steps) and len(steps[0]) > 0 and bool(np.median(steps[0]) == 1)

    def fit(self, fold: Fold) -> Fitted:
        """Return the copies."""
        return copying(fold, look_back(fold.dataset, _days(fold.dataset), DAYS), "the value a week before")


def _days(dataset: Dataset) -> Integers:
    """Return each row's day, counted from 1970: (rows,)."""
    return np.asarray(dataset.dates, dtype="datetime64[D]").astype(np.int64)
