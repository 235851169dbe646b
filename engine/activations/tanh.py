"""The hyperbolic tangent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.activations.base import ACTIVATIONS
from engine.arrays import Floats


@ACTIVATIONS.register("tanh")
@dataclass(frozen=True, slots=True)
class Tanh:
    """tanh z: a soft step from −1 to 1, centred on zero."""

    keeps_one: ClassVar[bool] = False
    scratch: ClassVar[int] = 0
    is_rectifier: ClassVar[bool] = False

    def forward(self, values: Floats, scratch: Floats) -> None:
        """Replace z by tanh z."""
        np.tanh(values, out=values)

    def backward(self, outputs: Floats, upstream: Floats, scratch: Floats) -> None:
        """Multiply by tanh′ = 1 − tanh²."""
        np.multiply(outputs, outputs, out=outputs)
        np.subtract(1, outputs, out=outputs)
        np.multiply(upstream, outputs, out=upstream)
