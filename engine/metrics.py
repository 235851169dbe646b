"""Metrics: what is reported beside the loss, in the target's own unit.

A tally adds up chunks of rows in float64, so that a figure does not depend on how much memory there was.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from engine.arrays import Floats
from engine.losses import Loss

NAMES = {"regression": ("mae", "rmse", "r2"), "classification": ("accuracy", "f1")}
LARGER_IS_BETTER = {"r2", "accuracy", "f1"}


class Tally(Protocol):
    """Sums over chunks of rows of one run."""

    def add(self, outputs: Floats, targets: Floats) -> None:
        """Add a chunk: (1, rows, outputs) twice."""
        ...

    def figures(self) -> dict[str, float]:
        """Return the loss and the metrics by name."""
        ...


class RegressionTally:
    """Mean absolute error, root mean squared error and R², over rows; errors of several outputs are summed."""

    def __init__(self, loss: Loss, outputs: int) -> None:
        self._loss = loss
        self._rows = 0
        self._total = self._absolute = 0.0
        self._squared, self._sum, self._sum_of_squares = (np.zeros(outputs) for _ in range(3))
        self._origin: Floats | None = None

    def add(self, outputs: Floats, targets: Floats) -> None:
        """Add a chunk: (1, rows, outputs) twice, both in the target's unit."""
        error = outputs - targets
        self._rows += targets.shape[1]
        self._total += float(self._loss.total(outputs, targets)[0])
        self._absolute += float(np.abs(error).sum())
        self._squared += (error * error).sum(axis=(0, 1))
        # Around the first target: squares of numbers far from zero would leave no digits for their spread.
        if self._origin is None:
            self._origin = targets[0, 0].copy()
        around = targets - self._origin
        self._sum += around.sum(axis=(0, 1))
        self._sum_of_squares += (around * around).sum(axis=(0, 1))

    def figures(self) -> dict[str, float]:
        """Return loss, mae, rmse and r2 = 1 − SSE/SST; NaN where the target does not vary."""
        around_mean = float((self._sum_of_squares - self._sum**2 / self._rows).sum())
        error = float(self._squared.sum())
        return {
            "loss": self._total / self._rows,
            "mae": self._absolute / self._rows,
            "rmse": math.sqrt(error / self._rows) if error >= 0 else math.nan,
            "r2": 1 - error / around_mean if around_mean > 0 else math.nan,
        }


class ClassificationTally:
    """Accuracy and macro F1."""

    def __init__(self, loss: Loss, outputs: int) -> None:
        self._loss = loss
        self._total = 0.0
        self._confusion = np.zeros((outputs, outputs), dtype=np.int64)

    def add(self, outputs: Floats, targets: Floats) -> None:
        """Add a chunk: logits and one-hot targets, (1, rows, classes) twice."""
        self._total += float(self._loss.total(outputs, targets)[0])
        classes = outputs.shape[2]
        pairs = targets[0].argmax(axis=1) * classes + outputs[0].argmax(axis=1)
        self._confusion += np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)

    def figures(self) -> dict[str, float]:
        """Return loss, accuracy and f1, the unweighted mean of 2TP/(2TP + FP + FN) over the classes that occur."""
        rows = int(self._confusion.sum())
        hits = np.diag(self._confusion)
        either = self._confusion.sum(axis=0) + self._confusion.sum(axis=1)
        occurs = either > 0
        return {
            "loss": self._total / rows,
            "accuracy": float(hits.sum() / rows),
            "f1": float((2 * hits[occurs] / either[occurs]).mean()),
        }


def tally(task: str, loss: Loss, outputs: int) -> Tally:
    """Return an empty tally for a task."""
    return ClassificationTally(loss, outputs) if task == "classification" else RegressionTally(loss, outputs)
