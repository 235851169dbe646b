"""Events that answer a person: who holds or changes runs, looks into one, tries learning rates, or predicts."""

from __future__ import annotations

from dataclasses import dataclass

from engine.events.figures import Columns


@dataclass(frozen=True, slots=True)
class Paused:
    """A person holds the runs after this many updates."""

    runs: tuple[int, ...]
    epoch: int
    update: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """The runs go on."""

    runs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """A person has changed a setting of the runs after this many updates: a re-run repeats it."""

    runs: tuple[int, ...]
    update: int
    key: str
    value: float


@dataclass(frozen=True, slots=True)
class Inspected:
    """What the network of a run is like on its training rows; `engine.inspection` says what each figure means."""

    run: int
    layers: tuple[str, ...]
    gradient_norms: tuple[float, ...]
    weight_norms: tuple[float, ...]
    unit_means: tuple[float, ...]
    unit_sds: tuple[float, ...]
    dead: tuple[float, ...]
    lowest: float
    highest: float
    error: float
    gradient_norm: float
    place: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What the parameters of a run that trains are at this moment; it goes on. Not kept on any page."""

    run: int
    epoch: int
    update: int
    weights: str
    """As RunEnded has them."""


@dataclass(frozen=True, slots=True)
class RatesTried:
    """What a learning-rate range test saw; `engine.range_test` says what each figure means."""

    rates: tuple[float, ...]
    before: tuple[float, ...]
    losses: Columns
    """Each start's losses, one a rate, under the start's number from 1."""
    suggested: float | None


@dataclass(frozen=True, slots=True)
class Predicted:
    """What a run's network makes of other rows; `engine.prediction` says what each part means. Not kept on any page."""

    run: int
    targets: tuple[str, ...]
    classes: tuple[str, ...]
    """Empty for numbers."""
    values: str
    """(rows, columns) float64 little-endian, base64: a column a target, or a class."""
    numbers: str
    """(rows,) int64 little-endian, base64: each row's number in its file, from 1."""
    dates: tuple[str, ...]
    """One a row; empty where rows have none."""
    are_probabilities: bool
    unit: str
    notes: tuple[str, ...]
