"""The bytes of a file, plain or packed by gzip, in blocks."""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.errors import LabError

BLOCK = 1 << 20
GZIP = b"\x1f\x8b"
GZIP_WINDOW = 31
"""zlib's word for: expect gzip's header and check its checksum."""
MOST_EXPANSION = 1_032
"""Deflate packs 258 bytes into two bits at the very best, so no byte can stand for more than these."""
MEND = "download or copy it again"


class Blocks:
    """Fills memory with a file's bytes, unpacked if they are packed, and never with more than is asked for.

    Whether a file is packed is told by its first two bytes: browsers unpack a download and leave `.gz` in its name.
    """

    def __init__(self, path: Path) -> None:
        self._where = str(path)
        self._file = path.open("rb")
        self.size = os.fstat(self._file.fileno()).st_size
        """Of the file, packed or not."""
        self.packed = self._file.peek(2)[:2] == GZIP
        self._inflate = zlib.decompressobj(GZIP_WINDOW)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def fill(self, view: memoryview) -> int:
        """Fill the view, or as much of it as the rest of the file does, and return how much."""
        done = 0
        while done < len(view):
            if self.packed:
                data = self._unpacked(min(BLOCK, len(view) - done))
                more = len(data)
                view[done : done + more] = data
            else:
                more = self._file.readinto(view[done:])
            if not more:
                break
            done += more
        return done

    def is_over(self) -> bool:
        """Tell whether no byte is left; of a packed file, only then its checksum has been compared.

        Raises
        ------
        LabError
            If it is damaged, or goes on after its end.
        """
        if self.fill(memoryview(bytearray(1))):
            return False
        if self.packed and (self._inflate.unused_data or self._file.read(1)):
            raise LabError("goes on after the end of its packed data", MEND, where=self._where)
        return True

    def _unpacked(self, most: int) -> bytes:
        """Return some bytes, none only at the end."""
        idle = 0
        while not self._inflate.eof:
            packed = self._inflate.unconsumed_tail or self._file.read(BLOCK)
            if not packed:
                raise LabError("breaks off within its packed data", MEND, where=self._where)
            try:
                data = self._inflate.decompress(packed, most)
            except zlib.error as error:
                raise LabError(f"is damaged: {error}", MEND, where=self._where) from error
            if data:
                return data
            # A long name in the header or empty blocks: nothing that a packer would write.
            idle += len(packed)
            if idle > 2 * BLOCK:
                raise LabError(f"is damaged: {idle:,} packed bytes hold nothing", MEND, where=self._where)
        return b""
