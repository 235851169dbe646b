"""One array as a `.npy` file has it: a short header in Python's spelling, then the bytes.

NumPy parses the header; how long it may be, and whether its claims can be true, is decided here before any memory is
taken. Nothing is ever unpickled.
"""

from __future__ import annotations

import io
import math
import tokenize
import warnings
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.lib import format as npy

from engine.arrays import Array
from engine.errors import LabError

BLOCK = 1 << 20
MOST_HEADER = 10_000
"""NumPy's own limit: what a header of numbers needs is some hundred bytes."""
LENGTH_BYTES = {(1, 0): 2, (2, 0): 4}
"""How many bytes the header's length takes, by the version of the format; version 3 is for records alone."""
UNREADABLE = (ValueError, TypeError, LookupError, SyntaxError, MemoryError, RecursionError, tokenize.TokenError)
"""What a parser of literals may raise at a text made to break it."""
NO_NUMBERS = {"c": "complex numbers", "M": "dates", "m": "durations", "V": "records", "O": "Python objects"}
LARGEST_CHARACTER = 0x10FFFF


class Stream(Protocol):
    """Where bytes come from."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes, none at the end."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a header says of its array."""

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    columns_first: bool
    """Whether the first index runs fastest, as in Fortran."""
    length: int
    """Of the header itself, in bytes."""

    @property
    def rows(self) -> int:
        """The first dimension."""
        return self.shape[0] if self.shape else 0

    @property
    def columns(self) -> int:
        """The product of the others."""
        return math.prod(self.shape[1:])

    @property
    def size(self) -> int:
        """How many bytes the array takes."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def holds(self) -> str:
        """What it holds in place of numbers or text, in words; empty where it holds these."""
        return NO_NUMBERS["O"] if self.dtype.hasobject else NO_NUMBERS.get(self.dtype.kind, "")

    @property
    def is_text(self) -> bool:
        """Whether it holds texts."""
        return self.dtype.kind in "US"

    def __str__(self) -> str:
        return f"{self.shape} " + (f"of {self.holds}" if self.holds else f"{self.dtype}")


def head_of(stream: Stream, size: int, name: str, where: str) -> Head:
    """Return the header that a stream of `size` bytes begins with, compared with that size.

    Raises
    ------
    LabError
        If it is none, too long, of an unknown version, or claims more or less than there is.
    """
    start = stream.read(npy.MAGIC_LEN)
    if start[:1] == b"\x80":
        raise LabError(f"array {name} is a pickle, which is never loaded", "save it as numbers", where=where)
    try:
        version = npy.read_magic(io.BytesIO(start))
    except ValueError as error:
        raise LabError(f"array {name} does not begin as a .npy file does", "save it again", where=where) from error
    if version not in LENGTH_BYTES:
        raise LabError(
            f"array {name} has version {version[0]}.{version[1]} of the .npy format",
            "1.0 and 2.0 can be read: save it again as numbers",
            where=where,
        )
    counted = stream.read(LENGTH_BYTES[version])
    length = int.from_bytes(counted, "little")
    if length > MOST_HEADER:
        raise LabError(
            f"array {name} has a header of {length:,} bytes", f"at most {MOST_HEADER:,} are read", where=where
        )
    parse = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    try:
        # Python 2 wrote 3L for 3, at which NumPy warns.
        with warnings.catch_warnings(action="ignore"):
            shape, columns_first, dtype = parse(io.BytesIO(counted + stream.read(length)), MOST_HEADER)
    except UNREADABLE as error:
        raise LabError(f"array {name} has a header that cannot be read", "save it again", where=where) from error
    head = Head(tuple(map(int, shape)), dtype, columns_first, npy.MAGIC_LEN + len(counted) + length)
    if min(head.shape, default=0) < 0:
        raise LabError(f"array {name} has a header that cannot be: {head.shape}", "save it again", where=where)
    if not dtype.hasobject and head.length + head.size != size:
        raise LabError(
            f"array {name} takes {head.size:,} bytes by its header, {head.shape} {dtype.str}, and has"
            f" {max(0, size - head.length):,}",
            "download or save it again",
            where=where,
        )
    return head


def fill(out: Array, stream: Stream, head: Head, name: str, where: str) -> None:
    """Put the array that follows a header into `out`, (rows, columns), whose type may be a wider one.

    It is read block by block, each converted as it comes: no second copy of the whole is made.

    Raises
    ------
    LabError
        If the stream ends too early, or holds what is no text in an array of texts.
    """
    # A byte that is neither 0 nor 1 would be a truth value of which NumPy's own arithmetic goes wrong.
    dtype = np.dtype(np.uint8) if head.dtype.kind == "b" else head.dtype
    lines, length = (head.columns, head.rows) if head.columns_first else (head.rows, head.columns)
    # Where each column of the file belongs: of a picture stored with its first index first, pixels come transposed.
    order = np.arange(head.columns).reshape(head.shape[1:]).ravel(order="F") if head.columns_first else None
    many = max(1, BLOCK // max(1, length * dtype.itemsize))
    for start in range(0, lines, many):
        block = np.empty((min(many, lines - start), length), dtype)
        _read_into(block, stream, name, where)
        if dtype.kind == "U" and block.view(np.dtype("u4").newbyteorder(dtype.byteorder)).max() > LARGEST_CHARACTER:
            raise LabError(f"array {name} holds what is no text", "save it again", where=where)
        values = block != 0 if head.dtype.kind == "b" else block
        if order is None:
            out[start : start + len(block)] = values
        else:
            out[:, order[start : start + len(block)]] = values.T


def _read_into(block: Array, stream: Stream, name: str, where: str) -> None:
    view = block.reshape(-1).view(np.uint8).data
    done = 0
    while done < len(view):
        data = stream.read(min(BLOCK, len(view) - done))
        if not data:
            raise LabError(f"array {name} breaks off", "download or save it again", where=where)
        view[done : done + len(data)] = data
        done += len(data)
