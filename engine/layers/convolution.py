"""Convolutions, three wide, over the positions of a line or a picture."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from engine.arrays import Array, Floats
from engine.initializations import Initialization
from engine.layers.base import LAYERS, Bench, Block, Form, Signal, Source
from engine.layers.dense import weights_with_bias

Index: TypeAlias = tuple[Any, ...]

REACH = (-1, 0, 1)
# By offset: the positions that have a neighbour there, and the positions that these neighbours are.
HAS_NEIGHBOUR = {-1: slice(1, None), 0: slice(None), 1: slice(None, -1)}
IS_NEIGHBOUR = {-1: slice(None, -1), 0: slice(None), 1: slice(1, None)}


@LAYERS.register("convolution")
@dataclass(frozen=True, slots=True)
class Convolution:
    """One dense layer for all positions, fed by a position and its neighbours; beyond the edges lie zeros.

    Stride 1, so that the outputs have as many positions as the inputs.
    """

    channels: int
    initialization: Initialization

    def form(self, inputs: Form) -> Form:
        """Return so many channels at the same positions."""
        return Form(self.channels, inputs.grid, ones=False)

    def blocks(self, inputs: Form) -> tuple[Block, ...]:
        """Return the filters, tap by tap, with the biases as their last row: (3ᵈ · channels in + 1, channels out)."""
        taps = len(REACH) ** len(inputs.grid)
        return (weights_with_bias(self.initialization, taps * inputs.units, self.channels, taps),)

    def at_work(self, bench: Bench, source: Signal) -> tuple[ConvolutionWork, Signal]:
        """Return the convolution at work, and its results in a new buffer."""
        target = bench.signal(self.form(source.form))
        weights, gradient = next(bench.trained)
        return ConvolutionWork(bench, source, target, weights, gradient), target


class ConvolutionWork:
    """A product of all neighbourhoods, copied into the rows of one matrix ("im2col"), with the filters.

    The matrix has a row a position and a column a tap and channel, then the ones:
    (runs, rows · positions, taps · channels + 1). What lies beyond an edge is never written and stays zero.
    """

    def __init__(self, bench: Bench, source: Signal, target: Signal, weights: Floats, gradient: Floats) -> None:
        form = source.form
        taps = list(itertools.product(REACH, repeat=len(form.grid)))
        shape = (bench.runs, bench.rows * form.positions, len(taps) * form.units + 1)
        self._source = source
        self._is_first = isinstance(source, Source)
        self._weights = weights
        self._weights_transposed = weights[:, :-1].swapaxes(1, 2)
        self._gradient = gradient
        self._columns: Floats = np.zeros(shape, dtype=bench.dtype)
        self._columns[..., -1] = 1
        self._columns_transposed = self._columns.swapaxes(1, 2)
        self._sums: Floats = target.values
        self._upstream: Floats = target.gradient
        by_position = self._columns.reshape(bench.runs, bench.rows, *form.grid, -1)
        # A window's columns, and from which positions they are copied.
        self._copies: list[tuple[Array, Index]] = []
        self._returns: list[tuple[Array, Array]] = []
        if not self._is_first:
            self._column_gradients: Floats = np.empty((*shape[:2], shape[2] - 1), dtype=bench.dtype)
            gradients = self._column_gradients.reshape(bench.runs, bench.rows, *form.grid, -1)
            source_gradient = source.on_grid(source.gradient)
        for place, tap in enumerate(taps):
            channels = slice(place * form.units, (place + 1) * form.units)
            here: Index = (..., *(HAS_NEIGHBOUR[step] for step in tap), channels)
            there: Index = (..., *(IS_NEIGHBOUR[step] for step in tap), slice(None))
            self._copies.append((by_position[here], there))
            if not self._is_first:
                self._returns.append((gradients[here], source_gradient[there]))

    def forward(self) -> None:
        """Copy every position's neighbourhood into its row, then one product."""
        inputs: Array = self._source.on_grid(self._source.units)
        for columns, there in self._copies:
            columns[...] = inputs[there]
        np.matmul(self._columns, self._weights, out=self._sums)

    def backward(self) -> None:
        """∂W from the same matrix; what the matrix's rows get goes back to the positions they were copied from."""
        np.matmul(self._columns_transposed, self._upstream, out=self._gradient)
        if self._is_first:
            return
        np.matmul(self._upstream, self._weights_transposed, out=self._column_gradients)
        self._source.gradient[...] = 0
        for gradient, there in self._returns:
            np.add(there, gradient, out=there)
