"""Normalization: a layer's sums get mean 0 and variance 1, then a gain and a shift that are learned.

With x̂ = (z − mean)/√(variance + ε) and y = gain · x̂ + shift, the gradient for z is
(δ − mean(δ) − x̂ · mean(δ · x̂))/√(variance + ε) where δ = gain · ∂y, the means being over what was normalized together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Floats
from engine.layers.base import LAYERS, Bench, Block, Form, Signal, Work

EPSILON = 1e-5
NEWEST = 0.1


@LAYERS.register("layer-normalization")
@dataclass(frozen=True, slots=True)
class LayerNormalization:
    """Over the units of each row, at each position of a grid (Ba et al. 2016, arXiv 1607.06450)."""

    def form(self, inputs: Form) -> Form:
        """Return what came in."""
        return inputs

    def blocks(self, inputs: Form) -> tuple[Block, ...]:
        """Return gain and shift: (2, units)."""
        return (_ones_over_zeros(inputs.units, trained=True),)

    def at_work(self, bench: Bench, source: Signal) -> tuple[Work, Signal]:
        """Return it at work in place."""
        return LayerWork(bench, source), source


@LAYERS.register("batch-normalization")
@dataclass(frozen=True, slots=True)
class BatchNormalization:
    """Over the rows of a batch, unit by unit; evaluation uses moving means (Ioffe & Szegedy 2015, arXiv 1502.03167)."""

    def form(self, inputs: Form) -> Form:
        """Return what came in."""
        return inputs

    def blocks(self, inputs: Form) -> tuple[Block, ...]:
        """Return gain and shift, (2, units), and what evaluation uses: the moving variance and mean, (2, units)."""
        return _ones_over_zeros(inputs.units, trained=True), _ones_over_zeros(inputs.units, trained=False)

    def at_work(self, bench: Bench, source: Signal) -> tuple[Work, Signal]:
        """Return it at work in place: by the batch's figures where it trains, else by the moving ones."""
        return (BatchWork if bench.training else MovingWork)(bench, source), source


def _ones_over_zeros(units: int, *, trained: bool) -> Block:
    def draw(rng: np.random.Generator) -> Floats:  # noqa: ARG001 - nothing is drawn
        return np.stack([np.ones(units), np.zeros(units)])

    return Block((2, units), draw, trained=trained)


class _Work:
    """What all three have in common: buffers, gain and shift."""

    def __init__(self, bench: Bench, signal: Signal) -> None:
        numbers, gradient = next(bench.trained)
        self._gain, self._shift = numbers[:, :1], numbers[:, 1:]
        self._gain_gradient, self._shift_gradient = gradient[:, :1], gradient[:, 1:]
        self._z: Array = signal.units
        self._delta: Array = signal.gradient_units
        self._normal = np.empty(signal.units.shape, dtype=bench.dtype)
        self._scratch = np.empty_like(self._normal)
        # Sums down a column are products with a row of ones: unlike `sum`, a stacked product never mixes its runs, and
        # it is quick.
        rows = signal.units.shape[1]
        self._sum_rows = np.ones((1, rows), dtype=bench.dtype)
        self._mean_rows = np.full((1, rows), 1 / rows, dtype=bench.dtype)

    def _finish(self) -> None:
        """y = gain · x̂ + shift."""
        np.multiply(self._normal, self._gain, out=self._z)
        np.add(self._z, self._shift, out=self._z)

    def _learn(self) -> None:
        """Fill the gradients for gain and shift, and replace ∂y by δ = gain · ∂y."""
        np.multiply(self._delta, self._normal, out=self._scratch)
        np.matmul(self._sum_rows, self._scratch, out=self._gain_gradient)
        np.matmul(self._sum_rows, self._delta, out=self._shift_gradient)
        np.multiply(self._delta, self._gain, out=self._delta)


class LayerWork(_Work):
    """Each row by its own figures."""

    def __init__(self, bench: Bench, signal: Signal) -> None:
        super().__init__(bench, signal)
        units = signal.form.units
        self._mean_units = np.full((units, 1), 1 / units, dtype=bench.dtype)
        self._sd: Floats = np.empty(0)

    def forward(self) -> None:
        """Normalize the units of each row."""
        np.subtract(self._z, self._z @ self._mean_units, out=self._normal)
        np.multiply(self._normal, self._normal, out=self._scratch)
        self._sd = np.sqrt(self._scratch @ self._mean_units + EPSILON)
        np.divide(self._normal, self._sd, out=self._normal)
        self._finish()

    def backward(self) -> None:
        """Replace ∂y by ∂z."""
        self._learn()
        delta = self._delta
        np.multiply(delta, self._normal, out=self._scratch)
        np.multiply(self._normal, self._scratch @ self._mean_units, out=self._scratch)
        mean = delta @ self._mean_units
        np.subtract(delta, self._scratch, out=delta)
        np.subtract(delta, mean, out=delta)
        np.divide(delta, self._sd, out=delta)


class BatchWork(_Work):
    """Each unit by the batch's figures."""

    def __init__(self, bench: Bench, signal: Signal) -> None:
        super().__init__(bench, signal)
        moving = next(bench.kept)
        self._moving_variance, self._moving_mean = moving[:, :1], moving[:, 1:]
        rows = signal.units.shape[1]
        # The moving variance estimates that of all rows, so n − 1 (as PyTorch has it); one row has none.
        self._newest_variance = NEWEST * rows / max(rows - 1, 1)
        self._sd: Floats = np.empty(0)

    def forward(self) -> None:
        """Normalize each unit over the batch, and let the moving figures follow by a tenth."""
        mean = self._mean_rows @ self._z
        np.subtract(self._z, mean, out=self._normal)
        np.multiply(self._normal, self._normal, out=self._scratch)
        variance = self._mean_rows @ self._scratch
        self._sd = np.sqrt(variance + EPSILON)
        np.divide(self._normal, self._sd, out=self._normal)
        self._finish()
        self._moving_mean += NEWEST * (mean - self._moving_mean)
        self._moving_variance *= 1 - NEWEST
        self._moving_variance += self._newest_variance * variance

    def backward(self) -> None:
        """Replace ∂y by ∂z."""
        self._learn()
        delta = self._delta
        np.multiply(delta, self._normal, out=self._scratch)
        np.multiply(self._normal, self._mean_rows @ self._scratch, out=self._scratch)
        mean = self._mean_rows @ delta
        np.subtract(delta, self._scratch, out=delta)
        np.subtract(delta, mean, out=delta)
        np.divide(delta, self._sd, out=delta)


class MovingWork(_Work):
    """Each unit by the figures that training has left: a fixed scaling."""

    def __init__(self, bench: Bench, signal: Signal) -> None:
        super().__init__(bench, signal)
        moving = next(bench.kept)
        self._moving_variance, self._moving_mean = moving[:, :1], moving[:, 1:]

    def forward(self) -> None:
        """Normalize each unit by its moving figures."""
        np.subtract(self._z, self._moving_mean, out=self._normal)
        np.divide(self._normal, np.sqrt(self._moving_variance + EPSILON), out=self._normal)
        self._finish()

    def backward(self) -> None:
        """Replace ∂y by ∂z: the figures do not depend on the batch."""
        self._learn()
        np.divide(self._delta, np.sqrt(self._moving_variance + EPSILON), out=self._delta)
