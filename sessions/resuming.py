"""Downloads one file for pooch, going on where an earlier attempt broke off.

What has come stays in `NAME.part` beside the file that it becomes, and in `NAME.part.tag` what the server called that
version, so that it sends the rest only of the same one (If-Range, RFC 9110, section 13.1.5).
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from io import BufferedRandom
from pathlib import Path
from typing import Any

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from sessions import files
from sessions.downloads import MIRROR, Failed, File, part_of

Tell = Callable[[File, int], None]
"""Is told how many bytes of a file are here."""
BLOCK = 1 << 14
MOST_REDIRECTS = 5
CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
TAG = re.compile(r"[ -~]{1,500}")
KEPT = "what has come is kept: run the same command again to go on"


class _Useless(Failed):
    """What has come is of no use: another version, or not the file that it should be."""


@dataclass(frozen=True, slots=True)
class Resuming:
    """A downloader as pooch calls one."""

    file: File
    tell: Tell
    patience: tuple[float, float]
    """Seconds for connecting, and for a pause."""

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:  # noqa: ARG002 - pooch hands itself over
        """Put the file at `output_file`; its part is kept in the same folder.

        Raises
        ------
        Failed
            If it does not come, or is not what it should be; what is still of use is kept.
        """
        part = part_of(Path(output_file).parent, self.file)
        with _locked(part) as out:
            begun = _length(out) > 0
            try:
                try:
                    self._try(url, out, part)
                except _Useless:
                    if not begun:
                        raise
                    # The fault may lie in what was here before: from nothing it is tried once more.
                    self._try(url, out, part)
            finally:
                if not _length(out):
                    part.unlink()
            _tag_of(part).unlink(missing_ok=True)
            part.replace(output_file)

    def _try(self, url: str, out: BufferedRandom, part: Path) -> None:
        try:
            self._complete(url, out, part)
        except _Useless:
            _forget(out, part)
            raise

    def _complete(self, url: str, out: BufferedRandom, part: Path) -> None:
        have = _length(out)
        if have > self.file.size:
            raise _Useless(f"has {have:,} bytes, and should have {self.file.size:,}", "try again", where=str(part))
        if have < self.file.size:
            free = shutil.disk_usage(part.parent).free
            if self.file.size - have > free:
                raise Failed(
                    f"needs {(self.file.size - have) / 1e6:,.1f} MB, and {free / 1e6:,.1f} MB are free",
                    "make room",
                    where=str(part),
                )
            with _network(url, out):
                self._receive(url, out, part, have)
        out.seek(0)
        found = hashlib.file_digest(out, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        if found != self.file.md5:
            raise _Useless(
                f"is not the file that it should be: its MD5 sum is {found}, and {self.file.md5} is expected",
                "it is deleted; try again, or from another place",
                where=url,
            )

    def _receive(self, url: str, out: BufferedRandom, part: Path, have: int) -> None:
        """Append to the part what is missing of it."""
        # The files are packed already: a server must not pack them again, nor `requests` unpack them.
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
            known = _read_tag(part)
            if known:
                headers["If-Range"] = known
        with requests.Session() as session:
            session.max_redirects = MOST_REDIRECTS
            with session.get(url, headers=headers, stream=True, timeout=self.patience) as response:
                self._look_at(response, url, have)
                if response.status_code == HTTPStatus.OK:
                    _forget(out, part)
                    _write_tag(part, response)
                self.tell(self.file, out.tell())
                came = 0
                for block in response.raw.stream(BLOCK, decode_content=False):
                    came += len(block)
                    if out.tell() + len(block) > self.file.size:
                        raise _Useless(
                            f"sends more than the {self.file.size:,} bytes that the file should have",
                            "it is cut off and deleted; try another place",
                            where=url,
                        )
                    out.write(block)
                    self.tell(self.file, out.tell())
        length = _length(out)
        if length < self.file.size:
            if response.headers.get("Content-Length") == str(came):
                raise _Useless(
                    f"has {length:,} bytes there, and should have {self.file.size:,}", "try another place", where=url
                )
            raise Failed(f"broke off after {length:,} of {self.file.size:,} bytes", KEPT, where=url)

    def _look_at(self, response: requests.Response, url: str, have: int) -> None:
        """Refuse an answer that is not the file, or not the part of it that was asked for."""
        status = response.status_code
        if status == HTTPStatus.PARTIAL_CONTENT:
            found = CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
            if found is None or int(found[1]) != have or found[2] not in {"*", str(self.file.size)}:
                raise _Useless("sends another part than was asked for", "try another place", where=url)
        elif status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and have:
            raise _Useless("has no more of the file", "try another place", where=url)
        elif status != HTTPStatus.OK:
            raise Failed(
                f"the server says {status} {response.reason or ''}".rstrip(),
                f"try later, or set {MIRROR} to another place",
                where=url,
            )


# --- the part ---------------------------------------------------------------------------------------------------------


@contextmanager
def _locked(part: Path) -> Iterator[BufferedRandom]:
    """Open a part, at its end, for this process alone."""
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, files.PRIVATE_FILE)
    with os.fdopen(descriptor, "r+b") as out:
        # Some file systems of a network know no locks; two downloads at once are then told by the sum.
        with contextlib.suppress(OSError):
            try:
                fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Failed("is being downloaded already", "wait for it", where=str(part)) from error
        yield out


def _length(out: BufferedRandom) -> int:
    return out.seek(0, os.SEEK_END)


def _forget(out: BufferedRandom, part: Path) -> None:
    """Empty a part, and forget of which version it was."""
    out.seek(0)
    out.truncate()
    _tag_of(part).unlink(missing_ok=True)


def _tag_of(part: Path) -> Path:
    return part.with_name(f"{part.name}.tag")


def _read_tag(part: Path) -> str:
    try:
        tag = _tag_of(part).read_text(encoding="ascii")
    except (OSError, ValueError):
        return ""
    return tag if TAG.fullmatch(tag) else ""


def _write_tag(part: Path, response: requests.Response) -> None:
    """Keep what the server calls this version; a weak name (W/) allows no parts."""
    names = (response.headers.get("ETag", ""), response.headers.get("Last-Modified", ""))
    tag = next((name for name in names if TAG.fullmatch(name) and not name.startswith("W/")), None)
    if tag is not None:
        with os.fdopen(files.create(_tag_of(part)), "w", encoding="ascii") as out:
            out.write(tag)


# --- the network ------------------------------------------------------------------------------------------------------


@contextmanager
def _network(url: str, out: BufferedRandom) -> Iterator[None]:
    """Say in a line what went wrong on the way."""
    try:
        yield
    except (requests.RequestException, HTTPError) as error:
        kept = _length(out)
        hint = KEPT if kept else "is there a network, and does it need a proxy (HTTPS_PROXY)?"
        raise Failed(_said(error), hint, where=url) from error


SAID: tuple[tuple[type[Exception], str], ...] = (
    (requests.ConnectTimeout, "does not answer"),
    (requests.ReadTimeout, "has stopped sending"),
    (ReadTimeoutError, "has stopped sending"),
    (requests.exceptions.SSLError, "cannot be reached: its certificate is not trusted"),
    (requests.exceptions.ProxyError, "cannot be reached: the proxy does not answer"),
    (requests.TooManyRedirects, "cannot be reached: it leads on and on"),
)


def _said(error: Exception) -> str:
    """Return what an error means; the network's own word for it is at the root of a chain of them."""
    known = next((text for kind, text in SAID if isinstance(error, kind)), None)
    if known is not None:
        return known
    root: BaseException = error
    while (cause := root.__cause__ or root.__context__) is not None:
        root = cause
    if isinstance(root, socket.gaierror):
        return "cannot be reached: the name of the server is not known"
    return f"cannot be reached: {root.strerror}" if isinstance(root, OSError) and root.strerror else "broke off"
