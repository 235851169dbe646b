"""The squared loss, with and without a half."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Floats
from engine.losses.base import LOSSES, over_rows


@LOSSES.register("squared")
@dataclass(frozen=True, slots=True)
class Squared:
    """(ŷ − y)², without the ½ that some books add: their learning rate is twice this one."""

    for_classes_only: ClassVar[bool] = False

    def total(self, outputs: Floats, targets: Floats) -> Floats:
        """Return Σ(ŷ − y)²: (runs, rows, outputs) twice → (runs,)."""
        error = outputs - targets
        error *= error
        return over_rows(error)

    def gradient(self, outputs: Floats, targets: Floats, factor: float, unit: Floats) -> None:
        """Replace ŷ by 2(ŷ − y) · factor."""
        np.subtract(outputs, targets, out=outputs)
        np.multiply(outputs, 2.0 * factor, out=outputs)


@LOSSES.register("half-squared")
@dataclass(frozen=True, slots=True)
class HalfSquared:
    """½(ŷ − y)²: the half cancels the 2 of the slope, and with it half of the learning rate."""

    for_classes_only: ClassVar[bool] = False

    def total(self, outputs: Floats, targets: Floats) -> Floats:
        """Return Σ½(ŷ − y)²: (runs, rows, outputs) twice → (runs,)."""
        return 0.5 * Squared().total(outputs, targets)

    def gradient(self, outputs: Floats, targets: Floats, factor: float, unit: Floats) -> None:
        """Replace ŷ by (ŷ − y) · factor."""
        np.subtract(outputs, targets, out=outputs)
        np.multiply(outputs, factor, out=outputs)
