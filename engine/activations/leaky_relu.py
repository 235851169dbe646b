"""The leaky rectified linear unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.activations.base import ACTIVATIONS, slope_where_positive
from engine.arrays import Floats

LEAK = 0.01


@ACTIVATIONS.register("leaky-relu")
@dataclass(frozen=True, slots=True)
class LeakyRelu:
    """max(z, z/100): a ReLU whose units cannot die, since some slope is left below 0 (Maas et al. 2013)."""

    keeps_one: ClassVar[bool] = True
    scratch: ClassVar[int] = 1
    is_rectifier: ClassVar[bool] = True

    def forward(self, values: Floats, scratch: Floats) -> None:
        """Replace z by max(z, z/100)."""
        np.multiply(values, LEAK, out=scratch[0])
        np.maximum(values, scratch[0], out=values)

    def backward(self, outputs: Floats, upstream: Floats, scratch: Floats) -> None:
        """Multiply by 1 above 0 and by 1/100 else."""
        slope_where_positive(outputs)
        np.maximum(outputs, LEAK, out=outputs)
        np.multiply(upstream, outputs, out=upstream)
