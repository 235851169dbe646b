"""What every optimizer offers.

An optimizer is its numbers, frozen, as an experiment says them. For a stack of runs its `stepper` holds the state
and works on all runs at once: each of its numbers is then a column, (runs, 1), since every run may have its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import numpy as np

from engine.arrays import Floats
from engine.rates import Ahead, Rates
from engine.registry import Registry


class Stepper(Protocol):
    """An optimizer at work on one stack."""

    def step(self, parameters: Floats, gradient: Floats) -> None:
        """Change the parameters in place, (runs, P); the gradient's values are used up."""
        ...

    def rates_changed(self) -> None:
        """Heed learning rates that have changed, from the next step on."""
        ...

    def state(self) -> dict[str, Floats]:
        """Return what a resumed run needs beside its parameters, by name: (…, runs, P) each, to be written to."""
        ...

    def go_to(self, update: int) -> None:
        """Go on after so many updates."""
        ...


class Optimizer(Protocol):
    """The numbers of one optimizer."""

    decouples_decay: ClassVar[bool]
    """Whether weight decay shrinks the weights by themselves instead of joining the gradient."""
    iterates: ClassVar[bool]
    """Whether it takes steps; else the runs are solved (`engine.direct`)."""

    @property
    def learning_rate(self) -> float:
        """The size of a step."""
        ...

    @classmethod
    def stepper(cls, settings: Sequence[Any], parameters: Floats, rates: Rates) -> Stepper:
        """Return the optimizer at work: one of `settings` a run, for parameters of (runs, P)."""
        ...


OPTIMIZERS: Registry[Optimizer] = Registry("optimizer")


class Scheduled:
    """A stepper's learning rates, (runs, 1) a step."""

    def __init__(self, rates: Rates, parameters: Floats) -> None:
        self._rates = Ahead(rates.at, parameters.dtype)

    def rates_changed(self) -> None:
        """Heed learning rates that have changed, from the next step on."""
        self._rates.forget()

    def go_to(self, update: int) -> None:
        """Go on after so many updates."""
        self._rates.go_to(update)


def column(settings: Sequence[Any], name: str, like: Floats) -> Floats:
    """Return one number of each run's settings as a column: (runs, 1)."""
    return np.array([[getattr(setting, name)] for setting in settings], dtype=like.dtype)
