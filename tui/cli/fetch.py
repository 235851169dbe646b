"""`lossbook fetch`: download a data set that does not come along."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from engine.data import card, here
from engine.errors import LabError, nearest
from sessions.downloads import DOWNLOADS, Download, Failed, File, bytes_here
from tui.cli import FAILED, OK, complain
from tui.cli.line import ChangingLine
from tui.cli.tables import table
from tui.text import safe

MEGABYTE = 1e6


def fetch(options: argparse.Namespace) -> int:
    """List what can be downloaded, or download one of it and print its card."""
    if options.name is None:
        rows = [
            (name, f"{download.size / MEGABYTE:.0f} MB", _state(download), download.licence, download.address)
            for name, download in DOWNLOADS.items()
        ]
        print(table(["data set", "size", "here", "licence", "from"], rows, right=(1,)))
        return OK
    if options.name not in DOWNLOADS:
        raise LabError(f"there is no download {options.name!r}", nearest(options.name, DOWNLOADS))
    return _download(DOWNLOADS[options.name])


def _state(download: Download) -> str:
    if here(download.name):
        return "yes"
    begun = bytes_here(download)
    return f"{begun / MEGABYTE:.1f} MB" if begun else "no"


def _download(download: Download) -> int:
    from sessions.fetching import fetch as fetch_files

    teller = Teller(download)
    say(f"{download.name} from {download.address}, sums from {download.sums}")
    try:
        with _ended_in_order():
            folder = fetch_files(download, teller.tell)
    except Failed as error:
        teller.end()
        complain(str(error))
        return FAILED
    except KeyboardInterrupt:
        teller.end()
        say(f"stopped with {bytes_here(download) / MEGABYTE:.1f} MB here: run it again to go on")
        raise
    finally:
        teller.end()
    print(f"{download.name} is in {safe(str(folder), 500)}")
    print()
    print(card(download.name).rstrip())
    return OK


def say(line: str) -> None:
    """Print a line on standard error."""
    print(safe(line, 500), file=sys.stderr, flush=True)


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end a download as an error would: what has come is written out."""

    def leave(number: int, _: object) -> None:
        sys.exit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Teller:
    """Says on standard error how far a download is: one line that changes on a terminal, some lines in a pipe."""

    def __init__(self, download: Download) -> None:
        self._sizes = {file.name: file.size for file in download.files}
        self._line = ChangingLine()
        self._next = time.monotonic() + self._line.seconds
        self._name = ""
        self._began = self._first = 0.0

    def tell(self, file: File, done: int) -> None:
        """Say how many bytes of a file are here, if it is time to."""
        now = time.monotonic()
        if file.name != self._name:
            self._name, self._began, self._first = file.name, now, done
        if now >= self._next or (done == file.size and not self._line.on_terminal):
            self._next = now + self._line.seconds
            rate = (done - self._first) / max(now - self._began, 1e-3)
            self._line.show(safe(progress(file, done, rate), 500))

    def end(self) -> None:
        """Take the changing line away."""
        self._line.end()


def progress(file: File, done: int, rate: float) -> str:
    """Return in words how far a file is; `rate` in bytes a second."""
    share = 100 * done // file.size
    return f"{file.name}  {share} %  {done / MEGABYTE:.1f} of {file.size / MEGABYTE:.1f} MB  {rate / MEGABYTE:.1f} MB/s"
