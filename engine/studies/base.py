"""The registry of studies, and what each of them finds: one table, from which text, JSON and plots are made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from engine.registry import Registry


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure that was measured several times."""

    mean: float
    sd: float
    """Over the repetitions, with n − 1."""
    repetitions: int
    """At least 2."""

    @property
    def standard_error(self) -> float:
        """The standard deviation of the mean."""
        return self.sd / math.sqrt(self.repetitions)

    @property
    def sign(self) -> int:
        """1 or −1 where the mean is more than twice its standard error above or below 0, else 0."""
        if abs(self.mean) <= 2 * self.standard_error:
            return 0
        return 1 if self.mean > 0 else -1


def spread_of(values: ArrayLike) -> Spread:
    """Return mean and standard deviation of figures, one a repetition: (repetitions,)."""
    figures = np.asarray(values, dtype=np.float64)
    return Spread(float(figures.mean()), float(figures.std(ddof=1)), len(figures))


Value = int | float | Spread
"""A count, a single figure, or one that was measured several times."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of what a study found."""

    name: str
    """Also its key in JSON: `best_public`."""
    says: str
    """What stands in it, in a short line."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a study found."""

    columns: tuple[Column, ...]
    """The first is what the others are seen over: the x-axis of a plot."""
    rows: tuple[tuple[Value, ...], ...]
    """One value for each column."""
    numbers: Mapping[str, Value]
    """The few figures on which the conclusion rests."""
    says: str
    """The conclusion, in sentences that follow from the numbers."""

    def as_plain(self) -> dict[str, Any]:
        """Return them as plain values: each row a dict by column, a spread as `{"mean": …, "sd": …}`."""
        names = [column.name for column in self.columns]
        return {
            "columns": [{"name": column.name, "says": column.says} for column in self.columns],
            "rows": [dict(zip(names, map(_plain, row), strict=True)) for row in self.rows],
            "numbers": {name: _plain(value) for name, value in self.numbers.items()},
            "says": self.says,
        }


def _plain(value: Value) -> Any:
    return {"mean": value.mean, "sd": value.sd} if isinstance(value, Spread) else value


class Study(Protocol):
    """A study: a frozen dataclass whose fields are its settings."""

    def run(self, seed: int) -> Findings:
        """Do it; the same settings and seed give the same findings.

        Raises
        ------
        KeyProblem
            Where the settings cannot be together, before anything large is done.
        """
        ...


STUDIES: Registry[Study] = Registry("study")


def percent(share: float) -> str:
    """Return a share as a sentence says it: `71.2 %`."""
    return f"{100 * share:.1f} %"


def points(difference: Spread) -> str:
    """Return a difference of shares with its standard error, in percentage points: `−0.3 ± 0.1 points`."""
    # Adding 0 makes 0.0 of −0.0, which would look like a loss.
    mean = round(100 * difference.mean, 1) + 0.0
    return f"{mean:.1f} ± {100 * difference.standard_error:.1f} points".replace("-", "−")
