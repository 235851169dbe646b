"""Standard output, whose failures are told from those of any other file."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from typing import Any, TextIO


class OutputError(Exception):
    """Standard output cannot be written; `cause` says why."""

    def __init__(self, cause: OSError) -> None:
        self.cause = cause
        super().__init__(f"standard output cannot be written: {cause.strerror}")


class Output:
    """A stream that raises OutputError where it cannot be written, and else is what it stands for."""

    def __init__(self, stream: TextIO | None) -> None:
        # Python has none where the program was started with it closed; then nobody is to hear anything.
        self._stream = stream if stream is not None else io.StringIO()

    def write(self, text: str) -> int:
        """Write a text and return its length."""
        with _told():
            return self._stream.write(text)

    def flush(self) -> None:
        """Write what has been kept back."""
        with _told():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(error) from error


def drop(stream: TextIO) -> None:
    """Send what is left in a stream nowhere: Python would complain of it again at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
