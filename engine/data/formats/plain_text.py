"""Text in a file of a person's own: whether it is any, in which encoding, and whether it fits into memory."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

from engine.data.formats.memory import refuse_more_than_free
from engine.errors import LabError

Encoding = Literal["utf-8", "utf-16", "latin-1", "windows-1252"]

GZIP_MARK = b"\x1f\x8b"
UTF_8_MARK = b"\xef\xbb\xbf"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
CHUNK_BYTES = 1 << 20
MEMORY_PER_BYTE = 3
"""Four bytes a cell of seldom less than three bytes of text, in each of several workers."""


def opened_text(path: Path) -> IO[bytes]:
    """Open a file for its text: a compressed one, told by its first bytes, is decompressed as it is read."""
    with path.open("rb") as opened:
        compressed = opened.read(2) == GZIP_MARK
    return cast("IO[bytes]", gzip.open(path, "rb")) if compressed else path.open("rb")


def refuse_what_is_too_large(path: Path) -> None:
    """Refuse what is no plain file that can be read, or does not fit into memory."""
    where = str(path)
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise LabError("is not a plain file", "give the path of a CSV or TSV file", where=where)
        with path.open("rb"):
            pass
    except OSError as error:
        raise LabError(f"cannot be read: {error.strerror}", "look at the path", where=where) from error
    except ValueError as error:
        raise LabError(f"is no path: {error}", "give the path of a CSV or TSV file", where=where) from error
    refuse_more_than_free(found.st_size * MEMORY_PER_BYTE, where)


def encoding_of(head: bytes, asked: Encoding | None, where: str) -> tuple[str, list[str]]:
    """Return Python's name of the encoding, and what to say of it."""
    if not head.strip():
        raise LabError("is empty", "it needs a line of column names and a line for each row", where=where)
    if asked is not None:
        python = {"utf-8": "utf-8-sig", "windows-1252": "cp1252"}.get(asked, asked)
        return python, [] if asked == "utf-8" else [f"its encoding is {asked}, as data.encoding says"]
    if head.startswith(UTF_16_MARKS):
        raise LabError("is UTF-16 text", 'set data.encoding = "utf-16", or save it as UTF-8', where=where)
    return "utf-8-sig", ["it begins with a byte-order mark, which is left out"] if head.startswith(UTF_8_MARK) else []


def checked(path: Path, encoding: str, most: int | None = None) -> tuple[str, int]:
    """Read the whole text, a piece at a time, or `most` bytes, and return SHA-256 and size; refuse what is no text."""
    decoder = codecs.getincrementaldecoder(encoding)()
    digest = hashlib.sha256()
    here, size = Position(), 0
    with opened_text(path) as opened:
        while chunk := opened.read(CHUNK_BYTES if most is None else most - size):
            digest.update(chunk)
            size += len(chunk)
            refuse_more_than_free(size * MEMORY_PER_BYTE, str(path))
            if encoding != "utf-16" and b"\0" in chunk:
                raise LabError(
                    f"{here.after(chunk[: chunk.index(0)])} is a NUL byte",
                    "it is no text: save it as CSV, in UTF-8",
                    where=str(path),
                )
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                # The decoder may have kept the first bytes of a character from the piece before.
                place = max(0, error.start - len(error.object) + len(chunk))
                raise _no_text(path, encoding, here.after(chunk[:place]), error) from error
            here = here.moved(chunk)
    if most is not None:
        return "", size
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _no_text(path, encoding, str(here), error) from error
    return digest.hexdigest(), size


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file, as editors count."""

    line: int = 1
    byte: int = 1

    def __str__(self) -> str:
        return f"line {self.line}, byte {self.byte}"

    def moved(self, passed: bytes) -> Position:
        """Return the place after some more bytes."""
        breaks = passed.count(b"\n")
        if not breaks:
            return Position(self.line, self.byte + len(passed))
        return Position(self.line + breaks, len(passed) - passed.rfind(b"\n"))

    def after(self, passed: bytes) -> str:
        """Return the place after some more bytes, in words."""
        return str(self.moved(passed))


def _no_text(path: Path, encoding: str, place: str, error: UnicodeDecodeError) -> LabError:
    byte = f"{place} is {error.object[error.start] if error.object else 0:#04x}"
    if encoding == "utf-8-sig":
        hint = 'set data.encoding = "latin-1" or "windows-1252" if it is one of these, or save it as UTF-8'
        return LabError(f"is not UTF-8 text: {byte}", hint, where=str(path))
    return LabError(f"is no {encoding} text: {byte}", "set another data.encoding", where=str(path))
