"""A curve of straight pieces: what a sum of hard sigmoids, or of ReLUs, can draw exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from engine.data.sources.base import SOURCES
from engine.data.table import Table
from engine.fields import bounded, check

LEAST_SLOPE, MOST_SLOPE = 0.5, 2.0


@SOURCES.register("kinks")
@dataclass(frozen=True, slots=True)
class Kinks:
    """A curve of straight pieces, joined at kinks.

    x is evenly spaced from −2 to 2, and so are the kinks; slopes are drawn evenly from 0.5 to 2, by turns up and down.
    """

    start: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "data": {"test": 0.0, "standardize": False},
        "model": {"hidden": [32]},
        "training": {"batch_size": "all", "epochs": 2000, "learning_rate": 0.01},
        "validation": {"method": "none"},
    }

    rows: int = bounded(200, at_least=2, at_most=1_000_000, scale="log", help="number of rows, from left to right")
    kinks: int = bounded(3, at_least=0, at_most=1000, help="number of kinks, one fewer than straight pieces")
    noise: float = bounded(0.0, at_least=0, at_most=1e12, help="standard deviation of the noise on y")

    def __post_init__(self) -> None:
        check(self, "data")

    def load(self, rng: np.random.Generator) -> Table:
        """Return `rows` rows of one feature, evenly spaced and ascending; y is 0 at the left end."""
        ends = np.linspace(-2, 2, self.kinks + 2)
        # By turns up and down: neighbouring slopes that happen to be alike would hide a kink.
        slopes = rng.uniform(LEAST_SLOPE, MOST_SLOPE, self.kinks + 1) * (-1.0) ** np.arange(self.kinks + 1)
        heights = np.concatenate([[0.0], np.cumsum(slopes * np.diff(ends))])
        x = np.linspace(-2, 2, self.rows)
        y = np.interp(x, ends, heights) + self.noise * rng.standard_normal(self.rows)
        return Table(features=x[:, None], feature_names=("x",), targets=y[:, None], target_names=("y",))
