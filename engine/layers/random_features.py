"""Random Fourier features: with a linear model after them, a kernel machine."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.arrays import Floats
from engine.layers.base import LAYERS, Bench, Block, Form, Signal

MOST_ROWS = 500


@LAYERS.register("random-features")
@dataclass(frozen=True, slots=True)
class RandomFeatures:
    """√(2/D) · cos(xᵀω + b) with ω from N(0, 1/bandwidth²) and b uniform on a circle (Rahimi & Recht 2007).

    The product of two rows' features is then about exp(−distance²/(2 · bandwidth²)), the Gaussian kernel. They are
    drawn once and never trained, so they can only be the first layer. They are drawn for a bandwidth of 1: each run
    has its own (`widen`).
    """

    features: int

    def form(self, inputs: Form) -> Form:
        """Return so many units in a line."""
        return Form(self.features)

    def blocks(self, inputs: Form) -> tuple[Block, ...]:
        """Return the frequencies with the phases as their last row, kept and never trained: (inputs + 1, features)."""

        def draw(rng: np.random.Generator) -> Floats:
            frequencies = rng.standard_normal((inputs.units, self.features))
            return np.concatenate([frequencies, rng.uniform(0, 2 * math.pi, (1, self.features))])

        return (Block((inputs.units + 1, self.features), draw, trained=False),)

    def at_work(self, bench: Bench, source: Signal) -> tuple[RandomFeaturesWork, Signal]:
        """Return the features at work, and their values in a new buffer."""
        target = bench.signal(self.form(source.form))
        return RandomFeaturesWork(source, target, next(bench.kept), math.sqrt(2 / self.features)), target


def widen(frequencies: Floats, bandwidth: float) -> None:
    """Give one run's fresh frequencies its bandwidth, in place: (inputs + 1, features)."""
    frequencies[:-1] /= bandwidth


def median_distance(rows: Floats) -> float:
    """Return the median distance of two different rows, the usual bandwidth: (rows, features) → float.

    At most 500 rows are looked at, spread evenly. Where more than half of the pairs coincide, 1.
    """
    some = rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_ROWS)).astype(np.int64)].astype(np.float64)
    squares = (some**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * some @ some.T
    pairs = distances[np.triu_indices(len(some), 1)]
    median = math.sqrt(max(float(np.median(pairs)), 0.0)) if len(pairs) else 0.0
    return median or 1.0


class RandomFeaturesWork:
    """A product and a cosine."""

    def __init__(self, source: Signal, target: Signal, frequencies: Floats, scale: float) -> None:
        self._source = source
        self._frequencies = frequencies
        self._scale = scale
        self._units = target.units

    def forward(self) -> None:
        """Fill the features."""
        np.matmul(self._source.values, self._frequencies, out=self._units)
        np.cos(self._units, out=self._units)
        np.multiply(self._units, self._scale, out=self._units)

    def backward(self) -> None:
        """Nothing before them is trained."""
