"""The trainer: a generator of events. It never prints, draws, sleeps or saves.

    for event in train(jobs, feed, control, clock): ...

Each pass of its inner loop is one update of every run of a stack: forward, loss, backward, step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from engine import direct
from engine.arrays import Floats
from engine.batches import Feed
from engine.control import Control
from engine.course import NOTHING, STOP, Course, Turn, turned
from engine.events import Changed, EpochEnded, Event, Figures, Paused, Resumed, RunEnded, RunsStarted, Seen
from engine.jobs import Job
from engine.results import coefficients, columns_of, parcel
from engine.stack import Stack
from engine.standing import Standing

CHECKPOINT_SHARE = 100
"""Of the time between two checkpoints making one takes at most one part in so many."""


def train(
    jobs: Sequence[Job],
    feed: Feed,
    control: Control,
    clock: Callable[[], float],
    *,
    course: Course = NOTHING,
    dtype: type = np.float32,
) -> Iterator[Event]:
    """Train the runs of one stack and yield what happens.

    While `control` holds the runs, each `next` yields another Paused: whoever drives the generator waits in between.
    Runs for which `course` has a checkpoint, all of the same epoch, go on from there.
    """
    if not jobs[0].experiment.training.optimizer.iterates:
        yield from direct.train(jobs, feed, clock)
        return
    course = course.of([job.index for job in jobs])
    start = course.start_of(jobs[0].index)
    now, last, ahead = jobs, jobs, []
    for turn in course.turns:
        if turn.epoch > last[0].epochs:
            break
        last = [_turned(job, turn) for job in last]
        if turn.epoch < start:
            now = last
        else:
            ahead.append((turn, last))
    stack = Stack(now, feed, dtype)
    for checkpoint in course.checkpoints:
        stack.go_on(Standing.of(checkpoint))
    yield RunsStarted(
        stack.runs,
        stack.network.parameters.shape[1],
        len(jobs[0].train),
        len(jobs[0].validation),
        len(jobs[0].test),
        stack.batches.per_epoch,
        last[0].epochs,
        start,
    )
    trainer = Trainer(stack, control, clock, course)
    for turn, after in ahead:
        yield from trainer.epochs(turn.epoch)
        trainer.turn(after, turn)
    yield from trainer.to_the_end()


def _turned(job: Job, turn: Turn) -> Job:
    """Return a run as it is after a branch; a refit whose epochs the folds have chosen keeps their number."""
    experiment = turned(job.experiment, turn.settings)
    own = job.epochs != job.experiment.training.epochs
    return replace(job, experiment=experiment, epochs=job.epochs if own else experiment.training.epochs)


class Trainer:
    """The course of a stack: what a person wants meanwhile, what is said after each epoch, each run's end."""

    def __init__(self, stack: Stack, control: Control, clock: Callable[[], float], course: Course = NOTHING) -> None:
        self.stack = stack
        self._control = control
        self._clock = clock
        self._going = list(range(len(stack.runs)))
        """The places of the runs that still train."""
        self._repeated = [change for change in course.changes if change.update >= stack.update]
        """What was done the first time and is to be done again, in its order."""
        self._checkpoint_seconds = course.checkpoint_seconds
        self._next_checkpoint = clock() + course.checkpoint_seconds
        self._steps = 0
        self._changes = 0
        self._looks = 0
        self._seen = -1
        self._batch: tuple[Floats, Floats] | None = None

    def epochs(self, last: int) -> Iterator[Event]:
        """Yield the events of all epochs up to one; a stop ends the runs."""
        while self._going and self.stack.epoch < last:
            batches = self.stack.batches.epoch(self.stack.shuffles)
            while not self._advance(batches):
                yield from self._heed()
                if self._control.stopping:
                    yield from self._end("stopped")
                if not self._going:
                    return
            self.stack.epoch += 1
            # Asked before the events go out: a pause that comes meanwhile has used up no step.
            stepped = self._steps < self._control.steps
            yield from self._end_epoch()
            if stepped:
                self._steps += 1
                self._seen = -1
            yield from self._checkpoint()

    def to_the_end(self) -> Iterator[Event]:
        """Yield the events of all epochs that are left and of each run's end."""
        yield from self.epochs(self.stack.jobs[0].epochs)
        yield from self._end("finished")

    def turn(self, jobs: Sequence[Job], turn: Turn) -> None:
        """Go on with other settings, from the same numbers, moments and streams."""
        if not self._going:
            return
        before = self.stack.standing(self._going)
        names = {key.partition(".")[2] for key in turn.settings}
        anew = {"rates" for _ in names & {"learning_rate"}} | {"best" for _ in names & {"early_stopping"}}
        going = [job for job in jobs if job.index in self._active]
        self.stack = Stack(going, self.stack.feed, self.stack.dtype)
        self.stack.go_on(before, anew)
        self._going = list(range(len(self.stack.runs)))

    def _advance(self, batches: Iterator[tuple[Floats, Floats]]) -> bool:
        """Take a step on each batch and return True, or False where something is to be done before.

        A run that diverges overflows, which is its own affair. NumPy's error state is changed here and not in the
        generator: there it would leak to whoever drives it.
        """
        started = self._clock()
        due = self._repeated[0].update if self._repeated else -1
        control, stack = self._control, self.stack
        with np.errstate(all="ignore"):
            # Asked with the batch in hand: after the last one of an epoch its end comes first.
            while (
                (batch := self._batch or next(batches, None)) and stack.update != due and not control.moved(self._seen)
            ):
                stack.step(*batch)
                self._batch = None
        self._batch = batch
        stack.seconds += self._clock() - started
        return batch is None

    def _heed(self) -> Iterator[Event]:
        """Repeat and apply changes; while held, yield Paused at each `next`."""
        yield from self._repeat()
        held = False
        control = self._control
        while True:
            control.take_in()
            self._seen = control.version
            for change in control.changes[self._changes :]:
                self._changes += 1
                yield from self._change(self._going, change.key, change.value)
            yield from self._show(control.looks[self._looks :])
            self._looks = len(control.looks)
            if control.stopping or not control.holding or self._steps < control.steps:
                break
            held = True
            yield Paused(self._active, self.stack.epoch, self.stack.update)
        if not control.holding:
            self._steps = control.steps
        if held:
            yield Resumed(self._active)

    def _repeat(self) -> Iterator[Event]:
        """Do what was done at this update the first time."""
        while self._repeated and self._repeated[0].update == self.stack.update:
            change = self._repeated.pop(0)
            places = [place for place in self._going if self.stack.runs[place] in change.runs]
            if change.key == STOP:
                self._going = [place for place in self._going if place not in places]
                yield from self._ended(places, "stopped")
            else:
                yield from self._change(places, change.key, change.value)

    def _change(self, places: Sequence[int], key: str, value: float) -> Iterator[Event]:
        if key == "learning_rate" and places:
            self.stack.change_rate(value, places)
            yield Changed(tuple(self.stack.runs[place] for place in places), self.stack.update, key, value)

    def _show(self, wanted: Sequence[int]) -> Iterator[Event]:
        """Say what the parameters of some runs are, where they are this stack's and still train."""
        for place in self._going:
            run = self.stack.runs[place]
            if run in wanted:
                weights, _ = parcel(self.stack.network.numbers[place])
                yield Seen(run, self.stack.epoch, self.stack.update, weights)

    @property
    def _active(self) -> tuple[int, ...]:
        return tuple(self.stack.runs[place] for place in self._going)

    def _end_epoch(self) -> Iterator[Event]:
        """Measure every run that still trains; one whose loss is no longer a number, or no longer falls, ends here."""
        places, stack = self._going, self.stack
        train, validation = stack.measure(places)
        yield EpochEnded(self._active, stack.epoch, columns_of(train), columns_of(validation), stack.seconds)
        over = {}
        for place, seen, unseen in zip(places, train, validation, strict=True):
            waited = stack.best.judge(place, stack.epoch, (unseen or seen)["loss"])
            if not math.isfinite(seen["loss"]):
                over[place] = "diverged"
            elif waited:
                over[place] = "finished"
        # Their rows of the stack go on, if need be as NaN, and harm nobody: no operation mixes runs.
        self._going = [place for place in places if place not in over]
        for status in ("finished", "diverged"):
            yield from self._ended([place for place in places if over.get(place) == status], status)

    def _checkpoint(self) -> Iterator[Event]:
        """Say where the runs stand, where that is due."""
        now = self._clock()
        if self._checkpoint_seconds and now >= self._next_checkpoint and self._going:
            checkpoint = self.stack.standing(self._going).checkpoint()
            # A large network says it less often, so that it costs the training a hundredth at most.
            cost = self._clock() - now
            self._next_checkpoint = now + max(self._checkpoint_seconds, CHECKPOINT_SHARE * cost)
            yield checkpoint

    def _end(self, status: str) -> Iterator[Event]:
        """End the runs that still train."""
        going, self._going = self._going, []
        yield from self._ended(going, status)

    def _ended(self, places: Sequence[int], status: str) -> Iterator[Event]:
        """End some runs: measure the weights that are kept, and send them out."""
        stack = self.stack
        for place in places:
            stack.best.restore(place)
        train, validation = stack.measure(places)
        # A network that was stopped or diverged is no result, and a look at the test rows would be spent on nothing.
        test: list[Figures] = stack.measure_test(places) if status == "finished" else [{} for _ in places]
        for number, place in enumerate(places):
            weights, digest = parcel(stack.network.numbers[place])
            yield RunEnded(
                run=stack.runs[place],
                status=status,
                epochs=stack.epoch,
                best_epoch=stack.best.epochs[place],
                updates=stack.update,
                seconds=stack.seconds / len(stack.jobs),
                train=train[number],
                validation=validation[number] or None,
                test=test[number] or None,
                coefficients=coefficients(stack.network, place, stack.feed, stack.scales[place]),
                weights=weights,
                sha256=digest,
            )
