"""Logistic regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Floats, Integers
from engine.baselines.base import BASELINES, Fitted, Fold
from engine.baselines.classifying import affordable, fitted_weights
from engine.baselines.constant import shares
from engine.data.dataset import Dataset
from engine.losses import CrossEntropy, Hinge, Loss

TOLERANCE = 1e-5
# Of probabilities, before their logarithm is taken.
LEAST = 1e-15


@BASELINES.register("logistic")
@dataclass(frozen=True, slots=True)
class Logistic:
    """The linear model of all classes' logits with the smallest cross-entropy and a mild penalty, C = 1.

    It is a network without hidden layers, but a convex problem that is solved instead of trained. Other losses than
    cross-entropy are shown what they aim at: squared ones the probabilities, the hinge the log-odds of each class
    against the rest. A class that no training row has gets the probability of half a row.
    """

    def applies(self, dataset: Dataset) -> bool:
        """Tell whether the target is a class."""
        return dataset.task == "classification"

    def fit(self, fold: Fold) -> Fitted:
        """Return the minimum on the training rows, or on a sample of them."""
        rows = affordable(fold)
        targets = fold.taught(rows)
        seen: Array = targets.sum(axis=0) > 0
        weights, how = fitted_weights(
            _cross_entropy, fold, rows, targets[:, seen], np.log(shares(targets[:, seen])), TOLERANCE
        )
        sums, expected = fold.linear(weights), shares(targets)

        def predict(chunk: Integers) -> Floats:
            logits = np.empty((len(chunk), len(seen)))
            logits[:, seen] = _log_softmax(sums(chunk)) + np.log(expected[seen].sum())
            logits[:, ~seen] = np.log(expected[~seen])
            return _as_wanted(logits, fold.loss)

        return Fitted(predict, f"logistic regression, {how}", len(rows))


def _cross_entropy(sums: Floats, targets: Floats) -> tuple[float, Floats]:
    logarithms = _log_softmax(sums)
    slopes = np.exp(logarithms)
    slopes -= targets
    return -float(np.vdot(logarithms, targets)), slopes


def _log_softmax(sums: Floats) -> Floats:
    shifted = sums - sums.max(axis=1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return np.asarray(shifted)


def _as_wanted(logits: Floats, loss: Loss) -> Floats:
    """Return log-probabilities as outputs of the kind that a loss is of: (rows, classes) → (rows, classes)."""
    if isinstance(loss, CrossEntropy):
        return logits
    probabilities = np.exp(logits)
    if isinstance(loss, Hinge):
        return np.asarray(logits - np.log(np.maximum(1 - probabilities, LEAST)))
    return probabilities
