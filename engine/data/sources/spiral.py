"""Arms that wind around each other: little by little, the hardest of the flat problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from engine.data.sources.base import SOURCES
from engine.data.table import Table
from engine.fields import bounded, check


@SOURCES.register("spiral")
@dataclass(frozen=True, slots=True)
class Spiral:
    """Arms of a spiral, each its own class; they run from the middle to a distance of 1."""

    start: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "model": {"hidden": [32, 32], "activation": "tanh"},
        "training": {"epochs": 300, "learning_rate": 0.01},
    }

    rows: int = bounded(400, at_least=2, at_most=1_000_000, scale="log", help="number of rows, shared by the arms")
    arms: int = bounded(2, at_least=2, at_most=20, help="number of arms, each a class")
    turns: float = bounded(1.0, above=0, at_most=100, scale="log", help="how often an arm winds around the middle")
    noise: float = bounded(0.02, at_least=0, at_most=1e12, help="standard deviation of the noise on both coordinates")

    def __post_init__(self) -> None:
        check(self, "data")

    def load(self, rng: np.random.Generator) -> Table:
        """Return `rows` rows of two features, evenly spaced along their arms, the arms by turns."""
        arm = np.arange(self.rows) % self.arms
        place = np.arange(self.rows) // self.arms
        longest = max(1, (self.rows - 1) // self.arms)
        distance = 0.05 + 0.95 * place / longest
        angle = 2 * np.pi * (self.turns * place / longest + arm / self.arms)
        points = distance[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        present = min(self.arms, self.rows)
        return Table(
            features=points + self.noise * rng.standard_normal((self.rows, 2)),
            feature_names=("x1", "x2"),
            targets=arm.astype(np.int64),
            target_names=("arm",),
            classes=tuple(f"arm-{number}" for number in range(1, present + 1)),
        )
