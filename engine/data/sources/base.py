"""The registry of data sets and what each of them must offer."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, Protocol, runtime_checkable

import numpy as np

from engine.data import downloaded
from engine.data.formats.sheet import Sheet
from engine.data.progress import Progress
from engine.data.selection import Wanted
from engine.data.table import Table
from engine.registry import Registry


class Drawn(Protocol):
    """A data set that comes along or is generated: it is small, and all of it is there before columns are chosen."""

    def load(self, rng: np.random.Generator) -> Table:
        """Return all rows; only a generated data set draws from `rng`, the stream of the experiment's seed."""
        ...


@runtime_checkable
class FromFiles(Protocol):
    """A data set that is read from files, which may take long: the wanted columns decide which rows are of use."""

    def read(self, wanted: Wanted, progress: Progress) -> Table:
        """Return the rows with the wanted columns, and tell the share that has been read."""
        ...


@runtime_checkable
class HasSheet(Protocol):
    """A data set whose columns can be looked at as they stand in its file."""

    def sheet(self) -> Sheet:
        """Return them."""
        ...


Source = Drawn | FromFiles
"""A data set: a dataclass whose fields, if any, are keys of `[data]`.

A class may name one of its keys as `implied_by`: a table with that key and no `name` means this data set.
One whose rows are downloaded first says so with `fetched`, one that a package brings names it with `package`.
"""
SOURCES: Registry[Source] = Registry("data set")


def start_of(name: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the tables of settings that a new experiment on a data set should start with.

    A class names them as `start` where the defaults do not suit it: a series needs lags, four rows no holdout.
    """
    start: Mapping[str, Mapping[str, Any]] = getattr(SOURCES[name], "start", {})
    return start


def here(name: str) -> bool:
    """Tell whether a data set can be loaded now: all can but those that are still to be downloaded or installed."""
    source = SOURCES[name]
    package = getattr(source, "package", None)
    there = not getattr(source, "fetched", False) or downloaded.is_here(name)
    return there and (package is None or find_spec(package) is not None)
