"""Runs that are solved instead of trained: linear models with a squared loss, in float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from engine import evaluation
from engine.arrays import Floats
from engine.batches import Feed, Scaler, Scales
from engine.closed_form import Solution, solve
from engine.errors import KeyProblem
from engine.evaluation import Evaluator
from engine.events import EpochEnded, Event, Figures, RunEnded, RunsStarted
from engine.experiment import Experiment
from engine.jobs import Job, loss_of
from engine.losses import HalfSquared, Squared
from engine.network import Network
from engine.optimizers.closed_form import ClosedForm
from engine.results import coefficients, columns_of, parcel
from engine.schedules import Constant
from engine.setup import network_of


def refuse_impossible(experiment: Experiment, task: str) -> None:
    """Raise a KeyProblem for what a closed form cannot answer, or would silently leave out."""
    training, model = experiment.training, experiment.model
    if not isinstance(training.optimizer, ClosedForm):
        return
    if model.hidden or model.convolution:
        key = "model.hidden" if model.hidden else "model.convolution"
        raise KeyProblem(key, "has no closed form", 'leave it out for a linear model, or set optimizer = "adam"')
    if not isinstance(loss_of(experiment, task), Squared | HalfSquared):
        raise KeyProblem(
            "training.loss", "has no closed form", 'set loss = "squared" or "half-squared", or another optimizer'
        )
    idle = {
        "l1": training.l1 > 0,
        "augment": bool(training.augment),
        "clip": training.clip is not None,
        "max_norm": training.max_norm is not None,
        "early_stopping": training.early_stopping is not None,
        "schedule": not isinstance(training.schedule, Constant),
    }
    for key, is_set in idle.items():
        if is_set:
            raise KeyProblem(
                f"training.{key}", "has no part in a closed form", "leave it out, or set another optimizer"
            )


def train(jobs: Sequence[Job], feed: Feed, clock: Callable[[], float]) -> Iterator[Event]:
    """Solve the runs of one stack and yield what happens: a single epoch.

    Raises
    ------
    LabError
        Where a solver cannot answer.
    """
    scales = [Scales.of(feed, job.train, standardize=job.experiment.data.standardize) for job in jobs]
    network = network_of(jobs, feed, scales, np.float64)
    runs = tuple(job.index for job in jobs)
    first = jobs[0]
    yield RunsStarted(runs, network.parameters.shape[1], len(first.train), len(first.validation), len(first.test), 1, 1)
    started = clock()
    solutions = []
    for place, job in enumerate(jobs):
        solution = _solve(network, place, job, feed, scales[place])
        network.blocks[0][place] = solution.weights
        solutions.append(solution)
    seconds = clock() - started
    evaluator = Evaluator(network, feed, scales, loss_of(first.experiment, feed.dataset.task))
    places = range(len(jobs))
    train_figures = evaluator.figures(places, [evaluation.sample(job.train) for job in jobs], taught=True)
    validation = evaluator.figures(places, [job.validation for job in jobs])
    test = evaluator.figures(places, [job.test for job in jobs])
    yield EpochEnded(runs, 1, columns_of(train_figures), columns_of(validation), seconds)
    for place, (job, solution) in enumerate(zip(jobs, solutions, strict=True)):
        weights, digest = parcel(network.numbers[place])
        yield RunEnded(
            run=job.index,
            status="finished",
            epochs=1,
            best_epoch=1,
            updates=1,
            seconds=seconds / len(jobs),
            train=train_figures[place],
            validation=validation[place] or None,
            test=test[place] or None,
            coefficients=coefficients(network, place, feed, scales[place]),
            weights=weights,
            sha256=digest,
            solution=_said(solution),
        )


def _solve(network: Network, place: int, job: Job, feed: Feed, scales: Scales) -> Solution:
    """Return the weights of one run's last layer."""
    training = job.experiment.training
    assert isinstance(training.optimizer, ClosedForm)  # noqa: S101 - who calls this has asked
    rows = Scaler([scales]).apply(feed.rows[job.train][None])
    inputs, targets = rows[..., : feed.inputs + 1], rows[0, :, feed.inputs + 1 :]
    return solve(_features(network, place, inputs), targets, training.optimizer.solver, _ridge(job))


def _features(network: Network, place: int, inputs: Floats) -> Floats:
    """Return what the one trained layer is given, its column of ones last: (1, rows, inputs + 1) → (rows, columns)."""
    if len(network.layers) == 1:
        return np.asarray(inputs[0])
    before = Network(network.layers[:-1], network.inputs, 1, np.float64)
    before.numbers[0] = network.numbers[place, network.parameters.shape[1] :]
    return np.asarray(before.of_rows(inputs.shape[1], training=False).forward(inputs)[0])


def _ridge(job: Job) -> float:
    """Return the penalty on plain sums whose minimum is where training with this weight decay would end.

    It adds λw to the gradient of the batch's loss. Where that is 2/n · Xᵀ(Xw − y), all is λn/2 times as much on sums.
    """
    training = job.experiment.training
    rows = 1 if training.reduction == "sum" else len(job.train)
    half = 1.0 if isinstance(training.loss, HalfSquared) else 0.5
    return training.weight_decay * rows * half


def _said(solution: Solution) -> Figures:
    return {"condition": solution.condition, "rank": float(solution.rank)}
