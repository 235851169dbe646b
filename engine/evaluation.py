"""Loss and metrics of runs on some of their rows, in the target's own unit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.arrays import Floats, Integers
from engine.batches import Feed, Scaler, Scales
from engine.events import Figures
from engine.losses import Loss
from engine.metrics import tally
from engine.network import Network

CHUNK = 1_024
MOST_TRAIN_ROWS = 10_000
# So many bytes of buffers at most: beyond the processor's cache a call on more runs at once is no quicker.
MOST_BYTES = 1 << 21
MOST_KEPT = 32 << 20
"""Bytes of scaled rows that a stack keeps from epoch to epoch."""


def sample(rows: Integers, most: int = MOST_TRAIN_ROWS) -> Integers:
    """Return the training rows that the training loss is measured on: all, or so many spread evenly, always the same.

    (rows,) → (at most `most`,).
    """
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


class Evaluator:
    """Measures the runs of one stack: as many at once as the cache holds, in networks of their own.

    They are copies, since evaluation goes through longer batches than training; a stack of a hundred runs would need
    buffers for all of them.
    """

    def __init__(self, network: Network, feed: Feed, scales: Sequence[Scales], loss: Loss) -> None:
        self._network = network
        self._feed = feed
        self._loss = loss
        self._scaler = Scaler(scales, feed.inputs + 1)
        self._target_mean: Floats = np.stack([scale.targets.mean for scale in scales])[:, None]
        self._target_sd: Floats = np.stack([scale.targets.sd for scale in scales])[:, None]
        self._copies: dict[int, Network] = {}
        self._kept: dict[tuple[object, ...], tuple[Floats, Floats]] = {}

    def figures(
        self, places: Sequence[int], rows: Sequence[Integers], *, taught: bool = False, again: str = ""
    ) -> list[Figures]:
        """Return loss and metrics of the runs at `places`, each on equally many rows of its own, without penalties.

        Against the true targets, or those that training rows show (`taught`). Empty figures where there are no rows.
        `again` names rows that are measured after every epoch, always the same for a run: they are scaled once.
        """
        if not places or not len(rows[0]):
            return [{} for _ in places]
        numbers = self._network.numbers
        per_row = self._network.numbers_per_row * numbers.itemsize
        together = max(1, MOST_BYTES // (min(CHUNK, len(rows[0])) * per_row))
        found: list[Figures] = []
        for start in range(0, len(places), together):
            group = list(places[start : start + together])
            found += self._of_group(group, np.stack(rows[start : start + together]), taught=taught, again=again)
        return found

    def _of_group(self, places: list[int], rows: Integers, *, taught: bool, again: str) -> list[Figures]:
        """Return the figures of runs that are measured at once: rows of (runs, rows)."""
        copy = self._copy(len(places))
        copy.numbers[...] = self._network.numbers[places]
        dataset = self._feed.dataset
        targets = dataset.taught if taught and dataset.taught is not None else dataset.targets
        sums = tally(self._feed.dataset.task, self._loss, len(places), self._feed.outputs)
        for start in range(0, rows.shape[1], CHUNK):
            chunk = rows[:, start : start + CHUNK]
            inputs, true = self._rows(places, chunk, targets, (again, *places, start) if again else None)
            outputs = copy.of_rows(chunk.shape[1], training=False).forward(inputs)
            in_unit = outputs.astype(np.float64)
            if dataset.task == "regression":
                in_unit = in_unit * self._target_sd[places] + self._target_mean[places]
            sums.add(in_unit, true)
        # One NaN for all: the sign of one depends on where in its stack a run stood.
        # Nor is there a class, so an accuracy, in outputs that are no numbers.
        figures = sums.figures()
        lost = np.isnan(figures["loss"])
        columns = {name: np.where(lost | np.isnan(v), np.nan, v).tolist() for name, v in figures.items()}
        return [{name: values[place] for name, values in columns.items()} for place in range(len(places))]

    def _rows(
        self, places: list[int], chunk: Integers, targets: Floats, key: tuple[object, ...] | None
    ) -> tuple[Floats, Floats]:
        """Return scaled inputs and targets of some rows, kept under a key where there is room."""
        if key is not None and key in self._kept:
            return self._kept[key]
        rows = self._scaler.apply(self._feed.rows[chunk, : self._feed.inputs + 1], places), targets[chunk]
        held = sum(inputs.nbytes + true.nbytes for inputs, true in [*self._kept.values(), rows])
        if key is not None and held <= MOST_KEPT:
            self._kept[key] = rows
        return rows

    def _copy(self, runs: int) -> Network:
        if runs not in self._copies:
            like = self._network
            self._copies[runs] = Network(like.layers, like.inputs, runs, like.numbers.dtype.type)
        return self._copies[runs]
