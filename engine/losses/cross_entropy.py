"""Softmax with cross-entropy, as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Floats
from engine.losses.base import LOSSES


@LOSSES.register("cross-entropy")
@dataclass(frozen=True, slots=True)
class CrossEntropy:
    """−log of the probability that softmax gives to the true class; ln C for C classes before anything is learned.

    Softmax belongs to the loss because together they are stable (log-sum-exp) and their gradient is simply p − y.
    """

    for_classes_only: ClassVar[bool] = True

    def total(self, outputs: Floats, targets: Floats) -> Floats:
        """Return Σ(log Σexp o − oᵀy): (runs, rows, outputs) twice → (runs,)."""
        shifted = outputs - outputs.max(axis=2, keepdims=True)
        true = (shifted * targets).sum(axis=2)
        np.exp(shifted, out=shifted)
        return np.asarray((np.log(shifted.sum(axis=2)) - true).sum(axis=1))

    def gradient(self, outputs: Floats, targets: Floats, factor: float, unit: Floats) -> None:
        """Replace the logits by (softmax − y) · factor."""
        np.subtract(outputs, _largest(outputs), out=outputs)
        np.exp(outputs, out=outputs)
        np.divide(outputs, outputs @ np.ones((outputs.shape[2], 1), dtype=outputs.dtype), out=outputs)
        np.subtract(outputs, targets, out=outputs)
        np.multiply(outputs, factor, out=outputs)


def _largest(outputs: Floats) -> Floats:
    """Return the largest output of each row: (runs, rows, outputs) → (runs, rows, 1).

    A maximum over columns that lie one after another is quicker than over short rows; as a product with ones adds up
    each row like a sum, only sooner.
    """
    classes_first = np.ascontiguousarray(outputs.swapaxes(1, 2))
    return np.asarray(np.maximum.reduce(classes_first, axis=1)[..., None])
