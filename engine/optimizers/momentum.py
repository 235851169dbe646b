"""Gradient descent with momentum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats
from engine.fields import bounded, check
from engine.optimizers.base import OPTIMIZERS, column


@OPTIMIZERS.register("momentum")
@dataclass(frozen=True, slots=True)
class Momentum:
    """Heavy ball: the velocity keeps a share of its past (Polyak 1964).

    v ← momentum · v + g, w ← w − learning_rate · v
    """

    learning_rate: float = bounded(0.01, above=0, at_most=1e6, scale="log", help="the size of a step")
    momentum: float = bounded(0.9, at_least=0, below=1, help="the share of its velocity that a step keeps")

    def __post_init__(self) -> None:
        check(self, "training")

    @classmethod
    def stepper(cls, settings: Sequence[Momentum], parameters: Floats) -> MomentumStepper:
        """Return the heavy ball at work on parameters of (runs, P)."""
        return MomentumStepper(
            column(settings, "learning_rate", parameters), column(settings, "momentum", parameters), parameters
        )


class MomentumStepper:
    """The velocities of a stack."""

    def __init__(self, learning_rate: Floats, momentum: Floats, parameters: Floats) -> None:
        self._learning_rate = learning_rate
        self._momentum = momentum
        self._velocity = np.zeros_like(parameters)

    def change_learning_rate(self, value: float) -> None:
        """Give all runs another learning rate from the next step on."""
        self._learning_rate[:] = value

    def step(self, parameters: Floats, gradient: Floats) -> None:
        """Roll one step on, in place: (runs, P)."""
        velocity = self._velocity
        np.multiply(velocity, self._momentum, out=velocity)
        np.add(velocity, gradient, out=velocity)
        np.multiply(velocity, self._learning_rate, out=gradient)
        np.subtract(parameters, gradient, out=parameters)

    def state(self) -> dict[str, Floats]:
        """Return the velocities: (runs, P)."""
        return {"velocity": self._velocity}
