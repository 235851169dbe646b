"""The rectified linear unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.activations.base import ACTIVATIONS, slope_where_positive
from engine.arrays import Floats


@ACTIVATIONS.register("relu")
@dataclass(frozen=True, slots=True)
class Relu:
    """max(0, z): cheap, and its slope does not vanish for large z."""

    keeps_one: ClassVar[bool] = True
    scratch: ClassVar[int] = 0
    is_rectifier: ClassVar[bool] = True

    def forward(self, values: Floats, scratch: Floats) -> None:
        """Replace z by max(0, z)."""
        np.maximum(values, 0, out=values)

    def backward(self, outputs: Floats, upstream: Floats, scratch: Floats) -> None:
        """Let the gradient through where the unit is on; at 0 the slope is taken as 0."""
        slope_where_positive(outputs)
        np.multiply(upstream, outputs, out=upstream)
