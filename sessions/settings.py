"""What the settings of a sweep have come to: means, their order, and what the best one says of the values tried.

Pure, and of no terminal: the app's view of the settings and the command line's table are both made from it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from engine.choosing import mean_and_sd, over_folds
from engine.metrics import LARGER_IS_BETTER
from engine.plan import shown_setting
from engine.sweep import Settings
from sessions.record import Record, RunRecord
from sessions.report import chosen_of

GOING = {"training", "paused", "stopped", "interrupted"}
BAD = ("diverged", "failed")


class Spread(NamedTuple):
    """Mean and standard deviation (n − 1) over folds, or over restarts where there is one fold."""

    mean: float
    sd: float | None
    """None for a single value."""


@dataclass(frozen=True, slots=True)
class Result:
    """One setting: its runs and how they stand."""

    number: int
    """Its place in the record's list."""
    settings: Settings
    runs: tuple[RunRecord, ...]
    finished: int
    """How many of its runs have finished."""
    bad: str
    """`diverged` or `failed` where none of its runs will come to anything, else empty."""
    _known: dict[tuple[str, str], Spread | None] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, number: int, settings: Settings, runs: Sequence[RunRecord]) -> Result:
        """Return the result of a setting's runs."""
        statuses = {run.status for run in runs}
        bad = next((status for status in BAD if status in statuses), "") if statuses <= set(BAD) else ""
        return cls(number, settings, tuple(runs), sum(run.status == "finished" for run in runs), bad)

    @property
    def so_far(self) -> bool:
        """Whether its figures are those of runs that have not finished."""
        return not self.finished

    def spread(self, part: str, name: str) -> Spread | None:
        """Return a figure of its finished runs; where none has, of those that go on or were stopped, as they stand."""
        if (part, name) not in self._known:
            self._known[part, name] = self._spread(part, name)
        return self._known[part, name]

    def _spread(self, part: str, name: str) -> Spread | None:
        wanted = {"finished"} if self.finished else GOING
        known = [((run.repeat, run.fold), figure_of(run, part, name)) for run in self.runs if run.status in wanted]
        means = over_folds((fold, value) for fold, value in known if value is not None)
        return Spread(*mean_and_sd(means)) if means and all(map(math.isfinite, means)) else None


def figure_of(run: RunRecord, part: str, name: str) -> float | None:
    """Return a run's newest figure: of the kept weights where it has ended, else of the last epoch."""
    final = getattr(run, part)
    if final is not None:
        value: float | None = final.get(name)
        return value
    curves = run.train_curves if part == "train" else run.validation_curves if part == "validation" else {}
    return curves[name].last if name in curves else None


def results_of(record: Record) -> list[Result]:
    """Return all settings with their runs, in the file's order."""
    runs: list[list[RunRecord]] = [[] for _ in record.settings]
    for run in record.candidates:
        runs[run.setting].append(run)
    return [
        Result.of(number, settings, own)
        for number, (settings, own) in enumerate(zip(record.settings, runs, strict=True))
    ]


def ranked(results: Sequence[Result], figure: str) -> list[Result]:
    """Return the settings, the best first, as the study chooses: the more complete before the less, then by the mean.

    Those without a figure come last, in the file's order.
    """
    sign = -1.0 if figure in LARGER_IS_BETTER else 1.0

    def place(result: Result) -> tuple[float, float, float, int]:
        spread = result.spread("validation", figure)
        if spread is None:
            return 1.0, 0.0, 0.0, result.number
        return 0.0, -result.finished / len(result.runs), sign * spread.mean, result.number

    return sorted(results, key=place)


def varied(record: Record) -> list[str]:
    """Return the keys of which more than one value is tried, in the file's order."""
    return [key for key in record.settings[0] if len(values_of(record, key)) > 1] if record.settings else []


def values_of(record: Record, key: str) -> list[Any]:
    """Return the different values of a key: ascending where all are numbers, else in the file's order."""
    found: dict[str, Any] = {}
    for settings in record.settings:
        if key in settings:
            found.setdefault(repr(settings[key]), settings[key])
    values = list(found.values())
    return sorted(values) if all(map(is_number, values)) else values


def is_number(value: Any) -> bool:
    """Tell whether a value can be put on an axis."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def names_of(keys: Sequence[str]) -> list[str]:
    """Return what keys are called: their last part, unless two share it."""
    last = [key.rpartition(".")[2] for key in keys]
    return [name if last.count(name) == 1 else key for key, name in zip(keys, last, strict=True)]


def said(settings: Settings, keys: Sequence[str]) -> str:
    """Return a setting in words: `learning_rate=0.01 · activation=relu`."""
    named = zip(keys, names_of(keys), strict=True)
    return " · ".join(f"{name}={shown_setting(settings[key])}" for key, name in named if key in settings)


def chosen_result(record: Record, results: Sequence[Result]) -> Result | None:
    """Return the setting that the study has chosen, None as long as it has not."""
    chosen = chosen_of(record)
    return results[chosen] if chosen is not None and chosen < len(results) else None
