"""A stack's network, set up: layers from the experiment, every run's numbers drawn from its own streams."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from engine.architecture import inputs_of, layers_of
from engine.augmentations import Augmenter
from engine.batches import Feed, Scaler, Scales
from engine.data.scaling import spread
from engine.evaluation import sample
from engine.jobs import Job
from engine.layers.random_features import median_distance, widen
from engine.network import Network
from engine.streams import Purpose


def augmenter_of(jobs: Sequence[Job], feed: Feed) -> Augmenter | None:
    """Return what changes the rows that the runs see, each by its own stream; None where nothing does."""
    names = jobs[0].experiment.training.augment
    if not names:
        return None
    spreads = [spread(feed.dataset, job.train) for job in jobs]
    return Augmenter(names, feed.dataset, [job.stream(Purpose.AUGMENTATION) for job in jobs], spreads)


def network_of(jobs: Sequence[Job], feed: Feed, scales: Sequence[Scales], dtype: type) -> Network:
    """Return the stack's network with every run's numbers drawn."""
    first = jobs[0].experiment
    inputs = inputs_of(first, feed.inputs, feed.dataset.grid)
    network = Network(layers_of(first, inputs, feed.outputs), inputs, len(jobs), dtype)
    network.initialize([job.stream(Purpose.INITIALIZATION) for job in jobs])
    if first.model.dropout > 0:
        network.streams = [job.stream(Purpose.DROPOUT) for job in jobs]
        network.dropout = np.array([job.experiment.model.dropout for job in jobs], dtype=np.float32)[:, None, None]
    if first.data.random_features:
        for place, (job, scale) in enumerate(zip(jobs, scales, strict=True)):
            bandwidth = job.experiment.data.bandwidth
            if bandwidth is None:
                rows = sample(job.train)
                (scaled,) = Scaler([scale]).apply(feed.rows[rows][None])
                bandwidth = median_distance(scaled[:, : feed.inputs])
            widen(network.kept_blocks[0][place], bandwidth)
    return network


def bytes_of(job: Job, feed: Feed) -> int:
    """Return about how many bytes one run of a stack needs: its numbers four times over, and a batch on its way."""
    inputs = inputs_of(job.experiment, feed.inputs, feed.dataset.grid)
    layers = layers_of(job.experiment, inputs, feed.outputs)
    forms = list(accumulate(layers, lambda form, layer: layer.form(form), initial=inputs))
    numbers = sum(block.size for layer, form in zip(layers, forms, strict=False) for block in layer.blocks(form))
    size = job.experiment.training.batch_size
    rows = len(job.train) if size == "all" else min(size, len(job.train))
    per_row = feed.rows.shape[1] + 2 * sum(form.positions * form.width for form in forms)
    return int(4 * (4 * numbers + rows * per_row))
