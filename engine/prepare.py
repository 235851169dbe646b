"""From an experiment and the planned runs to jobs: the data are read and every run gets its rows."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine import direct
from engine.architecture import refuse_impossible
from engine.augmentations import AUGMENTATIONS
from engine.batches import Feed
from engine.data.dataset import Dataset
from engine.data.leaks import warnings
from engine.data.preparing import prepare
from engine.data.progress import Progress, silent
from engine.data.shifting import shifted
from engine.data.splits import folds, test_rows
from engine.errors import KeyProblem, LabError, nearest
from engine.events import DataRead, EnvironmentSeen
from engine.experiment import Experiment
from engine.jobs import Job, loss_of
from engine.losses import LOSSES
from engine.metrics import NAMES
from engine.plan import RunSpec, looks_at_test, wants_refit
from engine.threads import VARIABLES
from engine.validations import NoValidation

NO_ROWS = np.empty(0, dtype=np.int64)


def read(
    experiment: Experiment, specs: Sequence[RunSpec], progress: Progress = silent
) -> tuple[Feed, list[Job], DataRead]:
    """Read the data and cut each run's rows from them; `progress` is told the share of a large file that is read.

    Raises
    ------
    LabError
        Where the data, the split or the loss cannot be.
    """
    dtype = np.float32 if experiment.training.optimizer.iterates else np.float64
    dataset = prepare(experiment.data, experiment.seed, dtype=dtype, progress=progress)
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
    rest, test = test_rows(experiment.data, dataset, experiment.seed)
    if experiment.data.shift is not None:
        _refuse_shift_beside_what_is_made(experiment)
        dataset = shifted(dataset, rest, test, experiment.data.shift)
    if wants_refit(experiment):
        # Said before the folds train, not after: the refit's rows are known already.
        ((whole, _),) = folds(NoValidation(), experiment.data, dataset, rest, experiment.seed, 0)
        _refuse_single_rows(experiment, len(whole))
    cut: dict[tuple[int, str], list[tuple[np.ndarray, np.ndarray]]] = {}
    jobs = []
    for spec in specs:
        method = NoValidation() if spec.role == "refit" else experiment.validation.method
        key = (spec.repeat, spec.role)
        if key not in cut:
            cut[key] = folds(method, experiment.data, dataset, rest, experiment.seed, spec.repeat)
        train, validation = cut[key][spec.fold]
        _refuse_single_rows(experiment, len(train))
        settled = experiment
        if spec.role == "refit" or not len(validation):
            settled = _without_early_stopping(experiment, spec)
        jobs.append(
            Job(
                index=spec.index,
                experiment=settled,
                restart=spec.restart,
                repeat=spec.repeat,
                fold=spec.fold,
                epochs=spec.epochs or experiment.training.epochs,
                train=train,
                validation=validation,
                test=test if looks_at_test(experiment, spec) else NO_ROWS,
            )
        )
    seen = DataRead(
        name=dataset.name,
        rows=len(dataset.targets),
        features=dataset.inputs.shape[1],
        outputs=dataset.targets.shape[1],
        task=dataset.task,
        unit=dataset.unit,
        sha256=dataset.sha256,
        warnings=tuple(
            warnings(
                experiment.data,
                experiment.validation.method,
                dataset,
                [pair for pairs in cut.values() for pair in pairs],
                test,
            )
        ),
    )
    return Feed(dataset, dtype), jobs, seen


def _refuse_augmentations(names: Sequence[str], dataset: Dataset) -> None:
    for name in names:
        if name not in dataset.augmentations:
            known = ", ".join(dataset.augmentations)
            raise KeyProblem(
                "training.augment", f"names {name!r}, and {dataset.name} declares {known}", nearest(name, AUGMENTATIONS)
            )


def _refuse_shift_beside_what_is_made(experiment: Experiment) -> None:
    """Refuse a change of values of which something else has been made already: powers, or a logarithm."""
    for key, is_set in (
        ("polynomial", experiment.data.polynomial > 1),
        ("target_transform", experiment.data.target_transform != "none"),
    ):
        if is_set:
            raise KeyProblem("data.shift", f"stands beside data.{key}, which is made of the values", "leave one out")


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
