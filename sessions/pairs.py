"""One figure of two settings, run by run: pairs on the same rows, their differences, and what they say.

It knows no pages, so that the runs may as well be those of two settings of one sweep.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from engine.choosing import mean_and_sd, mean_of
from engine.intervals import Interval, Verdict, corrected_interval, paired_interval, verdict
from engine.metrics import LARGER_IS_BETTER
from sessions.record import RunRecord


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and standard deviation (n − 1) of a figure over so many folds or restarts; no deviation for one."""

    mean: float
    sd: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Pair:
    """The figures of both settings on the same held-out rows; `restart` is 0 where restarts are averaged."""

    repeat: int
    fold: int
    restart: int
    first: float
    second: float

    @property
    def difference(self) -> float:
        """Second less first."""
        return self.second - self.first


@dataclass(frozen=True, slots=True)
class Compared:
    """A validation figure of two settings. Every difference is the second's less the first's."""

    metric: str
    first: Spread
    second: Spread
    pairs: tuple[Pair, ...] = ()
    """None where the runs are no pairs: other rows, or another seed."""
    left_out: int = 0
    """Pairs, or runs where there are no pairs, that did not finish with a number on both sides."""
    over: str = "folds"
    """Or "restarts": what a pair is."""
    train_rows: float = 0.0
    held_out_rows: float = 0.0
    """Means over the pairs."""
    interval: Interval | None = None
    verdict: Verdict | None = None
    """None where nothing can be said: no pairs, or a single one."""

    @property
    def larger_is_better(self) -> bool:
        """Whether the figure is one such as accuracy."""
        return self.metric in LARGER_IS_BETTER

    @property
    def difference(self) -> float:
        """Second mean less first mean."""
        return self.interval.mean if self.interval else self.second.mean - self.first.mean

    @property
    def corrected(self) -> bool:
        """Whether the interval allows for training rows that folds share."""
        return self.over == "folds"


def compare_runs(
    first: Sequence[RunRecord], second: Sequence[RunRecord], metric: str, *, paired: bool = True
) -> Compared | None:
    """Return how two settings' runs compare in one validation figure; None where either has no such figure.

    Runs are pairs where repeat, fold and restart are the same. Restarts are averaged within a fold first; where the
    rows were divided only once, restarts are the pairs.

    Parameters
    ----------
    first, second
        The runs of each setting, no refits, each place (repeat, fold, restart) once.
    metric
        `loss`, `accuracy` …
    paired
        Whether equal places mean equal rows and seeds. If not, there are means and no interval.
    """
    befores, afters = ({_place(run): run for run in runs} for runs in (first, second))
    places = sorted({*befores, *afters})
    if not paired:
        means = [_spread(_by_fold(runs, metric, places)) for runs in (befores, afters)]
        lost = sum(_figure(run, metric) is None for run in (*first, *second))
        return Compared(metric, means[0], means[1], left_out=lost) if means[0].count and means[1].count else None
    kept = [
        place for place in places if all(_figure(runs.get(place), metric) is not None for runs in (befores, afters))
    ]
    if not kept:
        return None
    over = "folds" if len({place[:2] for place in places}) > 1 or len(places) == 1 else "restarts"
    groups: dict[tuple[int, int, int], list[tuple[int, int, int]]] = {}
    for place in kept:
        groups.setdefault((*place[:2], 0) if over == "folds" else place, []).append(place)
    pairs = tuple(
        Pair(*group, *(_mean(runs, metric, members) for runs in (befores, afters))) for group, members in groups.items()
    )
    # The fewer training rows widen the interval, should the settings differ in them.
    train_rows = statistics.fmean(min(befores[place].train_rows, afters[place].train_rows) for place in kept)
    held_out_rows = statistics.fmean(befores[place].validation_rows for place in kept)
    differences = [pair.difference for pair in pairs]
    small = all(map(math.isfinite, differences))  # and not too large for a float
    interval = None
    if over == "restarts" and small:
        interval = paired_interval(differences)
    elif train_rows > 0 and small:
        interval = corrected_interval(differences, train_rows, held_out_rows)
    known = interval is not None and interval.bounds is not None
    return Compared(
        metric,
        first=_spread([pair.first for pair in pairs]),
        second=_spread([pair.second for pair in pairs]),
        pairs=pairs,
        left_out=len(places) - len(kept),
        over=over,
        train_rows=train_rows,
        held_out_rows=held_out_rows,
        interval=interval,
        verdict=verdict(interval, larger_is_better=metric in LARGER_IS_BETTER) if interval and known else None,
    )


def _place(run: RunRecord) -> tuple[int, int, int]:
    return run.repeat, run.fold, run.restart


def _figure(run: RunRecord | None, metric: str) -> float | None:
    """Return a finished run's validation figure; None where it has none that is a number."""
    if run is None or run.status != "finished":
        return None
    value = (run.validation or {}).get(metric)
    return value if value is not None and math.isfinite(value) else None


def _mean(runs: dict[tuple[int, int, int], RunRecord], metric: str, places: Sequence[tuple[int, int, int]]) -> float:
    return mean_of([value for place in places if (value := _figure(runs.get(place), metric)) is not None])


def _by_fold(
    runs: dict[tuple[int, int, int], RunRecord], metric: str, places: Sequence[tuple[int, int, int]]
) -> list[float]:
    """Return the means of each fold over its restarts; the restarts' own figures where there are no folds."""
    known = [place for place in places if _figure(runs.get(place), metric) is not None]
    folds = list(dict.fromkeys(place[:2] for place in known))
    if len(folds) <= 1:
        return [_mean(runs, metric, [place]) for place in known]
    return [_mean(runs, metric, [place for place in known if place[:2] == fold]) for fold in folds]


def _spread(values: Sequence[float]) -> Spread:
    if not values:
        return Spread(math.nan, None, 0)
    return Spread(*mean_and_sd(values), len(values))
