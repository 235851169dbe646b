"""A table in a folder of the cache: `numbers.f8`, `columns.npz` and `sheet.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from engine.data.formats.cells import Decimal
from engine.data.formats.numbers import Numbers, mapped
from engine.data.formats.reading import TextFile
from engine.data.formats.sheet import BLOCK_ROWS, Column, Sheet, assembled
from engine.data.formats.shelf import Entry, sums_of
from engine.errors import LabError

VERSION = 2
"""Another number where reading means something else than before: old entries are then read no more."""
LARGE = ("numbers.f8", "columns.npz")


def entry_of(folder: Path | None, file: TextFile, decimal: Decimal | None) -> Entry:
    """Return the place of a file that is read in one way."""
    way = [VERSION, file.sha256, file.encoding, file.delimiter, file.header, decimal, file.notes]
    return Entry.of(folder, file.size, way)


def load(path: Path, where: str) -> Sheet:
    """Return the table that a folder of the cache holds; `where` is its file, for what is said of columns.

    Raises
    ------
    ValueError
        And much else, if it is damaged.
    """
    known = json.loads((path / "sheet.json").read_text(encoding="utf-8"))
    if known["sums"] != sums_of(path, LARGE):
        raise ValueError("other bytes than were written")
    rows = int(known["rows"])
    columns = [
        Column(
            c["name"],
            c["kind"],
            c["missing"],
            tuple(c["vocabulary"]),
            place=c["place"],
            fault=_fault(c["fault"], where),
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


def save(sheet: Sheet, folder: Path) -> None:
    """Write a table into a folder of the cache."""
    with (folder / "numbers.f8").open("wb") as opened:
        for start in range(0, sheet.rows, BLOCK_ROWS):
            opened.write(np.asarray(sheet.numbers.array[start : start + BLOCK_ROWS], dtype="<f8").tobytes())
            sheet.numbers.forget()
    values: dict[str, Any] = {str(place): c.codes for place, c in enumerate(sheet.columns) if c.kind in {"word", "day"}}
    np.savez(folder / "columns.npz", **values)
    columns = [
        {"name": c.name, "kind": c.kind, "missing": c.missing, "vocabulary": c.vocabulary, "place": c.place}
        | {"fault": None if c.fault is None else [c.fault.problem, c.fault.hint]}
        for c in sheet.columns
    ]
    sums = sums_of(folder, LARGE)
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
