"""The trainer: a generator of events. It never prints, draws, sleeps or saves.

    for event in train(jobs, feed, control, clock): ...

Each pass of its inner loop is one update of every run of a stack: forward, loss, backward, step.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from engine import evaluation
from engine.activations import Relu
from engine.arrays import Floats, Integers
from engine.batches import Batches, Feed, Scales
from engine.control import Control
from engine.data.scaling import raw_coefficients
from engine.events import Changed, Columns, EpochEnded, Event, Figures, Paused, Resumed, RunEnded, RunsStarted
from engine.experiment import Experiment
from engine.initializations import Glorot, He, Initialization
from engine.losses import CrossEntropy, Loss, Squared
from engine.network import Network, Shape
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


def stacks(jobs: Sequence[Job]) -> list[list[Job]]:
    """Group runs that can train in one pass: the same shape, losses, optimizer and numbers of rows."""
    groups: dict[object, list[Job]] = {}
    for job in jobs:
        training, model = job.experiment.training, job.experiment.model
        alike = (
            model.hidden,
            model.activation,
            model.initialization,
            training.loss,
            type(training.optimizer),
            training.batch_size,
            job.epochs,
        )
        sizes = (len(job.train), len(job.validation), len(job.test))
        groups.setdefault((alike, sizes), []).append(job)
    return list(groups.values())


def loss_of(experiment: Experiment, task: str) -> Loss:
    """Return the loss that is trained: the experiment's, or the task's usual one."""
    return experiment.training.loss or (CrossEntropy() if task == "classification" else Squared())


def initialization_of(experiment: Experiment) -> Initialization:
    """Return the experiment's initialization, or the activation's usual one; a linear model has no activation."""
    relu = isinstance(experiment.model.activation, Relu) and bool(experiment.model.hidden)
    return experiment.model.initialization or (He() if relu else Glorot())


def train(
    jobs: Sequence[Job], feed: Feed, control: Control, clock: Callable[[], float], dtype: type = np.float32
) -> Iterator[Event]:
    """Train the runs of one stack and yield what happens.

    While `control` holds the runs, each `next` yields another Paused: whoever drives the generator waits in between.
    """
    stack = Stack(jobs, feed, dtype)
    yield RunsStarted(
        stack.runs,
        stack.network.shape.parameters,
        len(jobs[0].train),
        len(jobs[0].validation),
        len(jobs[0].test),
        stack.batches.per_epoch,
        jobs[0].epochs,
    )
    yield from stack.train(control, clock)


class Stack:
    """Runs of one shape at work."""

    def __init__(self, jobs: Sequence[Job], feed: Feed, dtype: type = np.float32) -> None:
        self.jobs = list(jobs)
        self.runs = tuple(job.index for job in jobs)
        self.feed = feed
        first = jobs[0].experiment
        self.loss = loss_of(first, feed.dataset.task)
        self.scales = [Scales.of(feed, job.train, standardize=job.experiment.data.standardize) for job in jobs]
        size = first.training.batch_size
        self.batches = Batches(
            feed, [job.train for job in jobs], self.scales, len(jobs[0].train) if size == "all" else size
        )
        self.network = Network(
            Shape((feed.inputs, *first.model.hidden, feed.outputs)), first.model.activation, len(jobs), dtype
        )
        self.network.initialize(initialization_of(first), [job.stream(Purpose.INITIALIZATION) for job in jobs])
        optimizers = [job.experiment.training.optimizer for job in jobs]
        self.stepper = type(optimizers[0]).stepper(optimizers, self.network.parameters)
        self.shuffles = [job.stream(Purpose.SHUFFLING) for job in jobs]
        self.epoch = 0
        self.update = 0
        self.seconds = 0.0
        self._training = list(range(len(jobs)))
        self._best: list[tuple[float, int | None]] = [(math.inf, None)] * len(jobs)
        self._steps = 0
        self._changes = 0
        self._seen = -1
        self._batch: tuple[Floats, Floats] | None = None

    def train(self, control: Control, clock: Callable[[], float]) -> Iterator[Event]:
        """Yield the events of all epochs and of each run's end."""
        while self._training and self.epoch < self.jobs[0].epochs:
            batches = self.batches.epoch(self.shuffles)
            while not self._advance(batches, control, clock):
                yield from self._heed(control)
                if control.stopping:
                    yield from self._end("stopped")
                    return
            self.epoch += 1
            # Asked before the events go out: a pause that comes meanwhile has used up no step.
            stepped = self._steps < control.steps
            yield from self._end_epoch()
            if stepped:
                self._steps += 1
                self._seen = -1
        yield from self._end("finished")

    def _advance(self, batches: Iterator[tuple[Floats, Floats]], control: Control, clock: Callable[[], float]) -> bool:
        """Take a step on each batch and return True, or False where a person wants something before.

        A run that diverges overflows, which is its own affair. NumPy's error state is changed here and not in the
        generator: there it would leak to whoever drives it.
        """
        started = clock()
        with np.errstate(all="ignore"):
            # Asked with the batch in hand: after the last one of an epoch its end comes first.
            while (batch := self._batch or next(batches, None)) and not control.moved(self._seen):
                self._step(*batch)
                self._batch = None
        self._batch = batch
        self.seconds += clock() - started
        return batch is None

    def _step(self, inputs: Floats, targets: Floats) -> None:
        """Update every run once: inputs with ones, (runs, rows, inputs + 1), and targets, (runs, rows, outputs)."""
        network = self.network.of_rows(inputs.shape[1])
        outputs = network.forward(inputs)
        self.loss.gradient(outputs, targets)
        network.backward(inputs)
        self.stepper.step(self.network.parameters, self.network.gradient)
        self.update += 1

    def _heed(self, control: Control) -> Iterator[Event]:
        """Apply changes; while held, yield Paused at each `next`."""
        held = False
        while True:
            control.take_in()
            self._seen = control.version
            for change in control.changes[self._changes :]:
                self._changes += 1
                if change.key == "learning_rate":
                    self.stepper.change_learning_rate(change.value)
                    yield Changed(self._active, self.update, change.key, change.value)
            if control.stopping or not control.holding or self._steps < control.steps:
                break
            held = True
            yield Paused(self._active, self.epoch, self.update)
        if not control.holding:
            self._steps = control.steps
        if held:
            yield Resumed(self._active)

    @property
    def _active(self) -> tuple[int, ...]:
        return tuple(self.runs[place] for place in self._training)

    def _end_epoch(self) -> Iterator[Event]:
        """Measure every run that still trains; one whose loss is no longer a number ends here."""
        train, validation = [], []
        for place in self._training:
            job = self.jobs[place]
            train.append(self._measure(place, evaluation.sample(job.train)))
            validation.append(self._measure(place, job.validation))
            judged = (validation[-1] or train[-1])["loss"]
            if judged < self._best[place][0]:
                self._best[place] = (judged, self.epoch)
        runs = self._active
        diverged = [p for p, figures in zip(self._training, train, strict=True) if not math.isfinite(figures["loss"])]
        yield EpochEnded(runs, self.epoch, _columns(train), _columns(validation), self.seconds)
        if diverged:
            # Their rows of the stack go on as NaN and harm nobody: no operation mixes runs.
            self._training = [place for place in self._training if place not in diverged]
            yield from map(partial(self._ended, status="diverged"), diverged)

    def _measure(self, place: int, rows: Integers) -> Figures:
        """Return a run's figures on some rows; empty where there are none."""
        if len(rows) == 0:
            return {}
        with np.errstate(all="ignore"):
            return evaluation.evaluate(self.network, place, self.feed, self.scales[place], rows, self.loss)

    def _end(self, status: str) -> Iterator[Event]:
        yield from map(partial(self._ended, status=status), self._training)

    def _ended(self, place: int, status: str) -> RunEnded:
        job = self.jobs[place]
        # A network that was stopped or diverged is no result, and a look at the test rows would be spent on nothing.
        test = self._measure(place, job.test) if status == "finished" else {}
        parameters = self.network.parameters[place].astype("<f4")
        # One NaN for all: the sign of one depends on where in its stack a run stood.
        parameters[np.isnan(parameters)] = np.nan
        weights = parameters.tobytes()
        return RunEnded(
            run=job.index,
            status=status,
            epochs=self.epoch,
            best_epoch=self._best[place][1],
            updates=self.update,
            seconds=self.seconds / len(self.jobs),
            train=self._measure(place, evaluation.sample(job.train)),
            validation=self._measure(place, job.validation) or None,
            test=test or None,
            coefficients=self._coefficients(place),
            weights=base64.b64encode(weights).decode(),
            sha256=hashlib.sha256(weights).hexdigest(),
        )

    def _coefficients(self, place: int) -> Figures | None:
        """Return a linear regression's coefficients and intercept, undone of the standardization."""
        dataset = self.feed.dataset
        if len(self.network.shape.layers) > 1 or self.feed.outputs > 1:
            return None
        weights = self.network.weights[0][place].astype(np.float64)
        scales = self.scales[place]
        with np.errstate(all="ignore"):
            slopes, intercept = raw_coefficients(dataset, scales.inputs, scales.targets, weights[:-1], weights[-1])
        names = (*dataset.feature_names, "intercept")
        return dict(zip(names, map(float, (*slopes[:, 0], intercept[0])), strict=True))


def _columns(figures: Sequence[Figures]) -> Columns:
    """Turn one dict a run into one tuple a figure."""
    return {name: tuple(figure[name] for figure in figures) for name in figures[0]} if figures else {}
