"""What every activation offers."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np

from engine.arrays import Floats
from engine.registry import Registry


class Activation(Protocol):
    """An elementwise function and its slope.

    Both methods work in place on whole buffers, (runs, rows, units + 1): the column of ones that carries the bias is
    swept along, because one call on contiguous memory is faster than many on its parts. Where the slope can be told
    from the value, nothing else is kept between them; else `forward` leaves in `scratch` what `backward` needs.
    """

    keeps_one: ClassVar[bool]
    """Whether f(1) = 1, so that the column of ones need not be restored."""
    scratch: ClassVar[int]
    """How many buffers of the values' shape it wants for itself."""
    is_rectifier: ClassVar[bool]
    """Whether it is of the ReLU family, which halves a signal: its weights start larger (He)."""

    def forward(self, values: Floats, scratch: Floats) -> None:
        """Replace z by f(z)."""
        ...

    def backward(self, outputs: Floats, upstream: Floats, scratch: Floats) -> None:
        """Replace the gradient for f(z) by the gradient for z, given f(z), which may be used up."""
        ...


ACTIVATIONS: Registry[Activation] = Registry("activation")


def slope_where_positive(values: Floats) -> None:
    """Replace positive values by 1 and 0 by 0; what is negative becomes 0 or less, and NaN stays.

    As floats they multiply without the conversion that a mask needs. `np.sign` would say it in one call, but it decides
    number by number: where on and off are mixed, as they are, it takes eight times as long.
    """
    np.minimum(values, 1, out=values)
    np.ceil(values, out=values)
