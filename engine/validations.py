"""Validation methods: which rows judge a model while the test rows stay untouched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.fields import bounded, check
from engine.registry import Registry


class Validation(Protocol):
    """A method is its numbers; `engine.data.splits` draws its rows."""

    @property
    def folds(self) -> int:
        """Runs for one setting, repeat and restart."""
        ...

    @property
    def repeats(self) -> int:
        """How often the rows are divided anew."""
        ...


VALIDATIONS: Registry[Validation] = Registry("validation method")


@VALIDATIONS.register("none")
@dataclass(frozen=True, slots=True)
class NoValidation:
    """Train on every row that is not for the test."""

    @property
    def folds(self) -> int:
        """One run."""
        return 1

    @property
    def repeats(self) -> int:
        """The rows are not divided."""
        return 1


@VALIDATIONS.register("holdout")
@dataclass(frozen=True, slots=True)
class Holdout:
    """Keep one share of the rows apart."""

    share: float = bounded(0.2, above=0, below=1, help="share of the rows that validate")

    def __post_init__(self) -> None:
        check(self, "validation")

    @property
    def folds(self) -> int:
        """One run."""
        return 1

    @property
    def repeats(self) -> int:
        """The rows are divided once."""
        return 1


@VALIDATIONS.register("k-fold")
@dataclass(frozen=True, slots=True)
class KFold:
    """Divide the rows into k parts; each validates once while the other k − 1 train."""

    k: int = bounded(5, at_least=2, at_most=10_000, help="number of folds")
    repeats: int = bounded(1, at_least=1, at_most=1_000, help="how often the rows are divided anew")

    def __post_init__(self) -> None:
        check(self, "validation")

    @property
    def folds(self) -> int:
        """One run a fold."""
        return self.k


@VALIDATIONS.register("rolling")
@dataclass(frozen=True, slots=True)
class Rolling:
    """Divide rows in order of time into k + 1 parts; each but the first validates a model of all parts before it."""

    k: int = bounded(5, at_least=2, at_most=10_000, help="number of folds")

    def __post_init__(self) -> None:
        check(self, "validation")

    @property
    def folds(self) -> int:
        """One run a fold."""
        return self.k

    @property
    def repeats(self) -> int:
        """Time divides the rows in one way."""
        return 1
