"""The logistic sigmoid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.activations.base import ACTIVATIONS
from engine.arrays import Floats


@ACTIVATIONS.register("sigmoid")
@dataclass(frozen=True, slots=True)
class Sigmoid:
    """1/(1 + exp(−z)): a soft step from 0 to 1."""

    keeps_one: ClassVar[bool] = False
    scratch: ClassVar[int] = 0
    is_rectifier: ClassVar[bool] = False

    def forward(self, values: Floats, scratch: Floats) -> None:
        """Replace z by σ(z) = (1 + tanh(z/2))/2, which cannot overflow."""
        np.multiply(values, 0.5, out=values)
        np.tanh(values, out=values)
        np.multiply(values, 0.5, out=values)
        np.add(values, 0.5, out=values)

    def backward(self, outputs: Floats, upstream: Floats, scratch: Floats) -> None:
        """Multiply by σ′ = σ(1 − σ)."""
        np.multiply(upstream, outputs, out=upstream)
        np.subtract(1, outputs, out=outputs)
        np.multiply(upstream, outputs, out=upstream)
