"""Limits that stay while a run goes on, ticks that read well. Pure arithmetic.

Limits are in axis units: the data's own, or powers of ten on a log axis.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tui.plots.series import LAST_EPOCH, Array, Line, drawable

# Values beyond are drawn at the edge; sums and differences of what is left cannot overflow.
LARGEST = 1e300
# A line has run away once it is this many times its beginning and its middle value ...
RUNAWAY = 100.0
# ... and is then shown up to this many times its beginning.
SHOWN = 5.0


class Limits(NamedTuple):
    """The lower and upper end of an axis, low < high, and whether they are powers of ten."""

    low: float
    high: float
    log: bool = False

    def place(self, value: float, dots: int) -> int:
        """Return which of `dots` evenly spaced positions is nearest to a value in axis units, 0 at `low`."""
        share = (value - self.low) / (self.high - self.low)
        return round(min(1.0, max(0.0, share)) * (dots - 1))

    def holds(self, value: float) -> bool:
        """Return whether a value in axis units lies on the axis."""
        return self.low <= value <= self.high


class Tick(NamedTuple):
    """A position in axis units and its label."""

    position: float
    label: str


def epoch_limits(lines: Sequence[Line], total: int) -> Limits:
    """Return the x axis, fixed for a whole run: to the total number of epochs, or further if a line goes on.

    It begins at 0, but at 1 for a short run without an epoch 0, whose first step would else be empty.
    """
    epochs = [x for line in lines if line.role != "reference" and len(x := line.x[np.abs(line.x) <= LAST_EPOCH])]
    ends = [(float(x.min()), float(x.max())) for x in epochs]
    high = float(max(total, 1, *(math.ceil(last) for _, last in ends)))
    low = min(0.0, *(math.floor(first) for first, _ in ends)) if ends else 0.0
    if low == 0 and 1 < high <= 20 and all(first >= 1 for first, _ in ends):
        low = 1.0
    return Limits(low, high)


def decade_limits(lines: Sequence[Line]) -> Limits:
    """Return an x axis of powers of ten, from the whole power below the lines to the one above."""
    ends = [edge for line in lines if line.role != "reference" and len(line.x) for edge in (line.x.min(), line.x.max())]
    low, high = (math.floor(min(ends)), math.ceil(max(ends))) if ends else (0, 1)
    return Limits(float(low), float(max(high, low + 1)), log=True)


def data_range(lines: Sequence[Line], *, log: bool) -> tuple[float, float] | None:
    """Return the least and the largest value worth showing, in the data's units; None when there is none.

    A diverging curve would press all else flat. Once it is a hundred times what the first three epochs were, and its
    own median (on a log axis ten thousand times), it is shown up to five times those epochs (log: five hundred) and
    leaves the plot through the edge. A loss that rises less, as in overfitting, is always shown whole. The edges of a
    band have no say: a loss less its sd may be below 0.
    """
    drawn = [line for line in lines if line.role != "reference" and line.emphasis != "edge"]
    curves = [path.y for line in drawn if len((path := drawable(line, log=log)).y)]
    if not curves:
        return None
    largest = min(LARGEST, max(float(curve.max()) for curve in curves))
    least = max(-LARGEST, min(float(curve.min()) for curve in curves))
    # A beginning is a middle one among the lines: one that starts too high does not decide for the others.
    level = sorted(float(np.abs(curve[:3]).max()) for curve in curves)[(len(curves) - 1) // 2]
    if level > 0:
        bound = level * SHOWN * (RUNAWAY if log else 1.0)
        if largest > level * RUNAWAY * (RUNAWAY if log else 1.0) and any(_runs_away(curve, level) for curve in curves):
            largest = max(bound, least)
        if not log and least < -level * RUNAWAY and any(_runs_away(-curve, level) for curve in curves):
            least = min(-bound, largest)
    return least, largest


def _runs_away(curve: Array, level: float) -> bool:
    """Whether a curve, (epochs,), rises far above its own middle, or starts far above where the others start."""
    top = min(float(curve.max()), LARGEST)
    return (
        top > RUNAWAY * float(np.median(np.minimum(np.abs(curve), LARGEST))) or float(curve[:3].max()) > RUNAWAY * level
    )


def settle(before: Limits | None, data_min: float, data_max: float, *, log: bool) -> Limits:
    """Return round limits around the data; the ones before as long as they hold it and it fills two fifths of them."""
    low, high = (_log10(data_min), _log10(data_max)) if log else (data_min, data_max)
    if before is not None and before.log == log and before.holds(low) and before.holds(high):
        enough = (1e-9 if low == high else 0.4) * (before.high - before.low)
        from_zero = before.low == 0 and not log and low >= 0
        if high - (0.0 if from_zero else low) >= enough or low == high:
            return before
    return _decades(low, high) if log else _rounded(low, high)


def _log10(value: float) -> float:
    return math.log10(max(value, 5e-324))


def _rounded(low: float, high: float) -> Limits:
    # Below this a step is no longer a number that can be divided by.
    low, high = (0.0 if abs(value) < 1 / LARGEST else value for value in (low, high))
    if 0 <= low <= 0.6 * high:
        low = 0.0
    elif 0 >= high >= 0.6 * low:
        high = 0.0
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        low, high = (0.0, 2 * high) if high > 0 else (2 * low, 0.0) if low < 0 else (0.0, 1.0)
    step = nice_step(high - low, 5)
    return Limits(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step)


def _decades(low: float, high: float) -> Limits:
    """Limits at 1, 2 or 5 times a power of ten, or at powers alone once the data spans more than three."""
    parts = (0.0, math.log10(2), math.log10(5)) if high - low <= 3 else (0.0,)
    whole = {math.floor(edge) + shift for edge in (low, high) for shift in (-1, 0, 1)}
    near = [k + part for k in whole for part in parts]
    below = max(value for value in near if value <= low + 1e-9)
    above = min(value for value in near if value >= high - 1e-9)
    if above - below < 0.3:
        below, above = min(below, math.floor(low)), max(above, math.floor(low) + 1.0)
    return Limits(float(below), float(above), log=True)


def nice_step(span: float, count: int) -> float:
    """Return 1, 2 or 5 times a power of ten, so that a span has about `count` steps, and no more than `count` + 1."""
    raw = span / max(1, count)
    power = 10.0 ** math.floor(math.log10(raw))
    return next((factor * power for factor in (1, 2, 5) if factor * power >= raw * 0.9), 10 * power)


def ticks(limits: Limits, count: int, *, whole: bool = False) -> list[Tick]:
    """Return at most about `count` ticks, ascending; `whole` for epochs, which have no fractions."""
    if limits.log:
        return _log_ticks(limits, count)
    step = nice_step(limits.high - limits.low, count)
    if whole:
        step = max(1.0, round(step))
    first, last = math.ceil(limits.low / step - 1e-9), math.floor(limits.high / step + 1e-9)
    plain = whole and limits.high < 1e7
    return [Tick(k * step, f"{k * step:.0f}" if plain else label(k * step, step)) for k in range(first, last + 1)]


def _log_ticks(limits: Limits, count: int) -> list[Tick]:
    first, last = math.ceil(limits.low - 1e-9), math.floor(limits.high + 1e-9)
    needed = (last - first + 1) / max(1, count)
    every = next((stride for stride in (1, 2, 3, 5, 10, 20, 50, 100) if stride >= needed), 200)
    # Multiples of the stride, not counted from the edge: labels stay when the axis grows.
    found = [Tick(float(k), power_label(1, k)) for k in range(first, last + 1) if k % every == 0]
    if len(found) < 3 and limits.high - limits.low <= 3:
        between = [(m, k) for k in range(first - 1, last + 1) for m in (2, 5)]
        found += [Tick(k + math.log10(m), power_label(m, k)) for m, k in between]
    return sorted(tick for tick in found if limits.low - 1e-9 <= tick.position <= limits.high + 1e-9)


def power_label(factor: int, exponent: int) -> str:
    """Return `factor` × 10^`exponent`, short: 0.05, 200, 1e-4."""
    if 0 <= exponent <= 3:
        return str(factor * 10**exponent)
    if -3 <= exponent < 0:
        return f"{factor * 10.0**exponent:.{-exponent}f}"
    return f"{factor}e{exponent}"


def label(value: float, step: float) -> str:
    """Return a tick's value with as many decimals as its step needs: 0.05, 150, 15e6."""
    if abs(value) < step / 2:
        return "0"
    exponent = math.floor(math.log10(step) + 1e-9)
    if exponent >= 4 or exponent < -4:
        return f"{value / 10.0**exponent:.0f}e{exponent}"
    return f"{value:.{max(0, -exponent)}f}"
