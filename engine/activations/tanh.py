"""The hyperbolic tangent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.activations.base import ACTIVATIONS
from engine.arrays import Floats


@ACTIVATIONS.register("tanh")
@dataclass(frozen=True, slots=True)
class Tanh:
    """tanh z: a soft step from −1 to 1, centred on zero."""

    @property
    def keeps_one(self) -> bool:
        """Tanh(1) = .762."""
        return False

    def forward(self, values: Floats) -> None:
        """Replace z by tanh z."""
        np.tanh(values, out=values)

    def backward(self, outputs: Floats, upstream: Floats) -> None:
        """Multiply by tanh′ = 1 − tanh²."""
        np.multiply(outputs, outputs, out=outputs)
        np.subtract(1, outputs, out=outputs)
        np.multiply(upstream, outputs, out=upstream)
