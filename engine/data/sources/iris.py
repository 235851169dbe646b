"""Irises of three species."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.data.bundled import read
from engine.data.sources.base import SOURCES
from engine.data.table import Table


@SOURCES.register("iris")
@dataclass(frozen=True, slots=True)
class Iris:
    """150 irises of three species, each by the lengths and widths of its sepals and petals."""

    def load(self, rng: np.random.Generator) -> Table:  # noqa: ARG002 - nothing is drawn
        """Return 150 rows of four measurements in centimetres, in three classes."""
        header, rows = read("iris")
        return Table(
            features=np.ascontiguousarray(rows[:, :-1]),
            feature_names=header[:-1],
            targets=rows[:, -1].astype(np.int64),
            target_names=header[-1:],
            classes=("setosa", "versicolor", "virginica"),
        )
