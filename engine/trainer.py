"""The trainer: a generator of events. It never prints, draws, sleeps or saves.

    for event in train(jobs, feed, control, clock): ...

Each pass of its inner loop is one update of every run of a stack: forward, loss, backward, step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from engine import direct, evaluation, penalties
from engine.arrays import Floats
from engine.batches import Batches, Feed, Scales
from engine.best import Best
from engine.control import Control
from engine.evaluation import Evaluator
from engine.events import Changed, EpochEnded, Event, Figures, Paused, Resumed, RunEnded, RunsStarted, Seen
from engine.jobs import Job, alike, loss_of
from engine.penalties import Penalties
from engine.rates import Rates
from engine.results import coefficients, columns_of, parcel
from engine.setup import augmenter_of, network_of
from engine.streams import Purpose


def train(
    jobs: Sequence[Job], feed: Feed, control: Control, clock: Callable[[], float], dtype: type = np.float32
) -> Iterator[Event]:
    """Train the runs of one stack and yield what happens.

    While `control` holds the runs, each `next` yields another Paused: whoever drives the generator waits in between.
    """
    if not jobs[0].experiment.training.optimizer.iterates:
        yield from direct.train(jobs, feed, clock)
        return
    stack = Stack(jobs, feed, dtype)
    yield RunsStarted(
        stack.runs,
        stack.network.parameters.shape[1],
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
        trainings = [job.experiment.training for job in jobs]
        first = trainings[0]
        self.loss = loss_of(jobs[0].experiment, feed.dataset.task)
        same = alike(jobs)
        fitted = {
            place: Scales.of(feed, jobs[place].train, standardize=jobs[place].experiment.data.standardize)
            for place in dict.fromkeys(same)
        }
        self.scales = [fitted[place] for place in same]
        self.unit: Floats = np.stack([scale.targets.sd for scale in self.scales])[:, None]
        size = first.batch_size
        self.batches = Batches(
            feed,
            [job.train for job in jobs],
            self.scales,
            len(jobs[0].train) if size == "all" else size,
            augmenter_of(self.jobs, feed),
            alike=same,
        )
        self.network = network_of(jobs, feed, self.scales, dtype)
        self.evaluator = Evaluator(self.network, feed, self.scales, self.loss, same)
        self.rates = Rates(
            [training.optimizer.learning_rate for training in trainings],
            [training.schedule for training in trainings],
            self.batches.per_epoch * jobs[0].epochs,
            self.batches.per_epoch,
        )
        optimizers = [training.optimizer for training in trainings]
        self.stepper = type(optimizers[0]).stepper(optimizers, self.network.parameters, self.rates)
        self.penalties = Penalties(trainings, self.network, self.rates)
        self.shuffles = [job.stream(Purpose.SHUFFLING) for job in jobs]
        self.best = Best([t.early_stopping for t in trainings], self.network.numbers)
        self.epoch = 0
        self.update = 0
        self.seconds = 0.0
        self._sums = first.reduction == "sum"
        self._training = list(range(len(jobs)))
        self._steps = 0
        self._changes = 0
        self._looks = 0
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
                self.step(*batch)
                self._batch = None
        self._batch = batch
        self.seconds += clock() - started
        return batch is None

    def step(self, inputs: Floats, targets: Floats) -> None:
        """Update every run once: inputs with ones, (runs, rows, inputs + 1), and targets, (runs, rows, outputs)."""
        rows = inputs.shape[1]
        one_pass = self.network.of_rows(rows)
        outputs = one_pass.forward(inputs)
        self.loss.gradient(outputs, targets, 1.0 if self._sums else 1.0 / rows, self.unit)
        one_pass.backward()
        penalties.step(self.stepper, self.penalties, self.network)
        self.update += 1

    def change_rate(self, learning_rate: float) -> None:
        """Give all runs another learning rate from the next step on; their schedules go on."""
        self.rates.change(learning_rate)
        self.stepper.rates_changed()
        self.penalties.rates_changed()

    def _heed(self, control: Control) -> Iterator[Event]:
        """Apply changes; while held, yield Paused at each `next`."""
        held = False
        while True:
            control.take_in()
            self._seen = control.version
            for change in control.changes[self._changes :]:
                self._changes += 1
                if change.key == "learning_rate":
                    self.change_rate(change.value)
                    yield Changed(self._active, self.update, change.key, change.value)
            yield from self._show(control.looks[self._looks :])
            self._looks = len(control.looks)
            if control.stopping or not control.holding or self._steps < control.steps:
                break
            held = True
            yield Paused(self._active, self.epoch, self.update)
        if not control.holding:
            self._steps = control.steps
        if held:
            yield Resumed(self._active)

    def _show(self, wanted: Sequence[int]) -> Iterator[Event]:
        """Say what the parameters of some runs are, where they are this stack's and still train."""
        for place in self._training:
            if self.runs[place] in wanted:
                weights, _ = parcel(self.network.numbers[place])
                yield Seen(self.runs[place], self.epoch, self.update, weights)

    @property
    def _active(self) -> tuple[int, ...]:
        return tuple(self.runs[place] for place in self._training)

    def _end_epoch(self) -> Iterator[Event]:
        """Measure every run that still trains; one whose loss is no longer a number, or no longer falls, ends here."""
        places = self._training
        train, validation = self._measure_both(places)
        yield EpochEnded(self._active, self.epoch, columns_of(train), columns_of(validation), self.seconds)
        over = {}
        for place, seen, unseen in zip(places, train, validation, strict=True):
            waited = self.best.judge(place, self.epoch, (unseen or seen)["loss"])
            if not math.isfinite(seen["loss"]):
                over[place] = "diverged"
            elif waited:
                over[place] = "finished"
        # Their rows of the stack go on, if need be as NaN, and harm nobody: no operation mixes runs.
        self._training = [place for place in places if place not in over]
        for status in ("finished", "diverged"):
            yield from self._ended([place for place in places if over.get(place) == status], status)

    def _measure_both(self, places: Sequence[int]) -> tuple[list[Figures], list[Figures]]:
        """Return the figures of some runs on their training rows and on those that validate; empty without such."""
        jobs = [self.jobs[place] for place in places]
        with np.errstate(all="ignore"):
            rows = [evaluation.sample(job.train) for job in jobs]
            train = self.evaluator.figures(places, rows, taught=True, again="train")
            validation = self.evaluator.figures(places, [job.validation for job in jobs], again="validation")
        return train, validation

    def _end(self, status: str) -> Iterator[Event]:
        yield from self._ended(self._training, status)

    def _ended(self, places: Sequence[int], status: str) -> Iterator[Event]:
        """End some runs: measure the weights that are kept, and send them out."""
        jobs = [self.jobs[place] for place in places]
        for place in places:
            self.best.restore(place)
        train, validation = self._measure_both(places)
        # A network that was stopped or diverged is no result, and a look at the test rows would be spent on nothing.
        test: list[Figures] = [{} for _ in places]
        if status == "finished":
            with np.errstate(all="ignore"):
                test = self.evaluator.figures(places, [job.test for job in jobs])
        for number, (place, job) in enumerate(zip(places, jobs, strict=True)):
            weights, digest = parcel(self.network.numbers[place])
            yield RunEnded(
                run=job.index,
                status=status,
                epochs=self.epoch,
                best_epoch=self.best.epochs[place],
                updates=self.update,
                seconds=self.seconds / len(self.jobs),
                train=train[number],
                validation=validation[number] or None,
                test=test[number] or None,
                coefficients=coefficients(self.network, place, self.feed, self.scales[place]),
                weights=weights,
                sha256=digest,
            )
