"""Initial weights; biases start at zero.

A unit is fed by `inputs` numbers and feeds `fan_out` others: in a dense layer as many as it has units, in a convolution
so many at each tap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engine.arrays import Floats
from engine.fields import bounded, check
from engine.registry import Registry


class Initialization(Protocol):
    """Draws the weights of one layer of one run."""

    def draw(self, rng: np.random.Generator, inputs: int, outputs: int, fan_out: int) -> Floats:
        """Return float64 weights: (inputs, outputs)."""
        ...


INITIALIZATIONS: Registry[Initialization] = Registry("initialization")


@INITIALIZATIONS.register("he")
@dataclass(frozen=True, slots=True)
class He:
    """N(0, 2/fan in): keeps the size of a ReLU network's signal (He et al. 2015, arXiv 1502.01852)."""

    def draw(self, rng: np.random.Generator, inputs: int, outputs: int, fan_out: int) -> Floats:
        """Return float64 weights: (inputs, outputs)."""
        return np.asarray(rng.standard_normal((inputs, outputs)) * np.sqrt(2.0 / inputs))


@INITIALIZATIONS.register("glorot")
@dataclass(frozen=True, slots=True)
class Glorot:
    """Uniform on ±√(6/(fan in + fan out)), for sigmoid, tanh and linear layers (Glorot & Bengio 2010)."""

    def draw(self, rng: np.random.Generator, inputs: int, outputs: int, fan_out: int) -> Floats:
        """Return float64 weights: (inputs, outputs)."""
        limit = np.sqrt(6.0 / (inputs + fan_out))
        return np.asarray(rng.uniform(-limit, limit, (inputs, outputs)))


@INITIALIZATIONS.register("normal")
@dataclass(frozen=True, slots=True)
class Normal:
    """N(0, scale²), whatever the layer's width."""

    scale: float = bounded(0.01, above=0, at_most=1e6, scale="log", help="standard deviation of the initial weights")

    def __post_init__(self) -> None:
        check(self, "model")

    def draw(self, rng: np.random.Generator, inputs: int, outputs: int, fan_out: int) -> Floats:
        """Return float64 weights: (inputs, outputs)."""
        return rng.standard_normal((inputs, outputs)) * self.scale


@INITIALIZATIONS.register("zeros")
@dataclass(frozen=True, slots=True)
class Zeros:
    """All zero: right for a linear model; hidden units then stay copies of each other."""

    def draw(self, rng: np.random.Generator, inputs: int, outputs: int, fan_out: int) -> Floats:
        """Return float64 weights: (inputs, outputs)."""
        return np.zeros((inputs, outputs))
