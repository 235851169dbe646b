"""Reads features and targets out of a `.npz` file, by the names that such files usually have.

What the arrays are is told by their names and shapes alone, before any of them is loaded; what fits in no way or in
more than one is refused, with the key that decides.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from engine.arrays import Array
from engine.data.formats import memory, npy
from engine.data.formats.archive import Archive
from engine.data.formats.arrays import MOST_COLUMNS, Arrays, allotted, pixel_names, plain_size, readable
from engine.data.formats.readings import Entry, Reading, by_names, left_out, with_target
from engine.errors import LabError

OTHERS = {b"\x93NUMPY": "is one array, a .npy file", b"\x80": "is a pickle, which is never loaded"}
"""How files begin that are taken for a `.npz`."""


def read(path: Path, target: str | None = None) -> Arrays:
    """Return features and targets, the rows of `_test` arrays last.

    Parameters
    ----------
    path
        Of a `.npz` file.
    target
        The array to predict; all others with as many rows are then features. By default names decide: x and y,
        features and targets, data and target, images and labels, in large or small letters, with `_train` and `_test`
        behind them or without.

    Raises
    ------
    LabError
        If the file is damaged or made to do harm, or if its arrays can be no features and targets.
    KeyProblem
        If `target` is needed, or names no such array.
    """
    where = str(path)
    plain_size(path, "a .npz file")
    with readable(where):
        with path.open("rb") as file:
            start = file.read(max(map(len, OTHERS)))
        for begins, says in OTHERS.items():
            if start.startswith(begins):
                raise LabError(says, "save features and targets together: numpy.savez(path, x=…, y=…)", where=where)
        if not start.startswith(b"PK"):
            raise LabError("is no .npz file", "write one with numpy.savez(path, x=…, y=…)", where=where)
        with Archive(path) as archive:
            entries, notes = _entries(archive, where)
            reading = by_names(entries, where) if target is None else with_target(entries, target, where)
            return _loaded(archive, reading, [*notes, *left_out(entries, reading)], where)


def _entries(archive: Archive, where: str) -> tuple[list[Entry], list[str]]:
    """Return all arrays, and what is said of members that are none."""
    entries, notes = [], []
    for member in archive.members:
        name = member.filename.removesuffix(".npy")
        if name == member.filename:
            notes.append(f"{name} is no array and is left out")
        else:
            entries.append(Entry(name, npy.head_of(archive.stream(member), member.file_size, name, where), member))
    if not entries:
        raise LabError("holds no array", "write it with numpy.savez(path, x=…, y=…)", where=where)
    return entries, notes


def _loaded(archive: Archive, reading: Reading, notes: list[str], where: str) -> Arrays:
    """Load the chosen arrays, once it is sure that they fit together and into memory."""
    features: list[tuple[Entry, ...]] = [reading.features]
    targets: list[tuple[Entry, ...]] = [(reading.target,)]
    if reading.test is not None:
        features.append((reading.test[0],))
        targets.append((reading.test[1],))
    for inputs, outputs in zip(features, targets, strict=True):
        _refuse_what_cannot_be(inputs, outputs[0], where)
    for parts in (features, targets):
        _refuse_what_differs(parts, where)
    names = _feature_names(reading.features, where)
    types = [np.result_type(*(entry.head.dtype for part in parts for entry in part)) for parts in (features, targets)]
    rows = sum(part[0].head.rows for part in features)
    width = reading.target.head.columns
    memory.refuse_more_than_free(rows * (len(names) * types[0].itemsize + width * types[1].itemsize), where)
    # Targets first: they are soon read, and a fault in them is then soon told.
    second, first = (
        _stacked(archive, parts, allotted(rows, columns, dtype, where), where)
        for parts, columns, dtype in ((targets, width, types[1]), (features, len(names), types[0]))
    )
    return Arrays(
        features=first,
        feature_names=names,
        targets=second[:, 0] if len(reading.target.head.shape) == 1 else second,
        target_names=_names(reading.target),
        image_shape=_picture(reading.features[0]) if len(reading.features) == 1 else None,
        test_rows=0 if reading.test is None else reading.test[0].head.rows,
        notes=tuple(notes),
    )


def _feature_names(entries: tuple[Entry, ...], where: str) -> tuple[str, ...]:
    columns = sum(entry.head.columns for entry in entries)
    if columns > MOST_COLUMNS:
        raise LabError(f"has {columns:,} features", f"at most {MOST_COLUMNS:,} can be read", where=where)
    names: list[str] = []
    for entry in entries:
        picture = _picture(entry)
        title = "pixel" if len(entries) == 1 else entry.title
        names += pixel_names(*picture, title) if picture else _names(entry)
    if len(set(names)) < len(names):
        ((twice, _),) = Counter(names).most_common(1)
        raise LabError(f"has two columns that would be called {twice}", "rename an array", where=where)
    return tuple(names)


def _picture(entry: Entry) -> tuple[int, int] | None:
    """Return height and width where each row is a picture, of one channel at most."""
    shape = entry.head.shape
    return (shape[1], shape[2]) if len(shape) == 3 or (len(shape) == 4 and shape[3] == 1) else None


def _names(entry: Entry) -> tuple[str, ...]:
    columns = entry.head.columns
    return (entry.title,) if columns == 1 else tuple(f"{entry.title}-{column}" for column in range(columns))


def _refuse_what_cannot_be(features: tuple[Entry, ...], target: Entry, where: str) -> None:
    for entry in (*features, target):
        head = entry.head
        problem = ""
        if head.holds:
            problem = f"holds {head.holds}: " + (
                "these are never loaded" if head.dtype.hasobject else "only real numbers can be read"
            )
        elif not head.size:
            problem = "is empty"
        elif head.is_text and entry is not target:
            problem = "holds text: only numbers can be features"
        elif entry is target and len(head.shape) > 2:
            problem = "has too many dimensions for a target: (rows,) or (rows, outputs) is needed"
        elif _picture(entry) is None and len(head.shape) > 2:
            problem = "is neither (rows, columns) nor (rows, height, width)"
        elif entry is target and head.columns > MOST_COLUMNS:
            problem = f"has {head.columns:,} columns: at most {MOST_COLUMNS:,} can be read"
        elif head.rows != target.head.rows:
            problem = f"has {head.rows:,} rows, and {target.name} has {target.head.rows:,}"
        if problem:
            raise LabError(f"array {entry} {problem}", "save the arrays again", where=where)


def _refuse_what_differs(parts: list[tuple[Entry, ...]], where: str) -> None:
    """Refuse a test array that cannot stand below that of the training rows."""
    first = parts[0][0].head
    for part in parts[1:]:
        entry = part[0]
        text = {head.dtype.kind for head in (entry.head, first) if head.is_text}
        if entry.head.shape[1:] != first.shape[1:] or entry.head.is_text != first.is_text or len(text) > 1:
            raise LabError(
                f"array {entry} cannot stand below {parts[0][0]}", "all but the rows must be alike", where=where
            )


def _stacked(archive: Archive, parts: list[tuple[Entry, ...]], out: Array, where: str) -> Array:
    """Fill `out`, (rows, columns), with the arrays of each part beside each other, and the parts below each other."""
    row = 0
    for part in parts:
        column = 0
        for entry in part:
            head, stream = entry.head, archive.stream(entry.member)
            stream.read(head.length)
            place = out[row : row + head.rows, column : column + head.columns]
            npy.fill(place, stream, head, entry.name, where)
            column += head.columns
        row += part[0].head.rows
    return out
