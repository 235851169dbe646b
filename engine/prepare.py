"""From an experiment and the planned runs to jobs: the data are read and every run gets its rows."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine import direct
from engine.architecture import refuse_impossible
from engine.arrays import Integers
from engine.augmentations import AUGMENTATIONS
from engine.batches import Feed
from engine.data.dataset import Dataset
from engine.data.leaks import warnings
from engine.data.progress import Progress, silent
from engine.data.splits import folds
from engine.errors import KeyProblem, LabError, nearest
from engine.events import DataRead, EnvironmentSeen
from engine.experiment import Experiment
from engine.jobs import Job, loss_of
from engine.losses import LOSSES
from engine.metrics import NAMES
from engine.plan import RunSpec, looks_at_test, settled, varies_data, wants_refit
from engine.reader import Reader, Rows, data_of
from engine.threads import VARIABLES
from engine.validations import NoValidation

NO_ROWS = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Runs that are cut from the same data, and what is said of these."""

    feed: Feed
    jobs: list[Job]
    seen: DataRead


def read(
    experiment: Experiment, specs: Sequence[RunSpec], progress: Progress = silent, reader: Reader | None = None
) -> Iterator[Part]:
    """Read the data and cut each run's rows from them, part by part: settings may differ in their data.

    `progress` is told the share of a large file that is read.

    Raises
    ------
    LabError
        Where the data, the split or the loss cannot be.
    """
    reader = reader or Reader()
    skip = longest_lag(experiment)
    tried = {spec.setting: settled(experiment, spec) for spec in specs}
    part: list[tuple[RunSpec, Experiment]] = []
    known: Rows | None = None
    # Runs of the same data beside each other, whatever order the settings have.
    order = {key: place for place, key in enumerate(dict.fromkeys(map(data_of, tried.values())))}
    for spec in sorted(specs, key=lambda spec: order[data_of(tried[spec.setting])]):
        rows = reader.rows(tried[spec.setting], skip, progress)
        if known is not None and rows is not known:
            yield _part(experiment, part, known)
            part = []
        known = rows
        part.append((spec, tried[spec.setting]))
    if known is not None:
        yield _part(experiment, part, known)


def read_one(experiment: Experiment, specs: Sequence[RunSpec], reader: Reader | None = None) -> tuple[Feed, list[Job]]:
    """Read the data of runs of one setting, and cut each run's rows from them."""
    (part,) = read(experiment, specs, reader=reader)
    return part.feed, part.jobs


def longest_lag(experiment: Experiment) -> int:
    """Return the largest lag of any setting: as many first rows of a series drop out for all, to compare them."""
    lags = [replace(experiment.data, lags=_lags(item)).lag_list for item in _tried_lags(experiment)]
    return max((lag for settings in lags for lag in settings), default=0)


def _tried_lags(experiment: Experiment) -> Sequence[Any]:
    return next((values for key, values in experiment.sweep.axes if key == "data.lags"), ())


def _lags(value: Any) -> int | tuple[int, ...]:
    return tuple(value) if isinstance(value, list | tuple) else int(value)


def _part(experiment: Experiment, runs: Sequence[tuple[RunSpec, Experiment]], rows: Rows) -> Part:
    """Return runs with their rows; `experiment` is the whole one, which says whether any of them looks at the test."""
    dataset = rows.dataset
    for one in {id(one): one for _, one in runs}.values():
        _refuse_impossible(one, dataset)
        if wants_refit(experiment):
            # Said before the folds train, not after: the refit's rows are known already.
            ((whole, _),) = folds(NoValidation(), one.data, dataset, rows.rest, one.seed, 0)
            _refuse_single_rows(one, len(whole))
    cut: dict[object, list[tuple[np.ndarray, np.ndarray]]] = {}
    jobs = []
    for spec, one in runs:
        method = NoValidation() if spec.role == "refit" else one.validation.method
        key = (method, one.data.train_rows, one.seed, spec.repeat)
        if key not in cut:
            cut[key] = folds(method, one.data, dataset, rows.rest, one.seed, spec.repeat)
        train, validation = cut[key][spec.fold]
        _refuse_single_rows(one, len(train))
        test = rows.test if looks_at_test(experiment, spec) else NO_ROWS
        jobs.append(_job(spec, one, train, validation, test))
    pairs = [pair for pairs in cut.values() for pair in pairs]
    first = runs[0][1]
    seen = DataRead(
        name=dataset.name,
        rows=len(dataset.targets),
        features=dataset.inputs.shape[1],
        outputs=dataset.targets.shape[1],
        task=dataset.task,
        unit=dataset.unit,
        sha256=dataset.sha256,
        warnings=tuple(warnings(first.data, first.validation.method, dataset, pairs, rows.test)),
        test_sha256=rows.test_sha256,
        read_for=tuple(sorted({spec.setting for spec, _ in runs})) if varies_data(experiment) else (),
    )
    return Part(rows.feed, jobs, seen)


def _job(spec: RunSpec, experiment: Experiment, train: Integers, validation: Integers, test: Integers) -> Job:
    if spec.role == "refit" or not len(validation):
        experiment = _without_early_stopping(experiment, spec)
    return Job(
        index=spec.index,
        experiment=experiment,
        restart=spec.restart,
        repeat=spec.repeat,
        fold=spec.fold,
        epochs=spec.epochs or experiment.training.epochs,
        train=train,
        validation=validation,
        test=test,
    )


def _refuse_impossible(experiment: Experiment, dataset: Dataset) -> None:
    """Refuse what such data cannot have: a layer, a loss, a metric, an augmentation."""
    refuse_impossible(experiment, dataset.grid)
    direct.refuse_impossible(experiment, dataset.task)
    loss = loss_of(experiment, dataset.task)
    if loss.for_classes_only and dataset.task != "classification":
        name = LOSSES.name_of(loss)
        raise KeyProblem("training.loss", f"cannot be {name} for a regression", "leave it out, or use squared")
    metrics = ("loss", *NAMES[dataset.task])
    if experiment.choose_by not in metrics:
        raise KeyProblem("choose_by", f"cannot be {experiment.choose_by!r}", f"known here are {', '.join(metrics)}")
    _refuse_augmentations(experiment.training.augment, dataset)


def _refuse_augmentations(names: Sequence[str], dataset: Dataset) -> None:
    for name in names:
        if name not in dataset.augmentations:
            known = ", ".join(dataset.augmentations)
            raise KeyProblem(
                "training.augment", f"names {name!r}, and {dataset.name} declares {known}", nearest(name, AUGMENTATIONS)
            )


def _without_early_stopping(experiment: Experiment, spec: RunSpec) -> Experiment:
    """Return the experiment of a run that no rows validate: a refit trains as long as the folds' best epochs."""
    if experiment.training.early_stopping is None:
        return experiment
    if spec.role != "refit":
        raise KeyProblem(
            "training.early_stopping", "needs rows that validate", 'leave it out, or set validation.method = "holdout"'
        )
    return replace(experiment, training=replace(experiment.training, early_stopping=None))


def _refuse_single_rows(experiment: Experiment, rows: int) -> None:
    """Refuse batch normalization where a batch has one row: it has no variance."""
    asked = experiment.training.batch_size
    size = rows if asked == "all" else min(asked, rows)
    if experiment.model.normalization == "batch" and 1 in {size, rows % size}:
        which = "batches" if size == 1 else "a last batch"
        raise KeyProblem(
            "model.normalization",
            f'cannot be "batch": {rows} training rows in batches of {size} make {which} of one row',
            'set another training.batch_size, or normalization = "layer"',
        )


def environment() -> EnvironmentSeen:
    """Return what decides about bits beside the experiment."""
    config = np.show_config(mode="dicts")
    if not isinstance(config, dict):
        raise LabError("this NumPy does not say how it was built", "install the tested version of NumPy")
    blas = config.get("Build Dependencies", {}).get("blas", {})
    simd = config.get("SIMD Extensions", {})
    return EnvironmentSeen(
        python=platform.python_version(),
        numpy=np.__version__,
        blas=f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip(),
        threads=int(os.environ.get(VARIABLES[0], "0")),
        cpu=tuple(simd.get("found", ())),
    )
