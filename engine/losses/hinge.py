"""The hinge loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Floats
from engine.losses.base import LOSSES, over_rows


@LOSSES.register("hinge")
@dataclass(frozen=True, slots=True)
class Hinge:
    """max(0, 1 − t·ŷ), t being +1 for the true class and −1 for each other, summed over the classes.

    With a linear model and weight decay this is the linear support vector machine, one class against the rest.
    """

    for_classes_only: ClassVar[bool] = True

    def total(self, outputs: Floats, targets: Floats) -> Floats:
        """Return Σmax(0, 1 − t·ŷ): (runs, rows, classes) twice → (runs,)."""
        return over_rows(np.maximum(0, 1 - (2 * targets - 1) * outputs))

    def gradient(self, outputs: Floats, targets: Floats, factor: float, unit: Floats) -> None:
        """Replace ŷ by −t · factor where the margin is below 1, else by 0; at 1 the slope is taken as 0."""
        signs = 2 * targets - 1
        np.multiply(outputs, signs, out=outputs)
        # Comparing 1 with the margin gives the part of the slope that is on: 1 below the margin's 1, else 0.
        np.less(outputs, 1, out=outputs)
        np.multiply(signs, -factor, out=signs)
        np.multiply(outputs, signs, out=outputs)
