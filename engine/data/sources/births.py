"""US births a day: the series on which lags, units and layers are tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from engine.data.bundled import read
from engine.data.sources.base import SOURCES
from engine.data.table import Table


@SOURCES.register("births")
@dataclass(frozen=True, slots=True)
class Births:
    """Births in the United States on each day from 2000 to 2014: a series, its features are its own past."""

    start: ClassVar[Mapping[str, Mapping[str, Any]]] = {"data": {"lags": 7}}

    def load(self, rng: np.random.Generator) -> Table:  # noqa: ARG002 - nothing is drawn
        """Return 5479 consecutive days, in thousands of births."""
        return _days("births")


@SOURCES.register("births-1969")
@dataclass(frozen=True, slots=True)
class Births1969:
    """Births in the United States on each day from 1969 to 1988: the same series in another era."""

    start: ClassVar[Mapping[str, Mapping[str, Any]]] = {"data": {"lags": 7}}

    def load(self, rng: np.random.Generator) -> Table:  # noqa: ARG002 - nothing is drawn
        """Return 7305 consecutive days, in thousands of births."""
        return _days("births-1969")


def _days(name: str) -> Table:
    _, days = read(name, [("date", "datetime64[D]"), ("births", np.int64)])
    return Table(
        features=np.empty((len(days), 0)),
        feature_names=(),
        targets=days["births"][:, None] / 1000.0,
        target_names=("births",),
        dates=np.ascontiguousarray(days["date"]),
        unit="thousand births a day",
    )
