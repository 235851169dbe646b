"""Tomorrow will be as today."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.baselines.base import BASELINES, Fitted, Fold
from engine.baselines.past import copying, look_back, parts
from engine.data.dataset import Dataset


@BASELINES.register("copy-last")
@dataclass(frozen=True, slots=True)
class CopyLast:
    """The value of the row before: the best guess of a random walk.

    For a number that follows itself: data with lags, or with one date a row. It is read from the series itself, so that
    it does not matter which lags the experiment has.
    """

    def applies(self, dataset: Dataset) -> bool:
        """Tell whether the rows are one series of numbers."""
        if dataset.task != "regression" or dataset.groups is not None:
            return False
        if dataset.lags:
            return True
        dates = dataset.dates
        return dates is not None and all((dates[part][1:] > dates[part][:-1]).all() for part in parts(dataset))

    def fit(self, fold: Fold) -> Fitted:
        """Return the copies."""
        return copying(fold, look_back(fold.dataset, np.asarray(fold.dataset.times, np.int64), 1), "the value before")
