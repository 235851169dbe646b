"""A disk that fails at a chosen call: every function of `os` that touches files or descriptors, and `open`, counted."""

from __future__ import annotations

import errno
import fcntl
import io
import os
from contextlib import contextmanager
from pathlib import Path

from sessions import index_file

CODES = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS)

# Those that Python itself knows to take a path or a descriptor, and those that it does not list.
LISTED = {function.__name__ for function in os.supports_fd | os.supports_dir_fd | os.supports_follow_symlinks}
OTHERS = {
    *("close", "copy_file_range", "dup", "fchmod", "fchown", "fdatasync", "fdopen", "fstat", "fsync", "ftruncate"),
    *("lseek", "makedirs", "posix_fallocate", "pread", "pwrite", "pwritev", "read", "remove", "removedirs", "renames"),
    *("replace", "sendfile", "sync", "write", "writev"),
}
NAMES = sorted(name for name in LISTED | OTHERS if hasattr(os, name))
SHORT = {"write", "pwrite"}
"""The calls that may write less than they were given."""
OPENING = {"fdopen", "io.open"}
WRITING = SHORT | {"file.write"}


KEPT = {".toml", ".bak", ".npz", ".journal", ".ckpt", ".lock"}
"""The kinds of files that belong to a page."""


def strays(names):
    """Return which names of files in a folder of pages are of none that belongs there, such as a temporary file's."""
    kinds = ((name, Path(name).suffix) for name in names if name != index_file.NAME)
    return [name for name, kind in kinds if name.startswith(".") or kind not in KEPT]


def strays_in(folder):
    """Return the strays of a folder of pages, what lies in folders of its own left out."""
    return strays(path.name for path in folder.iterdir() if not path.is_dir() or path.name.startswith("."))


class Disk:
    """Counts the calls, and fails those that `fails` picks by their number from 1 on.

    A write that fails has written a half; with `short` it says so instead of failing. A close that fails has closed.
    """

    def __init__(self, monkeypatch):
        self._monkeypatch = monkeypatch
        self.calls = []
        self.failed = []
        self._on = False
        self._first = self._last = 0
        self._code = None
        self._real = {}

    @contextmanager
    def broken(self, first=0, last=0, code=None):
        """Within it, the calls number `first` to `last` fail with `code`, or write shortly where that is None."""
        self.calls.clear()
        self.failed.clear()
        self._first, self._last, self._code = first, last, code
        with self._monkeypatch.context() as patch:
            for name in NAMES:
                patch.setattr(os, name, self._counted(name, getattr(os, name)))
            patch.setattr(fcntl, "flock", self._counted("flock", fcntl.flock))
            patch.setattr(io, "open", self._counted("io.open", io.open))
            self._on = True
            try:
                yield self
            finally:
                self._on = False

    def _counted(self, name, real):
        def call(*arguments, **named):
            if not self._on:
                return real(*arguments, **named)
            self.calls.append(name)
            fails = self._first <= len(self.calls) <= self._last
            if not fails or (self._code is None and name not in SHORT):
                done = real(*arguments, **named)
                return File(self, done) if name in OPENING and is_written(*arguments, **named) else done
            self.failed.append(name)
            if name == "close":
                real(*arguments, **named)
            if name in WRITING:
                *before, content = arguments
                half = real(*before, content[: (len(content) + 1) // 2])
                if self._code is None:
                    return half
            raise OSError(self._code, os.strerror(self._code))

        return call


def is_written(_, mode="r", *__, **___):
    """Tell whether a file is opened for writing."""
    return bool(set(mode) & set("wax+"))


class File:
    """A file object whose calls count, too."""

    def __init__(self, disk, file):
        self._file = file
        self.write = disk._counted("file.write", file.write)
        self.flush = disk._counted("file.flush", file.flush)
        self.close = disk._counted("close", file.close)
        self.fileno = file.fileno

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
