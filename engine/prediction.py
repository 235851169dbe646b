"""Predictions: the network that a run has ended with, applied to rows that it has not seen."""

from __future__ import annotations

import base64
from dataclasses import replace

import numpy as np

from engine.architecture import inputs_of, layers_of
from engine.arrays import Array, Floats
from engine.batches import Feed, Scaler, Scales
from engine.data.loading import load, with_log_target, with_task
from engine.data.new_rows import Given, NewRows, Own, new_rows, series_of
from engine.data.roles import Missing
from engine.data.scaling import fillings
from engine.data.splits import test_rows
from engine.errors import KeyProblem, LabError
from engine.evaluation import CHUNK
from engine.events import Predicted
from engine.experiment import Experiment
from engine.jobs import Job, loss_of
from engine.losses import CrossEntropy
from engine.network import Network
from engine.plan import RunSpec
from engine.prepare import read_one


def predict(experiment: Experiment, spec: RunSpec, numbers: Floats, given: Given) -> Predicted:
    """Return the outputs of one run's network with these numbers, (P + kept,), for new rows.

    Regressions are in the target's own unit, a logarithm undone; classes have probabilities, by softmax, where the
    loss is cross-entropy, else the network's outputs as they are. A row that is left out, because a cell is empty where
    the page leaves such rows out, is nan.

    Raises
    ------
    LabError
        For numbers that are not those of such a network, or rows that it could not have learned from.
    """
    feed, (job,) = read_one(experiment, (spec,))
    one, dataset = job.experiment, feed.dataset
    raw = with_task(load(one.data, one.seed), one.data.task)
    rest, _ = test_rows(one.data, dataset, one.seed)
    own = Own(one.data, one.seed, raw, dataset.times[rest])
    rows = _of_series(one, own, given) if one.data.lag_list else new_rows(own, given)
    values = rows.features
    if one.data.polynomial > 1:
        values = np.concatenate([values**power for power in range(1, one.data.polynomial + 1)], axis=1)
    outputs = _outputs(job, feed, numbers, values)
    notes = list(rows.notes)
    probable = bool(dataset.classes) and isinstance(loss_of(one, dataset.task), CrossEntropy)
    if probable:
        shifted = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        outputs = shifted / shifted.sum(axis=1, keepdims=True)
    elif dataset.classes:
        notes.append("the loss is not cross-entropy: the numbers beside the class are outputs, and no probabilities")
    if one.data.target_transform == "log":
        outputs = np.exp(outputs)
        notes.append("the network predicts the logarithm, which is undone here")
    return Predicted(
        run=job.index,
        targets=dataset.target_names,
        classes=dataset.classes,
        values=base64.b64encode(outputs.astype("<f8").tobytes()).decode(),
        numbers=base64.b64encode(rows.numbers.astype("<i8").tobytes()).decode(),
        dates=() if rows.dates is None else tuple(map(str, rows.dates)),
        are_probabilities=probable,
        unit=raw.unit,
        notes=tuple(notes),
    )


def _of_series(one: Experiment, own: Own, given: Given) -> NewRows:
    """Return a row for each day of a series that has its past, and one for the day after the last."""
    if own.table.feature_names:
        raise KeyProblem(
            "data.features",
            "stand beside data.lags, and nobody knows them for the day to come",
            "predict with a page whose series has only its own past",
        )
    values, numbers, dates = series_of(own, given)
    lags = one.data.lag_list
    if len(values) < max(lags):
        raise LabError(f"has {len(values)} rows", f"{max(lags)} are needed before the day to predict", where=given.name)
    if one.data.target_transform == "log":
        values = with_log_target(replace(own.table, targets=values, origin=None, dates=None)).targets
    days = np.arange(max(lags), len(values) + 1)
    features = np.concatenate([values[days - lag] for lag in lags], axis=1)
    last = int(numbers.max()) + 1
    said = f"row {last} is the step after the last one; each prediction before it is from the rows before its own"
    return NewRows(features, np.append(numbers, last)[days], _continued(dates, days), (said,))


def _continued(dates: Array | None, days: Array) -> Array | None:
    """Return the dates of some days, of which the last may be one step after all dates."""
    if dates is None or len(dates) < 2:
        return None
    return np.append(dates, dates[-1] + (dates[-1] - dates[-2]))[days]


def _outputs(job: Job, feed: Feed, numbers: Floats, values: Floats) -> Floats:
    """Return what the network makes of features in the data's own units: (rows, features) → (rows, outputs) float64.

    The chunks are those of an evaluation, so that the test rows in their order give the figures that the page has.
    """
    one, dataset = job.experiment, feed.dataset
    scales = _with_filling(Scales.of(feed, job.train, standardize=one.data.standardize), job, feed, values)
    inputs = inputs_of(one, feed.inputs, dataset.grid)
    network = Network(layers_of(one, inputs, feed.outputs), inputs, 1, feed.rows.dtype.type)
    if numbers.shape != network.numbers[0].shape:
        raise LabError("the page's weights are not of its experiment", "run the page again")
    network.numbers[0] = numbers
    scaler = Scaler([scales], feed.inputs + 1)
    outputs = np.empty((len(values), feed.outputs))
    with np.errstate(all="ignore"):
        for start in range(0, len(values), CHUNK):
            chunk = values[start : start + CHUNK]
            block = np.ones((1, len(chunk), feed.inputs + 1), dtype=feed.rows.dtype)
            block[0, :, :-1] = chunk - dataset.centre
            made = network.of_rows(len(chunk), training=False).forward(scaler.apply(block))
            outputs[start : start + CHUNK] = made[0]
    return outputs if dataset.classes else outputs * scales.targets.sd + scales.targets.mean


def _with_filling(scales: Scales, job: Job, feed: Feed, values: Floats) -> Scales:
    """Return the scales with what stands for an empty cell, where the page's own rows had none to fill."""
    missing: Missing = getattr(job.experiment.data.source, "missing", "error")
    if scales.fill is not None or missing in {"error", "drop"} or not np.isnan(values).any():
        return scales
    cells = fillings(replace(feed.dataset, fill="mean" if missing == "mean" else "median"), job.train)
    fill = np.zeros(len(scales.mean), dtype=feed.rows.dtype)
    if cells is not None:
        fill[: feed.inputs] = (cells - scales.inputs.mean) / scales.inputs.sd
    return replace(scales, fill=fill)
