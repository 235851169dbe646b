"""Jobs: runs with their rows, and which of them can train as one stack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import Integers
from engine.experiment import Experiment
from engine.losses import CrossEntropy, Loss, Squared
from engine.streams import Purpose, stream


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One run with its rows."""

    index: int
    experiment: Experiment
    restart: int
    repeat: int
    fold: int
    epochs: int
    train: Integers
    validation: Integers
    test: Integers
    """Empty where the run does not look at the test rows."""

    def stream(self, purpose: Purpose) -> np.random.Generator:
        """Return one of the run's own random streams."""
        return stream(self.experiment.seed, purpose, restart=self.restart, repeat=self.repeat, fold=self.fold)


def shape_of(experiment: Experiment) -> object:
    """Return what runs must have in common to train in one pass, their rows and epochs aside.

    Numbers that are a column of the stack, such as learning rates and decays, may differ; whether there is any decay
    at all may not.
    """
    training, model, data = experiment.training, experiment.model, experiment.data
    return (
        (model.convolution, model.hidden, model.residual),
        (model.activation, model.normalization, model.dropout > 0, model.initialization),
        (training.loss, training.reduction, training.batch_size),
        (type(training.optimizer), type(training.schedule)),
        (training.weight_decay > 0, training.l1 > 0, training.clip is None, training.max_norm is None),
        (data.random_features, training.augment),
    )


def stacks(
    jobs: Sequence[Job], most: int | None = None, start_of: Callable[[int], int] = lambda _: 0
) -> list[list[Job]]:
    """Group runs that can train in one pass, at most so many each: the same shape, epochs and numbers of rows.

    `start_of` says how many epochs a run has behind it.
    """
    groups: dict[object, list[Job]] = {}
    for job in jobs:
        sizes = (start_of(job.index), job.epochs, len(job.train), len(job.validation), len(job.test))
        groups.setdefault((shape_of(job.experiment), sizes), []).append(job)
    size = most or max(1, len(jobs))
    return [group[start : start + size] for group in groups.values() for start in range(0, len(group), size)]


def alike(jobs: Sequence[Job]) -> list[int]:
    """Return for each job the place of the first with the same rows, scaled alike: restarts of a fold, settings."""
    first: dict[object, int] = {}
    return [
        first.setdefault(
            (job.experiment.data.standardize, job.train.tobytes(), job.validation.tobytes(), job.test.tobytes()), place
        )
        for place, job in enumerate(jobs)
    ]


def loss_of(experiment: Experiment, task: str) -> Loss:
    """Return the loss that is trained: the experiment's, or the task's usual one."""
    return experiment.training.loss or (CrossEntropy() if task == "classification" else Squared())
