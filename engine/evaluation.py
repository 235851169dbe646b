"""Loss and metrics of one run on some of its rows, in the target's own unit."""

from __future__ import annotations

import numpy as np

from engine.arrays import Integers
from engine.batches import Feed, Scales
from engine.losses import Loss
from engine.metrics import tally
from engine.network import Network

CHUNK = 1_024
MOST_TRAIN_ROWS = 10_000


def sample(rows: Integers) -> Integers:
    """Return the training rows that the training loss is measured on: all, or 10,000 spread evenly, always the same."""
    if len(rows) <= MOST_TRAIN_ROWS:
        return rows
    return rows[np.linspace(0, len(rows) - 1, MOST_TRAIN_ROWS).astype(np.int64)]


def evaluate(  # noqa: PLR0917 - a run is known by its network, number, data and rows
    network: Network, run: int, feed: Feed, scales: Scales, rows: Integers, loss: Loss
) -> dict[str, float]:
    """Return loss and metrics of run number `run` of a stack, without penalties; rows must not be empty."""
    sums = tally(feed.dataset.task, loss, feed.outputs)
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        batch = ((feed.rows[chunk] - scales.mean) * scales.scale)[None, :, : feed.inputs + 1]
        outputs = network.predict(run, batch).astype(np.float64) * scales.targets.sd + scales.targets.mean
        sums.add(outputs, feed.dataset.targets[None, chunk])
    return sums.figures()
