"""Dropout: no unit can rely on another one being there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.layers.base import LAYERS, Bench, Block, Form, Signal, Work
from engine.layers.nothing import Nothing


@LAYERS.register("dropout")
@dataclass(frozen=True, slots=True)
class Dropout:
    """In training every unit is 0 with probability p and 1/(1 − p) of itself else (Srivastava et al. 2014).

    So its mean is what it would be without, and evaluation uses the network as it is.
    """

    def form(self, inputs: Form) -> Form:
        """Return what came in."""
        return inputs

    def blocks(self, inputs: Form) -> tuple[Block, ...]:
        """Return nothing: each run's share is the stack's affair."""
        return ()

    def at_work(self, bench: Bench, source: Signal) -> tuple[Work, Signal]:
        """Return the masks at work with results in a new buffer, since an activation needs its own untouched."""
        if not bench.training:
            return Nothing(), source
        target = bench.signal(source.form)
        return DropoutWork(bench, source, target), target


class DropoutWork:
    """A mask for every batch, each run's from its own stream."""

    def __init__(self, bench: Bench, source: Signal, target: Signal) -> None:
        assert bench.dropout is not None  # noqa: S101 - where this layer is, there are shares
        self._source = source
        self._target = target
        self._share = bench.dropout
        self._factor = (1 / (1 - bench.dropout)).astype(bench.dtype)
        self._draws = np.empty(source.units.shape, dtype=np.float32)
        self._each = list(zip(bench.rngs, self._draws, strict=True))
        # Whole buffers are multiplied: under the ones stands a one.
        self._mask = np.ones_like(source.values)
        self._mask_units = self._mask[..., : source.form.units]

    def forward(self) -> None:
        """Draw who is dropped, and multiply."""
        for rng, draws in self._each:
            rng.random(out=draws, dtype=np.float32)
        np.greater_equal(self._draws, self._share, out=self._mask_units)
        np.multiply(self._mask_units, self._factor, out=self._mask_units)
        np.multiply(self._source.values, self._mask, out=self._target.values)

    def backward(self) -> None:
        """What was dropped has no part in the loss."""
        np.multiply(self._target.gradient, self._mask, out=self._source.gradient)
