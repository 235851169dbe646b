"""The rows of a run as arrays for another program: raw, with the figures that scale them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from engine.arrays import Array, Integers
from engine.batches import Feed, Scales
from engine.jobs import Job


def archive(job: Job, feed: Feed, scales: Scales, initial: dict[str, Array]) -> bytes:
    """Return a `.npz` archive of what a run has trained on, and of the numbers that its network began with.

    `PART_inputs`, (rows, features), are in the data's own units, nan where a cell is empty; `PART_targets`,
    (rows, outputs), are in the target's unit, or 1 in the column of the class. Parts are train, validation and test,
    where the run has them. `input_mean`, `input_sd` and `target_mean`, `target_sd` are those of the training rows.
    """
    dataset = feed.dataset
    arrays: dict[str, Any] = {}
    shown = dataset.targets if dataset.taught is None else dataset.taught
    for part, rows, targets in (
        ("train", job.train, shown),
        ("validation", job.validation, dataset.targets),
        ("test", job.test, dataset.targets),
    ):
        if len(rows):
            arrays |= {f"{part}_inputs": _compact(_raw(feed, rows)), f"{part}_targets": _compact(targets[rows])}
    arrays |= {"input_mean": dataset.centre + scales.inputs.mean, "input_sd": scales.inputs.sd}
    if scales.fill is not None:
        arrays["input_fill"] = scales.fill[: feed.inputs]
    if not dataset.classes:
        arrays |= {"target_mean": scales.targets.mean, "target_sd": scales.targets.sd}
    arrays |= {f"initial.{name}": values for name, values in initial.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def _raw(feed: Feed, rows: Integers) -> Array:
    values = feed.dataset.inputs[rows]
    return values.astype(np.float64) + feed.dataset.centre if feed.dataset.centre.any() else values


def _compact(values: Array) -> Array:
    """Return the same numbers in the smallest type that holds them: pictures are bytes."""
    if values.size and np.isfinite(values).all() and values.min() >= 0 and values.max() <= 255:
        small = values.astype(np.uint8)
        if np.array_equal(small, values):
            return small
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    return single if np.array_equal(single, values, equal_nan=True) else values
