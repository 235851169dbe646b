"""Trainers on top of an executor: the pieces of a study as tasks of threads, processes, or a cluster."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from engine import control, errand, events, tables
from engine.control import Command, Measure, Stop, Train
from engine.course import NOTHING, Course
from engine.errand import Said
from engine.errors import LabError
from engine.events import Event, RunsAgain, RunsFailed
from engine.experiment import Experiment
from engine.machines import Machines
from engine.plan import RunSpec
from engine.sharing import pieces

TRIES = 2


class Executor(Protocol):
    """What tasks are given to: `concurrent.futures` has two, and a client of a Dask cluster is a third."""

    def submit(self, function: Callable[..., Said], /, *arguments: Any) -> concurrent.futures.Future[Said]:
        """Have a function called somewhere, with these arguments."""
        ...


@dataclass(frozen=True, slots=True)
class Task:
    """A job, and how often it has been tried."""

    job: Train | Measure
    tries: int = 0

    @property
    def runs(self) -> tuple[int, ...]:
        """The runs that the job trains."""
        return tuple(spec.index for spec in self.job.runs) if isinstance(self.job, Train) else ()


class ExecutorPool:
    """Trains the runs of studies with any executor. A task's events come together, when it has ended.

    So a task counts whole or not at all: one that is lost is given away once more from its beginning, and a run cannot
    be counted twice, however often an executor repeats its task. Of a person's commands only Stop is heeded.

    Parameters
    ----------
    slots
        How many threads the executor's machines have for tasks.
    most
        How many tasks may train at a time; by default as many as fill the slots.
    wanted
        Is called where a task is done, and tells whether anybody still waits for it. Without it, what the executor has
        begun goes on to its end after a stop.
    """

    def __init__(
        self, executor: Executor, slots: int, most: int | None = None, wanted: Callable[[], bool] = errand.always
    ) -> None:
        self._executor = executor
        self._slots = slots
        self._most = most
        self._wanted = wanted
        self._waiting: deque[Task] = deque()
        self._at_work: dict[asyncio.Future[Said], Task] = {}
        self._stopping = False
        self._machines: Machines | None = None

    async def train(
        self,
        experiment: Experiment,
        specs: Sequence[RunSpec],
        course: Course = NOTHING,
        baselines: Measure | None = None,
    ) -> AsyncIterator[list[Event]]:
        """Train the runs, measure the baselines, and yield the events of one task after another, as they end."""
        threads = experiment.training.threads
        lanes = self._most or max(1, self._slots // threads)
        plain = tables.to_tables(experiment)
        machines = self._machines = self._machines_of(experiment)
        self._stopping = False
        # What comes only at the end of a task is of no use as a checkpoint.
        course = replace(course, checkpoint_seconds=0.0)
        shared = pieces(experiment, specs, lanes, course)
        jobs = [Train(plain, tuple(piece), course.of([spec.index for spec in piece])) for piece in shared]
        self._waiting = deque(Task(job) for job in jobs)
        try:
            self._fill(lanes, threads)
            # Beside the others, as soon as there is a place: no run should wait for it.
            if baselines is not None:
                self._begin(Task(baselines), threads)
            while self._at_work:
                done, _ = await asyncio.wait(self._at_work, return_when=asyncio.FIRST_COMPLETED)
                said = [event for future in done for event in self._end(future, machines)]
                self._fill(lanes, threads)
                if said:
                    yield said
        finally:
            self._give_up()

    def send(self, command: Command) -> None:
        """End the study where the command is Stop: only what has come whole is kept. Others reach no task."""
        if isinstance(command, Stop):
            self._give_up()

    async def close(self) -> None:
        """Wait for nothing more. The executor is not closed: it belongs to whoever made it."""
        self._give_up()

    def _give_up(self) -> None:
        """Begin nothing more, and wait for nothing but results that are here already."""
        self._stopping = True
        self._waiting.clear()
        self._at_work = {future: task for future, task in self._at_work.items() if not future.cancel()}

    def _machines_of(self, experiment: Experiment) -> Machines:
        """Return what is known of the machines: the refit of a study is trained where its folds were."""
        known = self._machines
        return known if known is not None and known.experiment == experiment else Machines(experiment)

    def _fill(self, lanes: int, threads: int) -> None:
        """Begin tasks that train while there is room for them."""
        while self._waiting and sum(bool(task.runs) for task in self._at_work.values()) < lanes:
            self._begin(self._waiting.popleft(), threads)

    def _begin(self, task: Task, threads: int) -> None:
        command = control.encode(task.job).encode()
        try:
            given = self._executor.submit(errand.run, command, threads, self._wanted)
        except Exception as error:  # noqa: BLE001 - each executor that is broken or closed has exceptions of its own
            given = concurrent.futures.Future()
            given.set_exception(error)
        future = asyncio.wrap_future(given)
        # One that nobody asks any more, after a stop, may fail: asyncio would complain.
        future.add_done_callback(lambda over: over.cancelled() or over.exception())
        self._at_work[future] = task

    def _end(self, future: asyncio.Future[Said], machines: Machines) -> list[Event]:
        """Return what a task that is over has said, or what becomes of its runs."""
        task = self._at_work.pop(future, None)
        if task is None:
            return []  # it was given up
        problem = _problem_of(future)
        if not problem:
            try:
                return machines.agree(events.decode(line) for line in future.result().lines.splitlines())
            except LabError as error:
                problem = str(error)
        if not task.runs or self._stopping:
            return []  # baselines are left out, and runs are called stopped
        if task.tries + 1 < TRIES:
            self._waiting.appendleft(Task(task.job, task.tries + 1))
            return [RunsAgain(task.runs, problem)]
        return [RunsFailed(task.runs, problem, "run it again; the rest is kept")]


def _problem_of(future: asyncio.Future[Said]) -> str:
    """Return why a task has no result: its worker has died, or its executor lost it. Empty where it has one."""
    if future.cancelled():
        return "the task was lost"
    if (error := future.exception()) is not None:
        words = " ".join(str(error).split())[:300]
        return f"the task was lost: {type(error).__name__}" + (f": {words}" if words else "")
    return future.result().problem
