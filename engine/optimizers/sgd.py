"""Plain gradient descent, stochastic where batches are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Floats
from engine.fields import bounded, check
from engine.optimizers.base import OPTIMIZERS, Scheduled
from engine.rates import Rates


@OPTIMIZERS.register("sgd")
@dataclass(frozen=True, slots=True)
class Sgd:
    """w ← w − learning_rate · g (Robbins & Monro 1951)."""

    decouples_decay: ClassVar[bool] = False
    iterates: ClassVar[bool] = True

    learning_rate: float = bounded(0.01, above=0, at_most=1e6, scale="log", help="the size of a step")

    def __post_init__(self) -> None:
        check(self, "training")

    @classmethod
    def stepper(cls, settings: Sequence[Sgd], parameters: Floats, rates: Rates) -> SgdStepper:
        """Return gradient descent at work on parameters of (runs, P)."""
        return SgdStepper(rates, parameters)


class SgdStepper(Scheduled):
    """Gradient descent has no state."""

    def step(self, parameters: Floats, gradient: Floats) -> None:
        """Take one step down the gradient, in place: (runs, P)."""
        np.multiply(gradient, self._rates.next(), out=gradient)
        np.subtract(parameters, gradient, out=parameters)

    def state(self) -> dict[str, Floats]:
        """Return nothing: the parameters are all there is."""
        return {}
