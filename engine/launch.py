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
from typing import IO

from engine import control, events, tables, threads
from engine.control import Command, Inspect, Train
from engine.errors import LabError
from engine.events import Event, Inspected, JobEnded, RunEnded, RunsFailed
from engine.experiment import Experiment
from engine.plan import RunSpec
from engine.worker import PARENT, ROOT

READ_BYTES = 1 << 20
GOODBYE_SECONDS = 2.0


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
                else:
                    yield batch
            for listener in listeners:
                listener.result()
        finally:
            for listener in listeners:
                listener.cancel()
            self._at_work = []

    async def inspect(self, experiment: Experiment, spec: RunSpec, weights: str) -> Inspected:
        """Look into the network that a run has ended with, in a worker of its own.

        Raises
        ------
        LabError
            Where that cannot be.
        """
        worker = await Worker.start(experiment.training.threads)
        try:
            worker.open_runs = [spec.index]
            worker.send(Inspect(tables.to_tables(experiment), spec, weights))
            async for batch in worker.listen():
                for event in batch:
                    if isinstance(event, Inspected):
                        return event
                    if isinstance(event, RunsFailed):
                        raise LabError(event.problem, event.hint)
            raise LabError("a worker ended without an answer", "try again")
        finally:
            await worker.close()

    def send(self, command: Command) -> None:
        """Send a command to every worker that trains."""
        for worker in self._at_work:
            worker.send(command)

    @property
    def process_ids(self) -> tuple[int, ...]:
        """The workers' process ids."""
        return tuple(worker.process.pid for worker in self._workers)

    async def close(self) -> None:
        """End all workers."""
        await asyncio.gather(*(worker.close() for worker in self._workers))
        self._workers = []


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
