"""From a grid to a line, so that a dense layer can follow a convolution."""

from __future__ import annotations

from dataclasses import dataclass

from engine.arrays import Array
from engine.layers.base import LAYERS, Bench, Block, Form, Signal


@LAYERS.register("flatten")
@dataclass(frozen=True, slots=True)
class Flatten:
    """Every channel of every position becomes a unit, position by position."""

    def form(self, inputs: Form) -> Form:
        """Return as many units as there were numbers."""
        return Form(inputs.positions * inputs.units)

    def blocks(self, inputs: Form) -> tuple[Block, ...]:
        """Return nothing."""
        return ()

    def at_work(self, bench: Bench, source: Signal) -> tuple[FlattenWork, Signal]:
        """Return the copy at work: the dense layer wants a column of ones beside the numbers."""
        target = bench.signal(self.form(source.form))
        return FlattenWork(source, target), target


class FlattenWork:
    """A copy there and one back."""

    def __init__(self, source: Signal, target: Signal) -> None:
        shape = target.units.shape
        self._there: tuple[Array, Array] = target.units, source.values.reshape(shape)
        self._back: tuple[Array, Array] = source.gradient.reshape(shape), target.gradient_units

    def forward(self) -> None:
        """Copy the values beside the ones."""
        target, source = self._there
        target[...] = source

    def backward(self) -> None:
        """Copy the gradients back."""
        source, target = self._back
        source[...] = target
