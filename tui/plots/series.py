"""What a plot draws, as arrays: thinned, broken where a value is missing, cut at the edges. No plotext, no Textual.

A `Line` holds every epoch. On its way to the screen it becomes a `Path`: the few true points that differ in a
terminal's columns, and where the pen is lifted between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]
Role = Literal["train", "validation", "reference"]
Emphasis = Literal["main", "faint", "behind", "edge"]

# Epochs beyond are no epochs; their differences need not be exact.
LAST_EPOCH = 1e15


@dataclass(frozen=True, eq=False, slots=True)
class Line:
    """One curve, in the order of its epochs. Lines compare by identity: a changed curve is a new `Line`.

    `emphasis` says what is read first: the main lines, those that lie faint behind them (dotted as well where they are
    of another page), or the dotted edges of a band.

    `x` and `y` are float64 of one length; values of `y` may be anything, nan and infinities included. A reference
    line needs one value of `y` and is drawn across the whole plot. Lines of one `family` (the folds of one setting and
    their mean) share a colour as soon as a plot shows more than one family.
    """

    label: str
    x: Array
    y: Array
    role: Role
    emphasis: Emphasis = "main"
    family: int = 0

    def __post_init__(self) -> None:
        x, y = np.asarray(self.x, np.float64), np.asarray(self.y, np.float64)
        if x.ndim != 1 or x.shape != y.shape:
            raise ValueError(f"line {self.label!r}: x has shape {x.shape} and y {y.shape}; both must be (points,)")
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", y)


def reference(label: str, value: float) -> Line:
    """Return a level to compare with, such as the noise in the data or the loss of a constant guess."""
    return Line(label, np.zeros(1), np.array([value]), "reference")


class Path(NamedTuple):
    """Points to join: x and y, (points,) each, and whether the pen is down on the way to each from the one before."""

    x: Array
    y: Array
    joined: Flags


def drawable(line: Line, *, log: bool) -> Path:
    """Return the points that can be drawn; the pen is lifted where others were. Still in the data's units."""
    usable = np.isfinite(line.y) & (np.abs(line.x) <= LAST_EPOCH)
    if log:
        usable &= line.y > 0
    joined = np.ones(len(usable), np.bool_)
    joined[:1] = False
    if usable.all():
        return Path(line.x, line.y, joined)
    joined[1:] = usable[:-1]
    return Path(line.x[usable], line.y[usable], joined[usable])


def thin(x: Array, y: Array, low: float, high: float, columns: int) -> Indices:
    """Return which points to keep: the lowest and the highest of each column, the first and the last; ascending.

    `x` (ascending) and `y` are finite, (points,); `low` and `high` are the edges of the `columns` screen columns.
    """
    count = len(y)
    if count <= 2:
        return np.arange(count)
    edges = low + (high - low) * np.arange(columns + 1) / columns
    starts = np.unique(np.append(np.searchsorted(x, edges), 0))
    starts = starts[starts < count]
    sizes = np.diff(np.append(starts, count))
    kept = np.zeros(count, np.bool_)
    kept[[0, -1]] = True
    for extreme in (np.minimum, np.maximum):
        reached = np.flatnonzero(y == np.repeat(extreme.reduceat(y, starts), sizes))
        # Where a column reaches its extreme more than once, the first time stands for all.
        kept[reached[np.searchsorted(reached, starts)]] = True
    return np.flatnonzero(kept)


def thinned(path: Path, low: float, high: float, columns: int) -> Path:
    """Return the path without the points that no column needs, its breaks where they were."""
    kept = thin(path.x, path.y, low, high, columns)
    joined = np.arange(len(kept)) > 0
    if not path.joined[1:].all():
        joined = np.diff(np.cumsum(~path.joined)[kept], prepend=-1) == 0
    return Path(path.x[kept], path.y[kept], joined)


def clipped(path: Path, low: float, high: float) -> Path:
    """Return the part of a path whose y lies within the limits; where it leaves them, it ends on the edge."""
    x, y, joined = path
    if not len(y) or (y.min() >= low and y.max() <= high):
        return path
    # Far outside, a slope cannot be told from a vertical; kept near, no difference of two values overflows.
    span = high - low
    y = np.clip(y, low - 1e4 * span, high + 1e4 * span)
    start, rise, run = y[:-1], np.diff(y), np.diff(x)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        crossings = np.sort(np.stack([(low - start) / rise, (high - start) / rise]), axis=0)
    inside = (y >= low) & (y <= high)
    first = np.where(rise == 0, 0.0, np.clip(crossings[0], 0.0, 1.0))
    last = np.where(rise == 0, 1.0, np.clip(crossings[1], 0.0, 1.0))
    seen = joined[1:] & np.where(rise == 0, inside[:-1], first < last)
    # Each visible stretch gives its two ends; a point standing alone gives itself.
    ends_x = np.stack([x[:-1] + first * run, x[:-1] + last * run], axis=1)[seen]
    ends_y = np.clip(np.stack([start + first * rise, start + last * rise], axis=1)[seen], low, high)
    index = np.flatnonzero(seen)
    alone = inside & ~np.append(values=seen, arr=[False]) & ~np.append(seen, values=[False])
    order = np.argsort(np.concatenate([np.repeat(index, 2), np.flatnonzero(alone)]), kind="stable")
    down = np.tile([False, True], len(index))
    return Path(
        np.concatenate([ends_x.ravel(), x[alone]])[order],
        np.concatenate([ends_y.ravel(), y[alone]])[order],
        np.concatenate([down, np.zeros(int(alone.sum()), np.bool_)])[order],
    )


def simplified(paths: Sequence[Path], tolerance: float) -> list[Path]:
    """Return the paths without points that lie on the way between their neighbours, to within the tolerance.

    Every other point is looked at, four times over; counted from the start of each path, so that a point added at an
    end leaves what is drawn before it alone.
    """
    if not paths:
        return []
    x, y, joined = (np.concatenate(parts) for parts in zip(*paths, strict=True))
    owner = np.repeat(np.arange(len(paths)), [len(path.x) for path in paths])
    for _ in range(4):
        place = np.arange(len(x)) - np.searchsorted(owner, owner)
        middle = np.flatnonzero(place[:-1] % 2)
        run, rise = x[middle + 1] - x[middle - 1], y[middle + 1] - y[middle - 1]
        step, climb = x[middle] - x[middle - 1], y[middle] - y[middle - 1]
        length = run * run + rise * rise
        along = step * run + climb * rise
        near = (run * climb - rise * step) ** 2 <= tolerance * tolerance * length
        dropped = middle[near & (along >= 0) & (along <= length) & joined[middle] & joined[middle + 1]]
        x, y, joined, owner = (np.delete(values, dropped) for values in (x, y, joined, owner))
    ends = np.searchsorted(owner, np.arange(1, len(paths)))
    parts = zip(*(np.split(values, ends) for values in (x, y, joined)), strict=True)
    return [Path(*part) for part in parts]


def dashed(path: Path, on: float, off: float) -> Path:
    """Return the path cut into dashes, measured along it, so that a steep stretch is dashed like a flat one."""
    x, y, joined = path
    along = _lengths(path)
    if not len(along) or along[-1] <= on:
        return path
    whole = np.arange(0.0, along[-1], on + off)
    cuts = np.sort(np.concatenate([whole, whole + on]))
    cuts = cuts[(cuts > 0) & (cuts < along[-1])]
    place = np.searchsorted(along, cuts)
    share = (cuts - along[place - 1]) / (along[place] - along[place - 1])
    cut_x, cut_y = ((1 - share) * v[place - 1] + share * v[place] for v in (x, y))
    x, y = np.insert(x, place, cut_x), np.insert(y, place, cut_y)
    along, joined = np.insert(along, place, cuts), np.insert(joined, place, values=True)
    alone = ~joined & ~np.append(joined[1:], values=[False])
    joined[1:] &= (along[1:] + along[:-1]) / 2 % (on + off) < on
    # What lies in a gap is not a point of its own.
    kept = joined | np.append(joined[1:], values=[False]) | alone
    return Path(x[kept], y[kept], joined[kept])


def _lengths(path: Path) -> Array:
    """Distance travelled with the pen down at each point, (points,)."""
    steps = np.where(path.joined[1:], np.hypot(np.diff(path.x), np.diff(path.y)), 0.0)
    return np.concatenate(([0.0], np.cumsum(steps)))[: len(path.x)]


def mean(curves: Sequence[ArrayLike]) -> Array:
    """Return the mean of curves of unequal length, epoch by epoch, over those that have the epoch: (longest,)."""
    return mean_and_sd(curves)[0]


def mean_and_sd(curves: Sequence[ArrayLike]) -> tuple[Array, Array]:
    """Return mean and sd (n − 1) of curves of unequal length, over those that have the epoch: (longest,) each.

    The sd is NaN where there is one curve left.
    """
    arrays = [np.asarray(curve, np.float64) for curve in curves]
    longest = max((len(curve) for curve in arrays), default=0)
    total, squares, count = np.zeros(longest), np.zeros(longest), np.zeros(longest)
    # A fold that has diverged makes the mean infinite or nan; that is what it is, and a plot breaks the line there.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for curve in arrays:
            total[: len(curve)] += curve
            count[: len(curve)] += 1
        average = total / count
        for curve in arrays:
            squares[: len(curve)] += (curve - average[: len(curve)]) ** 2
        return average, np.sqrt(squares / np.where(count > 1, count - 1, np.nan))
