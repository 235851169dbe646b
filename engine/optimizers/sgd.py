"""Plain gradient descent, stochastic where batches are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats
from engine.fields import bounded, check
from engine.optimizers.base import OPTIMIZERS, column


@OPTIMIZERS.register("sgd")
@dataclass(frozen=True, slots=True)
class Sgd:
    """w ← w − learning_rate · g (Robbins & Monro 1951)."""

    learning_rate: float = bounded(0.01, above=0, at_most=1e6, scale="log", help="the size of a step")

    def __post_init__(self) -> None:
        check(self, "training")

    @classmethod
    def stepper(cls, settings: Sequence[Sgd], parameters: Floats) -> SgdStepper:
        """Return gradient descent at work on parameters of (runs, P)."""
        return SgdStepper(column(settings, "learning_rate", parameters))


class SgdStepper:
    """Gradient descent has no state."""

    def __init__(self, learning_rate: Floats) -> None:
        self._learning_rate = learning_rate

    def change_learning_rate(self, value: float) -> None:
        """Give all runs another learning rate from the next step on."""
        self._learning_rate[:] = value

    def step(self, parameters: Floats, gradient: Floats) -> None:
        """Take one step down the gradient, in place: (runs, P)."""
        np.multiply(gradient, self._learning_rate, out=gradient)
        np.subtract(parameters, gradient, out=parameters)

    def state(self) -> dict[str, Floats]:
        """Return nothing: the parameters are all there is."""
        return {}
