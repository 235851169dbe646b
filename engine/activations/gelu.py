"""The Gaussian error linear unit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.activations.base import ACTIVATIONS
from engine.arrays import Floats

C = math.sqrt(2 / math.pi)
CUBIC = 0.044715


@ACTIVATIONS.register("gelu")
@dataclass(frozen=True, slots=True)
class Gelu:
    """z · (1 + tanh(√(2/π)(z + .044715z³)))/2: a smooth ReLU that dips below 0 (Hendrycks & Gimpel 2016).

    This is the tanh form; the exact one, z · Φ(z), lies within .0005 of it.
    """

    keeps_one: ClassVar[bool] = False
    scratch: ClassVar[int] = 3
    is_rectifier: ClassVar[bool] = True

    def forward(self, values: Floats, scratch: Floats) -> None:
        """Replace z by f(z) and leave f′(z), which f(z) does not tell, in the first of the buffers.

        With t the tanh and u′ its argument's slope, f = z(1 + t)/2 and f′ = (1 + t)/2 + z(1 − t²)u′/2.
        """
        slope, t, rest = scratch
        np.multiply(values, values, out=slope)
        np.multiply(slope, C * CUBIC, out=t)
        np.add(t, C, out=t)
        np.multiply(t, values, out=t)
        np.tanh(t, out=t)
        np.multiply(slope, 1.5 * C * CUBIC, out=slope)
        np.add(slope, 0.5 * C, out=slope)
        np.multiply(slope, values, out=slope)  # zu′/2
        np.add(t, 1, out=t)
        np.multiply(values, t, out=values)
        np.multiply(values, 0.5, out=values)
        # 1 − t² = (1 + t)(2 − (1 + t)), so f′ = (1 + t)(1/2 + (2 − (1 + t)) · zu′/2).
        np.subtract(2, t, out=rest)
        np.multiply(slope, rest, out=slope)
        np.add(slope, 0.5, out=slope)
        np.multiply(slope, t, out=slope)

    def backward(self, outputs: Floats, upstream: Floats, scratch: Floats) -> None:
        """Multiply by the slope that was kept."""
        np.multiply(upstream, scratch[0], out=upstream)
