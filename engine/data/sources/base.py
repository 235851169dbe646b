"""The registry of data sets and what each of them must offer."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from engine.data.table import Table
from engine.registry import Registry


class Source(Protocol):
    """A data set: a dataclass whose fields, if any, are keys of `[data]`."""

    def load(self, rng: np.random.Generator) -> Table:
        """Return all rows; only a generated data set draws from `rng`, the stream of the experiment's seed."""
        ...


SOURCES: Registry[Source] = Registry("data set")
