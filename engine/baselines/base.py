"""What every baseline offers, and the rows of one fold as a baseline sees them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from engine.arrays import Floats, Integers
from engine.batches import Feed, Scales
from engine.data.dataset import Dataset
from engine.errors import LabError
from engine.evaluation import sample
from engine.losses import Loss
from engine.registry import Registry

MOST_ROWS = 10_000
# 48 MB of float64: what a fit may hold of the data.
MOST_CELLS = 6_000_000


class Fold:
    """Training rows, and what a baseline may ask of them and of any other rows.

    Features are scaled by the training rows, and empty cells filled from them, as for a network. They are so even
    where the experiment does not standardize: a penalty on weights means nothing until features share a unit.
    """

    def __init__(self, feed: Feed, train: Integers, loss: Loss) -> None:
        self.feed = feed
        self.dataset: Dataset = feed.dataset
        self.train = train
        self.loss = loss

    @cached_property
    def scales(self) -> Scales:
        """The scales of the training rows."""
        return Scales.of(self.feed, self.train, standardize=True)

    def design(self, rows: Integers) -> Floats:
        """Return the scaled features of some rows, a column of ones last: (rows, features + 1), float64."""
        columns = self.feed.inputs
        design = np.ones((len(rows), columns + 1))
        values = self.scales.inputs.apply(self.feed.rows[rows, :columns])
        if self.scales.fill is not None:
            np.copyto(values, self.scales.fill[:columns], where=np.isnan(values))
        design[:, :columns] = values
        return design

    def taught(self, rows: Integers) -> Floats:
        """Return the targets that training rows show, wrong labels included: (rows, outputs), in their own unit."""
        dataset = self.dataset
        return np.asarray((dataset.targets if dataset.taught is None else dataset.taught)[rows])

    def affordable(self, most: int = MOST_ROWS) -> Integers:
        """Return the training rows of a fit that costs little: all, or so many spread evenly, always the same."""
        return sample(self.train, max(1, min(most, MOST_CELLS // (self.feed.inputs + 1))))

    def linear(self, weights: Floats) -> Callable[[Integers], Floats]:
        """Return the function from rows to their scaled features times weights, (features + 1, outputs)."""

        def sums(rows: Integers) -> Floats:
            return np.asarray(self.design(rows) @ weights)

        return sums


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A baseline that has seen a fold's training rows."""

    predict: Callable[[Integers], Floats]
    """From rows to outputs as the loss wants them, in the target's own unit: (rows,) → (rows, outputs), float64.

    A row for which there is no prediction is nan, and is left out of the figures."""
    says: str
    """What it is, for a person."""
    fitted_rows: int
    """How many of the fold's training rows it was fitted on: fewer than all where all would cost too much."""
    measured: Integers | None = None
    """The training rows that its training figures may speak of; None for all."""


class Baseline(Protocol):
    """A simple predictor. Its fit is deterministic, and reads nothing of the rows that a fold holds out."""

    def applies(self, dataset: Dataset) -> bool:
        """Tell whether it can be for such data."""
        ...

    def fit(self, fold: Fold) -> Fitted:
        """Return it fitted on the training rows.

        Raises
        ------
        LabError
            Where these rows do not allow it; the study goes on without.
        """
        ...


BASELINES: Registry[Baseline] = Registry("baseline")


def on(fold: Fold, rows: Integers) -> str:
    """Return the words that say so where a fit saw fewer rows than there are."""
    return "" if len(rows) == len(fold.train) else f", fitted on {len(rows):,} of {len(fold.train):,} training rows"


def finite(values: Floats, what: str) -> Floats:
    """Return the values, or refuse them where one is no number."""
    if not np.isfinite(values).all():
        raise LabError(f"the {what} hold a cell that is not a finite number", "fill empty cells by data.missing")
    return values
