"""Round heaps of points: the problem that a linear model solves as well as anything can."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.data.sources.base import SOURCES
from engine.data.table import Table
from engine.fields import bounded, check

REACH = 10.0


@SOURCES.register("blobs")
@dataclass(frozen=True, slots=True)
class Blobs:
    """Round heaps of normally distributed points, each its own class, around centres drawn evenly from −10 to 10."""

    rows: int = bounded(300, at_least=2, at_most=1_000_000, scale="log", help="number of rows, shared by the blobs")
    centres: int = bounded(3, at_least=2, at_most=1_000, help="number of blobs, each a class")
    inputs: int = bounded(2, at_least=1, at_most=1_000, help="number of features")
    noise: float = bounded(1.0, at_least=0, at_most=1e12, help="standard deviation of a blob in every direction")

    def __post_init__(self) -> None:
        check(self, "data")

    def load(self, rng: np.random.Generator) -> Table:
        """Return `rows` rows of `inputs` features, the blobs by turns."""
        centres = rng.uniform(-REACH, REACH, (self.centres, self.inputs))
        blob = np.arange(self.rows) % self.centres
        return Table(
            features=centres[blob] + self.noise * rng.standard_normal((self.rows, self.inputs)),
            feature_names=tuple(f"x{number}" for number in range(1, self.inputs + 1)),
            targets=blob.astype(np.int64),
            target_names=("blob",),
            classes=tuple(f"blob-{number}" for number in range(1, min(self.centres, self.rows) + 1)),
        )
