"""What flows between layers, and what every layer offers.

A layer is first its numbers, frozen: from them follow the form of its outputs and the blocks of numbers that it owns.
For a stack of runs and one batch size it is then set to work on buffers that are allocated once, with every view of
them taken once: a step of training is a walk along `forward` and back along `backward`, neither with an argument.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from engine.arrays import Array, Floats
from engine.registry import Registry


@dataclass(frozen=True, slots=True)
class Form:
    """What one row is at some place between two layers.

    Units in a line, `grid` being empty, stand beside a column of ones under which the next layer has its biases:
    (runs, rows, units + 1). Channels at the positions of a grid, (40,) or (8, 8), have none: every position is a row
    of its own, (runs, rows · positions, units). The network's outputs are units without ones.
    """

    units: int
    grid: tuple[int, ...] = ()
    ones: bool = True

    @property
    def positions(self) -> int:
        """How many places the grid has; 1 without a grid."""
        return math.prod(self.grid)

    @property
    def width(self) -> int:
        """Columns of the buffer."""
        return self.units + self.ones


@dataclass(frozen=True, slots=True)
class Block:
    """A matrix of numbers that a layer owns in every run."""

    shape: tuple[int, int]
    draw: Callable[[np.random.Generator], Floats]
    """Returns the numbers at the start, float64, of this shape."""
    weights: int = 0
    """How many of the first rows are weights, which decay and norms speak of; the rest are biases and the like."""
    trained: bool = True
    """Whether the optimizer moves them; numbers that are not trained are only kept."""

    @property
    def size(self) -> int:
        """How many numbers."""
        return self.shape[0] * self.shape[1]


class Signal:
    """The values between two layers for one batch, and the loss's gradient for them."""

    def __init__(self, runs: int, rows: int, form: Form, dtype: np.dtype[np.floating]) -> None:
        self.form = form
        shape = (runs, rows * form.positions, form.width)
        self.values: Floats = np.ones(shape, dtype=dtype)
        # The loss replaces the outputs by their gradient; between layers the way back still needs the values.
        is_output = not form.ones and not form.grid
        self.gradient: Floats = self.values if is_output else np.empty_like(self.values)
        self.units: Array = self.values[..., : form.units]
        self.gradient_units: Array = self.gradient[..., : form.units]
        self.transposed: Array = self.values.swapaxes(1, 2)

    def on_grid(self, values: Array) -> Array:
        """Return `values` or a gradient by position: a view of (runs, rows, *grid, units)."""
        return values.reshape(values.shape[0], -1, *self.form.grid, self.form.units)


class Source(Signal):
    """The inputs of a network: every batch is another view of the data, so nothing is allocated."""

    def __init__(self, form: Form) -> None:
        self.form = form

    def put(self, batch: Floats) -> None:
        """Take a batch in: (runs, rows, units · positions + 1), the last column ones."""
        self.values = batch
        self.units = batch[..., :-1]
        self.transposed = batch.swapaxes(1, 2)


class Work(Protocol):
    """A layer at work on one batch size of one stack."""

    def forward(self) -> None:
        """Fill the outputs from the inputs."""
        ...

    def backward(self) -> None:
        """Fill the gradients for the layer's numbers and for its inputs from the one for its outputs."""
        ...


@dataclass(slots=True)
class Bench:
    """What a layer is given to set itself to work: who else is there, and its own numbers, block by block."""

    runs: int
    rows: int
    dtype: np.dtype[np.floating]
    training: bool
    """Whether batches train: then units are dropped and batches are normalized by their own figures."""
    trained: Iterator[tuple[Floats, Floats]]
    """For each trained block, in the order of the layers: its numbers and the gradient for them, (runs, *shape)."""
    kept: Iterator[Floats]
    """For each block that is only kept: its numbers."""
    rngs: Sequence[np.random.Generator] = field(default_factory=tuple)
    """Each run's own stream for what is drawn while it trains."""
    dropout: Floats | None = None
    """Each run's own share of units to drop: (runs, 1, 1)."""
    activations: list[Signal] = field(default_factory=list)
    """What the activations have made, in the order of the layers: for whoever looks into a network."""

    def signal(self, form: Form) -> Signal:
        """Return a buffer for outputs of a form."""
        return Signal(self.runs, self.rows, form, self.dtype)


class Layer(Protocol):
    """One layer's numbers."""

    def form(self, inputs: Form) -> Form:
        """Return the form of the outputs."""
        ...

    def blocks(self, inputs: Form) -> tuple[Block, ...]:
        """Return what the layer owns in every run."""
        ...

    def at_work(self, bench: Bench, source: Signal) -> tuple[Work, Signal]:
        """Return the layer at work on a signal, and its outputs, which may be the same buffers."""
        ...


LAYERS: Registry[Layer] = Registry("layer")
