"""The dense layer: every output is a weighted sum of every input, and a bias."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats
from engine.initializations import Initialization
from engine.layers.base import LAYERS, Bench, Block, Form, Signal, Source


@LAYERS.register("dense")
@dataclass(frozen=True, slots=True)
class Dense:
    """z = xᵀW + b."""

    units: int
    initialization: Initialization
    ones: bool = True
    """Whether a further layer wants a column of ones beside the outputs."""

    def form(self, inputs: Form) -> Form:
        """Return units in a line."""
        return Form(self.units, ones=self.ones)

    def blocks(self, inputs: Form) -> tuple[Block, ...]:
        """Return the weights with the biases as their last row: (inputs + 1, units)."""
        return (weights_with_bias(self.initialization, inputs.units, self.units),)

    def at_work(self, bench: Bench, source: Signal) -> tuple[DenseWork, Signal]:
        """Return the products, and their results in a new buffer."""
        target = bench.signal(self.form(source.form))
        weights, gradient = next(bench.trained)
        return DenseWork(source, target, weights, gradient), target


def weights_with_bias(initialization: Initialization, inputs: int, units: int, taps: int = 1) -> Block:
    """Return weights that are drawn over a row of biases that start at zero.

    A unit of a convolution is fed by `inputs` numbers, channels at every tap, and feeds as many taps as it has.
    """

    def draw(rng: np.random.Generator) -> Floats:
        numbers = np.zeros((inputs + 1, units))
        numbers[:-1] = initialization.draw(rng, inputs, units, taps * units)
        return numbers

    return Block((inputs + 1, units), draw, weights=inputs)


class DenseWork:
    """Three products: (runs, rows, inputs + 1) times (runs, inputs + 1, units), and two on the way back."""

    def __init__(self, source: Signal, target: Signal, weights: Floats, gradient: Floats) -> None:
        self._source = source
        self._is_first = isinstance(source, Source)
        self._weights = weights
        self._weights_transposed = weights.swapaxes(1, 2)
        self._gradient = gradient
        self._sums = target.units
        self._upstream = target.gradient_units

    def forward(self) -> None:
        """Sums and biases in one product, thanks to the column of ones."""
        np.matmul(self._source.values, self._weights, out=self._sums)

    def backward(self) -> None:
        """∂W = xᵀδ, biases included, and ∂x = δWᵀ, which nobody asks of the first layer."""
        np.matmul(self._source.transposed, self._upstream, out=self._gradient)
        if not self._is_first:
            np.matmul(self._upstream, self._weights_transposed, out=self._source.gradient)
