"""Adam, and Adam with weight decay on its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Floats
from engine.fields import bounded, check
from engine.optimizers.base import OPTIMIZERS, column
from engine.rates import Ahead, Rates


@OPTIMIZERS.register("adam")
@dataclass(frozen=True, slots=True)
class Adam:
    """A step as long as the gradient's mean over its root mean square (Kingma & Ba 2015, arXiv 1412.6980).

    m ← beta1·m + (1−beta1)·g, v ← beta2·v + (1−beta2)·g², and with the start's bias taken out,
    w ← w − learning_rate · m̂/(√v̂ + epsilon).
    """

    decouples_decay: ClassVar[bool] = False
    iterates: ClassVar[bool] = True

    learning_rate: float = bounded(0.001, above=0, at_most=1e6, scale="log", help="the size of a step")
    beta1: float = bounded(0.9, at_least=0, below=1, help="how much of the gradient's mean is kept", rare=True)
    beta2: float = bounded(
        0.999, at_least=0, below=1, help="how much of the squared gradient's mean is kept", rare=True
    )
    epsilon: float = bounded(
        1e-8, above=0, at_most=1, scale="log", help="keeps a step finite where gradients vanish", rare=True
    )

    def __post_init__(self) -> None:
        check(self, "training")

    @classmethod
    def stepper(cls, settings: Sequence[Adam], parameters: Floats, rates: Rates) -> AdamStepper:
        """Return Adam at work on parameters of (runs, P)."""
        return AdamStepper(settings, parameters, rates)


@OPTIMIZERS.register("adamw")
@dataclass(frozen=True, slots=True)
class AdamW(Adam):
    """Adam whose weight decay does not pass through its moments (Loshchilov & Hutter 2019, arXiv 1711.05101).

    w ← w − learning_rate · weight_decay · w, then Adam's step.
    """

    decouples_decay: ClassVar[bool] = True


class AdamStepper:
    """Both moments of a stack, in one array so that one operation serves both: (2, runs, P).

    They are kept without their factors, M = m/(1 − beta1) and V = v/(1 − beta2), so that M ← beta1·M + g and
    V ← beta2·V + g². The factors and the correction of the start's bias are two numbers a run and step, worked out for
    many steps at once: at small sizes a step costs the number of its operations.
    """

    def __init__(self, settings: Sequence[Adam], parameters: Floats, rates: Rates) -> None:
        self._betas = np.stack([column(settings, "beta1", parameters), column(settings, "beta2", parameters)])
        self._moments = np.zeros((2, *parameters.shape), dtype=parameters.dtype)
        # float64: .999ᵗ loses its last digits in float32 within a few thousand steps.
        self._numbers = np.array([[s.beta1, s.beta2, s.epsilon] for s in settings])[:, None]
        self._learning_rates = rates
        self._ahead = Ahead(self._rates_and_epsilons, parameters.dtype)

    def rates_changed(self) -> None:
        """Heed learning rates that have changed, from the next step on."""
        self._ahead.forget()

    def go_to(self, update: int) -> None:
        """Go on after so many updates."""
        self._ahead.go_to(update)

    def step(self, parameters: Floats, gradient: Floats) -> None:
        """Take one step, in place: (runs, P)."""
        rate, epsilon = self._ahead.next()
        moments = self._moments
        first, second = moments
        np.multiply(moments, self._betas, out=moments)
        np.add(first, gradient, out=first)
        np.multiply(gradient, gradient, out=gradient)
        np.add(second, gradient, out=second)
        np.sqrt(second, out=gradient)
        np.add(gradient, epsilon, out=gradient)
        np.divide(first, gradient, out=gradient)
        np.multiply(gradient, rate, out=gradient)
        np.subtract(parameters, gradient, out=parameters)

    def state(self) -> dict[str, Floats]:
        """Return both moments: (2, runs, P)."""
        return {"moments": self._moments}

    def _rates_and_epsilons(self, steps: Floats) -> Floats:
        """Return rate and epsilon of some steps, counted from 0: (n,) → (n, 2, runs, 1).

        m̂/(√v̂ + ε) = M(1−β₁)/(1−β₁ᵗ) / (√(V(1−β₂)/(1−β₂ᵗ)) + ε), and with c = √((1−β₂ᵗ)/(1−β₂)) that is
        M · c(1−β₁)/(1−β₁ᵗ) / (√V + cε).
        """
        beta1, beta2, epsilon = np.moveaxis(self._numbers, -1, 0)
        t = (steps + 1)[:, None, None]
        c = np.sqrt((1 - beta2**t) / (1 - beta2))
        rates = self._learning_rates.at(steps) * c * (1 - beta1) / (1 - beta1**t)
        return np.stack([rates, c * epsilon], axis=1)
