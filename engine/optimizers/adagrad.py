"""Adagrad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Floats
from engine.fields import bounded, check
from engine.optimizers.base import OPTIMIZERS, Scheduled, column
from engine.rates import Rates


@OPTIMIZERS.register("adagrad")
@dataclass(frozen=True, slots=True)
class Adagrad:
    """Each weight's steps shrink with all the gradients that it has seen (Duchi, Hazan & Singer 2011).

    s ← s + g², w ← w − learning_rate · g/(√s + epsilon)
    """

    decouples_decay: ClassVar[bool] = False
    iterates: ClassVar[bool] = True

    learning_rate: float = bounded(0.001, above=0, at_most=1e6, scale="log", help="the size of the first step")
    epsilon: float = bounded(
        1e-8, above=0, at_most=1, scale="log", help="keeps a step finite where gradients vanish", rare=True
    )

    def __post_init__(self) -> None:
        check(self, "training")

    @classmethod
    def stepper(cls, settings: Sequence[Adagrad], parameters: Floats, rates: Rates) -> AdagradStepper:
        """Return Adagrad at work on parameters of (runs, P)."""
        return AdagradStepper(rates, parameters, column(settings, "epsilon", parameters))


class AdagradStepper(Scheduled):
    """The summed squares of a stack's gradients: (runs, P)."""

    def __init__(self, rates: Rates, parameters: Floats, epsilon: Floats) -> None:
        super().__init__(rates, parameters)
        self._epsilon = epsilon
        self._squares = np.zeros_like(parameters)
        self._scratch = np.empty_like(parameters)

    def step(self, parameters: Floats, gradient: Floats) -> None:
        """Take one step, in place: (runs, P)."""
        scratch = self._scratch
        np.multiply(gradient, gradient, out=scratch)
        np.add(self._squares, scratch, out=self._squares)
        np.sqrt(self._squares, out=scratch)
        np.add(scratch, self._epsilon, out=scratch)
        np.divide(gradient, scratch, out=gradient)
        np.multiply(gradient, self._rates.next(), out=gradient)
        np.subtract(parameters, gradient, out=parameters)

    def state(self) -> dict[str, Floats]:
        """Return the summed squares: (runs, P)."""
        return {"squares": self._squares}
