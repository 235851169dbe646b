"""Loss and metrics of runs on some of their rows, in the target's own unit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.arrays import Floats, Integers, column_by_column
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
"""Bytes of scaled rows and targets that a stack keeps from epoch to epoch."""


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
    buffers for all of them. Runs that are `alike`, by the same number, have the same rows and scale them alike, as do
    restarts of a fold: these rows are held once and stay in the cache.
    """

    def __init__(
        self, network: Network, feed: Feed, scales: Sequence[Scales], loss: Loss, alike: Sequence[int] | None = None
    ) -> None:
        self._network = network
        self._feed = feed
        self._loss = loss
        self._alike = range(len(scales)) if alike is None else alike
        self._scaler = Scaler(scales, feed.inputs + 1)
        self._target_mean: Floats = np.stack([scale.targets.mean for scale in scales])[:, None]
        self._target_sd: Floats = np.stack([scale.targets.sd for scale in scales])[:, None]
        self._copies: dict[int, Network] = {}
        self._kept: dict[tuple[str, int, int], tuple[Floats, Floats]] = {}

    def figures(
        self, places: Sequence[int], rows: Sequence[Integers], *, taught: bool = False, again: str = ""
    ) -> list[Figures]:
        """Return loss and metrics of the runs at `places`, each on equally many rows of its own, without penalties.

        Against the true targets, or those that training rows show (`taught`). Empty figures where there are no rows.
        `again` names rows that are measured after every epoch, always the same for a run: they are scaled once.
        """
        if not places or not len(rows[0]):
            return [{} for _ in places]
        per_row = self._network.numbers_per_row * self._network.numbers.itemsize
        together = max(1, MOST_BYTES // (min(CHUNK, len(rows[0])) * per_row))
        groups: dict[int, list[int]] = {}
        for number, place in enumerate(places):
            groups.setdefault(self._alike[place], []).append(number)
        found: list[Figures] = [{} for _ in places]
        for numbers in groups.values():
            for start in range(0, len(numbers), together):
                some = numbers[start : start + together]
                figures = self._of_group([places[n] for n in some], rows[some[0]], taught=taught, again=again)
                for number, of_run in zip(some, figures, strict=True):
                    found[number] = of_run
        return found

    def _of_group(self, places: list[int], rows: Integers, *, taught: bool, again: str) -> list[Figures]:
        """Return the figures of runs that are measured at once, on the same rows."""
        runs = len(places)
        copy = self._copy(runs)
        copy.numbers[...] = self._network.numbers[places]
        dataset = self._feed.dataset
        targets = dataset.taught if taught and dataset.taught is not None else dataset.targets
        sums = tally(self._feed.dataset.task, self._loss, runs, self._feed.outputs)
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            inputs, true = self._rows(places[0], chunk, targets, (again, self._alike[places[0]], start))
            inputs = np.broadcast_to(inputs, (runs, *inputs.shape[1:]))
            in_unit = column_by_column(copy.of_rows(len(chunk), training=False).forward(inputs))
            if dataset.task == "regression":
                in_unit = in_unit * self._target_sd[places] + self._target_mean[places]
            sums.add(in_unit, np.broadcast_to(true, in_unit.shape))
        # One NaN for all: the sign of one depends on where in its stack a run stood.
        # Nor is there a class, so an accuracy, in outputs that are no numbers.
        figures = sums.figures()
        lost = np.isnan(figures["loss"])
        columns = {name: np.where(lost | np.isnan(v), np.nan, v).tolist() for name, v in figures.items()}
        return [{name: values[place] for name, values in columns.items()} for place in range(len(places))]

    def _rows(self, place: int, chunk: Integers, targets: Floats, key: tuple[str, int, int]) -> tuple[Floats, Floats]:
        """Return a run's scaled inputs and its targets, (1, rows, columns); named ones are kept where they fit."""
        if key in self._kept:
            return self._kept[key]
        inputs = self._feed.rows[None, chunk, : self._feed.inputs + 1]
        rows = self._scaler.apply(inputs, [place]), column_by_column(targets[None, chunk])
        held = sum(inputs.nbytes + true.nbytes for inputs, true in [*self._kept.values(), rows])
        named, _, _ = key
        if named and held <= MOST_KEPT:
            self._kept[key] = rows
        return rows

    def _copy(self, runs: int) -> Network:
        if runs not in self._copies:
            like = self._network
            self._copies[runs] = Network(like.layers, like.inputs, runs, like.numbers.dtype.type)
        return self._copies[runs]
