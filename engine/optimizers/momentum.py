"""Gradient descent with momentum, and Nesterov's form of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Floats
from engine.fields import bounded, check
from engine.optimizers.base import OPTIMIZERS, Scheduled, column
from engine.rates import Rates


@OPTIMIZERS.register("momentum")
@dataclass(frozen=True, slots=True)
class Momentum:
    """Heavy ball: the velocity keeps a share of its past (Polyak 1964).

    v ← momentum · v + g, w ← w − learning_rate · v
    """

    decouples_decay: ClassVar[bool] = False
    iterates: ClassVar[bool] = True

    learning_rate: float = bounded(0.01, above=0, at_most=1e6, scale="log", help="the size of a step")
    momentum: float = bounded(0.9, at_least=0, below=1, help="the share of its velocity that a step keeps")

    def __post_init__(self) -> None:
        check(self, "training")

    @classmethod
    def stepper(cls, settings: Sequence[Momentum], parameters: Floats, rates: Rates) -> MomentumStepper:
        """Return the heavy ball at work on parameters of (runs, P)."""
        return MomentumStepper(rates, parameters, column(settings, "momentum", parameters))


@OPTIMIZERS.register("nesterov")
@dataclass(frozen=True, slots=True)
class Nesterov:
    """Momentum whose step looks ahead: the gradient counts at once and again in the velocity (Nesterov 1983).

    v ← momentum · v + g, w ← w − learning_rate · (g + momentum · v): the form of Sutskever et al. 2013, in which the
    parameters are those of the place looked ahead to.
    """

    decouples_decay: ClassVar[bool] = False
    iterates: ClassVar[bool] = True

    learning_rate: float = bounded(0.01, above=0, at_most=1e6, scale="log", help="the size of a step")
    momentum: float = bounded(0.9, at_least=0, below=1, help="the share of its velocity that a step keeps")

    def __post_init__(self) -> None:
        check(self, "training")

    @classmethod
    def stepper(cls, settings: Sequence[Nesterov], parameters: Floats, rates: Rates) -> NesterovStepper:
        """Return Nesterov's momentum at work on parameters of (runs, P)."""
        return NesterovStepper(rates, parameters, column(settings, "momentum", parameters))


class MomentumStepper(Scheduled):
    """The velocities of a stack: (runs, P)."""

    def __init__(self, rates: Rates, parameters: Floats, momentum: Floats) -> None:
        super().__init__(rates, parameters)
        self._momentum = momentum
        self._velocity = np.zeros_like(parameters)

    def step(self, parameters: Floats, gradient: Floats) -> None:
        """Roll one step on, in place: (runs, P)."""
        velocity = self._velocity
        np.multiply(velocity, self._momentum, out=velocity)
        np.add(velocity, gradient, out=velocity)
        np.multiply(velocity, self._rates.next(), out=gradient)
        np.subtract(parameters, gradient, out=parameters)

    def state(self) -> dict[str, Floats]:
        """Return the velocities: (runs, P)."""
        return {"velocity": self._velocity}


class NesterovStepper(MomentumStepper):
    """The velocities of a stack, and a look ahead."""

    def __init__(self, rates: Rates, parameters: Floats, momentum: Floats) -> None:
        super().__init__(rates, parameters, momentum)
        self._scratch = np.empty_like(parameters)

    def step(self, parameters: Floats, gradient: Floats) -> None:
        """Take one step, in place: (runs, P)."""
        velocity = self._velocity
        np.multiply(velocity, self._momentum, out=velocity)
        np.add(velocity, gradient, out=velocity)
        np.multiply(velocity, self._momentum, out=self._scratch)
        np.add(gradient, self._scratch, out=gradient)
        np.multiply(gradient, self._rates.next(), out=gradient)
        np.subtract(parameters, gradient, out=parameters)
