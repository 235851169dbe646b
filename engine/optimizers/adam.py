"""Adam."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats
from engine.fields import bounded, check
from engine.optimizers.base import OPTIMIZERS, column


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
    """Both moments of a stack, in one array so that each operation serves both: (2, runs, P)."""

    def __init__(self, settings: Sequence[Adam], parameters: Floats) -> None:
        self.learning_rate = column(settings, "learning_rate", parameters)
        self._betas = np.stack([column(settings, "beta1", parameters), column(settings, "beta2", parameters)])
        self._rest = 1 - self._betas
        self._epsilon = column(settings, "epsilon", parameters)
        self._moments = np.zeros((2, *parameters.shape), dtype=parameters.dtype)
        self._fresh = np.empty_like(self._moments)
        # β₁ᵗ and β₂ᵗ in float64: .999ᵗ loses its last digits in float32 within a few thousand steps.
        self._powers = np.ones_like(self._betas, dtype=np.float64)
        self._betas64 = np.array([[[s.beta1] for s in settings], [[s.beta2] for s in settings]], dtype=np.float64)

    def step(self, parameters: Floats, gradient: Floats) -> None:
        """Take one step, in place: (runs, P)."""
        moments, fresh = self._moments, self._fresh
        np.multiply(gradient, self._rest[0], out=fresh[0])
        np.multiply(gradient, gradient, out=fresh[1])
        np.multiply(fresh[1], self._rest[1], out=fresh[1])
        np.multiply(moments, self._betas, out=moments)
        np.add(moments, fresh, out=moments)

        # m̂/(√v̂ + ε) = m·(√(1−β₂ᵗ)/(1−β₁ᵗ)) / (√v + ε√(1−β₂ᵗ)): the correction is two numbers a run, not two arrays.
        self._powers *= self._betas64
        root = np.sqrt(1 - self._powers[1])
        rate = (self.learning_rate * (root / (1 - self._powers[0]))).astype(parameters.dtype)
        np.sqrt(moments[1], out=gradient)
        np.add(gradient, (self._epsilon * root).astype(parameters.dtype), out=gradient)
        np.divide(moments[0], gradient, out=gradient)
        np.multiply(gradient, rate, out=gradient)
        np.subtract(parameters, gradient, out=parameters)

    def state(self) -> dict[str, Floats]:
        """Return both moments, (2, runs, P), and the powers of both betas, (2, runs, 1)."""
        return {"moments": self._moments, "powers": self._powers}
