"""Numbers of the coming steps, worked out for many at once: small steps cost the number of their operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from engine.arrays import Floats
from engine.schedules import Constant, Schedule

AHEAD = 256


class Ahead:
    """Hands out one number (or row of numbers) a step from what `work_out` says of the next steps."""

    def __init__(self, work_out: Callable[[Floats], Floats], dtype: np.dtype[np.floating]) -> None:
        self._work_out = work_out
        self._dtype = dtype
        self.step = 0
        """How many steps have been taken."""
        self._block: Floats = np.empty(0)
        self._place = 0
        self.forget()

    def forget(self) -> None:
        """Work the coming steps out anew: what they depend on has changed."""
        steps = np.arange(self.step, self.step + AHEAD, dtype=np.float64)
        self._block = self._work_out(steps).astype(self._dtype)
        self._place = 0

    def go_to(self, step: int) -> None:
        """Go on after so many steps."""
        self.step = step
        self.forget()

    def next(self) -> Floats:
        """Return the numbers of the next step."""
        if self._place == AHEAD:
            self.forget()
        numbers: Floats = self._block[self._place]
        self._place += 1
        self.step += 1
        return numbers


class Rates:
    """The learning rates of a stack, by run and update."""

    def __init__(
        self,
        learning_rates: Sequence[float],
        schedules: Sequence[Schedule] = (Constant(),),
        total: int = 1,
        per_epoch: int = 1,
    ) -> None:
        self._base = np.array(learning_rates, dtype=np.float64)
        self._schedules = schedules
        self._total = total
        self._per_epoch = per_epoch

    @property
    def base(self) -> Floats:
        """The learning rates that the schedules go on from: (runs,)."""
        return self._base

    def change(self, value: float, places: Sequence[int]) -> None:
        """Give some runs another learning rate, on which their schedules go on."""
        self._base[list(places)] = value

    def at(self, updates: Floats) -> Floats:
        """Return the learning rates at some updates, counted from 0, float64: (n,) → (n, runs, 1)."""
        factors = [schedule.factors(updates, self._total, self._per_epoch) for schedule in self._schedules]
        return np.asarray(np.stack(factors, axis=1) * self._base)[..., None]
