"""Wines of three growers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.data.bundled import read
from engine.data.sources.base import SOURCES
from engine.data.table import Table


@SOURCES.register("wine")
@dataclass(frozen=True, slots=True)
class Wine:
    """178 wines of one Italian region, each by 13 measurements and by which of three growers made it."""

    def load(self, rng: np.random.Generator) -> Table:  # noqa: ARG002 - nothing is drawn
        """Return 178 rows of 13 measurements in three classes."""
        header, rows = read("wine")
        return Table(
            features=np.ascontiguousarray(rows[:, :-1]),
            feature_names=header[:-1],
            # The file counts growers from 1, as its source does.
            targets=rows[:, -1].astype(np.int64) - 1,
            target_names=header[-1:],
            classes=("cultivar-1", "cultivar-2", "cultivar-3"),
        )
