"""The parent's side of the workers: start them, tell them what to do, listen to all of them at once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import IO, Self, TypeVar

from engine import control, events, tables, threads
from engine.control import Command, Inspect, Look, Train, TryRates
from engine.errors import KeyProblem, LabError
from engine.events import Event, Inspected, JobEnded, RatesTried, RunEnded, RunsFailed, Seen
from engine.experiment import Experiment
from engine.plan import RunSpec, plan
from engine.worker import PARENT, ROOT

READ_BYTES = 1 << 20
GOODBYE_SECONDS = 2.0
Answer = TypeVar("Answer", Inspected, RatesTried)


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


class Worker:
    """One child process and what it still has to do."""

    def __init__(self, process: asyncio.subprocess.Process, log: IO[bytes], blas_threads: int) -> None:
        self.process = process
        self.log = log
        self.blas_threads = blas_threads
        self.open_runs: list[int] = []

    @classmethod
    async def start(cls, blas_threads: int = 1) -> Worker:
        """Start a worker: call it on the main thread, because its parent-death signal follows the thread."""
        # What it says on standard error would tear the screen; it is quoted if the worker dies.
        log = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the worker
        environment = os.environ | threads.environment(blas_threads)
        environment |= {PARENT: str(os.getpid()), ROOT: str(Path(__file__).parent)}
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                "engine.worker",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=environment,
                process_group=0,
                limit=READ_BYTES,
            )
        except OSError as error:
            log.close()
            raise LabError(
                f"a worker could not be started: {error.strerror}", "free some memory or processes"
            ) from error
        return cls(process, log, blas_threads)

    def send(self, command: Command) -> None:
        """Send a command; a worker that has died gets none."""
        if self.process.stdin is not None and not self.process.stdin.is_closing():
            self.process.stdin.write(control.encode(command).encode() + b"\n")

    async def listen(self) -> AsyncIterator[list[Event]]:
        """Yield what the worker says, as many events at once as have come, until the job ends or the worker dies."""
        assert self.process.stdout is not None  # noqa: S101 - it was opened as a pipe
        rest = b""
        while chunk := await self.process.stdout.read(READ_BYTES):
            *lines, rest = (rest + chunk).split(b"\n")
            batch = [events.decode(line) for line in lines]
            for event in batch:
                self._tick_off(event)
            said: list[Event] = [event for event in batch if not isinstance(event, JobEnded)]
            if said:
                yield said
            if len(said) < len(batch):
                return
        if self.open_runs:
            yield [RunsFailed(tuple(self.open_runs), await self._last_words(), "run it again; the rest is kept")]

    def _tick_off(self, event: Event) -> None:
        over = (
            {event.run} if isinstance(event, RunEnded) else set(event.runs) if isinstance(event, RunsFailed) else set()
        )
        self.open_runs = [run for run in self.open_runs if run not in over]

    async def _last_words(self) -> str:
        status = await self.process.wait()
        self.log.seek(0)
        words = self.log.read()[-4_000:].decode(errors="replace").strip().splitlines()
        how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        return f"a worker {how}" + (f": {words[-1]}" if words else "")

    @property
    def alive(self) -> bool:
        """Whether it can be told anything."""
        return self.process.returncode is None

    async def close(self) -> None:
        """End the worker: by the end of its input, or by force."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            await asyncio.wait_for(self.process.wait(), GOODBYE_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
        self.log.close()


class Pool:
    """Workers that stay for the next job: starting one costs a tenth of a second and more.

    Without a number there are as many as keep every core busy with one thread each, or fewer with more threads.
    """

    def __init__(self, workers: int | None = None) -> None:
        self._asked = workers
        self._workers: list[Worker] = []
        self._at_work: list[Worker] = []
        self._aside: Worker | None = None
        """Answers questions beside those that train."""
        self._asking = asyncio.Lock()
        self._looks: dict[int, asyncio.Future[str]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def train(self, experiment: Experiment, specs: Sequence[RunSpec]) -> AsyncIterator[list[Event]]:
        """Train the runs and yield their events as they come, several at once where they come quickly."""
        threads = experiment.training.threads
        shares = share_out(specs, self._asked or max(1, cores() // threads))
        # The number of threads is fixed when NumPy is loaded: a worker with another number is of no use here.
        for useless in [worker for worker in self._workers if not worker.alive or worker.blas_threads != threads]:
            self._workers.remove(useless)
            await useless.close()
        while len(self._workers) < len(shares):
            self._workers.append(await Worker.start(threads))
        self._at_work = self._workers[: len(shares)]
        said: asyncio.Queue[list[Event] | None] = asyncio.Queue()
        job = tables.to_tables(experiment)
        listeners = []
        for worker, share in zip(self._at_work, shares, strict=True):
            worker.open_runs = [spec.index for spec in share]
            worker.send(Train(job, tuple(share)))
            listeners.append(asyncio.create_task(_forward(worker, said)))
        try:
            silent = 0
            while silent < len(listeners):
                batch = await said.get()
                if batch is None:
                    silent += 1
                elif told := self._answer(batch):
                    yield told
            for listener in listeners:
                listener.result()
        finally:
            for listener in listeners:
                listener.cancel()
            self._at_work = []
            self._nothing_to_see()

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

    async def _ask(self, command: Inspect | TryRates, answer: type[Answer], threads: int) -> Answer:
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
        raise LabError("a worker ended without an answer", "try again")

    async def weights_now(self, run: int) -> str:
        """Return the weights that a run has at this moment, while it trains.

        Raises
        ------
        LabError
            Where it does not train.
        """
        worker = next((worker for worker in self._at_work if run in worker.open_runs), None)
        if worker is None:
            raise LabError("the run does not train", "look again when it does, or has ended")
        looked = self._looks.setdefault(run, asyncio.get_running_loop().create_future())
        worker.send(Look(run))
        return await asyncio.shield(looked)

    def _answer(self, batch: list[Event]) -> list[Event]:
        """Give those who wait for a run's weights what the events say of it; return the events that are for all."""
        for event in batch:
            if isinstance(event, Seen | RunEnded) and event.run in self._looks:
                self._looks.pop(event.run).set_result(event.weights)
        return [event for event in batch if not isinstance(event, Seen)]

    def _nothing_to_see(self) -> None:
        for looked in self._looks.values():
            looked.set_exception(LabError("the run has ended", "look again"))
            looked.exception()  # whoever asked may have gone; asyncio would complain
        self._looks = {}

    def send(self, command: Command) -> None:
        """Send a command to every worker that trains."""
        for worker in self._at_work:
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


async def _forward(worker: Worker, said: asyncio.Queue[list[Event] | None]) -> None:
    try:
        async for batch in worker.listen():
            said.put_nowait(batch)
    finally:
        said.put_nowait(None)


def share_out(specs: Sequence[RunSpec], workers: int) -> list[list[RunSpec]]:
    """Divide runs into contiguous shares, as many as there are workers, whose sizes differ by at most one."""
    count = min(workers, len(specs))
    size, larger = divmod(len(specs), count)
    ends = [place * size + min(place, larger) for place in range(count + 1)]
    return [list(specs[start:stop]) for start, stop in pairwise(ends)]
