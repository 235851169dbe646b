"""Residual blocks: layers that learn what to add to what comes in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array
from engine.layers.base import LAYERS, Bench, Block, Form, Layer, Signal, Work


@LAYERS.register("residual")
@dataclass(frozen=True, slots=True)
class Residual:
    """y = x + f(x), f being the layers within (He et al. 2016, arXiv 1512.03385).

    The gradient reaches x unhindered, whatever f does to it, so that depth is no obstacle to training.
    """

    inner: tuple[Layer, ...]
    """They must return the form that they are given."""

    def form(self, inputs: Form) -> Form:
        """Return what came in."""
        return inputs

    def blocks(self, inputs: Form) -> tuple[Block, ...]:
        """Return what the layers within own."""
        owned: list[Block] = []
        form = inputs
        for layer in self.inner:
            owned += layer.blocks(form)
            form = layer.form(form)
        return tuple(owned)

    def at_work(self, bench: Bench, source: Signal) -> tuple[ResidualWork, Signal]:
        """Return the block at work, and its sums in a new buffer."""
        works: list[Work] = []
        branch = source
        for layer in self.inner:
            work, branch = layer.at_work(bench, branch)
            works.append(work)
        target = bench.signal(source.form)
        return ResidualWork(works, source, branch, target), target


class ResidualWork:
    """The layers within, and the two ways around and through them."""

    def __init__(self, works: list[Work], source: Signal, branch: Signal, target: Signal) -> None:
        self._works = works
        self._source_units: Array = source.units
        self._branch_units: Array = branch.units
        self._target_units: Array = target.units
        self._source_gradient = source.gradient
        self._branch_gradient = branch.gradient
        self._target_gradient = target.gradient

    def forward(self) -> None:
        """Add what the layers within make of the inputs to them."""
        for work in self._works:
            work.forward()
        np.add(self._source_units, self._branch_units, out=self._target_units)

    def backward(self) -> None:
        """Send the gradient through the layers within, and add it to what comes out."""
        self._branch_gradient[...] = self._target_gradient
        for work in reversed(self._works):
            work.backward()
        np.add(self._source_gradient, self._target_gradient, out=self._source_gradient)
