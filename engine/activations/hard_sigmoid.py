"""The hard sigmoid: a ramp between two levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.activations.base import ACTIVATIONS, slope_where_positive
from engine.arrays import Floats


@ACTIVATIONS.register("hard-sigmoid")
@dataclass(frozen=True, slots=True)
class HardSigmoid:
    """z/4 + 1/2 between 0 and 1: the sigmoid's tangent in its middle, cut off. Other books divide by 5 or 6.

    Two ReLUs make one, and enough of them any continuous curve of straight pieces.
    """

    keeps_one: ClassVar[bool] = False
    scratch: ClassVar[int] = 0
    is_rectifier: ClassVar[bool] = False

    def forward(self, values: Floats, scratch: Floats) -> None:
        """Replace z by z/4 + 1/2, at least 0 and at most 1."""
        np.multiply(values, 0.25, out=values)
        np.add(values, 0.5, out=values)
        # Not `clip`, which goes through Python: two calls of ufuncs are quicker.
        np.maximum(values, 0, out=values)
        np.minimum(values, 1, out=values)

    def backward(self, outputs: Floats, upstream: Floats, scratch: Floats) -> None:
        """Multiply by 1/4 on the ramp and by 0 beside it."""
        # |y − 1/2| reaches 1/2 beside the ramp, and only there nothing is left of 1/2 − |y − 1/2|.
        np.subtract(outputs, 0.5, out=outputs)
        np.abs(outputs, out=outputs)
        np.subtract(0.5, outputs, out=outputs)
        slope_where_positive(outputs)
        np.multiply(outputs, 0.25, out=outputs)
        np.multiply(upstream, outputs, out=upstream)
