"""A table: what a data set is before lags, splits and scaling."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from engine.arrays import Array
from engine.data.encoding import Encoded
from engine.errors import KeyProblem

Task = Literal["regression", "classification"]
Fill = Literal["mean", "median"]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """All rows of a data set.

    A table without feature columns is a series: its features are its own past (`lags`).
    """

    features: Array | Encoded
    """(rows, columns): numbers of any kind, such as the bytes of pictures; large ones are made block by block."""
    feature_names: tuple[str, ...]
    targets: Array
    """(rows, outputs) float64 for a regression; (rows,) int64 class numbers for a classification."""
    target_names: tuple[str, ...]
    classes: tuple[str, ...] = ()
    """The names of the classes; empty for a regression."""
    dates: Array | None = None
    """(rows,) datetime64, of days or seconds, ascending, for dated rows; those of the test begin anew."""
    origin: Array | None = None
    """(rows,) int64: each row's number in the data as they came, from 0; None where all rows are there, in order."""
    own_rows: int | None = None
    """How many rows came before those of a test file; None where there is none."""
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
    whole: str = ""
    """Names the data from which the columns were chosen, hexadecimal; empty where all of them are here."""
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


def followed(table: Table, test: Table, name: str) -> Table:
    """Return a table with all rows of another behind its own, as its test rows.

    Raises
    ------
    KeyProblem
        With data.test_name, if the two are not of one kind.
    """
    for what in ("feature_names", "target_names", "classes", "image_shape", "unit"):
        own, other = getattr(table, what), getattr(test, what)
        if own != other:
            words = what.replace("_", " ")
            raise KeyProblem(
                "data.test_name", f"= {name} has other {words} than the training data", "choose data of the same kind"
            )
    dates = None
    if table.dates is not None and test.dates is not None:
        dates = np.concatenate([table.dates, test.dates])
    return replace(
        table,
        features=np.concatenate([np.asarray(table.features), np.asarray(test.features)]),
        targets=np.concatenate([table.targets, test.targets]),
        dates=dates,
        test_rows=test.rows,
        origin=None,
        notes=(*table.notes, *test.notes),
    )
