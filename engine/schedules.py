"""Schedules: what becomes of the learning rate from update to update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engine.arrays import Floats
from engine.fields import bounded, check
from engine.registry import Registry

LOWEST = 1e-4


class Schedule(Protocol):
    """The learning rate's factor over a run."""

    def factors(self, updates: Floats, total: int, per_epoch: int) -> Floats:
        """Return what the learning rate is multiplied by at each update, counted from 0, float64: (n,) → (n,).

        A run has `total` updates, `per_epoch` in an epoch; what would come after its end is of no matter.
        """
        ...


SCHEDULES: Registry[Schedule] = Registry("schedule")


@SCHEDULES.register("constant")
@dataclass(frozen=True, slots=True)
class Constant:
    """The same from the first update to the last."""

    def factors(self, updates: Floats, total: int, per_epoch: int) -> Floats:
        """Return ones."""
        return np.ones_like(updates)


@SCHEDULES.register("step")
@dataclass(frozen=True, slots=True)
class StepDown:
    """Multiplied by a factor every so many epochs."""

    every: int = bounded(30, at_least=1, at_most=10_000_000, scale="log", help="epochs from one fall to the next")
    factor: float = bounded(0.1, above=0, at_most=1, scale="log", help="what the learning rate is multiplied by then")

    def __post_init__(self) -> None:
        check(self, "training")

    def factors(self, updates: Floats, total: int, per_epoch: int) -> Floats:
        """Return factor to the power of how often it has fallen."""
        return np.asarray(self.factor ** np.floor(updates / (self.every * per_epoch)))


@SCHEDULES.register("cosine")
@dataclass(frozen=True, slots=True)
class Cosine:
    """Half a wave of a cosine from 1 down to 0 (Loshchilov & Hutter 2017, arXiv 1608.03983, without restarts)."""

    def factors(self, updates: Floats, total: int, per_epoch: int) -> Floats:
        """Return (1 + cos(πt/T))/2."""
        return _wave(updates / total)


@SCHEDULES.register("warmup-cosine")
@dataclass(frozen=True, slots=True)
class WarmupCosine:
    """A straight line up over the first updates, then half a wave down to 0."""

    warmup: float = bounded(0.1, at_least=0, below=1, help="the share of the updates that warm up")

    def __post_init__(self) -> None:
        check(self, "training")

    def factors(self, updates: Floats, total: int, per_epoch: int) -> Floats:
        """Return (t + 1)/w for the first w updates, then (1 + cos(π(t − w)/(T − w)))/2."""
        warm = round(self.warmup * total)
        down = _wave((updates - warm) / max(total - warm, 1))
        return np.where(updates < warm, (updates + 1) / max(warm, 1), down)


@SCHEDULES.register("one-cycle")
@dataclass(frozen=True, slots=True)
class OneCycle:
    """Up from 1/25 over the first 30 % of the updates, then down to 4 millionths (Smith & Topin, arXiv 1708.07120)."""

    def factors(self, updates: Floats, total: int, per_epoch: int) -> Floats:
        """Return two half waves, from 1/25 to 1 and from 1 to 1/25/10,000."""
        start, end = 1 / 25, LOWEST / 25
        top, last = 0.3 * total - 1, total - 1
        up = start + (1 - start) * (1 - _wave(updates / top)) if top > 0 else np.ones_like(updates)
        down = end + (1 - end) * _wave((updates - top) / max(last - top, 1e-9))
        return np.where(updates <= top, up, down)


def _wave(share: Floats) -> Floats:
    """Return half a wave from 1, where the share of the way is 0, to 0, where it is 1 and beyond."""
    return np.asarray((1 + np.cos(np.pi * np.clip(share, 0, 1))) / 2)
