"""Linear classifiers that are convex problems: loss of the sums XW on rows, and a mild penalty on W."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.arrays import Floats, Integers
from engine.baselines.base import MOST_ROWS, Fold, finite, on
from engine.baselines.convex import minimum
from engine.errors import LabError

C = 1.0
"""What the sum of the losses counts beside half of the squared weights, as in scikit-learn and liblinear."""

MOST_PRODUCTS = 60_000_000
"""Of a row's features with weights, that one step may take: about 10 ms in float32, on one core."""
MOST_PRODUCTS_IN_ALL = 3_000_000_000
MOST_WEIGHTS = 300_000
"""L-BFGS keeps each twenty times."""
MOST_STEPS = 200
"""Of L-BFGS, where that many can be paid for: seldom as many are needed."""

SumLoss = Callable[[Floats, Floats], tuple[float, Floats]]
"""From sums and one-hot targets to total loss and its gradient for the sums: (rows, classes) twice → …."""


def affordable(fold: Fold) -> Integers:
    """Return the training rows that a fit may cost: all, or a sample.

    Raises
    ------
    LabError
        Where already the weights are too many.
    """
    weights = (fold.feed.inputs + 1) * fold.feed.outputs
    if weights > MOST_WEIGHTS:
        raise LabError(
            f"{weights:,} weights of {fold.feed.inputs:,} features and {fold.feed.outputs:,} classes would take long",
            "train it: model.hidden = []",
        )
    return fold.affordable(max(1, min(MOST_ROWS, MOST_PRODUCTS // weights)))


def fitted_weights(  # noqa: PLR0917 - it is one problem, and how well it is to be solved
    loss: SumLoss, fold: Fold, rows: Integers, targets: Floats, intercept: Floats, tolerance: float
) -> tuple[Floats, str]:
    """Return the W that minimizes C · loss(XW) + ½‖W without the intercepts‖², and words on how it was reached.

    X are the scaled features of `rows`, (rows, features + 1), its last column ones; `targets` are one-hot (rows,
    classes); `intercept` (classes,) is where W's last row starts, the others from zero: (features + 1, classes). It
    counts as reached where no slope of that sum, divided by C and the rows, is steeper than `tolerance`.
    """
    design = finite(fold.design(rows), "features")
    shape = (design.shape[1], targets.shape[1])
    decay = 1 / (C * len(rows))
    if len(rows) < len(fold.train):
        # Half of the time and memory; what a sample leaves out is more than what rounding does.
        design = design.astype(np.float32)

    def value_and_gradient(point: Floats) -> tuple[float, Floats]:
        weights = point.reshape(shape)
        total, slopes = loss((design @ weights.astype(design.dtype)).astype(np.float64), targets)
        gradient = (design.T @ (slopes / len(rows)).astype(design.dtype)).astype(np.float64)
        gradient[:-1] += decay * weights[:-1]
        return total / len(rows) + 0.5 * decay * float((weights[:-1] ** 2).sum()), gradient.ravel()

    start = np.zeros(shape)
    start[-1] = intercept
    most = max(1, min(MOST_STEPS, MOST_PRODUCTS_IN_ALL // (design.size * shape[1])))
    point, steps = minimum(value_and_gradient, start.ravel(), tolerance, most)
    ended = f", ended after {most} steps" if steps == most else ""
    return point.reshape(shape), f"C = 1{on(fold, rows)}{ended}"
