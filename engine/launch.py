"""The parent's side of one worker: start it, tell it what to do, listen to what it says."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

from engine import control, events, threads
from engine.control import Command
from engine.errors import LabError
from engine.events import Event, JobEnded, RunEnded, RunsFailed
from engine.worker import PARENT, ROOT

COMMAND = (sys.executable, "-P", "-m", "engine.worker")
READ_BYTES = 1 << 20
GOODBYE_SECONDS = 2.0


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def environment(blas_threads: int) -> dict[str, str]:
    """Return the environment of a worker that this process starts."""
    own = {PARENT: str(os.getpid()), ROOT: str(Path(__file__).parent)}
    return os.environ | threads.environment(blas_threads) | own


def how_it_ended(status: int, log: IO[bytes]) -> str:
    """Return in words how a worker came to its end, with the last line of its standard error."""
    log.seek(0)
    words = log.read()[-4_000:].decode(errors="replace").strip().splitlines()
    how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
    return f"a worker {how}" + (f": {words[-1]}" if words else "")


class Worker:
    """One child process and what it still has to do."""

    def __init__(self, process: asyncio.subprocess.Process, log: IO[bytes], blas_threads: int) -> None:
        self.process = process
        self.log = log
        self.blas_threads = blas_threads
        self.open_runs: list[int] = []
        """What it was told to train, and has not ended."""

    @classmethod
    async def start(cls, blas_threads: int = 1) -> Worker:
        """Start a worker: call it on the main thread, because its parent-death signal follows the thread."""
        # What it says on standard error would tear the screen; it is quoted if the worker dies.
        log = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the worker
        try:
            process = await asyncio.create_subprocess_exec(
                *COMMAND,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=environment(blas_threads),
                process_group=0,
                limit=READ_BYTES,
            )
        except OSError as error:
            log.close()
            raise LabError(
                f"a worker could not be started: {error.strerror}", "free some memory or processes"
            ) from error
        except asyncio.CancelledError:
            log.close()
            raise
        return cls(process, log, blas_threads)

    def send(self, command: Command) -> None:
        """Send a command; a worker that has died gets none."""
        if self.process.stdin is not None and not self.process.stdin.is_closing():
            self.process.stdin.write(control.encode(command).encode() + b"\n")

    async def listen(self) -> AsyncIterator[list[Event]]:
        """Yield what the worker says, as many events at once as have come, until the job ends or the worker dies.

        Then it is no longer `alive`, and `open_runs` names what it has not ended.
        """
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
        await self.process.wait()

    def _tick_off(self, event: Event) -> None:
        over = (
            {event.run} if isinstance(event, RunEnded) else set(event.runs) if isinstance(event, RunsFailed) else set()
        )
        self.open_runs = [run for run in self.open_runs if run not in over]

    async def last_words(self) -> str:
        """Return how a worker that has died came to its end."""
        return how_it_ended(await self.process.wait(), self.log)

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
        finally:
            self.log.close()
