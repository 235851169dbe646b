"""The learning-rate range test (Smith 2017, arXiv 1506.01186): train a little while the rate rises, watch the loss.

A rate that is too small changes nothing; one that is too large throws the loss up. Between the two lies what to use.
Two things make the test steadier than its usual form. It trains several starts, as one stack, so that luck is seen as
spread; and after each rate it measures the loss on the same training rows instead of taking that of the last batch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine import evaluation
from engine.arrays import Floats
from engine.batches import Feed
from engine.errors import KeyProblem
from engine.experiment import Experiment
from engine.jobs import Job
from engine.plan import RunSpec
from engine.stack import Stack

LOWEST, HIGHEST, PER_DECADE = -6, 2, 10
"""The first and the last rate as powers of ten, and how many rates there are from one power to the next."""
UPDATES = 4
"""Updates with each rate."""
STARTS = 5
BELOW_THE_LOWEST = 3.0
"""How far below the rate with the lowest loss the suggestion lies: that one is already near the edge."""
THROWN_UP = 4.0
"""The test ends where the loss is so many times what it was before."""
FELL = 0.99
"""A loss that never gets below this share of what it was has not fallen."""
NOTHING_LEFT = 0.01
"""A loss below this share of what it was is as low as any: how much lower still says nothing about the rate."""
MOST_ROWS = 2_048


@dataclass(frozen=True, slots=True)
class Rising:
    """The schedule of the test: the same factor from rate to rate, some updates with each."""

    def factors(self, updates: Floats, total: int, per_epoch: int) -> Floats:  # noqa: ARG002  # a schedule's signature
        """Return the rate at each update: (n,) → (n,)."""
        return rate_of(np.floor(updates / UPDATES))


def rate_of(place: Floats) -> Floats:
    """Return the rates at some places of the test, counted from 0."""
    return np.asarray(10.0 ** (LOWEST + place / PER_DECADE))


@dataclass(frozen=True, slots=True)
class RangeTest:
    """What the loss did as the learning rate rose."""

    before: tuple[float, ...]
    """Each start's training loss before the first update."""
    rates: tuple[float, ...]
    losses: tuple[tuple[float, ...], ...]
    """Each start's training loss after the updates with each rate."""
    suggested: float | None
    """None where no rate lowered the loss."""


def starts_of(spec: RunSpec) -> list[RunSpec]:
    """Return the runs of the test: one run's rows, from several initial weights."""
    return [replace(spec, index=start, restart=start) for start in range(STARTS)]


def range_test(jobs: Sequence[Job], feed: Feed) -> RangeTest:
    """Train these runs, which are alike but for their restart, while the learning rate rises.

    The loss is the training loss as curves show it, without penalties, on at most 2,048 rows; the penalties act.

    Raises
    ------
    KeyProblem
        Where the optimizer takes no steps.
    """
    if not jobs[0].experiment.training.optimizer.iterates:
        raise KeyProblem("training.optimizer", "takes no steps: it has no learning rate", 'for example "adam" has one')
    stack = Stack([replace(job, experiment=_rising(job.experiment)) for job in jobs], feed)
    stack.change_rate(1.0, range(len(stack.runs)))
    rows = [evaluation.sample(job.train, MOST_ROWS) for job in jobs]
    batches = _endless(stack)
    places = range(len(jobs))

    def measured() -> list[float]:
        return [figures["loss"] for figures in stack.evaluator.figures(places, rows, taught=True)]

    losses: list[list[float]] = []
    with np.errstate(all="ignore"):
        before = measured()
        for _ in range((HIGHEST - LOWEST) * PER_DECADE + 1):
            for _ in range(UPDATES):
                stack.step(*next(batches))
            losses.append(measured())
            if all(not loss < THROWN_UP * first for loss, first in zip(losses[-1], before, strict=True)):
                break
    rates = rate_of(np.arange(len(losses), dtype=np.float64))
    return RangeTest(
        tuple(before), tuple(rates.tolist()), tuple(zip(*losses, strict=True)), suggestion(before, rates, losses)
    )


def suggestion(before: Sequence[float], rates: Floats, losses: Sequence[Sequence[float]]) -> float | None:
    """Return a third of the rate at which the median start's loss is lowest, rounded to one digit or 1.5.

    Losses are (rates, starts). None where the median never falls.
    """
    first = float(np.median(before))
    medians = np.median(np.where(np.isfinite(losses), losses, np.inf), axis=1)
    lowest = int(np.argmin(np.maximum(medians, NOTHING_LEFT * first)))
    if not medians[lowest] < FELL * first:
        return None
    rate = float(rates[lowest]) / BELOW_THE_LOWEST
    power = 10.0 ** math.floor(math.log10(rate))
    return float(f"{min((1, 1.5, 2, 3, 5, 7, 10), key=lambda step: abs(math.log(step * power / rate))) * power:.2g}")


def _rising(experiment: Experiment) -> Experiment:
    return replace(experiment, training=replace(experiment.training, schedule=Rising(), early_stopping=None))


def _endless(stack: Stack) -> Iterator[tuple[Floats, Floats]]:
    while True:
        yield from stack.batches.epoch(stack.shuffles)
