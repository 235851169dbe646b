"""A table: what a data set is before lags, splits and scaling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.arrays import Array

Task = Literal["regression", "classification"]
Fill = Literal["mean", "median"]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """All rows of a data set.

    A table without feature columns is a series: its features are its own past (`lags`).
    """

    features: Array
    """(rows, columns), float64; or uint8, as files of pictures have them."""
    feature_names: tuple[str, ...]
    targets: Array
    """(rows, outputs) float64 for a regression; (rows,) int64 class numbers for a classification."""
    target_names: tuple[str, ...]
    classes: tuple[str, ...] = ()
    """The names of the classes; empty for a regression."""
    dates: Array | None = None
    """(rows,) datetime64, of days or seconds, ascending, for dated rows; those of the test begin anew."""
    groups: Array | None = None
    """(rows,) int64: rows of one number stay together; None where each stands for itself."""
    test_rows: int = 0
    """How many of the last rows are the test rows, where the data come in two parts."""
    series: bool = False
    """Whether the rows may be read as a series even though they have features."""
    unit: str = ""
    """What the target counts, for axis titles: `thousand births a day`."""
    image_shape: tuple[int, int] | None = None
    """Height and width where each row of features is a picture."""
    ordered: bool = False
    """Whether neighbouring features are neighbours in time or space, so that a convolution can slide over them."""
    indicators: tuple[int, ...] = ()
    """Features that are 1 where a row has a word and 0 elsewhere. A run that never saw the word must not use it."""
    fill: Fill | None = None
    """What stands for a feature that is nan, by each run's training rows; None where every cell is a number."""
    notes: tuple[str, ...] = ()
    """How a file was read, where a person should know."""

    @property
    def task(self) -> Task:
        """What kind of target this is."""
        return "classification" if self.classes else "regression"

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.targets)
