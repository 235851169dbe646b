"""From arrays of features and targets, as files of arrays and pictures hold them, to a table."""

from __future__ import annotations

import numpy as np

from engine.arrays import Array
from engine.data.formats.arrays import Arrays
from engine.data.roles import Missing
from engine.data.table import Fill, Table
from engine.errors import KeyProblem

MOST_CLASSES = 1_000
BLOCK_ROWS = 4_096


def table_of_arrays(arrays: Arrays, missing: Missing) -> Table:
    """Return the table of arrays; texts are classes, and so are the whole numbers that pictures are labelled with.

    Raises
    ------
    KeyProblem
        For features that are nan and not to be filled, or a target that has one value.
    """
    notes = list(arrays.notes)
    features, targets, origin, test_rows, fill = _without_gaps(arrays, missing, notes)
    classes: tuple[str, ...] = ()
    whole = targets.dtype.kind in "biu"
    if targets.dtype.kind in "US" or (whole and arrays.image_shape is not None):
        different, labels = np.unique(targets, return_inverse=True)
        if not 2 <= len(different) <= MOST_CLASSES:
            raise KeyProblem("data.target", f"has {len(different)} different values", "classes are 2 to 1,000")
        classes = tuple(str(value) for value in different.tolist())
        targets = labels.reshape(-1).astype(np.int64)
        if whole:
            notes.append(
                'the labels of the pictures are read as classes; data.task = "regression" makes numbers of them'
            )
    else:
        targets = targets.reshape(len(targets), -1).astype(np.float64)
    return Table(
        features=features,
        feature_names=arrays.feature_names,
        targets=targets,
        target_names=arrays.target_names,
        classes=classes,
        test_rows=test_rows,
        origin=origin,
        image_shape=arrays.image_shape,
        fill=fill,
        notes=tuple(notes),
    )


def _without_gaps(
    arrays: Arrays, missing: Missing, notes: list[str]
) -> tuple[Array, Array, Array | None, int, Fill | None]:
    """Return features, targets and numbers of the rows that are of use, how many are for the test, and the filling."""
    gaps = _gaps(arrays.features)
    needed = _gaps(arrays.targets.reshape(len(arrays.targets), -1))
    if missing == "error" and (gaps | needed).any():
        row = int((gaps | needed).argmax())
        raise KeyProblem(
            "data.missing",
            f'is "error", and {int((gaps | needed).sum())} rows hold nan, the first is row {row + 1}',
            'set missing = "drop" to leave such rows out, or "mean" or "median" to fill their features',
        )
    dropped = needed | gaps if missing == "drop" else needed
    fill: Fill | None = missing if missing in {"mean", "median"} and (gaps & ~dropped).any() else None
    if not dropped.any():
        return arrays.features, arrays.targets, None, arrays.test_rows, fill
    notes.append(f"{int(dropped.sum())} of {len(dropped)} rows hold nan and are left out")
    test_rows = int((~dropped[len(dropped) - arrays.test_rows :]).sum()) if arrays.test_rows else 0
    if (~dropped).sum() == test_rows:
        raise KeyProblem("data.missing", f'= "{missing}" leaves no row to train on', "choose data.features")
    return arrays.features[~dropped], arrays.targets[~dropped], np.flatnonzero(~dropped), test_rows, fill


def _gaps(values: Array) -> Array:
    """Return which rows hold nan: (rows, columns) → (rows,)."""
    found = np.zeros(len(values), dtype=bool)
    for start in range(0, len(values) if values.dtype.kind == "f" else 0, BLOCK_ROWS):
        found[start : start + BLOCK_ROWS] = np.isnan(values[start : start + BLOCK_ROWS]).any(axis=1)
    return found
