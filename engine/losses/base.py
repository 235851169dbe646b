"""What every loss offers."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np

from engine.arrays import Floats
from engine.registry import Registry


class Loss(Protocol):
    """A loss of outputs against targets; classes come as one-hot rows."""

    for_classes_only: ClassVar[bool]
    """Whether the targets must be one-hot rows."""

    def total(self, outputs: Floats, targets: Floats) -> Floats:
        """Return the loss summed over rows and outputs: (runs, rows, outputs) twice → (runs,)."""
        ...

    def gradient(self, outputs: Floats, targets: Floats, factor: float, unit: Floats) -> None:
        """Replace the outputs by the gradient of `factor` times the total loss for them.

        The factor is 1/rows for a mean over the batch. Outputs and targets are in multiples of `unit`, each run's
        deviation of the targets: (runs, 1, outputs). Only a loss with a length in it needs to know.
        """
        ...


LOSSES: Registry[Loss] = Registry("loss")


def over_rows(values: Floats) -> Floats:
    """Return each run's sum over rows and outputs: (runs, rows, outputs) → (runs,)."""
    return np.asarray(values.reshape(len(values), -1).sum(axis=1))
