"""From rows of the data to batches of a stack: gather, scale, hand on.

The data are held once, whatever the number of runs, as one array of inputs, a column of ones and targets. Each run
gathers its own rows from it in its own order and scales them by its own training rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Floats, Integers
from engine.augmentations import Augmenter
from engine.data.dataset import Dataset
from engine.data.scaling import Scaling, fillings, fit

# A gathered block larger than the processor's cache makes every step wait for memory.
BLOCK_BYTES = 1 << 20
MOST_KEPT = 16 << 20
"""Bytes of scaled training rows that a stack keeps from epoch to epoch."""


class Feed:
    """All rows of the data as a network wants them: (rows, inputs + 1 + outputs), scaled by nobody yet."""

    def __init__(self, dataset: Dataset, dtype: type = np.float32) -> None:
        self.dataset = dataset
        self.inputs = dataset.inputs.shape[1]
        self.outputs = dataset.targets.shape[1]
        # Centred in float64 before float32 sees them: a run's own mean is then a small correction.
        centre = dataset.target_centre
        self.target_centre: Floats = np.zeros(self.outputs) if centre is None else centre
        room = dataset.room
        if room is None or room.dtype != dtype:
            room = np.empty((len(dataset.targets), self.inputs + 1 + self.outputs), dtype=dtype)
            room[:, : self.inputs] = dataset.inputs
        self.rows: Floats = room
        self.rows[:, self.inputs] = 1
        shown = dataset.targets if dataset.taught is None else dataset.taught
        self.rows[:, self.inputs + 1 :] = shown - self.target_centre


@dataclass(frozen=True, slots=True, eq=False)
class Scales:
    """How one run scales what it gathers, and how its outputs are read back in the target's unit."""

    inputs: Scaling
    targets: Scaling
    mean: Floats
    """(inputs + 1 + outputs,): subtracted."""
    scale: Floats
    """(inputs + 1 + outputs,): then multiplied."""
    fill: Floats | None = None
    """(inputs + 1 + outputs,): what is then put in place of nan; None where no cell is empty."""

    @classmethod
    def of(cls, feed: Feed, train_rows: Integers, *, standardize: bool) -> Scales:
        """Fit the scales on a run's training rows alone."""
        inputs, targets = fit(feed.dataset, train_rows, standardize=standardize)
        mean = np.concatenate([inputs.mean, [0.0], targets.mean - feed.target_centre])
        scale = 1 / np.concatenate([inputs.sd, [1.0], targets.sd])
        cells = fillings(feed.dataset, train_rows)
        fill = None
        if cells is not None:
            fill = np.zeros(len(mean), dtype=feed.rows.dtype)
            fill[: feed.inputs] = (cells - inputs.mean) / inputs.sd
        return cls(inputs, targets, mean.astype(feed.rows.dtype), scale.astype(feed.rows.dtype), fill)


class Scaler:
    """Scales gathered rows of several runs, each by its own scales."""

    def __init__(self, scales: Sequence[Scales], width: int | None = None) -> None:
        """Take the first `width` columns, or all of them."""
        self._mean: Floats = np.stack([scale.mean[:width] for scale in scales])[:, None]
        self._scale: Floats = np.stack([scale.scale[:width] for scale in scales])[:, None]
        fills = [scale.fill[:width] for scale in scales if scale.fill is not None]
        self._fill: Floats | None = np.stack(fills)[:, None] if fills else None

    def apply(self, block: Floats, places: Sequence[int] | None = None) -> Floats:
        """Scale rows in place and return them: (runs, rows, columns); `places` says whose they are, if not all."""
        chosen = slice(None) if places is None else list(places)
        np.subtract(block, self._mean[chosen], out=block)
        np.multiply(block, self._scale[chosen], out=block)
        if self._fill is not None:
            np.copyto(block, self._fill[chosen], where=np.isnan(block))
        return block


class Batches:
    """The batches of a stack whose runs have equally many training rows.

    Runs that are `alike`, by the same number, have the same ones and scale them alike, as do restarts of a fold. Where
    they fit, all rows are scaled once instead of in every epoch.
    """

    def __init__(
        self,
        feed: Feed,
        rows: Sequence[Integers],
        scales: Sequence[Scales],
        batch_size: int,
        augmenter: Augmenter | None = None,
        *,
        alike: Sequence[int] | None = None,
    ) -> None:
        self._feed = feed
        self._augmenter = augmenter
        self._rows: Integers = np.stack(list(rows))
        self._scales = scales
        self._scaler = Scaler(scales)
        self._alike = list(range(len(scales))) if alike is None else list(alike)
        self.count: int = self._rows.shape[1]
        self.batch_size: int = min(batch_size, self.count)
        runs, width = len(self._rows), feed.rows.shape[1]
        kept_bytes = len(set(self._alike)) * self.count * width * feed.rows.itemsize
        self._keeps = augmenter is None and kept_bytes <= MOST_KEPT
        self._kept: tuple[Floats, Integers] | None = None
        batches = max(1, BLOCK_BYTES // (runs * width * feed.rows.itemsize * self.batch_size))
        self._block = min(self.count, batches * self.batch_size)
        self._buffer: Floats = np.empty(runs * self._block * width, dtype=feed.rows.dtype)
        self._whole: Floats | None = None
        self._views: dict[int, list[tuple[Floats, Floats]]] = {}

    @property
    def per_epoch(self) -> int:
        """Updates in an epoch; the last batch may be smaller."""
        return -(-self.count // self.batch_size)

    def epoch(self, rngs: Sequence[np.random.Generator]) -> Iterator[tuple[Floats, Floats]]:
        """Yield an epoch's batches: inputs with ones, (runs, rows, inputs + 1), and targets, (runs, rows, outputs).

        Every run visits its rows in an order of its own. A batch of all rows needs no order and is gathered once.
        """
        if self.batch_size == self.count:
            if self._whole is None or self._augmenter is not None:
                self._whole = self._gather(self._rows)
            yield self._split(self._whole)
            return
        source, own = self._scaled() if self._keeps else (self._feed.rows, self._rows)
        order = np.stack([rows[rng.permutation(self.count)] for rows, rng in zip(own, rngs, strict=True)])
        for start in range(0, self.count, self._block):
            some = order[:, start : start + self._block]
            yield from self._batches_of(self._take(source, some) if self._keeps else self._gather(some))

    def _scaled(self) -> tuple[Floats, Integers]:
        """Return the scaled rows of all runs, those of runs that are alike once, and where each run's lie in them."""
        if self._kept is None:
            distinct = list(dict.fromkeys(self._alike))
            width = self._feed.rows.shape[1]
            scaled = Scaler([self._scales[place] for place in distinct]).apply(self._feed.rows[self._rows[distinct]])
            firsts = np.array([distinct.index(place) * self.count for place in self._alike])
            self._kept = scaled.reshape(-1, width), firsts[:, None] + np.arange(self.count)
        return self._kept

    def _gather(self, rows: Integers) -> Floats:
        block = self._take(self._feed.rows, rows)
        if self._augmenter is not None:
            self._augmenter.apply(block[..., : self._feed.inputs])
        return self._scaler.apply(block)

    def _take(self, source: Floats, rows: Integers) -> Floats:
        """Return some rows of a source, in the buffer: (n, width) and (runs, rows) → (runs, rows, width)."""
        shape = (*rows.shape, source.shape[1])
        block: Floats = self._buffer[: np.prod(shape)].reshape(shape)
        # The indices are our own, so clipping never happens; without it NumPy would gather into a copy first.
        np.take(source, rows, axis=0, out=block, mode="clip")
        return block

    def _batches_of(self, block: Floats) -> list[tuple[Floats, Floats]]:
        """Return the views of a block's batches; a block of one length always lies at one place, so they are kept."""
        length = block.shape[1]
        if length not in self._views:
            starts = range(0, length, self.batch_size)
            self._views[length] = [self._split(block[:, start : start + self.batch_size]) for start in starts]
        return self._views[length]

    def _split(self, batch: Array) -> tuple[Floats, Floats]:
        ones = self._feed.inputs + 1
        return batch[..., :ones], batch[..., ones:]
