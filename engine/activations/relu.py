"""The rectified linear unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.activations.base import ACTIVATIONS
from engine.arrays import Floats


@ACTIVATIONS.register("relu")
@dataclass(frozen=True, slots=True)
class Relu:
    """max(0, z): cheap, and its slope does not vanish for large z."""

    @property
    def keeps_one(self) -> bool:
        """max(0, 1) = 1."""
        return True

    def forward(self, values: Floats) -> None:
        """Replace z by max(0, z)."""
        np.maximum(values, 0, out=values)

    def backward(self, outputs: Floats, upstream: Floats) -> None:
        """Let the gradient through where the unit is on; at 0 the slope is taken as 0."""
        np.multiply(upstream, outputs > 0, out=upstream)
