"""Metrics: what is reported beside the loss, in the target's own unit.

A tally adds up chunks of rows in float64, so that a figure does not depend on how much memory there was. It speaks of
several runs at once and never mixes them.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from engine.arrays import Floats, Integers
from engine.losses import Loss

NAMES = {"regression": ("mae", "rmse", "r2"), "classification": ("accuracy", "f1")}
LARGER_IS_BETTER = {"r2", "accuracy", "f1"}


class Tally(Protocol):
    """Sums over chunks of rows, run by run."""

    def add(self, outputs: Floats, targets: Floats) -> None:
        """Add a chunk: (runs, rows, outputs) twice."""
        ...

    def figures(self) -> dict[str, Floats]:
        """Return the loss and the metrics by name: (runs,) each."""
        ...


class RegressionTally:
    """Mean absolute error, root mean squared error and R², over rows; errors of several outputs are summed."""

    def __init__(self, loss: Loss, runs: int, outputs: int) -> None:
        self._loss = loss
        self._rows = 0
        self._total, self._absolute = np.zeros(runs), np.zeros(runs)
        self._squared, self._sum, self._sum_of_squares = (np.zeros((runs, outputs)) for _ in range(3))
        self._origin: Floats | None = None

    def add(self, outputs: Floats, targets: Floats) -> None:
        """Add a chunk: (runs, rows, outputs) twice, both in the target's unit."""
        error = outputs - targets
        self._rows += targets.shape[1]
        self._total += self._loss.total(outputs, targets)
        self._absolute += np.abs(error).reshape(len(error), -1).sum(axis=1)
        self._squared += (error * error).sum(axis=1)
        # Around the first target: squares of numbers far from zero would leave no digits for their spread.
        if self._origin is None:
            self._origin = targets[:, :1].copy()
        around = targets - self._origin
        self._sum += around.sum(axis=1)
        self._sum_of_squares += (around * around).sum(axis=1)

    def figures(self) -> dict[str, Floats]:
        """Return loss, mae, rmse and r2 = 1 − SSE/SST; NaN where the target does not vary."""
        around_mean = (self._sum_of_squares - self._sum**2 / self._rows).sum(axis=1)
        error = self._squared.sum(axis=1)
        return {
            "loss": self._total / self._rows,
            "mae": self._absolute / self._rows,
            "rmse": np.sqrt(error / self._rows),
            "r2": 1 - error / np.where(around_mean > 0, around_mean, np.nan),
        }


class ClassificationTally:
    """Accuracy and macro F1."""

    def __init__(self, loss: Loss, runs: int, outputs: int) -> None:
        self._loss = loss
        self._total = np.zeros(runs)
        self._confusion = np.zeros((runs, outputs, outputs), dtype=np.int64)

    def add(self, outputs: Floats, targets: Floats) -> None:
        """Add a chunk: logits and one-hot targets, (runs, rows, classes) twice."""
        self._total += self._loss.total(outputs, targets)
        runs, _, classes = outputs.shape
        # The class of a one-hot row as a product with 0, 1, 2 …: sooner than looking for the largest.
        true = np.arange(classes, dtype=targets.dtype) @ targets.swapaxes(1, 2)
        pairs = true.astype(np.int64) * classes + _first_of_largest(outputs)
        pairs += (np.arange(runs) * classes * classes)[:, None]
        counts = np.bincount(pairs.ravel(), minlength=self._confusion.size)
        self._confusion += counts.reshape(self._confusion.shape)

    def figures(self) -> dict[str, Floats]:
        """Return loss, accuracy and f1, the unweighted mean of 2TP/(2TP + FP + FN) over the classes that occur."""
        rows = self._confusion[0].sum()
        hits = np.diagonal(self._confusion, axis1=1, axis2=2)
        either = self._confusion.sum(axis=1) + self._confusion.sum(axis=2)
        occurs = either > 0
        scores = np.where(occurs, 2 * hits / np.maximum(either, 1), 0).sum(axis=1) / occurs.sum(axis=1)
        return {"loss": self._total / rows, "accuracy": hits.sum(axis=1) / rows, "f1": scores}


def _first_of_largest(outputs: Floats) -> Integers:
    """Return each row's class, the first of the largest outputs: (runs, rows, classes) → (runs, rows).

    Like argmax over the classes, which NumPy does row by row; this goes through whole columns. A row of NaN gives the
    last class.
    """
    classes = outputs.shape[2]
    codes = np.arange(classes, 0, -1, dtype=np.min_scalar_type(classes))
    largest = (outputs == outputs.max(axis=2, keepdims=True)) * codes
    first: Integers = classes - largest.max(axis=2).astype(np.int64)
    np.minimum(first, classes - 1, out=first)
    return first


def tally(task: str, loss: Loss, runs: int, outputs: int) -> Tally:
    """Return an empty tally for a task."""
    kind = ClassificationTally if task == "classification" else RegressionTally
    return kind(loss, runs, outputs)
