"""A sweep: keys of the experiment with the values to try, and the settings that they make."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from engine.errors import KeyProblem
from engine.fields import shown
from engine.streams import Purpose, stream

Settings: TypeAlias = dict[str, Any]
"""Dotted keys with their values, as they stand in an experiment file."""
MOST_SETTINGS = 20_000
SAMPLE = "sample"
FIXED = {
    "restarts": "it is the same for all settings",
    "choose_by": "one metric chooses among all settings",
    "validation.refit": "one refit follows all settings",
    "training.threads": "the workers have the same number of threads for all settings",
}
"""Keys that no setting has for itself, and why."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Which keys are varied. Every combination of their values is a setting, or `sample` of them at random."""

    axes: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    """Each dotted key with its values, in the file's order."""
    sample: int | None = None
    given: tuple[str, ...] = ()
    """Keys of a choice that is varied which a file sets to their default: other choices get that value, not their own.

    With `"training.optimizer" = ["sgd", "adam"]`, each has its own learning rate, unless the file says one.
    """

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Sweep:
        """Return the sweep of a `[sweep]` table, whose keys may be quoted or not.

        Raises
        ------
        KeyProblem
            For a value that is no list, an empty list, or a sample of less than one.
        """
        sample = table.get(SAMPLE)
        if sample is not None and (isinstance(sample, bool) or not isinstance(sample, int) or sample < 1):
            raise KeyProblem("sweep.sample", f"must be a whole number of at least 1, not {shown(sample)}")
        axes: list[tuple[str, tuple[Any, ...]]] = []
        for key, values in _flat({name: item for name, item in table.items() if name != SAMPLE}):
            if key in FIXED:
                raise KeyProblem(f"sweep.{key}", "cannot be varied", FIXED[key])
            if not isinstance(values, Sequence) or isinstance(values, str):
                raise KeyProblem(f"sweep.{key}", f"must be a list of values, not {shown(values)}", "write [a, b, …]")
            if not values:
                raise KeyProblem(f"sweep.{key}", "is an empty list", "name the values to try, or leave the key out")
            if key in dict(axes):
                raise KeyProblem(f"sweep.{key}", "stands there twice, quoted and not", "leave one of them out")
            axes.append((key, tuple(values)))
        if sample is not None and not axes:
            raise KeyProblem("sweep.sample", "has nothing to draw from", 'add a key, e.g. "training.learning_rate"')
        return cls(tuple(axes), sample)

    def to_table(self) -> dict[str, Any]:
        """Return the `[sweep]` table."""
        table: dict[str, Any] = {key: list(values) for key, values in self.axes}
        return table if self.sample is None else {**table, SAMPLE: self.sample}

    def __bool__(self) -> bool:
        return bool(self.axes)

    @property
    def keys(self) -> tuple[str, ...]:
        """The dotted keys that are varied."""
        return tuple(key for key, _ in self.axes)

    @property
    def combinations(self) -> int:
        """How many settings a full grid has."""
        return math.prod(len(values) for _, values in self.axes)

    def settings(self, seed: int) -> list[Settings]:
        """Return the settings, the last key fastest; a sample follows from the seed and keeps the grid's order.

        Raises
        ------
        KeyProblem
            For more than can be tried.
        """
        count = self.combinations
        wanted = count if self.sample is None else min(self.sample, count)
        if wanted > MOST_SETTINGS:
            key = "sweep" if self.sample is None else "sweep.sample"
            hint = f"at most {MOST_SETTINGS:,} can be tried: shorten a list, or set sample = 30 for 30 at random"
            raise KeyProblem(key, f"makes {wanted:,} settings", hint)
        if wanted == count:
            values = itertools.product(*(values for _, values in self.axes))
            return [dict(zip(self.keys, combination, strict=True)) for combination in values]
        return [self._at(place) for place in _drawn(count, wanted, seed)]

    def _at(self, place: int) -> Settings:
        """Return one setting of the grid."""
        chosen = []
        for key, values in reversed(self.axes):
            place, number = divmod(place, len(values))
            chosen.append((key, values[number]))
        return dict(reversed(chosen))


def _drawn(count: int, wanted: int, seed: int) -> list[int]:
    """Return so many different places of a grid, ascending, each set of them as likely."""
    rng = stream(seed, Purpose.SWEEP)
    if count <= 10 * MOST_SETTINGS:
        return sorted(rng.permutation(count)[:wanted].tolist())
    # A permutation of 10¹² would need the memory for it; so far apart, places hardly ever meet.
    found: set[int] = set()
    largest = min(count, np.iinfo(np.int64).max)
    while len(found) < wanted:
        found.add(int(rng.integers(largest)))
    return sorted(found)


def _flat(table: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted keys with their values: TOML makes tables of `training.learning_rate` where it is not quoted."""
    for name, item in table.items():
        key = f"{path}.{name}" if path else name
        if isinstance(item, Mapping):
            yield from _flat(item, key)
        else:
            yield key, item
