"""A line in more dimensions than there are rows: what weight decay is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from engine.data.sources.base import SOURCES
from engine.data.table import Table
from engine.fields import bounded, check

LARGEST = 1e12


@SOURCES.register("high-dimensional-line")
@dataclass(frozen=True, slots=True)
class HighDimensionalLine:
    """y = 0.05 + 0.01 · (x₁ + x₂ + …) + noise, with x from N(0, 1): 200 features, and 20 rows to learn them from."""

    start: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "data": {"train_rows": 20, "standardize": False},
        "model": {"hidden": []},
        "validation": {"method": "none"},
    }

    rows: int = bounded(500, at_least=1, at_most=1_000_000, scale="log", help="number of rows")
    inputs: int = bounded(200, at_least=1, at_most=10_000, scale="log", help="number of features")
    weight: float = bounded(0.01, at_least=-LARGEST, at_most=LARGEST, help="true weight of every feature")
    b: float = bounded(0.05, at_least=-LARGEST, at_most=LARGEST, help="true bias")
    noise: float = bounded(0.01, at_least=0, at_most=LARGEST, help="standard deviation of the noise on y")

    def __post_init__(self) -> None:
        check(self, "data")

    def load(self, rng: np.random.Generator) -> Table:
        """Return `rows` rows of `inputs` features."""
        features = rng.standard_normal((self.rows, self.inputs))
        targets = self.weight * features.sum(axis=1) + self.b + self.noise * rng.standard_normal(self.rows)
        names = tuple(f"x{number}" for number in range(1, self.inputs + 1))
        return Table(features=features, feature_names=names, targets=targets[:, None], target_names=("y",))
