"""R dense networks of one shape, in one array: forward, backward, and nothing else.

Each run's parameters are one row of `(R, P)`; the weights of a layer are a view `(R, inputs + 1, outputs)` into it,
the bias being their last row under a column of ones that the buffers keep. One product then gives the weighted sums
with their biases, and one gives both gradients. `np.matmul` works on all runs at once and multiplies each run's
matrices by themselves, so a run's bits do not depend on its company.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engine.activations import Activation
from engine.arrays import Array, Floats
from engine.initializations import Initialization


@dataclass(frozen=True, slots=True)
class Shape:
    """Widths from the inputs to the outputs: (64, 32, 10) is 64-32-10."""

    widths: tuple[int, ...]

    @property
    def layers(self) -> tuple[tuple[int, int], ...]:
        """Inputs and outputs of each layer."""
        return tuple(pairwise(self.widths))

    @property
    def parameters(self) -> int:
        """Weights and biases of one network."""
        return sum((inputs + 1) * outputs for inputs, outputs in self.layers)


class Network:
    """The parameters of a stack of runs, their gradient, and the views of both that the layers use."""

    def __init__(self, shape: Shape, activation: Activation, runs: int, dtype: type = np.float32) -> None:
        self.shape = shape
        self.activation = activation
        self.runs = runs
        self.parameters: Floats = np.zeros((runs, shape.parameters), dtype=dtype)
        self.gradient: Floats = np.zeros_like(self.parameters)
        self.weights = self._views(self.parameters)
        self.weight_gradients = self._views(self.gradient)
        self._passes: dict[int, Pass] = {}

    def _views(self, flat: Floats) -> list[Floats]:
        """Return one view a layer: (runs, P) → [(runs, inputs + 1, outputs), …]."""
        views, start = [], 0
        for inputs, outputs in self.shape.layers:
            stop = start + (inputs + 1) * outputs
            views.append(flat[:, start:stop].reshape(self.runs, inputs + 1, outputs))
            start = stop
        return views

    def initialize(self, initialization: Initialization, rngs: Sequence[np.random.Generator]) -> None:
        """Draw the weights of each run from its own stream, layer by layer; biases are zero."""
        for run, rng in enumerate(rngs):
            for weights, (inputs, outputs) in zip(self.weights, self.shape.layers, strict=True):
                weights[run, :-1] = initialization.draw(rng, inputs, outputs)
                weights[run, -1] = 0

    def of_rows(self, rows: int) -> Pass:
        """Return the pass for batches of so many rows; its buffers are allocated once."""
        if rows not in self._passes:
            self._passes[rows] = Pass(self, rows)
        return self._passes[rows]

    def predict(self, run: int, inputs: Floats) -> Floats:
        """Return one run's outputs: (1, rows, inputs + 1), the last column ones → (1, rows, outputs).

        Used for evaluation, where batches are long and a stack's buffers would be large: one run at a time.
        """
        values: Floats = inputs
        for weights in self.weights[:-1]:
            following = np.empty((1, inputs.shape[1], weights.shape[2] + 1), dtype=weights.dtype)
            np.matmul(values, weights[run : run + 1], out=following[..., :-1])
            following[..., -1] = 1
            self.activation.forward(following)
            following[..., -1] = 1
            values = following
        outputs: Floats = np.matmul(values, self.weights[-1][run : run + 1])
        return outputs


class Pass:
    """The buffers of one batch size, and the way forward and back through them."""

    def __init__(self, network: Network, rows: int) -> None:
        runs, dtype = network.runs, network.parameters.dtype
        hidden = network.shape.widths[1:-1]
        self._activation = network.activation
        # Buffers hold a column more than units: the ones. Elementwise work sweeps over it, which is wasted but
        # contiguous; products leave it out through the views below.
        buffers = [np.ones((runs, rows, width + 1), dtype=dtype) for width in hidden]
        self.outputs: Floats = np.empty((runs, rows, network.shape.widths[-1]), dtype=dtype)
        deltas = [np.empty_like(buffer) for buffer in buffers]
        self._hidden = [
            (weights, b[..., :-1], b, b[..., -1]) for weights, b in zip(network.weights, buffers, strict=False)
        ]
        self._last = network.weights[-1]
        self._layers_back = [
            (buffer.swapaxes(1, 2), gradient, weights.swapaxes(1, 2), delta, delta[..., :-1], buffer)
            for buffer, gradient, weights, delta in zip(
                buffers, network.weight_gradients[1:], network.weights[1:], deltas, strict=True
            )
        ][::-1]
        self._first_gradient = network.weight_gradients[0]

    def forward(self, inputs: Floats) -> Floats:
        """Return the outputs' buffer: (runs, rows, inputs + 1), the last column ones → (runs, rows, outputs)."""
        values: Array = inputs
        activation = self._activation
        for weights, sums, buffer, ones in self._hidden:
            np.matmul(values, weights, out=sums)
            activation.forward(buffer)
            if not activation.keeps_one:
                ones[...] = 1
            values = buffer
        return np.matmul(values, self._last, out=self.outputs)

    def backward(self, inputs: Floats) -> None:
        """Fill the network's gradient, given the loss's gradient in `self.outputs`."""
        upstream: Array = self.outputs
        activation = self._activation
        for transposed, gradient, weights, delta, delta_units, buffer in self._layers_back:
            np.matmul(transposed, upstream, out=gradient)
            np.matmul(upstream, weights, out=delta)
            activation.backward(buffer, delta)
            upstream = delta_units
        np.matmul(inputs.swapaxes(1, 2), upstream, out=self._first_gradient)
