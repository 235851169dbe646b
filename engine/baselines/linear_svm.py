"""The linear support vector machine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats, Integers
from engine.baselines.base import BASELINES, Fitted, Fold
from engine.baselines.classifying import affordable, fitted_weights
from engine.data.dataset import Dataset
from engine.losses import CrossEntropy, Hinge

TOLERANCE = 1e-4


@BASELINES.register("linear-svm")
@dataclass(frozen=True, slots=True)
class LinearSvm:
    """For each class against the rest, the line with the smallest squared hinge loss and a mild penalty, C = 1.

    Squared, max(0, 1 − t·ŷ)² is smooth and its minimum quickly found; it is what liblinear, and so scikit-learn's
    LinearSVC, takes by default (Fan et al. 2008), with the difference that here the intercept is not penalized. The
    hinge and cross-entropy are shown the margins, which for the latter are not calibrated; other losses 1/(1 + e^−2m),
    a probability of .88 where a margin m is just kept.
    """

    def applies(self, dataset: Dataset) -> bool:
        """Tell whether the target is a class."""
        return dataset.task == "classification"

    def fit(self, fold: Fold) -> Fitted:
        """Return the minimum on the training rows, or on a sample of them."""
        rows = affordable(fold)
        targets = fold.taught(rows)
        # Where no feature helps, the best margin of a class of share p is that of p · (1 − c)² + (1 − p) · (1 + c)².
        start = 2 * targets.mean(axis=0) - 1
        weights, how = fitted_weights(_squared_hinge, fold, rows, targets, start, TOLERANCE)
        sums = fold.linear(weights)
        as_they_are = isinstance(fold.loss, Hinge | CrossEntropy)

        def predict(chunk: Integers) -> Floats:
            margins = sums(chunk)
            return margins if as_they_are else (1 + np.tanh(margins)) / 2

        return Fitted(predict, f"linear support vector machine, {how}", len(rows))


def _squared_hinge(sums: Floats, targets: Floats) -> tuple[float, Floats]:
    signs = 2 * targets - 1
    missing = np.maximum(0, 1 - signs * sums)
    return float(np.vdot(missing, missing)), -2 * signs * missing
