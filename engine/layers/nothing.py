"""What a layer is where it does nothing."""

from __future__ import annotations


class Nothing:
    """Leaves values and gradients as they are."""

    def forward(self) -> None:
        """Do nothing."""

    def backward(self) -> None:
        """Do nothing."""
