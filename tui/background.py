"""Work that takes seconds, beside the screen's."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from threading import Lock, Thread
from typing import TypeVar

T = TypeVar("T")

_TURN = Lock()


async def beside(work: Callable[[], T]) -> T:
    """Return what a function returns, or raise what it raises, while keys are taken.

    A thread of asyncio's would be waited for at the end of the program; this one ends with it. One such function runs
    at a time, and what nobody waits for any more when its turn comes is left out.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def deliver(act: Callable[[], None]) -> None:
        # The loop may have ended meanwhile.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(lambda: None if future.done() else act())

    def run() -> None:
        with _TURN:
            if future.done():
                return
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
                problem = error
                deliver(lambda: future.set_exception(problem))
            else:
                deliver(lambda: future.set_result(result))

    Thread(target=run, daemon=True).start()
    return await future
