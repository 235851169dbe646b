"""The plan: which runs an experiment expands to. Pure: it reads no data and trains nothing."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.experiment import Experiment

Role = Literal["candidate", "refit"]


@dataclass(frozen=True, slots=True)
class RunSpec:
    """One run of a study. Restart, repeat and fold count from 0; people are shown them from 1."""

    index: int
    label: str
    role: Role = "candidate"
    restart: int = 0
    repeat: int = 0
    fold: int = 0
    epochs: int | None = None
    """Instead of the experiment's own, for a refit."""


def plan(experiment: Experiment) -> tuple[RunSpec, ...]:
    """Return the runs in their order: repeat, fold, restart."""
    method = experiment.validation.method
    places = [
        (repeat, fold, restart)
        for repeat in range(method.repeats)
        for fold in range(method.folds)
        for restart in range(experiment.restarts)
    ]
    counts = {"repeat": method.repeats, "fold": method.folds, "restart": experiment.restarts}
    return tuple(
        RunSpec(index, _label(counts, repeat, fold, restart), "candidate", restart, repeat, fold)
        for index, (repeat, fold, restart) in enumerate(places)
    )


def _label(counts: dict[str, int], *places: int) -> str:
    """Return `repeat 1/2 · fold 2/5 · restart 1/3`; what there is only one of is left out."""
    named = zip(counts.items(), places, strict=True)
    return " · ".join(f"{name} {place + 1}/{count}" for (name, count), place in named if count > 1) or "run"


def wants_refit(experiment: Experiment) -> bool:
    """Tell whether folds are followed by one run on all their rows."""
    if experiment.validation.refit is not None:
        return experiment.validation.refit
    return experiment.validation.method.folds > 1


def looks_at_test(experiment: Experiment, spec: RunSpec) -> bool:
    """Tell whether a run is measured on the test rows: the refit where there is one, else a study without folds."""
    return spec.role == "refit" or (experiment.validation.method.folds == 1 and not wants_refit(experiment))


def refit(experiment: Experiment, index: int, best_epochs: Sequence[int]) -> tuple[RunSpec, str]:
    """Return the run on all rows that follows the folds, and its epoch rule in words.

    It has no rows that could stop it early, so it trains for the median of the folds' best epochs where they had.
    """
    epochs = experiment.training.epochs
    if experiment.training.early_stopping is None or not best_epochs:
        return RunSpec(index, "refit", "refit", epochs=epochs), f"all {epochs} epochs, as every fold"
    median = statistics.median_low(best_epochs)
    return RunSpec(index, "refit", "refit", epochs=median), f"{median} epochs, the median of the folds' best"


def mean_and_sd(values: Iterable[float]) -> tuple[float, float]:
    """Return mean and standard deviation (n − 1); the latter is 0 for a single value."""
    numbers = list(values)
    return statistics.fmean(numbers), statistics.stdev(numbers) if len(numbers) > 1 else 0.0
