"""The pool: workers that train the pieces of a study, and one aside that answers questions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from typing import Self, TypeVar

from engine import tables
from engine.control import Command, Inspect, Look, Measure, Predict, Train, TryRates
from engine.course import NOTHING, Course
from engine.errors import KeyProblem, LabError
from engine.events import (
    BaselineMeasured,
    Event,
    Inspected,
    Predicted,
    RatesTried,
    RunEnded,
    RunsAgain,
    RunsFailed,
    Seen,
)
from engine.experiment import Experiment
from engine.launch import Worker, cores
from engine.plan import RunSpec, plan
from engine.task import Task

MEASURE_SECONDS = 0.7
"""So long the baselines wait for a worker that has trained what it had to."""
Answer = TypeVar("Answer", Inspected, RatesTried, Predicted)


class Pool:
    """Workers that stay for the next job: starting one costs a tenth of a second and more.

    Without a number there are as many as keep every core busy with one thread each, or fewer with more threads.
    """

    def __init__(self, workers: int | None = None) -> None:
        self._asked = workers
        self._workers: list[Worker] = []
        self._at_work: list[Worker] = []
        self._measuring: Worker | None = None
        self._task: Task | None = None
        self._aside: Worker | None = None
        """Answers questions beside those that train."""
        self._asking = asyncio.Lock()
        self._looks: dict[int, asyncio.Future[str]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def train(
        self,
        experiment: Experiment,
        specs: Sequence[RunSpec],
        course: Course = NOTHING,
        baselines: Measure | None = None,
    ) -> AsyncIterator[list[Event]]:
        """Train the runs and yield their events as they come, several at once where they come quickly.

        A worker that has ended a piece takes the next one. One that dies is replaced, and what it had not ended is
        trained once more; what dies twice has failed. The baselines are measured by a worker that has nothing to train,
        or by one more where all train for long; if that dies, another does it, once.
        """
        threads = experiment.training.threads
        count = self._asked or max(1, cores() // threads)
        task = self._task = Task(experiment, specs, count, course)
        # The number of threads is fixed when NumPy is loaded: a worker with another number is of no use here.
        for useless in [worker for worker in self._workers if not worker.alive or worker.blas_threads != threads]:
            self._workers.remove(useless)
            await useless.close()
        lanes = min(count, len(task.waiting))
        while len(self._workers) < lanes:
            self._workers.append(await Worker.start(threads))
        serving = [asyncio.create_task(self._serve(task, worker)) for worker in self._workers[:lanes]]
        lines: list[asyncio.Task[Worker] | asyncio.Task[None]] = [*serving]
        if baselines is not None:
            spare = self._workers[lanes] if len(self._workers) > lanes else None
            lines.append(asyncio.create_task(self._measure(task, spare, serving, baselines)))
        try:
            silent = 0
            while silent < len(lines):
                batch = await task.said.get()
                if batch is None:
                    silent += 1
                elif told := self._answer(batch):
                    task.note(told)
                    yield told
            for line in lines:
                line.result()
        finally:
            for line in lines:
                line.cancel()
            self._at_work = []
            self._nothing_to_see(list(self._looks))

    async def _serve(self, task: Task, worker: Worker) -> Worker:
        """Have a worker train one piece after another, and return it, or the one that came into its place."""
        try:
            while task.waiting:
                piece = task.waiting.popleft()
                worker.open_runs = [spec.index for spec in piece.runs]
                self._at_work.append(worker)
                for command in task.opening(piece):
                    worker.send(command)
                async for batch in worker.listen():
                    task.said.put_nowait(batch)
                self._at_work.remove(worker)
                if not worker.alive:
                    worker = await self._replace(task, worker, piece)
            return worker
        finally:
            task.said.put_nowait(None)

    async def _at_leisure(self, serving: Sequence[asyncio.Task[Worker]], threads: int) -> Worker:
        """Return the first worker that has trained what it had to, or one more where that takes long.

        One more costs as much as a study that is over in an instant; with a long one its lines must not wait.
        """
        if serving:
            done, _ = await asyncio.wait(serving, timeout=MEASURE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            free = [line.result() for line in done if line.exception() is None]
            if free and free[0].alive:
                return free[0]
        self._workers.append(await Worker.start(threads))
        return self._workers[-1]

    async def _measure(
        self, task: Task, spare: Worker | None, serving: Sequence[asyncio.Task[Worker]], job: Measure
    ) -> None:
        """Have a worker measure the baselines; if it dies, another measures the rest; if that dies, it is left out."""
        try:
            worker = spare or await self._at_leisure(serving, task.threads)
            if task.stopping:
                return
            known = set(job.known)
            for tries_left in (1, 0):
                worker.open_runs = []
                worker.send(replace(job, known=tuple(known)))
                self._measuring = worker
                async for batch in worker.listen():
                    known |= {(one.setting, one.name) for one in batch if isinstance(one, BaselineMeasured)}
                    task.said.put_nowait(batch)
                self._measuring = None
                if worker.alive or task.stopping or not tries_left:
                    return
                worker = await self._another(worker)
        finally:
            self._measuring = None
            task.said.put_nowait(None)

    async def _replace(self, task: Task, worker: Worker, piece: Train) -> Worker:
        """Return another worker instead of one that has died, and see to what it left."""
        left = tuple(worker.open_runs)
        self._nothing_to_see(left)
        if left and not task.stopping:
            words = await worker.last_words()
            again = task.again(piece, left)
            hint = "run it again; the rest is kept"
            task.said.put_nowait([RunsAgain(left, words) if again else RunsFailed(left, words, hint)])
        return await self._another(worker)

    async def _another(self, worker: Worker) -> Worker:
        """Return a new worker in the place of one that has died."""
        self._workers.remove(worker)
        await worker.close()
        self._workers.append(await Worker.start(worker.blas_threads))
        return self._workers[-1]

    async def inspect(self, experiment: Experiment, spec: RunSpec, weights: str) -> Inspected:
        """Look into a network of a run with these weights, beside whatever trains.

        Raises
        ------
        LabError
            Where that cannot be.
        """
        command = Inspect(tables.to_tables(experiment), spec, weights)
        return await self._ask(command, Inspected, experiment.training.threads)

    async def try_rates(self, experiment: Experiment) -> RatesTried:
        """Do the learning-rate range test with the first run of an experiment.

        Raises
        ------
        LabError
            Where the experiment cannot be, or has no learning rate.
        """
        command = TryRates(tables.to_tables(experiment), plan(experiment)[0])
        return await self._ask(command, RatesTried, experiment.training.threads)

    async def predict(
        self, experiment: Experiment, spec: RunSpec, weights: str, rows: str, *, is_file: bool
    ) -> Predicted:
        """Apply a run's network with these weights to the rows of a file, or of the data set of that name.

        Raises
        ------
        LabError
            Where the rows are none that it could have learned from.
        """
        command = Predict(tables.to_tables(experiment), spec, weights, rows, is_file)
        return await self._ask(command, Predicted, experiment.training.threads)

    async def _ask(self, command: Inspect | TryRates | Predict, answer: type[Answer], threads: int) -> Answer:
        """Return what a worker beside those that train answers; it stays for the next question."""
        async with self._asking:
            worker, self._aside = self._aside, None
            if worker is not None and (not worker.alive or worker.blas_threads != threads):
                await worker.close()
                worker = None
            worker = worker or await Worker.start(threads)
            try:
                worker.open_runs = [command.run.index]
                worker.send(command)
                said = [event async for batch in worker.listen() for event in batch]
            except BaseException:
                # Nobody waits for this answer any more, and the next question must not get it.
                await worker.close()
                raise
            self._aside = worker
        for event in said:
            if isinstance(event, answer):
                return event
            if isinstance(event, RunsFailed):
                raise _problem_of(event)
        if not worker.alive:
            raise LabError(await worker.last_words(), "try again")
        raise LabError("a worker ended without an answer", "try again")

    async def weights_now(self, run: int) -> str:
        """Return the weights that a run has at this moment, while it trains.

        Raises
        ------
        LabError
            Where it does not train.
        """
        worker = self._trainer_of(run)
        if worker is None:
            raise LabError("the run does not train", "look again when it does, or has ended")
        looked = self._looks.setdefault(run, asyncio.get_running_loop().create_future())
        worker.send(Look(run))
        return await asyncio.shield(looked)

    def _trainer_of(self, run: int) -> Worker | None:
        return next((worker for worker in self._at_work if run in worker.open_runs), None)

    def worker_of(self, run: int) -> int | None:
        """Return the process id of the worker that trains a run now."""
        worker = self._trainer_of(run)
        return worker.process.pid if worker is not None else None

    def _answer(self, batch: list[Event]) -> list[Event]:
        """Give those who wait for a run's weights what the events say of it; return the events that are for all."""
        for event in batch:
            if isinstance(event, Seen | RunEnded) and event.run in self._looks:
                self._looks.pop(event.run).set_result(event.weights)
        return [event for event in batch if not isinstance(event, Seen)]

    def _nothing_to_see(self, runs: Iterable[int]) -> None:
        """Tell those who wait for the weights of some runs that there are none."""
        for run in runs:
            if looked := self._looks.pop(run, None):
                looked.set_exception(LabError("the run has ended", "look again"))
                looked.exception()  # whoever asked may have gone; asyncio would complain

    def send(self, command: Command) -> None:
        """Send a command to every worker that trains; what waits will heed it too."""
        if self._task is not None:
            self._task.heed(command)
        for worker in [*self._at_work, *([self._measuring] if self._measuring else [])]:
            worker.send(command)

    @property
    def process_ids(self) -> tuple[int, ...]:
        """The workers' process ids."""
        return tuple(worker.process.pid for worker in self._everyone)

    async def close(self) -> None:
        """End all workers."""
        await asyncio.gather(*(worker.close() for worker in self._everyone))
        self._workers, self._aside = [], None

    @property
    def _everyone(self) -> list[Worker]:
        return [*self._workers, *([self._aside] if self._aside else [])]


def _problem_of(event: RunsFailed) -> LabError:
    if event.key:
        return KeyProblem(event.key, event.problem.removeprefix(f"{event.key} "), event.hint)
    return LabError(event.problem, event.hint)
