"""Penguins of three species: a table as people keep them, with words and empty cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from typing import Any, ClassVar

from engine.data.formats import csv_file
from engine.data.formats.sheet import Sheet
from engine.data.progress import Progress, silent
from engine.data.roles import Missing, Wishes, table_of
from engine.data.selection import Wanted
from engine.data.sources.base import SOURCES
from engine.data.table import Table
from engine.fields import check, option


@SOURCES.register("penguins")
@dataclass(frozen=True, slots=True)
class Penguins:
    """344 penguins of three species: lengths and weights, island, sex and year, and some cells are empty."""

    start: ClassVar[Mapping[str, Mapping[str, Any]]] = {"data": {"missing": "mean"}}

    missing: Missing = option(
        "error",
        help="empty cells: leave their rows out, or put the training rows' mean or median there (a word has none)",
    )

    def __post_init__(self) -> None:
        check(self, "data")

    def sheet(self) -> Sheet:
        """Return the table as its file has it."""
        with as_file(files("engine.data").joinpath("files", "penguins.csv.gz")) as path:
            return csv_file.read(path)

    def read(self, wanted: Wanted, progress: Progress = silent) -> Table:
        """Return 344 rows in three classes, less those that `missing` leaves out."""
        progress(1.0)
        target = wanted.target or ("species",)
        return table_of(self.sheet(), Wishes(replace(wanted, target=target), missing=self.missing))
