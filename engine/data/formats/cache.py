"""Keeps tables in the form they were read, so that a large file is parsed once.

An entry is a folder named by the hash of the file and of how it is read. It holds `numbers.f8`, `columns.npz` and
`sheet.json`, comes into being at once by renaming, and is deleted where it does not look as it should: the file it was
made from is still there. The least recently used ones go when all become too many.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.data.formats.cells import Decimal
from engine.data.formats.numbers import Numbers, mapped
from engine.data.formats.reading import TextFile
from engine.data.formats.sheet import BLOCK_ROWS, Column, Sheet, assembled
from engine.errors import LabError

VERSION = 2
"""Another number where reading means something else than before: old entries are then read no more."""
LEAST_BYTES = 4 << 20
"""A smaller file is parsed as quickly as it is found here."""
MOST_BYTES = 4 << 30
CHUNK_BYTES = 1 << 20
DAMAGED = (OSError, ValueError, KeyError, TypeError, IndexError, EOFError, RecursionError, zipfile.BadZipFile)


@dataclass(frozen=True, slots=True)
class Entry:
    """The place of one file's table; None where nothing is kept."""

    path: Path | None
    where: str = ""
    """The file, for what is said of its columns."""

    @classmethod
    def of(cls, folder: Path | None, file: TextFile, decimal: Decimal | None) -> Entry:
        """Return the place of a file that is read in one way."""
        if folder is None or file.size < LEAST_BYTES:
            return cls(None)
        way = [VERSION, file.sha256, file.encoding, file.delimiter, file.header, decimal, file.notes]
        return cls(folder / "tables" / hashlib.sha256(json.dumps(way).encode()).hexdigest()[:32], str(file.path))

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Let one process at a time read this file: the others find what it has kept."""
        if self.path is None:
            yield
            return
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(OSError):
                self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                lock = stack.enter_context(self.path.with_suffix(".lock").open("wb"))
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def load(self) -> Sheet | None:
        """Return the table that is kept, if one is."""
        if self.path is None or not self.path.is_dir():
            return None
        try:
            sheet = self._load(self.path)
        except DAMAGED:
            shutil.rmtree(self.path, ignore_errors=True)
            return None
        with contextlib.suppress(OSError):
            os.utime(self.path)
        return sheet

    def _load(self, path: Path) -> Sheet:
        known = json.loads((path / "sheet.json").read_text(encoding="utf-8"))
        if known["sums"] != _sums(path):
            raise ValueError("other bytes than were written")
        rows = int(known["rows"])
        columns = [
            Column(
                c["name"],
                c["kind"],
                c["missing"],
                tuple(c["vocabulary"]),
                place=c["place"],
                fault=_fault(c["fault"], self.where),
            )
            for c in known["columns"]
        ]
        if any(c.kind == "number" and not 0 <= c.place < known["width"] for c in columns):
            raise ValueError("a column of numbers has no place")
        if known["width"]:
            with (path / "numbers.f8").open("rb") as opened:
                numbers = mapped(opened, known["width"])
        else:
            numbers = Numbers(np.empty((rows, 0)))
        with (path / "columns.npz").open("rb") as opened, np.load(opened, allow_pickle=False) as others:
            for place, column in enumerate(columns):
                if column.kind in {"word", "day"}:
                    column.codes = others[str(place)]
                elif column.kind == "empty":
                    column.codes = np.full(rows, np.nan)
        lengths = {len(column.codes) for column in columns if column.place < 0} | {len(numbers.array)}
        if lengths != {rows}:
            raise ValueError("not as many rows as it says")
        return assembled(columns, rows, known["notes"], numbers)

    def save(self, sheet: Sheet) -> None:
        """Keep a table, if the disk has room for it: nothing depends on that."""
        if self.path is None:
            return
        with contextlib.suppress(OSError):
            made = Path(tempfile.mkdtemp(dir=self.path.parent, prefix="new-"))
            try:
                self._save(sheet, made)
                made.rename(self.path)
                _make_room(self.path.parent, self.path)
            finally:
                shutil.rmtree(made, ignore_errors=True)

    def _save(self, sheet: Sheet, folder: Path) -> None:
        with (folder / "numbers.f8").open("wb") as opened:
            for start in range(0, sheet.rows, BLOCK_ROWS):
                opened.write(np.asarray(sheet.numbers.array[start : start + BLOCK_ROWS], dtype="<f8").tobytes())
                sheet.numbers.forget()
        values: dict[str, Any] = {
            str(place): c.codes for place, c in enumerate(sheet.columns) if c.kind in {"word", "day"}
        }
        np.savez(folder / "columns.npz", **values)
        columns = [
            {"name": c.name, "kind": c.kind, "missing": c.missing, "vocabulary": c.vocabulary, "place": c.place}
            | {"fault": None if c.fault is None else [c.fault.problem, c.fault.hint]}
            for c in sheet.columns
        ]
        sums = _sums(folder)
        known = {
            "sums": sums,
            "rows": sheet.rows,
            "width": sheet.numbers.array.shape[1],
            "notes": sheet.notes,
            "columns": columns,
        }
        (folder / "sheet.json").write_text(json.dumps(known), encoding="utf-8")


def _fault(said: list[str] | None, where: str) -> LabError | None:
    return None if said is None else LabError(said[0], said[1], where=where)


def _sums(folder: Path) -> dict[str, int]:
    """Return a checksum of each large file: a power cut may leave pages of zeros in it."""
    found = {}
    for name in ("numbers.f8", "columns.npz"):
        found[name] = 0
        with (folder / name).open("rb") as opened:
            while chunk := opened.read(CHUNK_BYTES):
                found[name] = zlib.crc32(chunk, found[name])
    return found


def _make_room(folder: Path, newest: Path) -> None:
    """Delete the entries that were not used for longest, until all together are no more than `MOST_BYTES`."""
    entries = sorted((path for path in folder.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    sizes = {path: sum(file.stat().st_size for file in path.iterdir()) for path in entries}
    for path in entries:
        if sum(sizes.values()) <= MOST_BYTES or path == newest:
            return
        shutil.rmtree(path, ignore_errors=True)
        path.with_suffix(".lock").unlink(missing_ok=True)
        del sizes[path]
