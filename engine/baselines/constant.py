"""The best answer that looks at no feature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats, Integers
from engine.baselines.base import BASELINES, Fitted, Fold
from engine.data.dataset import Dataset
from engine.losses import Absolute, CrossEntropy, Hinge, Huber, Loss

# Enough to halve any interval of float64 down to neighbouring numbers near its middle.
HALVINGS = 60
# By how much the commonest class is put before one that is as good for the loss.
AHEAD = 1e-9


@BASELINES.register("constant")
@dataclass(frozen=True, slots=True)
class Constant:
    """The one output that makes the experiment's own loss smallest on the training rows.

    The mean for squared losses, the median for the absolute one, between them for Huber's; the logarithms of the
    classes' shares for cross-entropy. Any other constant would be beaten by this one without a look at a feature, and
    so would flatter the network that is compared with it. For classes it always answers with the commonest.
    """

    def applies(self, dataset: Dataset) -> bool:  # noqa: ARG002
        """It always does."""
        return True

    def fit(self, fold: Fold) -> Fitted:
        """Return the constant of the training rows."""
        targets = fold.taught(fold.train)
        best, says = best_constant(targets, fold.loss)
        if fold.dataset.task == "classification":
            best, says = _with_commonest_ahead(best, targets), f"the commonest class; {says}"

        def predict(rows: Integers) -> Floats:
            return np.repeat(best[None], len(rows), axis=0)

        return Fitted(predict, says, len(fold.train))


def best_constant(targets: Floats, loss: Loss) -> tuple[Floats, str]:
    """Return the constant with the smallest total loss, and what it is: (rows, outputs) → (outputs,)."""
    match loss:
        case CrossEntropy():
            return np.log(shares(targets)), "its logits are the logarithms of the classes' shares"
        case Hinge():
            # p · max(0, 1 − c) + (1 − p) · max(0, 1 + c) is smallest at c = 1 where p > ½, and at −1 where p < ½.
            return np.where(targets.mean(axis=0) > 0.5, 1.0, -1.0), "margins are 1 for a class that most rows have"
        case Absolute():
            return np.median(targets, axis=0), "the median of the training rows"
        case Huber():
            return _huber(targets, loss.delta), "the constant of the smallest Huber loss on the training rows"
        case _:
            return targets.mean(axis=0), "the mean of the training rows"


def shares(targets: Floats) -> Floats:
    """Return the classes' shares of one-hot rows: (rows, classes) → (classes,).

    A class without a row counts as half a row (Jeffreys' prior for it alone), so that its logarithm is finite.
    """
    counts = targets.sum(axis=0)
    counts = np.where(counts > 0, counts, 0.5)
    return np.asarray(counts / counts.sum())


def _huber(targets: Floats, delta: float) -> Floats:
    """Return where Σ clip(c − y, ±delta), which never falls, crosses zero: (rows, outputs) → (outputs,)."""
    low, high = targets.min(axis=0), targets.max(axis=0)
    for _ in range(HALVINGS):
        middle = low + (high - low) / 2
        too_high = np.clip(middle - targets, -delta, delta).sum(axis=0) > 0
        low, high = np.where(too_high, low, middle), np.where(too_high, middle, high)
    return np.asarray(low + (high - low) / 2)


def _with_commonest_ahead(outputs: Floats, targets: Floats) -> Floats:
    """Return the outputs with the commonest class the largest: some losses are as content with a tie."""
    commonest = int(targets.sum(axis=0).argmax())
    if int(outputs.argmax()) != commonest:
        outputs = outputs.copy()
        outputs[commonest] = outputs.max() + AHEAD
    return outputs
