"""The zip file that a `.npz` is: its directory, looked at before anything is unpacked.

Members are read as streams and never written to a path, so a name cannot lead anywhere; a name that tries to is still
a sign of what was meant, and refused.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Self

from engine.errors import LabError

MOST_MEMBERS = 1_000
MOST_AT_ONCE = 1 << 20
"""Bytes: more than a directory of so many members has, and as many as are read of one."""
MOST_EXPANSION, BOMB = 200, 64 << 20
"""A member is refused that unpacks to more than so many times its size, and to more than so many bytes."""
ENCRYPTED = 0x1 | 0x40 | 0x2000
UNPACKABLE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError, OverflowError, OSError)
"""What `zipfile` raises at a damaged file, according to where it is damaged."""


class Archive:
    """A zip file whose directory is sound, and whose members are read as streams."""

    def __init__(self, path: Path) -> None:
        """Look at the directory.

        Raises
        ------
        LabError
            If it is no zip file, has too many members, or one that is encrypted, a bomb, or badly named or packed.
        """
        self._where = str(path)
        with _unpacking(self._where):
            self._file = _Careful(path)
            try:
                self._zip = zipfile.ZipFile(self._file)
                self.members = self._zip.infolist()
                self._look()
            except BaseException:
                self._file.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def stream(self, member: zipfile.ZipInfo) -> Stream:
        """Return the bytes of a member; its checksum is compared as the last of them is read."""
        with _unpacking(self._where):
            return Stream(self._zip.open(member), self._where)

    def _look(self) -> None:
        if len(self.members) > MOST_MEMBERS:
            raise LabError(
                f"has {len(self.members):,} members",
                f"at most {MOST_MEMBERS:,} arrays can be read",
                where=self._where,
            )
        seen = set()
        for member in self.members:
            problem = _problem(member) or ("is there twice" if member.filename in seen else "")
            if problem:
                raise LabError(f"member {member.orig_filename} {problem}", "save the arrays again", where=self._where)
            seen.add(member.filename)


class Stream:
    """The bytes of a member."""

    def __init__(self, stream: IO[bytes], where: str) -> None:
        self._stream, self._where = stream, where

    def read(self, size: int) -> bytes:
        """Return at most so many bytes, none at the end.

        Raises
        ------
        LabError
            If they are damaged.
        """
        with _unpacking(self._where):
            return self._stream.read(size)


@contextmanager
def _unpacking(where: str) -> Iterator[None]:
    """Turn what is raised at a damaged zip file into a LabError."""
    try:
        yield
    except UNPACKABLE as error:
        raise LabError(f"is damaged: {error or 'it breaks off'}", "download or save it again", where=where) from error


class _Careful(io.FileIO):
    """A file of which only so much can be had at once: the directory says itself how large it is."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            here = self.tell()
            size = self.seek(0, io.SEEK_END) - here
            self.seek(here)
        if size > MOST_AT_ONCE:
            raise LabError(
                f"has a directory of {size:,} bytes",
                f"at most {MOST_MEMBERS:,} arrays can be read",
                where=str(self.name),
            )
        return super().read(size) or b""


def _problem(member: zipfile.ZipInfo) -> str:
    """Return what is wrong with a member, by the directory alone; empty where nothing is."""
    name = member.orig_filename
    if member.flag_bits & ENCRYPTED:
        return "is encrypted"
    if name.startswith("/") or "\\" in name or "\0" in name or name[1:2] == ":" or ".." in PurePosixPath(name).parts:
        return "has a name that leads out of the file"
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return f"is packed by method {member.compress_type}, which NumPy does not use"
    if member.file_size > BOMB and member.file_size > MOST_EXPANSION * member.compress_size:
        return f"unpacks from {member.compress_size:,} bytes to {member.file_size:,}: a zip bomb"
    return ""
