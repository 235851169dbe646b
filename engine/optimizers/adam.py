"""Adam."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats
from engine.fields import bounded, check
from engine.optimizers.base import OPTIMIZERS, column

AHEAD = 256


@OPTIMIZERS.register("adam")
@dataclass(frozen=True, slots=True)
class Adam:
    """A step as long as the gradient's mean over its root mean square (Kingma & Ba 2015, arXiv 1412.6980).

    m ← beta1·m + (1−beta1)·g, v ← beta2·v + (1−beta2)·g², and with the start's bias taken out,
    w ← w − learning_rate · m̂/(√v̂ + epsilon).
    """

    learning_rate: float = bounded(0.001, above=0, at_most=1e6, scale="log", help="the size of a step")
    beta1: float = bounded(0.9, at_least=0, below=1, help="how much of the gradient's mean is kept")
    beta2: float = bounded(0.999, at_least=0, below=1, help="how much of the squared gradient's mean is kept")
    epsilon: float = bounded(1e-8, above=0, at_most=1, scale="log", help="keeps a step finite where gradients vanish")

    def __post_init__(self) -> None:
        check(self, "training")

    @classmethod
    def stepper(cls, settings: Sequence[Adam], parameters: Floats) -> AdamStepper:
        """Return Adam at work on parameters of (runs, P)."""
        return AdamStepper(settings, parameters)


class AdamStepper:
    """Both moments of a stack, in one array so that one operation serves both: (2, runs, P).

    They are kept without their factors, M = m/(1 − beta1) and V = v/(1 − beta2), so that M ← beta1·M + g and
    V ← beta2·V + g². The factors and the correction of the start's bias are two numbers a run and step, worked out for
    many steps at once: at small sizes a step costs the number of its operations.
    """

    def __init__(self, settings: Sequence[Adam], parameters: Floats) -> None:
        self._dtype = parameters.dtype
        self._betas = np.stack([column(settings, "beta1", parameters), column(settings, "beta2", parameters)])
        self._moments = np.zeros((2, *parameters.shape), dtype=parameters.dtype)
        # float64: .999ᵗ loses its last digits in float32 within a few thousand steps.
        self._numbers = np.array([[s.learning_rate, s.beta1, s.beta2, s.epsilon] for s in settings])[:, None]
        self._step = 0
        self._first = 0
        self._rates, self._epsilons = self._ahead()

    def change_learning_rate(self, value: float) -> None:
        """Give all runs another learning rate from the next step on."""
        self._numbers[..., 0] = value
        self._rates, self._epsilons = self._ahead()

    def step(self, parameters: Floats, gradient: Floats) -> None:
        """Take one step, in place: (runs, P)."""
        place = self._step - self._first
        if place == AHEAD:
            self._rates, self._epsilons = self._ahead()
            place = 0
        self._step += 1
        moments = self._moments
        np.multiply(moments, self._betas, out=moments)
        np.add(moments[0], gradient, out=moments[0])
        np.multiply(gradient, gradient, out=gradient)
        np.add(moments[1], gradient, out=moments[1])
        np.sqrt(moments[1], out=gradient)
        np.add(gradient, self._epsilons[place], out=gradient)
        np.divide(moments[0], gradient, out=gradient)
        np.multiply(gradient, self._rates[place], out=gradient)
        np.subtract(parameters, gradient, out=parameters)

    def state(self) -> dict[str, Floats]:
        """Return both moments, (2, runs, P), and how many steps they have seen, (1,)."""
        return {"moments": self._moments, "steps": np.array([self._step], dtype=np.float64)}

    def _ahead(self) -> tuple[Floats, Floats]:
        """Return rate and epsilon of the coming steps, (AHEAD, runs, 1) each.

        m̂/(√v̂ + ε) = M(1−β₁)/(1−β₁ᵗ) / (√(V(1−β₂)/(1−β₂ᵗ)) + ε), and with c = √((1−β₂ᵗ)/(1−β₂)) that is
        M · c(1−β₁)/(1−β₁ᵗ) / (√V + cε).
        """
        self._first = self._step
        rate, beta1, beta2, epsilon = np.moveaxis(self._numbers, -1, 0)
        t = np.arange(self._step + 1, self._step + 1 + AHEAD, dtype=np.float64)[:, None, None]
        c = np.sqrt((1 - beta2**t) / (1 - beta2))
        rates = rate * c * (1 - beta1) / (1 - beta1**t)
        return rates.astype(self._dtype), (c * epsilon).astype(self._dtype)
