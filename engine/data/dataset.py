"""A dataset: what every run of an experiment is cut from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.arrays import Array, Floats, Integers
from engine.data.table import Fill, Task

Split = Literal["random", "stratified", "time"]
BLOCK_ROWS = 4_096


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """All rows in the form in which networks read them. Rows are ascending in time wherever there is one."""

    name: str
    inputs: Floats
    """(rows, features), float32, or float64 for closed forms: the raw features less `centre`."""
    centre: Floats
    """(features,), float64; zeros where nothing is standardized."""
    targets: Floats
    """(rows, outputs), float64; one column a class, 0 or 1, for a classification."""
    labels: Integers | None
    """(rows,) class numbers; None for a regression."""
    feature_names: tuple[str, ...]
    target_names: tuple[str, ...]
    classes: tuple[str, ...]
    dates: Array | None
    """(rows,) datetime64, of days or seconds."""
    unit: str
    grid: tuple[int, ...]
    """Where the features lie beside each other: (8, 8) for a picture, (40,) in a line; empty where they do not."""
    split: Split
    """How held-out rows are chosen: the experiment's word, or the default for such data."""
    lags: tuple[int, ...]
    """What the features of a series are; empty for other data."""
    times: Integers
    """(rows,) number of each row in its series, from 0: the first rows of a series drop out."""
    sha256: str
    """Names the raw data, hexadecimal; the same for every choice of lags."""
    indicators: tuple[int, ...] = ()
    """Features that say whether a row has a word."""
    fill: Fill | None = None
    """What stands for a feature that is nan, by each run's training rows."""
    groups: Integers | None = None
    """(rows,): rows of one number stay together; None where each stands for itself."""
    test_rows: int = 0
    """How many of the last rows are the test rows, where the data come in two parts."""
    notes: tuple[str, ...] = ()
    """How a file was read, where a person should know."""
    origin: Integers | None = None
    """(rows,) number of each row in the data as they came, from 0; None where that is `times`."""
    own_rows: int | None = None
    """How many rows came before those of a test file; None where there is none."""
    whole: str = ""
    """Names the data from which the columns were chosen, whichever were; empty where that is `sha256`."""
    prints: Integers | None = None
    """(rows,) a number that is the same for rows that are alike cell for cell; None where nobody compares rows."""
    target_centre: Floats | None = None
    """(outputs,), float64: a point near the middle of the targets; None for classes, and where nothing is centred."""
    taught: Floats | None = None
    """(rows, outputs): the targets that rows show where they train, if some of them are wrong; None if none is."""
    augmentations: tuple[str, ...] = ("noise",)
    """What may be done to a training row without changing its answer, or so one might think."""
    room: Floats | None = None
    """(rows, features + 1 + outputs): the array whose first columns `inputs` is, so that a feed needs no copy."""

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.targets)

    @property
    def task(self) -> Task:
        """What kind of target this is."""
        return "classification" if self.classes else "regression"

    def name_of(self, row: int) -> str:
        """Return what people call a row: by its number in the data as they came, or in the file of test rows."""
        number = int((self.times if self.origin is None else self.origin)[row]) + 1
        if self.own_rows is not None and number > self.own_rows:
            return f"row {number - self.own_rows} of the test file"
        return f"row {number}"

    def hash_of(self, rows: Integers) -> str:
        """Return a name of these rows, hexadecimal, whatever features, lags or scaling they are read with.

        It follows from what the whole data hold, from the target, and from the rows' numbers in the data as they came.
        """
        digest = hashlib.sha256(json.dumps([self.whole or self.sha256, self.target_names]).encode())
        numbers = self.times if self.origin is None else self.origin
        digest.update(np.sort(numbers[rows]).astype("<i8").tobytes())
        return digest.hexdigest()


def blocks(rows: int) -> Iterator[slice]:
    """Yield all rows in blocks: a copy of all of them at once would be as large as the data."""
    for start in range(0, rows, BLOCK_ROWS):
        yield slice(start, min(start + BLOCK_ROWS, rows))


def middle_of(values: Floats, rows: Integers) -> Floats:
    """Return the median of each column over some rows: (rows, columns) → (columns,), float64; nan is left out.

    Each run subtracts the mean of its own training rows anyway: this point only has to lie near the data, so that
    float32 holds what is left of them. A median does, whatever a few cells hold.
    """
    found = np.zeros(values.shape[1])
    for place in range(len(found)):
        column = values[rows, place].astype(np.float64)
        present = column[~np.isnan(column)]
        if len(present):
            found[place] = np.median(present)
    return found
