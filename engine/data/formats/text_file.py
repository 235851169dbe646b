"""The text of a table before its cells mean anything: file, encoding, delimiter, header, rows."""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import re
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast, get_args

from engine.data.formats.cells import MISSING, NUMBER
from engine.data.formats.memory import free_bytes
from engine.data.progress import Progress
from engine.errors import LabError

Delimiter = Literal["comma", "semicolon", "tab", "pipe"]
Encoding = Literal["utf-8", "utf-16", "latin-1", "windows-1252"]

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
QUOTED = re.compile(r'"(?:[^"]|"")*"')
GZIP_MARK = b"\x1f\x8b"
UTF_8_MARK = b"\xef\xbb\xbf"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
MOST_COLUMNS = 100_000
MOST_CELL = 1 << 17
HEAD_BYTES = 1 << 16
CHUNK_BYTES = 1 << 20
MEMORY_PER_BYTE = 3
"""Four bytes a cell of seldom less than three bytes of text, in each of several workers."""
MOST_NOTES = 10


@dataclass(frozen=True, slots=True)
class Form:
    """How a file is to be read; None where the file itself decides."""

    delimiter: Delimiter | None = None
    encoding: Encoding | None = None
    header: bool | None = None


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file whose text has been looked at, and how its rows are told apart."""

    path: Path
    size: int
    """Bytes of text: more than the file has, where it is compressed."""
    sha256: str
    """Of the text."""
    encoding: str
    """As Python calls it."""
    delimiter: str
    header: bool
    names: tuple[str, ...]
    """The columns', all different."""
    notes: tuple[str, ...]

    def rows(self, progress: Progress) -> Iterator[tuple[int, list[str]]]:
        """Yield each row's line and cells, the header left out; tell the share that has been read."""
        began, header, step, told = 1, self.header, max(1, self.size // 100), 0
        csv.field_size_limit(MOST_CELL)
        with _opened(self.path) as raw, io.TextIOWrapper(raw, encoding=self.encoding, newline="") as lines:
            reader = csv.reader(lines, delimiter=self.delimiter, strict=True, skipinitialspace=True)
            try:
                for cells in reader:
                    line, began = began, reader.line_num + 1
                    if not cells or cells == [""]:
                        continue
                    if header:
                        header = False
                        continue
                    if len(cells) != len(self.names):
                        raise LabError(
                            f"line {line} has {len(cells)} cells, and the header has {len(self.names)}",
                            "each row needs one for each column; a cell with the delimiter in it stands in quotes",
                            where=str(self.path),
                        )
                    if not line % 1_000 and raw.tell() // step > told:
                        told = raw.tell() // step
                        progress(min(1.0, raw.tell() / self.size))
                    yield line, cells
            except csv.Error as error:
                problem = "a quote is opened and not closed" if "end of data" in str(error) else str(error)
                raise LabError(
                    f"line {began}: {problem}", "mend the quotes of that line", where=str(self.path)
                ) from error


def look(path: Path, form: Form) -> TextFile:
    """Return what a text file is, having read it once from end to end without keeping it.

    Raises
    ------
    LabError
        With the file, and the line where there is one, if it is no text or has several readings.
    """
    where = str(path)
    _refuse_what_is_too_large(path)
    try:
        with _opened(path) as opened:
            head = opened.read(HEAD_BYTES)
        encoding, notes = _encoding_of(head, form.encoding, where)
        sha256, size = _checked(path, encoding)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise LabError(f"is a damaged gzip file: {error}", "compress it again", where=where) from error
    with _opened(path) as raw, io.TextIOWrapper(raw, encoding=encoding, newline="") as lines:
        first = next((line for line in lines if line.strip()), "")
    cells, delimiter = _first_cells(first, form.delimiter, where)
    if len(cells) > MOST_COLUMNS:
        raise LabError(f"has {len(cells)} columns", f"at most {MOST_COLUMNS:,} can be read", where=where)
    header = _has_header(cells, form.header, where)
    names, renamed = _named(cells if header else [""] * len(cells))
    if not header:
        renamed = [f"there is no header: the columns are called {names[0]} to {names[-1]}"]
    if delimiter != "comma":
        notes.append(f"cells end at {delimiter}s")
    return TextFile(path, size, sha256, encoding, DELIMITERS[delimiter], header, names, (*notes, *renamed))


def _opened(path: Path) -> IO[bytes]:
    """Open a file for its text: a compressed one, told by its first bytes, is decompressed as it is read."""
    with path.open("rb") as opened:
        compressed = opened.read(2) == GZIP_MARK
    return cast("IO[bytes]", gzip.open(path, "rb")) if compressed else path.open("rb")


def _refuse_what_is_too_large(path: Path) -> None:
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
    free = free_bytes()
    if free is not None and found.st_size * MEMORY_PER_BYTE > free:
        raise _too_large(where, found.st_size, free)


def _too_large(where: str, size: int, free: int) -> LabError:
    return LabError(
        f"is {size >> 20:,} MB large, and {free >> 20:,} MB of memory are free",
        "take fewer rows or columns, or a machine with more memory",
        where=where,
    )


def _encoding_of(head: bytes, asked: Encoding | None, where: str) -> tuple[str, list[str]]:
    """Return Python's name of the encoding, and what to say of it."""
    if not head.strip():
        raise LabError("is empty", "it needs a line of column names and a line for each row", where=where)
    if asked is not None:
        python = {"utf-8": "utf-8-sig", "windows-1252": "cp1252"}.get(asked, asked)
        return python, [] if asked == "utf-8" else [f"its encoding is {asked}, as data.encoding says"]
    if head.startswith(UTF_16_MARKS):
        raise LabError("is UTF-16 text", 'set data.encoding = "utf-16", or save it as UTF-8', where=where)
    return "utf-8-sig", ["it begins with a byte-order mark, which is left out"] if head.startswith(UTF_8_MARK) else []


def _checked(path: Path, encoding: str) -> tuple[str, int]:
    """Read the whole text, a piece at a time, and return its SHA-256 and size; refuse what is no text."""
    decoder = codecs.getincrementaldecoder(encoding)()
    digest = hashlib.sha256()
    here, size, free = Position(), 0, free_bytes()
    with _opened(path) as opened:
        while chunk := opened.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
            if free is not None and size * MEMORY_PER_BYTE > free:
                raise _too_large(str(path), size, free)
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


def _first_cells(first: str, asked: Delimiter | None, where: str) -> tuple[list[str], Delimiter]:
    """Return the cells of the first line and what stands between them."""
    chosen = asked
    if chosen is None:
        outside = QUOTED.sub("", first)
        several = [name for name in get_args(Delimiter) if DELIMITERS[name] in outside]
        if len(several) > 1:
            parts = " and ".join(f"{name}s" for name in several)
            raise LabError(
                f"line 1 has {parts}: either could stand between its cells",
                f'set data.delimiter = "{several[0]}" or "{several[1]}"',
                where=where,
            )
        chosen = several[0] if several else "comma"
    try:
        return next(csv.reader([first], delimiter=DELIMITERS[chosen], skipinitialspace=True), []), chosen
    except csv.Error as error:
        raise LabError(f"line 1: {error}", "mend the header", where=where) from error


def _has_header(cells: list[str], asked: bool | None, where: str) -> bool:
    """Tell whether the first line names the columns; one that holds numbers alone could be a row."""
    if asked is not None:
        return asked
    texts = [cell.strip() for cell in cells]
    numbers = [text for text in texts if NUMBER.fullmatch(text)]
    if numbers and all(text in MISSING or NUMBER.fullmatch(text) for text in texts):
        raise LabError(
            f"line 1 holds nothing but numbers ({', '.join(numbers[:3])}): names of columns, or the first row?",
            "set data.header = false if it is a row, true if these are names",
            where=where,
        )
    return True


def _named(header: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """Return names that all differ, and what was done for that."""
    copies: dict[str, int] = {}
    notes = []
    for place, cell in enumerate(header, 1):
        asked = name = cell.strip() or f"column-{place}"
        while name in copies:
            copies[asked] += 1
            name = f"{asked}-{copies[asked]}"
        copies[name] = 1
        if name != cell.strip():
            notes.append(f"column {place} is called {name}" + (f", another {asked}" if cell.strip() else ""))
    if len(notes) > MOST_NOTES:
        notes = [*notes[:MOST_NOTES], f"{len(notes) - MOST_NOTES} more columns have such names"]
    return tuple(copies), notes
