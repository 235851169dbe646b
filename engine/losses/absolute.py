"""The absolute loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Floats, signs
from engine.losses.base import LOSSES, over_rows


@LOSSES.register("absolute")
@dataclass(frozen=True, slots=True)
class Absolute:
    """|ŷ − y|: aims at the median, so that a few far-off rows do not draw the fit to them."""

    for_classes_only: ClassVar[bool] = False

    def total(self, outputs: Floats, targets: Floats) -> Floats:
        """Return Σ|ŷ − y|: (runs, rows, outputs) twice → (runs,)."""
        return over_rows(np.abs(outputs - targets))

    def gradient(self, outputs: Floats, targets: Floats, factor: float, unit: Floats) -> None:
        """Replace ŷ by sign(ŷ − y) · factor; where both are equal the slope is taken as 0."""
        np.subtract(outputs, targets, out=outputs)
        signs(outputs, out=outputs)
        np.multiply(outputs, factor, out=outputs)
