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
FOREIGN = (
    (b"\xff\xfe\0\0", "is UTF-32 text", "save it as UTF-8"),
    (b"\0\0\xfe\xff", "is UTF-32 text", "save it as UTF-8"),
    (b"PK\x03\x04", "is a packed archive, such as an Excel file", "save it as CSV, in UTF-8"),
    (b"\x93NUMPY", "is one array, a .npy file", "save features and targets together: numpy.savez(path, x=…, y=…)"),
    (b"%PDF", "is a PDF", "save its table as CSV, in UTF-8"),
)
"""How files begin that are no text, and what to do about them."""
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
    """Return Python's name of the encoding, and what to say of it; `head` is how the file begins."""
    if not head.removeprefix(UTF_8_MARK):
        raise LabError("is empty", "it needs a line of column names and a line for each row", where=where)
    for begins, says, hint in FOREIGN:
        if head.startswith(begins):
            raise LabError(says, hint, where=where)
    if asked in {"latin-1", "windows-1252"} and head.startswith(UTF_8_MARK):
        raise LabError(
            "begins with the byte-order mark of UTF-8", f"leave data.encoding out: {asked} has none", where=where
        )
    if asked == "utf-16":
        return _utf_16(head, where)
    if asked is not None:
        python = {"utf-8": "utf-8-sig", "windows-1252": "cp1252"}.get(asked, asked)
        return python, [] if asked == "utf-8" else [f"its encoding is {asked}, as data.encoding says"]
    if head.startswith(UTF_16_MARKS):
        raise LabError("is UTF-16 text", 'set data.encoding = "utf-16", or save it as UTF-8', where=where)
    return "utf-8-sig", ["it begins with a byte-order mark, which is left out"] if head.startswith(UTF_8_MARK) else []


def _utf_16(head: bytes, where: str) -> tuple[str, list[str]]:
    """Return the encoding of UTF-16 text: in the order of its mark, or without one in that which a header shows."""
    said = "its encoding is utf-16, as data.encoding says"
    if head.startswith(UTF_16_MARKS):
        return "utf-16", [said]
    # In a header of mostly plain letters every other byte is zero.
    for python, zeros in (("utf-16-le", head[1:200:2]), ("utf-16-be", head[0:200:2])):
        if zeros.count(0) > len(zeros) / 2:
            return python, [f"{said}, without a mark: {python[-2:].upper()} by its zeros"]
    raise LabError("is no UTF-16 text", "set another data.encoding, or leave it out", where=where)


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
            if not encoding.startswith("utf-16") and b"\0" in chunk:
                raise LabError(
                    f"{here.after(chunk[: chunk.index(0)])} is a NUL byte",
                    "it is no text: save it as CSV, in UTF-8",
                    where=str(path),
                )
            try:
                text = decoder.decode(chunk)
            except UnicodeDecodeError as error:
                # The decoder may have kept the first bytes of a character from the piece before.
                place = max(0, error.start - len(error.object) + len(chunk))
                raise _no_text(path, encoding, here.after(chunk[:place]), error) from error
            if encoding.startswith("utf-16") and "\0" in text:
                raise LabError("holds a NUL character", "it is no text: save it as CSV, in UTF-8", where=str(path))
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
    returned: bool = False
    """Whether a carriage return stands before it: a line feed would belong to the same break."""

    def __str__(self) -> str:
        return f"line {self.line}, byte {self.byte}"

    def moved(self, passed: bytes) -> Position:
        """Return the place after some more bytes; a line ends at a line feed, a carriage return, or both."""
        begins = passed[1:] if self.returned and passed.startswith(b"\n") else passed
        breaks = begins.count(b"\n") + begins.count(b"\r") - begins.count(b"\r\n")
        byte = len(begins) - max(begins.rfind(b"\n"), begins.rfind(b"\r")) if breaks else self.byte + len(begins)
        returned = passed.endswith(b"\r")
        return Position(self.line + breaks, byte, returned)

    def after(self, passed: bytes) -> str:
        """Return the place after some more bytes, in words."""
        return str(self.moved(passed))


def _no_text(path: Path, encoding: str, place: str, error: UnicodeDecodeError) -> LabError:
    byte = f"{place} is {error.object[error.start] if error.object else 0:#04x}"
    if encoding == "utf-8-sig":
        hint = 'set data.encoding = "latin-1" or "windows-1252" if it is one of these, or save it as UTF-8'
        return LabError(f"is not UTF-8 text: {byte}", hint, where=str(path))
    return LabError(f"is no {encoding} text: {byte}", "set another data.encoding", where=str(path))
