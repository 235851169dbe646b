"""Two rings, one inside the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.data.sources.base import SOURCES
from engine.data.table import Table
from engine.fields import bounded, check


@SOURCES.register("circles")
@dataclass(frozen=True, slots=True)
class Circles:
    """A ring of radius 1 around a smaller one: no straight line tells them apart, a circle does."""

    rows: int = bounded(
        400, at_least=2, at_most=1_000_000, scale="log", help="number of rows, half of them on each ring"
    )
    noise: float = bounded(0.1, at_least=0, at_most=1e12, help="standard deviation of the noise on both coordinates")
    factor: float = bounded(0.5, at_least=0, below=1, help="radius of the inner ring; the outer one's is 1")

    def __post_init__(self) -> None:
        check(self, "data")

    def load(self, rng: np.random.Generator) -> Table:
        """Return `rows` rows of two features: the outer ring's points first, evenly spaced, then the inner ring's."""
        outside = self.rows // 2
        rings = []
        for points, radius in ((outside, 1.0), (self.rows - outside, self.factor)):
            angle = 2 * np.pi * np.arange(points) / points
            rings.append(radius * np.stack([np.cos(angle), np.sin(angle)], axis=1))
        return Table(
            features=np.concatenate(rings) + self.noise * rng.standard_normal((self.rows, 2)),
            feature_names=("x1", "x2"),
            targets=np.repeat(np.array([0, 1], dtype=np.int64), [outside, self.rows - outside]),
            target_names=("ring",),
            classes=("outer", "inner"),
        )
