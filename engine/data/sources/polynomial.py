"""A polynomial with noise: what too low a degree cannot draw, and too high a one draws too well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import factorial
from typing import Any, ClassVar

import numpy as np

from engine.data.sources.base import SOURCES
from engine.data.table import Table
from engine.errors import KeyProblem
from engine.fields import bounded, check

LARGEST = 1e12
MOST_TERMS = 100


@SOURCES.register("polynomial")
@dataclass(frozen=True, slots=True)
class Polynomial:
    """y = w₀ + w₁x + w₂x²/2! + w₃x³/3! + … + noise, with x from N(0, 1); `polynomial` sets the model's degree."""

    start: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "data": {"polynomial": 3},
        "model": {"hidden": []},
        "training": {"optimizer": "closed-form"},
        "validation": {"method": "none"},
    }

    rows: int = bounded(200, at_least=1, at_most=1_000_000, scale="log", help="number of rows")
    w: tuple[float, ...] = bounded(
        (5.0, 1.2, -3.4, 5.6), at_least=-LARGEST, at_most=LARGEST, help="true weights, the constant first"
    )
    noise: float = bounded(0.1, at_least=0, at_most=LARGEST, help="standard deviation of the noise on y")

    def __post_init__(self) -> None:
        check(self, "data")
        if not 1 <= len(self.w) <= MOST_TERMS:
            raise KeyProblem("data.w", f"has {len(self.w)} weights", f"give 1 to {MOST_TERMS}, the constant first")

    def load(self, rng: np.random.Generator) -> Table:
        """Return `rows` rows of one feature."""
        x = rng.standard_normal(self.rows)
        y = self.noise * rng.standard_normal(self.rows)
        for power, weight in enumerate(self.w):
            y += weight * x**power / factorial(power)
        return Table(features=x[:, None], feature_names=("x",), targets=y[:, None], target_names=("y",))
