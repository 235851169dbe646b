"""What is done to gradients and weights beside the loss: clipping, weight decay, L1, a longest norm.

Each is there for all runs of a stack or for none, with each run's own number: adding 0·w would turn −0.0 into +0.0.
Weights only: biases, gains and shifts are left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from engine.arrays import Array, Floats, signs
from engine.experiment import Training
from engine.network import Network
from engine.optimizers import Stepper
from engine.rates import Ahead, Rates


class Penalties:
    """The penalties of a stack, in the order in which they act."""

    def __init__(self, trainings: Sequence[Training], network: Network, rates: Rates) -> None:
        self._network = network
        parameters = network.parameters
        self._scratch: Floats = np.empty_like(parameters)
        self.on_gradient: list[Callable[[], None]] = []
        """Called between the way back and the step: (runs, P) in place."""
        self.on_weights: list[Callable[[], None]] = []
        """Called after the step."""
        self._shrinking: Ahead | None = None
        first = trainings[0]
        if first.clip is not None:
            self._longest: Floats = _column([t.clip for t in trainings], parameters)
            self.on_gradient.append(self._clip)
        if first.weight_decay > 0:
            self._decay = _column([t.weight_decay for t in trainings], parameters) * network.weight_mask
            if first.optimizer.decouples_decay:
                self._shrinking = Ahead(rates.at, parameters.dtype)
                self.on_gradient.append(self._shrink)
            else:
                self.on_gradient.append(self._add_decay)
        if first.l1 > 0:
            self._l1 = _column([t.l1 for t in trainings], parameters) * network.weight_mask
            self.on_gradient.append(self._add_signs)
        if first.max_norm is not None:
            self._longest_weights: Floats = _column([t.max_norm for t in trainings], parameters)[:, None]
            self._incoming: list[Array] = [
                view[:, : block.weights]
                for view, block in zip(network.blocks, network.trained, strict=True)
                if block.weights
            ]
            self.on_weights.append(self._shorten)

    def rates_changed(self) -> None:
        """Heed learning rates that have changed."""
        if self._shrinking is not None:
            self._shrinking.forget()

    def go_to(self, update: int) -> None:
        """Go on after so many updates."""
        if self._shrinking is not None:
            self._shrinking.go_to(update)

    def _clip(self) -> None:
        """Scale a gradient that is longer than `clip` down to it (Pascanu et al. 2013, arXiv 1211.5063)."""
        gradient = self._network.gradient
        # A stacked product, since it adds up each run by itself.
        length = np.sqrt(gradient[:, None, :] @ gradient[:, :, None])[:, 0]
        np.multiply(gradient, np.minimum(1, self._longest / length), out=gradient)

    def _add_decay(self) -> None:
        """g ← g + λw, the gradient of ½λ‖w‖²."""
        np.multiply(self._decay, self._network.parameters, out=self._scratch)
        np.add(self._network.gradient, self._scratch, out=self._network.gradient)

    def _shrink(self) -> None:
        """w ← w − learning_rate · λw, by itself (AdamW)."""
        assert self._shrinking is not None  # noqa: S101 - it is there where this is called
        np.multiply(self._decay, self._network.parameters, out=self._scratch)
        np.multiply(self._scratch, self._shrinking.next(), out=self._scratch)
        np.subtract(self._network.parameters, self._scratch, out=self._network.parameters)

    def _add_signs(self) -> None:
        """g ← g + λ · sign(w), a slope of λ‖w‖₁."""
        signs(self._network.parameters, out=self._scratch)
        np.multiply(self._scratch, self._l1, out=self._scratch)
        np.add(self._network.gradient, self._scratch, out=self._network.gradient)

    def _shorten(self) -> None:
        """Scale the weights into each unit down to `max_norm` where they are longer (Srivastava et al. 2014)."""
        for weights in self._incoming:
            ones = np.ones((1, weights.shape[1]), dtype=weights.dtype)
            length = np.sqrt(ones @ (weights * weights))
            np.multiply(weights, np.minimum(1, self._longest_weights / length), out=weights)


def _column(values: Sequence[float | None], like: Floats) -> Floats:
    """Return one number a run as a column: (runs, 1)."""
    return np.array(values, dtype=like.dtype)[:, None]


def step(stepper: Stepper, penalties: Penalties, network: Network) -> None:
    """Take one step of all runs, penalties included."""
    for act in penalties.on_gradient:
        act()
    stepper.step(network.parameters, network.gradient)
    for act in penalties.on_weights:
        act()
