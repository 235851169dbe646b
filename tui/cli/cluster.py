"""`--dask`: the trainers of `lossbook run` on a Dask cluster that somebody has started."""

from __future__ import annotations

import asyncio
import importlib.metadata
import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from engine.errors import LabError
from engine.executor_pool import ExecutorPool
from tui.text import safe

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SECONDS = 4
CLOSE_SECONDS = 2


@contextmanager
def cluster(address: str, most: int | None) -> Iterator[ExecutorPool]:
    """Yield trainers on the cluster whose scheduler is at an address, and leave it at the end.

    Raises
    ------
    LabError
        Where distributed is not installed, nobody answers, or the cluster has no workers with this lossbook.
    """
    client = _connect(address)
    try:
        slots = _slots(client, address)
        threads = f"{slots} thread{'s' if slots > 1 else ''}"
        said = f"{threads} at {address}; what a stack of runs says comes when it has ended"
        print(f"lossbook: {safe(said, 300)}", file=sys.stderr)
        # A task has a name of its own each time: a second try must not be answered with what the first one left.
        yield ExecutorPool(client.get_executor(pure=False), slots, most, still_wanted)
    finally:
        with suppress(OSError):
            client.close(timeout=CLOSE_SECONDS)


def still_wanted() -> bool:
    """Tell, in a task on a Dask worker, whether its result is still wanted.

    It is not where it was cancelled, or the client or the scheduler has gone.
    """
    from distributed import Status, get_worker

    worker = get_worker()
    task = worker.state.tasks.get(worker.get_current_task())
    leaving = worker.status in {Status.closing, Status.closed, Status.failed}
    return task is not None and task.state != "cancelled" and not leaving


def _connect(address: str) -> Client:
    try:
        import distributed
    except ImportError as error:
        raise LabError("--dask needs the package distributed", "pip install 'lossbook[dask]'") from error
    _be_quiet()
    try:
        asyncio.run(_knock(address))
        with warnings.catch_warnings():
            # Of versions that differ: the page names those which decide about bits.
            warnings.simplefilter("ignore")
            return distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except Exception as error:  # what speaks another protocol is misread in any way
        hint = "its address is like tcp://HOST:8786: `dask scheduler` prints it"
        raise LabError(f"no Dask scheduler answers at {address!r}: {_words(error)}", hint) from error


async def _knock(address: str) -> None:
    """Look whether a scheduler answers at an address: a client would wait for ever for somebody who is silent."""
    from distributed import rpc
    from distributed.security import Security

    async with asyncio.timeout(CONNECT_SECONDS):
        async with rpc(address, connection_args=Security().get_connection_args("client")) as somebody:
            kind = (await somebody.identity())["type"]
    if kind != "Scheduler":
        raise ValueError(f"it is the address of a {kind}")


def _be_quiet() -> None:
    """Keep what the libraries log off the screen: a task that is lost is told with its runs."""
    known = [name for name in logging.root.manager.loggerDict if name.startswith("distributed.")]
    for name in (*known, "distributed", "tornado", "tornado.application", "concurrent.futures"):
        logger = logging.getLogger(name)
        logger.handlers = [logging.NullHandler()]
        logger.propagate = False


def _slots(client: Client, address: str) -> int:
    """Return how many threads the cluster's workers have, all of which must have this lossbook."""
    try:
        slots: int = sum(client.nthreads().values())
        versions = client.run(importlib.metadata.version, "lossbook", on_error="return")
    except OSError as error:
        problem = f"the cluster at {address} does not answer: {_words(error)}"
        raise LabError(problem, "look whether its workers are well") from error
    if not slots:
        raise LabError(f"the cluster at {address} has no workers", f"start one: dask worker {address}")
    mine = importlib.metadata.version("lossbook")
    for worker, version in versions.items():
        if version != mine:
            has = f"lossbook {version}" if isinstance(version, str) else "no lossbook"
            raise LabError(f"the worker at {worker} has {has}", f"install lossbook {mine} where the workers run")
    return slots


def _words(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return f"nothing came within {CONNECT_SECONDS} s"
    return " ".join(str(error).split())[:200] or type(error).__name__
