"""Exclusive or: the smallest problem that no straight line solves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from engine.data.sources.base import SOURCES
from engine.data.table import Table
from engine.fields import bounded, check


@SOURCES.register("xor")
@dataclass(frozen=True, slots=True)
class Xor:
    """The corners of a square; the class says whether their two coordinates differ."""

    start: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "data": {"test": 0.0, "standardize": False},
        "model": {"hidden": [8]},
        "training": {"batch_size": "all", "epochs": 2000, "learning_rate": 0.01},
        "validation": {"method": "none"},
    }

    rows: int = bounded(4, at_least=1, at_most=1_000_000, scale="log", help="number of rows: the four corners in turn")
    noise: float = bounded(0.0, at_least=0, at_most=1e12, help="standard deviation of the noise on both coordinates")

    def __post_init__(self) -> None:
        check(self, "data")

    def load(self, rng: np.random.Generator) -> Table:
        """Return `rows` rows of two features: (0, 0), (0, 1), (1, 0), (1, 1) and again, plus noise."""
        corner = np.arange(self.rows) % 4
        first, second = corner // 2, corner % 2
        corners = np.stack([first, second], axis=1).astype(np.float64)
        return Table(
            features=corners + self.noise * rng.standard_normal((self.rows, 2)),
            feature_names=("x1", "x2"),
            targets=(first ^ second).astype(np.int64),
            target_names=("xor",),
            classes=("same", "different"),
        )
