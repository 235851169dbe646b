"""What every activation offers."""

from __future__ import annotations

from typing import Protocol

from engine.arrays import Floats
from engine.registry import Registry


class Activation(Protocol):
    """An elementwise function whose derivative can be told from its value.

    Both methods work in place on whole buffers, (runs, batch, units + 1): the column of ones that carries the bias
    is swept along, because one call on contiguous memory is faster than many on its parts.
    """

    @property
    def keeps_one(self) -> bool:
        """Whether f(1) = 1, so that the column of ones need not be restored."""
        ...

    def forward(self, values: Floats) -> None:
        """Replace z by f(z)."""
        ...

    def backward(self, outputs: Floats, upstream: Floats) -> None:
        """Replace the gradient for f(z) by the gradient for z, given f(z), which may be used up."""
        ...


ACTIVATIONS: Registry[Activation] = Registry("activation")
