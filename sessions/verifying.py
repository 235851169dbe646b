"""Verify: whether a study that was trained again gives the bits that its page has."""

from __future__ import annotations

import dataclasses
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from engine.events import EnvironmentSeen, Figures
from sessions.record import Curves, Record, RunRecord

SAID = {"python": "Python", "numpy": "NumPy", "blas": "BLAS", "threads": "BLAS threads", "cpu": "CPU features"}
NEVER_CAME_TO_AN_END = {"interrupted", "waiting", "training", "paused", "failed"}


@dataclass(frozen=True, slots=True)
class Difference:
    """The first thing that is another one."""

    run: int
    label: str
    what: str
    """Such as `validation.loss`, or `the final weights`."""
    recorded: float | str | None
    again: float | str | None
    epoch: int | None = None
    """None for what belongs to the end of the run."""

    @property
    def size(self) -> float | None:
        """How far apart two numbers are; None for what is no number."""
        if isinstance(self.recorded, float) and isinstance(self.again, float):
            return abs(self.again - self.recorded)
        return None


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of training a page again."""

    difference: Difference | None
    environment: dict[str, tuple[str, str]]
    """What differs of it: as recorded, as it is."""
    runs: int
    """How many runs were compared."""
    points: int
    """How many losses and metrics of epochs were compared."""
    weights: int
    """How many final weights were compared, by their hash."""
    left_out: tuple[str, ...]
    """Labels of runs that failed for a reason outside them: they are compared as far as they came."""
    thinned: bool
    """Whether the page has only some of the epochs."""


def verify(recorded: Record, again: Record) -> Verification:
    """Compare the record of a page, with its full curves where there are, with that of its study trained again.

    Every epoch's losses and metrics and the final weights count, to the bit; times never do. A run that never came to
    an end is compared as far as it came. With no `points` at all nothing was compared, and nothing is the same.
    """
    pairs = list(enumerate(zip(recorded.runs, again.runs, strict=False)))
    kept = [(place, old, new) for place, (old, new) in pairs if old.train_curves]
    counted = [old for _, old, _ in kept]
    curves = [curve for run in counted for part in (run.train_curves, run.validation_curves) for curve in part.values()]
    found = (
        _other_data(recorded, again)
        or _other_runs(recorded, again)
        or next((one for place, old, new in kept for one in _of_run(place, old, new)), None)
    )
    return Verification(
        difference=found,
        environment=_of_environment(recorded.environment, again.environment),
        runs=len(kept),
        points=sum(map(len, curves)),
        weights=sum(bool(run.sha256) for run in counted),
        left_out=tuple(run.label for run in recorded.runs if run.status == "failed"),
        thinned=any(len(curve) < run.epoch for run in counted for curve in run.train_curves.values()),
    )


def _other_data(recorded: Record, again: Record) -> Difference | None:
    old, new = recorded.data, again.data
    if old is None or new is None or old.sha256 == new.sha256:
        return None
    return Difference(0, "", "the data", old.sha256[:16], new.sha256[:16])


def _other_runs(recorded: Record, again: Record) -> Difference | None:
    """Return how the list of runs differs: by their number, or by what they are called."""
    if len(recorded.runs) != len(again.runs):
        return Difference(0, "", "the number of runs", str(len(recorded.runs)), str(len(again.runs)))
    pairs = enumerate(zip(recorded.runs, again.runs, strict=True))
    return next(
        (Difference(place, a.label, "its label", a.label, b.label) for place, (a, b) in pairs if a.label != b.label),
        None,
    )


def _of_environment(old: EnvironmentSeen | None, new: EnvironmentSeen | None) -> dict[str, tuple[str, str]]:
    if old is None or new is None:
        return {}
    fields = [field.name for field in dataclasses.fields(EnvironmentSeen)]
    values = {name: (getattr(old, name), getattr(new, name)) for name in fields}
    return {SAID.get(name, name): (_text(a), _text(b)) for name, (a, b) in values.items() if a != b}


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _of_run(place: int, old: RunRecord, new: RunRecord) -> Iterator[Difference]:
    """Yield what differs of a run, the earliest epoch first."""
    yield from sorted(_of_curves(place, old, new), key=lambda one: one.epoch or 0)
    if old.status in NEVER_CAME_TO_AN_END:
        return
    for what in ("status", "epoch", "updates", "best_epoch"):
        one, other = getattr(old, what), getattr(new, what)
        if one != other:
            yield Difference(place, old.label, what.replace("_", " "), _plain(one), _plain(other))
    for part in ("train", "validation", "test", "coefficients"):
        yield from _of_figures(place, old.label, part, getattr(old, part), getattr(new, part))
    if old.sha256 and old.sha256 != new.sha256:
        yield Difference(place, old.label, "the final weights", old.sha256[:16], new.sha256[:16] or None)


def _plain(value: object) -> str | None:
    return None if value is None else str(value)


def _of_curves(place: int, old: RunRecord, new: RunRecord) -> Iterator[Difference]:
    """Yield the first epoch at which each curve differs."""
    parts: tuple[tuple[str, Curves, Curves], ...] = (
        ("train", old.train_curves, new.train_curves),
        ("validation", old.validation_curves, new.validation_curves),
    )
    for part, before, after in parts:
        for name in after.keys() - before.keys():
            yield Difference(place, old.label, f"{part}.{name}", None, after[name].last, 1)
        for name, curve in before.items():
            values = dict(after[name]) if name in after else {}
            for epoch, value in curve:
                if epoch not in values or not _same(value, values[epoch]):
                    yield Difference(place, old.label, f"{part}.{name}", value, values.get(epoch), epoch)
                    break


def _of_figures(place: int, label: str, part: str, old: Figures | None, new: Figures | None) -> Iterator[Difference]:
    for name, value in (old or {}).items():
        other = (new or {}).get(name)
        if other is None or not _same(value, other):
            yield Difference(place, label, f"the final {part}.{name}", value, other)


def _same(one: float, other: float) -> bool:
    """Tell whether two numbers have the same bits; any NaN is as good as another."""
    return struct.pack("<d", one) == struct.pack("<d", other) or (math.isnan(one) and math.isnan(other))
