"""RMSprop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Floats
from engine.fields import bounded, check
from engine.optimizers.base import OPTIMIZERS, Scheduled, column
from engine.rates import Rates


@OPTIMIZERS.register("rmsprop")
@dataclass(frozen=True, slots=True)
class Rmsprop:
    """A step as long as the gradient over its recent root mean square (Hinton, Neural Networks, lecture 6e, 2012).

    v ← decay · v + (1 − decay) · g², w ← w − learning_rate · g/(√v + epsilon)
    """

    decouples_decay: ClassVar[bool] = False
    iterates: ClassVar[bool] = True

    learning_rate: float = bounded(0.001, above=0, at_most=1e6, scale="log", help="the size of a step")
    decay: float = bounded(0.9, at_least=0, below=1, help="how much of the squared gradient's mean is kept")
    epsilon: float = bounded(
        1e-8, above=0, at_most=1, scale="log", help="keeps a step finite where gradients vanish", rare=True
    )

    def __post_init__(self) -> None:
        check(self, "training")

    @classmethod
    def stepper(cls, settings: Sequence[Rmsprop], parameters: Floats, rates: Rates) -> RmspropStepper:
        """Return RMSprop at work on parameters of (runs, P)."""
        return RmspropStepper(
            rates, parameters, column(settings, "decay", parameters), column(settings, "epsilon", parameters)
        )


class RmspropStepper(Scheduled):
    """The moving mean squares of a stack's gradients: (runs, P)."""

    def __init__(self, rates: Rates, parameters: Floats, decay: Floats, epsilon: Floats) -> None:
        super().__init__(rates, parameters)
        self._decay = decay
        self._newest = 1 - decay
        self._epsilon = epsilon
        self._squares = np.zeros_like(parameters)
        self._scratch = np.empty_like(parameters)

    def step(self, parameters: Floats, gradient: Floats) -> None:
        """Take one step, in place: (runs, P)."""
        scratch, squares = self._scratch, self._squares
        np.multiply(gradient, gradient, out=scratch)
        np.multiply(scratch, self._newest, out=scratch)
        np.multiply(squares, self._decay, out=squares)
        np.add(squares, scratch, out=squares)
        np.sqrt(squares, out=scratch)
        np.add(scratch, self._epsilon, out=scratch)
        np.divide(gradient, scratch, out=gradient)
        np.multiply(gradient, self._rates.next(), out=gradient)
        np.subtract(parameters, gradient, out=parameters)

    def state(self) -> dict[str, Floats]:
        """Return the moving mean squares: (runs, P)."""
        return {"squares": self._squares}
