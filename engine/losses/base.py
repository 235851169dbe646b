"""What every loss offers."""

from __future__ import annotations

from typing import Protocol

from engine.arrays import Floats
from engine.registry import Registry


class Loss(Protocol):
    """A loss of outputs against targets; classes come as one-hot rows."""

    @property
    def for_classes_only(self) -> bool:
        """Whether the targets must be one-hot rows."""
        ...

    def total(self, outputs: Floats, targets: Floats) -> Floats:
        """Return the loss summed over rows and outputs: (runs, rows, outputs) twice → (runs,)."""
        ...

    def gradient(self, outputs: Floats, targets: Floats) -> None:
        """Replace the outputs by the gradient of the loss for them, averaged over the rows."""
        ...


LOSSES: Registry[Loss] = Registry("loss")
