"""Least squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats
from engine.baselines.base import BASELINES, Fitted, Fold, finite, on
from engine.closed_form import solve
from engine.data.dataset import Dataset
from engine.errors import LabError

# Singular values of a square of this side take about a second.
MOST_SIDE = 1_000
# Where rows are hardly more than columns, least squares fits noise: a sample must not make it look bad.
ROWS_A_COLUMN = 4


@BASELINES.register("linear")
@dataclass(frozen=True, slots=True)
class Linear:
    """The linear function of the features with the smallest sum of squares, in closed form, without a penalty.

    Of many such functions, where columns depend on each other, the one with the smallest scaled weights.
    """

    def applies(self, dataset: Dataset) -> bool:
        """Tell whether the target is a number."""
        return dataset.task == "regression"

    def fit(self, fold: Fold) -> Fitted:
        """Return the solution of the training rows, or of a sample of them."""
        rows, columns = fold.affordable(), fold.feed.inputs + 1
        if min(len(rows), columns) > MOST_SIDE or (len(rows) < len(fold.train) and len(rows) < ROWS_A_COLUMN * columns):
            raise LabError(
                f"least squares of {len(fold.train):,} rows with {fold.feed.inputs:,} features would take long",
                'train it: model.hidden = [], or optimizer = "closed-form"',
            )
        targets = finite(fold.taught(rows), "targets")
        middle = targets.mean(axis=0)
        weights = least_squares(finite(fold.design(rows), "features"), targets - middle)
        sums = fold.linear(weights)
        return Fitted(lambda chunk: sums(chunk) + middle, f"least squares{on(fold, rows)}", len(rows))


def least_squares(design: Floats, targets: Floats) -> Floats:
    """Return the weights with the least squares; of many such, the shortest: (columns, outputs).

    Of more rows than columns a QR leaves a square, whose sums of squares and dependences are those of the whole: with
    [X y] = QR the problem is that of R's first rows (Golub & Van Loan 2013, §5.3). The singular values of that square,
    or of X where it is wide, forgive columns that depend on each other.
    """
    rows, columns = design.shape
    if rows < columns:
        # Not by `solve`: it works out a basis of all that the rows leave open, a square of columns.
        return np.asarray(np.linalg.lstsq(design, targets)[0])
    r = np.asarray(np.linalg.qr(np.concatenate([design, targets], axis=1), mode="r"))
    return solve(r[:, :columns], r[:, columns:], "svd").weights
