"""An activation as a layer: in place on what the layer before it made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.activations import Activation
from engine.arrays import Floats
from engine.layers.base import LAYERS, Bench, Block, Form, Signal


@LAYERS.register("activation")
@dataclass(frozen=True, slots=True)
class Activate:
    """y = f(z), unit by unit."""

    activation: Activation

    def form(self, inputs: Form) -> Form:
        """Return what came in."""
        return inputs

    def blocks(self, inputs: Form) -> tuple[Block, ...]:
        """Return nothing."""
        return ()

    def at_work(self, bench: Bench, source: Signal) -> tuple[ActivateWork, Signal]:
        """Return the activation on the very buffers of its source."""
        bench.activations.append(source)
        return ActivateWork(self.activation, source), source


class ActivateWork:
    """Sweeps over whole buffers, the column of ones included: contiguous memory is worth the wasted column."""

    def __init__(self, activation: Activation, signal: Signal) -> None:
        self._activation = activation
        self._values = signal.values
        self._gradient = signal.gradient
        self._scratch: Floats = np.empty((activation.scratch, *signal.values.shape), dtype=signal.values.dtype)
        self._ones = signal.values[..., -1] if signal.form.ones and not activation.keeps_one else None

    def forward(self) -> None:
        """Replace z by f(z), and what became of the ones by ones."""
        self._activation.forward(self._values, self._scratch)
        if self._ones is not None:
            self._ones[...] = 1

    def backward(self) -> None:
        """Replace the gradient for f(z) by the one for z."""
        self._activation.backward(self._values, self._gradient, self._scratch)
