"""R networks of one shape, in one array: forward, backward, and nothing else.

Each run's parameters are one row of `(R, P)`; a layer's weights are a view `(R, inputs + 1, outputs)` into it, the bias
being their last row under a column of ones that the buffers keep. One product then gives the weighted sums with their
biases, and one gives both gradients. `np.matmul` works on all runs at once and multiplies each run's matrices by
themselves, so a run's bits do not depend on its company.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from engine.arrays import Array, Floats
from engine.layers import LAYERS, Bench, Block, Form, Layer, Residual, Signal, Source, Work

OWNERS = frozenset({"dense", "convolution", "layer-normalization", "batch-normalization"})
"""The kinds of layers that have something to train."""


class Network:
    """The numbers of a stack of runs, the gradient for those that are trained, and the layers' views of both."""

    def __init__(self, layers: Sequence[Layer], inputs: Form, runs: int, dtype: type = np.float32) -> None:
        self.layers = tuple(layers)
        self.inputs = inputs
        self.runs = runs
        forms = list(accumulate(layers, lambda form, layer: layer.form(form), initial=inputs))
        self.outputs = forms[-1].units
        self.numbers_per_row = sum(form.positions * form.width for form in forms)
        """About what a row needs on its way forward."""
        blocks = [block for layer, form in zip(layers, forms, strict=False) for block in layer.blocks(form)]
        self.trained = [block for block in blocks if block.trained]
        self.kept = [block for block in blocks if not block.trained]
        count = sum(block.size for block in self.trained)
        self.numbers: Floats = np.zeros((runs, count + sum(block.size for block in self.kept)), dtype=dtype)
        """All that makes a network what it is, (runs, P + kept): what is saved, copied and compared."""
        self.parameters: Floats = self.numbers[:, :count]
        """What the optimizer moves: (runs, P)."""
        self.gradient: Floats = np.zeros_like(self.parameters)
        self.blocks = self._views(self.parameters, self.trained)
        """The trained numbers, block by block: [(runs, *shape), …]."""
        self.gradients = self._views(self.gradient, self.trained)
        self.kept_blocks = self._views(self.numbers[:, count:], self.kept)
        self.streams: Sequence[np.random.Generator] = ()
        self.dropout: Floats | None = None
        self._passes: dict[tuple[int, bool], Pass] = {}

    def _views(self, flat: Floats, blocks: Sequence[Block]) -> list[Floats]:
        """Return one view a block: (runs, P) → [(runs, *shape), …]."""
        stops = list(accumulate((block.size for block in blocks), initial=0))
        return [
            flat[:, start:stop].reshape(self.runs, *block.shape)
            for block, start, stop in zip(blocks, stops, stops[1:], strict=False)
        ]

    def initialize(self, rngs: Sequence[np.random.Generator]) -> None:
        """Draw the numbers of each run from its own stream, layer by layer."""
        for run, rng in enumerate(rngs):
            for blocks, views in ((self.trained, self.blocks), (self.kept, self.kept_blocks)):
                for block, view in zip(blocks, views, strict=True):
                    view[run] = block.draw(rng)

    @property
    def weight_mask(self) -> Floats:
        """1 for weights and 0 for biases and what normalizes: (P,)."""
        parts = []
        for block in self.trained:
            part = np.zeros(block.shape, dtype=self.parameters.dtype)
            part[: block.weights] = 1
            parts.append(part.ravel())
        return np.concatenate(parts)

    @property
    def block_names(self) -> list[str]:
        """The layer of each trained block: its kind, numbered among its kind."""
        counts: dict[str, int] = {}
        names = []
        for layer in self.layers:
            for part in layer.inner if isinstance(layer, Residual) else (layer,):
                kind = LAYERS.name_of(part)
                if kind in OWNERS:
                    counts[kind] = counts.get(kind, 0) + 1
                    names.append(f"{kind} {counts[kind]}")
        return names

    def of_rows(self, rows: int, *, training: bool = True) -> Pass:
        """Return the pass for batches of so many rows; its buffers are allocated once."""
        if (rows, training) not in self._passes:
            self._passes[rows, training] = Pass(self, rows, training=training)
        return self._passes[rows, training]


class Pass:
    """The layers at work on one batch size, and the way forward and back through them."""

    def __init__(self, network: Network, rows: int, *, training: bool = True) -> None:
        bench = Bench(
            network.runs,
            rows,
            network.numbers.dtype,
            training,
            iter(list(zip(network.blocks, network.gradients, strict=True))),
            iter(network.kept_blocks),
            network.streams,
            network.dropout,
        )
        self._source = Source(network.inputs)
        signal: Signal = self._source
        works: list[Work] = []
        for layer in network.layers:
            work, signal = layer.at_work(bench, signal)
            works.append(work)
        self.outputs: Floats = signal.values
        """(runs, rows, outputs): the loss's gradient takes their place before the way back."""
        self.activations = bench.activations
        """The hidden units' values after a way forward, layer by layer."""
        self._forward = [work.forward for work in works]
        self._backward = [work.backward for work in reversed(works)]

    def forward(self, inputs: Array) -> Floats:
        """Return the outputs' buffer: (runs, rows, inputs + 1), the last column ones → (runs, rows, outputs)."""
        self._source.put(inputs)
        for forward in self._forward:
            forward()
        return self.outputs

    def backward(self) -> None:
        """Fill the network's gradient, given the loss's gradient in `self.outputs`."""
        for backward in self._backward:
            backward()
