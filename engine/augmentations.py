"""Augmentation: each time a training row is seen it is changed a little, in a way that should not change its answer.

What may be done to a row is declared by the data set (`Dataset.augmentations`), from what its features are. Changes
are made to raw values, before a run scales them, and are drawn row after row from a stream for each kind of change:
neither the batch nor the stack in which a row is gathered can be seen in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engine.arrays import Array, Floats
from engine.data.dataset import Dataset
from engine.registry import Registry


class Augmentation(Protocol):
    """One kind of change."""

    def change(self, rows: Floats, rng: np.random.Generator, grid: tuple[int, ...], spread: Floats) -> Floats:
        """Return changed rows: (rows, features) → (rows, features).

        `grid` is the shape in which the features lie, `spread` their standard deviations, 0 for what must stay.
        Only `random` and `standard_normal` of `rng` may be called, for so many numbers a row.
        """
        ...


AUGMENTATIONS: Registry[Augmentation] = Registry("augmentation")


@AUGMENTATIONS.register("shift")
@dataclass(frozen=True, slots=True)
class Move:
    """By one pixel up, down, left or right, or not at all; signals by one step. The edge is repeated."""

    def change(self, rows: Floats, rng: np.random.Generator, grid: tuple[int, ...], spread: Floats) -> Floats:
        """Gather each row's features from their neighbours."""
        places = np.arange(rows.shape[1]).reshape(grid)
        ways = [places]
        for axis in range(len(grid)):
            ahead = np.concatenate([places.take(range(1, grid[axis]), axis), places.take([grid[axis] - 1], axis)], axis)
            behind = np.concatenate([places.take([0], axis), places.take(range(grid[axis] - 1), axis)], axis)
            ways += [ahead, behind]
        sources = np.stack([way.ravel() for way in ways])
        chosen = (rng.random(len(rows)) * len(ways)).astype(np.int64)
        return np.take_along_axis(rows, sources[chosen], axis=1)


@AUGMENTATIONS.register("rotate")
@dataclass(frozen=True, slots=True)
class Rotate:
    """By any angle up to 15° either way, about the middle; between pixels the four around are weighed (bilinear)."""

    degrees: float = 15.0

    def change(self, rows: Floats, rng: np.random.Generator, grid: tuple[int, ...], spread: Floats) -> Floats:
        """Read each pixel where it was before the turn."""
        height, width = grid
        angles = np.deg2rad(self.degrees) * (2 * rng.random(len(rows)) - 1)
        cosine, sine = np.cos(angles)[:, None], np.sin(angles)[:, None]
        y, x = np.divmod(np.arange(height * width), width)
        middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
        from_y = (cosine * (y - middle_y) - sine * (x - middle_x) + middle_y).clip(0, height - 1)
        from_x = (sine * (y - middle_y) + cosine * (x - middle_x) + middle_x).clip(0, width - 1)
        top, left = np.floor(from_y).astype(np.int64), np.floor(from_x).astype(np.int64)
        down, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
        share_y, share_x = (from_y - top).astype(rows.dtype), (from_x - left).astype(rows.dtype)

        def at(row: Array, column: Array) -> Floats:
            return np.take_along_axis(rows, row * width + column, axis=1)

        upper = at(top, left) * (1 - share_x) + at(top, right) * share_x
        lower = at(down, left) * (1 - share_x) + at(down, right) * share_x
        return np.asarray(upper * (1 - share_y) + lower * share_y)


@AUGMENTATIONS.register("noise")
@dataclass(frozen=True, slots=True)
class Noise:
    """Normal noise on every feature, a tenth of its standard deviation over the training rows."""

    share: float = 0.1

    def change(self, rows: Floats, rng: np.random.Generator, grid: tuple[int, ...], spread: Floats) -> Floats:
        """Add noise."""
        noise = rng.standard_normal(rows.shape) * (self.share * spread)
        return rows + noise.astype(rows.dtype)


@AUGMENTATIONS.register("flip")
@dataclass(frozen=True, slots=True)
class Flip:
    """Half of the rows upside down; signals back to front. A 6 becomes a 9: the bad example."""

    def change(self, rows: Floats, rng: np.random.Generator, grid: tuple[int, ...], spread: Floats) -> Floats:
        """Turn about half of the rows."""
        turned = np.flip(rows.reshape(-1, *grid), axis=1).reshape(rows.shape)
        return np.where(rng.random(len(rows))[:, None] < 0.5, turned, rows)


class Augmenter:
    """Changes the rows that the runs of a stack gather, each by its own streams."""

    def __init__(
        self, names: Sequence[str], dataset: Dataset, rngs: Sequence[np.random.Generator], spreads: Sequence[Floats]
    ) -> None:
        """Take each run's stream, and its features' standard deviations (features,) over its own training rows."""
        self._changes = [AUGMENTATIONS[name]() for name in names]
        # A stream for each kind: how many numbers one kind draws never moves another.
        self.streams = [rng.spawn(len(names)) for rng in rngs]
        """Each run's streams, one a kind of change."""
        self._spreads = list(spreads)
        self._grid = dataset.grid
        self._centre = dataset.centre

    def apply(self, block: Floats) -> None:
        """Change gathered rows of all runs where they are: (runs, rows, features), raw but for the centre."""
        centre = self._centre.astype(block.dtype)
        for rows, streams, spread in zip(block, self.streams, self._spreads, strict=True):
            changed: Floats = rows + centre
            for change, rng in zip(self._changes, streams, strict=True):
                changed = change.change(changed, rng, self._grid, spread)
            rows[...] = changed - centre
