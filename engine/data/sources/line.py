"""A line with noise: the problem whose answer is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.data.sources.base import SOURCES
from engine.data.table import Table
from engine.errors import KeyProblem
from engine.fields import bounded, check

LARGEST = 1e12


@SOURCES.register("line")
@dataclass(frozen=True, slots=True)
class Line:
    """y = w·x + b + noise, with x from N(0, 1): whatever learns it can be held against the true w and b."""

    rows: int = bounded(1000, at_least=1, at_most=1_000_000, scale="log", help="number of rows")
    w: tuple[float, ...] = bounded(
        (2.0, -3.4), at_least=-LARGEST, at_most=LARGEST, help="true weights, one for each feature"
    )
    b: float = bounded(4.2, at_least=-LARGEST, at_most=LARGEST, help="true bias")
    noise: float = bounded(0.01, at_least=0, at_most=LARGEST, help="standard deviation of the noise on y")

    def __post_init__(self) -> None:
        check(self, "data")
        if not self.w:
            raise KeyProblem("data.w", "is empty", "give one weight for each feature")

    def load(self, rng: np.random.Generator) -> Table:
        """Return `rows` rows of as many features as there are weights."""
        features = rng.standard_normal((self.rows, len(self.w)))
        noise = self.noise * rng.standard_normal(self.rows)
        # Not a matrix product: its bits would depend on the linear algebra library.
        targets = (features * np.array(self.w)).sum(axis=1) + self.b + noise
        return Table(
            features=features,
            feature_names=tuple(f"x{number}" for number in range(1, len(self.w) + 1)),
            targets=targets[:, None],
            target_names=("y",),
        )
