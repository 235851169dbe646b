"""The best epoch of each run of a stack, and its weights where training may stop early."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from engine.arrays import Array, Floats
from engine.experiment import EarlyStopping


class Best:
    """Keeps each run's best epoch; a run that may stop early has its weights kept as well."""

    def __init__(self, rules: Sequence[EarlyStopping | None], numbers: Floats) -> None:
        self._rules = rules
        self._numbers = numbers
        self._kept: Floats = np.empty_like(numbers) if any(rules) else numbers[:0]
        self._losses = [math.inf] * len(rules)
        self._marks = [math.inf] * len(rules)
        self._marked = [0] * len(rules)
        self.epochs: list[int | None] = [None] * len(rules)

    def judge(self, place: int, epoch: int, loss: float) -> bool:
        """Take a run's newest loss in, and tell whether it has waited for a better one long enough.

        Any lower loss is a new best; only one that is lower by `min_delta` lets the run wait anew.
        """
        rule = self._rules[place]
        if loss < self._losses[place]:
            self._losses[place], self.epochs[place] = loss, epoch
            if rule is not None:
                self._kept[place] = self._numbers[place]
        if rule is None:
            return False
        if loss < self._marks[place] - rule.min_delta:
            self._marks[place], self._marked[place] = loss, epoch
        return epoch - self._marked[place] >= rule.patience

    def state(self, places: Sequence[int]) -> dict[str, Array]:
        """Return what some runs need to go on: (runs, …) each."""
        marks = [[self._losses[p], self._marks[p], self._marked[p], self.epochs[p] or 0] for p in places]
        state: dict[str, Array] = {"best": np.array(marks, dtype=np.float64)}
        if len(self._kept):
            state["best numbers"] = self._kept[places]
        return state

    def go_on(self, place: int, state: Mapping[str, Array]) -> None:
        """Take up one run's state where it was left."""
        loss, mark, marked, epoch = state["best"].tolist()
        self._losses[place], self._marks[place] = loss, mark
        self._marked[place], self.epochs[place] = int(marked), int(epoch) or None
        if "best numbers" in state and len(self._kept):
            self._kept[place] = state["best numbers"]

    def restore(self, place: int) -> None:
        """Put the best weights back, if they were kept and there is a best."""
        if self._rules[place] is not None and self.epochs[place] is not None:
            self._numbers[place] = self._kept[place]
