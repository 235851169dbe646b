"""The file of the index: what was read of a folder's pages, kept so that the next list need not read them again.

It is a help and never the truth. Whatever is wrong with it, it counts as empty; an entry counts only for the very file
that it was read from. One JSON file: a first line with format, number and checksum of the rest, then the entries.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import zlib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.errors import LabError
from sessions import files
from sessions.listed import Listed, Stamp

NAME = ".index.json"
FORMAT = "lossbook index"
NUMBER = 2
"""To be raised with every change of what an entry holds, or of how it is found."""
MOST_BYTES = 64 << 20
LONGEST_ENTRY = 64 << 10
TEXTS = ("title", "created", "data", "task", "status", "verdict", "choose_by", "notes", "parent", "ledger_rows")
COUNTS = ("runs", "test_looks", "ledger_looks")


def load(folder: Path) -> dict[str, Listed]:
    """Return the entries of a folder's index by the names of their files; none where it is missing or damaged."""
    try:
        head, _, body = _content(folder / NAME).partition(b"\n")
        if head != _head(body):
            return {}
        entries = [_entry(folder, row) for row in json.loads(body)]
    except (OSError, ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        return {}
    return {entry.file: entry for entry in entries}


def save(folder: Path, entries: Iterable[Listed]) -> None:
    """Replace a folder's index; where that cannot be, the next list takes longer and nothing else is lost.

    Two writers do no harm: each puts a whole file in the place, whose entries are true of the files they name.
    """
    rows = (json.dumps(_row(entry), separators=(",", ":")) for entry in entries)
    body = ("[" + ",\n".join(row for row in rows if len(row) <= LONGEST_ENTRY) + "]").encode()
    if len(body) > MOST_BYTES:
        return
    with contextlib.suppress(LabError):
        files.save(folder / NAME, _head(body) + b"\n" + body, keep_old=False)


def _content(path: Path) -> bytes:
    """Return the bytes of a plain file: a pipe would never end, a link may lead anywhere."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MOST_BYTES:
            raise ValueError("no index")
        return file.read(MOST_BYTES)


def _head(body: bytes) -> bytes:
    return json.dumps({"format": FORMAT, "number": NUMBER, "checksum": f"{zlib.crc32(body):08x}"}).encode()


def _row(entry: Listed) -> list[Any]:
    summary = {name: [figures["mean"], figures["sd"]] for name, figures in entry.summary.items()}
    texts = [getattr(entry, name) for name in TEXTS]
    return [entry.file, entry.stamp, texts, [getattr(entry, name) for name in COUNTS], entry.tags, summary]


def _entry(folder: Path, row: Any) -> Listed:
    """Return an entry; ValueError or TypeError for what `save` never writes."""
    file, stamp, texts, counts, tags, summary = row
    if not _all(str, [file, *texts, *tags, *summary]) or not _all(int, [*stamp, *counts]) or "/" in file:
        raise ValueError("no entry")
    title, created, data, task, status, verdict, choose_by, notes, parent, ledger_rows = texts
    runs, test_looks, ledger_looks = counts
    if created:
        datetime.fromisoformat(created)
    return Listed(
        folder,
        file,
        Stamp(*stamp),
        title=title,
        created=created,
        tags=tuple(tags),
        data=data,
        task=task,
        status=status,
        runs=runs,
        verdict=verdict,
        choose_by=choose_by,
        summary={
            figure: {"mean": float(mean), "sd": None if sd is None else float(sd)}
            for figure, (mean, sd) in summary.items()
        },
        notes=notes,
        parent=parent,
        test_looks=test_looks,
        ledger_rows=ledger_rows,
        ledger_looks=ledger_looks,
    )


def _all(kind: type, values: Iterable[object]) -> bool:
    """Tell whether values are of one type; a bool is no int here."""
    return all(type(value) is kind for value in values)
