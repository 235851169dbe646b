"""Diabetes: a small regression, from a package that may not be there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.data.sources.base import SOURCES
from engine.data.table import Table
from engine.errors import LabError


@SOURCES.register("diabetes")
@dataclass(frozen=True, slots=True)
class Diabetes:
    """442 patients: ten measurements, and how far their diabetes was a year later. Needs scikit-learn."""

    package: ClassVar[str] = "sklearn"

    def load(self, rng: np.random.Generator) -> Table:  # noqa: ARG002 - nothing is drawn
        """Return 442 rows of ten features in their own units.

        Raises
        ------
        LabError
            If scikit-learn is not installed: nobody says under which licence the table may be passed on.
        """
        try:
            from sklearn.datasets import load_diabetes  # noqa: PLC0415 - an extra, and slow to import
        except ImportError as error:
            raise LabError(
                "diabetes comes with scikit-learn, which is not installed", "pip install scikit-learn"
            ) from error
        bunch = load_diabetes(scaled=False)
        return Table(
            features=np.ascontiguousarray(bunch.data, dtype=np.float64),
            feature_names=tuple(bunch.feature_names),
            targets=bunch.target[:, None].astype(np.float64),
            target_names=("progression",),
        )
