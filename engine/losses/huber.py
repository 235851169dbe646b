"""The Huber loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Floats
from engine.fields import bounded, check
from engine.losses.base import LOSSES, over_rows


@LOSSES.register("huber")
@dataclass(frozen=True, slots=True)
class Huber:
    """½(ŷ − y)² for small errors, delta · (|ŷ − y| − delta/2) beyond delta (Huber 1964)."""

    for_classes_only: ClassVar[bool] = False

    delta: float = bounded(
        1.0, above=0, at_most=1e12, scale="log", help="the error, in the target's unit, beyond which it counts linearly"
    )

    def __post_init__(self) -> None:
        check(self, "training")

    def total(self, outputs: Floats, targets: Floats) -> Floats:
        """Return the summed loss: (runs, rows, outputs) twice, in the target's unit → (runs,)."""
        error = np.abs(outputs - targets)
        near = np.minimum(error, self.delta)
        # With near = min(error, delta) both branches are near · (error − near/2).
        return over_rows(near * (error - 0.5 * near))

    def gradient(self, outputs: Floats, targets: Floats, factor: float, unit: Floats) -> None:
        """Replace ŷ by (ŷ − y) · factor, the error held within ±delta."""
        delta = (self.delta / unit).astype(outputs.dtype)
        np.subtract(outputs, targets, out=outputs)
        np.maximum(outputs, -delta, out=outputs)
        np.minimum(outputs, delta, out=outputs)
        np.multiply(outputs, factor, out=outputs)
