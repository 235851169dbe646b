"""Tumours of the breast, measured under a microscope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.data.bundled import read
from engine.data.sources.base import SOURCES
from engine.data.table import Table


@SOURCES.register("breast-cancer")
@dataclass(frozen=True, slots=True)
class BreastCancer:
    """569 tumours by 30 measurements of their cells' nuclei; the class says whether they were malignant."""

    def load(self, rng: np.random.Generator) -> Table:  # noqa: ARG002 - nothing is drawn
        """Return 569 rows of 30 measurements in two classes."""
        header, rows = read("breast-cancer")
        return Table(
            features=np.ascontiguousarray(rows[:, :-1]),
            feature_names=header[:-1],
            targets=rows[:, -1].astype(np.int64),
            target_names=header[-1:],
            classes=("malignant", "benign"),
        )
