"""Handwritten digits, 8 by 8."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.data.bundled import read
from engine.data.sources.base import SOURCES
from engine.data.table import Table


@SOURCES.register("digits")
@dataclass(frozen=True, slots=True)
class Digits:
    """1797 handwritten digits as 8 × 8 pictures; each pixel counts ink from 0 to 16."""

    def load(self, rng: np.random.Generator) -> Table:  # noqa: ARG002 - nothing is drawn
        """Return 1797 rows of 64 pixels, row by row from the top, in ten classes."""
        header, rows = read("digits")
        return Table(
            features=np.ascontiguousarray(rows[:, :-1]),
            feature_names=header[:-1],
            targets=rows[:, -1].astype(np.int64),
            target_names=header[-1:],
            classes=tuple(str(digit) for digit in range(10)),
            image_shape=(8, 8),
        )
