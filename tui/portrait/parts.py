"""A portrait: all that is shown of a data set, as plain values. Texts in it come from outside and are not yet safe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.arrays import Array, Floats, Integers

Role = Literal["feature", "target", "date", "group", "unused"]


@dataclass(frozen=True, slots=True)
class Histogram:
    """How often values fall into bins of one width from `low` to `high`, and how many lie outside."""

    counts: tuple[int, ...]
    low: float
    high: float
    below: int = 0
    above: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """What one column holds. Minimum, mean and maximum are of all rows; the rest is of the rows that were looked at."""

    name: str
    kind: Literal["number", "word", "day", "empty"]
    role: Role = "feature"
    missing: int = 0
    seen: int = 0
    """Rows that were looked at and have a value."""
    different: int = 0
    """Different values among them."""
    minimum: float | str | None = None
    """A day is its text."""
    mean: float | None = None
    maximum: float | str | None = None
    common: tuple[tuple[str | float, int], ...] = ()
    """The most frequent values and their rows, most frequent first; empty where no number comes twice."""
    histogram: Histogram | None = None
    """None for words, and where all values are the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Correlations:
    """A series' correlations with itself at lags 1, 2, …, and the lags that stand out."""

    values: Floats
    peaks: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """A target in the order of its rows."""

    name: str
    unit: str
    values: Floats
    """(rows,)."""
    dates: Array | None
    """(rows,) datetime64, or None."""
    own: Correlations | None = None
    """None for a series that is constant or too short."""
    of_differences: Correlations | None = None
    """The same of the differences from each row to the next."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A row as a picture, (height, width), or as a curve, (positions,), and what it is one of."""

    label: str
    values: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Scatter:
    """Points in a plane."""

    x_name: str
    y_name: str
    x: Floats
    """(points,)."""
    y: Floats
    labels: Integers | None = None
    """(points,) places in `classes`; None where points are not told apart."""
    classes: tuple[str, ...] = ()
    said: str = ""
    """What a person should know of the choice of these two."""


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """All that is shown of a data set."""

    name: str
    rows: int
    columns: tuple[Column, ...]
    """All that were looked at: of a file in its own order, else targets, dates, features."""
    more_columns: int = 0
    """Features that were not looked at."""
    features: int = 0
    task: str | None = None
    target_names: tuple[str, ...] = ()
    unit: str = ""
    classes: tuple[tuple[str, int], ...] = ()
    """Each class and its rows."""
    sampled: int | None = None
    """How many rows histograms and pictures are from; None where it is all of them."""
    dates: tuple[str, str] | None = None
    """The first and the last."""
    image_shape: tuple[int, int] | None = None
    series: tuple[Series, ...] = ()
    pictures: tuple[Sample, ...] = ()
    """First one of each class, then another one of each."""
    signals: tuple[Sample, ...] = ()
    scatter: Scatter | None = None
    from_file: bool = False
    """Whether the columns are those of a person's file, as they stand there."""
    notes: tuple[str, ...] = ()
    problem: str = ""
    """Why these data cannot be trained on as they are, though their columns can be looked at."""
