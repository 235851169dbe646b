"""An errand: one job, done from start to end by a worker program of its own. It is what an executor is given."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

from engine import events, launch
from engine.events import DataLoading, JobEnded

WANTED_SECONDS = 0.5
ENDED = events.encode(JobEnded()).encode() + b"\n"
LOADING = events.encode(DataLoading(0.0)).encode().partition(b",")[0]


@dataclass(frozen=True, slots=True)
class Said:
    """What came of an errand: the events of the whole job, or none and the reason."""

    lines: bytes = b""
    """One JSON line an event."""
    problem: str = ""
    """How the worker died before its job was done."""


def always() -> bool:
    """Say that the result is still wanted."""
    return True


def run(command: bytes, blas_threads: int, wanted: Callable[[], bool] = always) -> Said:
    """Start a worker, give it one encoded command, and return what it says up to the end of the job.

    `wanted` is asked twice a second: the worker is killed once nobody waits for the result any more. The calling thread
    waits here as long as the worker lives, because the worker's parent-death signal follows that thread.
    """
    with tempfile.TemporaryFile() as log:
        worker = subprocess.Popen(  # noqa: S603 - nothing of it comes from outside
            launch.COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=launch.environment(blas_threads),
            process_group=0,
        )
        try:
            lines = _answer(worker, command, wanted)
            if lines is not None:
                _dismiss(worker)
        finally:
            worker.kill()  # nothing happens to one that has ended
            with contextlib.suppress(BrokenPipeError), worker:
                pass
        if lines is None:
            return Said(problem=launch.how_it_ended(worker.returncode, log))
    kept = [line for line in lines.splitlines(keepends=True) if not line.startswith(LOADING)]
    return Said(b"".join(kept[:-1]))


def _answer(worker: subprocess.Popen[bytes], command: bytes, wanted: Callable[[], bool]) -> bytes | None:
    """Return the lines of a whole job; None where the worker dies before its end, or nobody wants it any more."""
    assert worker.stdin is not None  # noqa: S101 - both were opened as pipes
    assert worker.stdout is not None  # noqa: S101
    said = bytearray()
    with contextlib.suppress(BrokenPipeError):
        # It is read by a thread that does nothing else, so this never waits for an answer.
        worker.stdin.write(command + b"\n")
        worker.stdin.flush()
    with selectors.DefaultSelector() as selector:
        selector.register(worker.stdout, selectors.EVENT_READ)
        while wanted():
            if not selector.select(WANTED_SECONDS):
                continue
            chunk = os.read(worker.stdout.fileno(), launch.READ_BYTES)
            if not chunk:
                worker.wait()
                return None
            said += chunk
            if said.endswith(ENDED):
                return bytes(said)
    return None


def _dismiss(worker: subprocess.Popen[bytes]) -> None:
    """Let a worker that has done its job leave by itself: its input ends."""
    assert worker.stdin is not None  # noqa: S101 - it was opened as a pipe
    with contextlib.suppress(BrokenPipeError, subprocess.TimeoutExpired):
        worker.stdin.close()
        worker.wait(launch.GOODBYE_SECONDS)
