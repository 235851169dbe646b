"""Two half circles that reach into each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.data.sources.base import SOURCES
from engine.data.table import Table
from engine.fields import bounded, check


@SOURCES.register("moons")
@dataclass(frozen=True, slots=True)
class Moons:
    """Two half circles of radius 1 that reach into each other: a straight line errs on about one row in eight."""

    rows: int = bounded(
        400, at_least=2, at_most=1_000_000, scale="log", help="number of rows, half of them on each moon"
    )
    noise: float = bounded(0.1, at_least=0, at_most=1e12, help="standard deviation of the noise on both coordinates")

    def __post_init__(self) -> None:
        check(self, "data")

    def load(self, rng: np.random.Generator) -> Table:
        """Return `rows` rows of two features: the upper moon's points first, evenly spaced, then the lower one's."""
        above = self.rows // 2
        upper, lower = (np.linspace(0, np.pi, points) for points in (above, self.rows - above))
        points = np.concatenate(
            [
                np.stack([np.cos(upper), np.sin(upper)], axis=1),
                np.stack([1 - np.cos(lower), 0.5 - np.sin(lower)], axis=1),
            ]
        )
        return Table(
            features=points + self.noise * rng.standard_normal((self.rows, 2)),
            feature_names=("x1", "x2"),
            targets=np.repeat(np.array([0, 1], dtype=np.int64), [above, self.rows - above]),
            target_names=("moon",),
            classes=("upper", "lower"),
        )
