"""A smooth curve: what a network of one input can draw is seen at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from engine.data.sources.base import SOURCES
from engine.data.table import Table
from engine.fields import bounded, check


@SOURCES.register("curve")
@dataclass(frozen=True, slots=True)
class Curve:
    """A smooth curve with one valley and one hill.

    y = sin(2x) + 0.3x + noise, with x evenly spaced from −2 to 2.
    """

    start: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "data": {"test": 0.0, "standardize": False},
        "model": {"hidden": [32]},
        "training": {"batch_size": "all", "epochs": 2000, "learning_rate": 0.01},
        "validation": {"method": "none"},
    }

    rows: int = bounded(200, at_least=2, at_most=1_000_000, scale="log", help="number of rows, from left to right")
    noise: float = bounded(0.0, at_least=0, at_most=1e12, help="standard deviation of the noise on y")

    def __post_init__(self) -> None:
        check(self, "data")

    def load(self, rng: np.random.Generator) -> Table:
        """Return `rows` rows of one feature, ascending."""
        x = np.linspace(-2, 2, self.rows)
        y = np.sin(2 * x) + 0.3 * x + self.noise * rng.standard_normal(self.rows)
        return Table(features=x[:, None], feature_names=("x",), targets=y[:, None], target_names=("y",))
