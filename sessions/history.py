"""All points of a record's curves, as a few arrays: what lies beside a page that is too small for them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from engine.arrays import Array
from sessions.curve import Curve
from sessions.record import CURVES, Curves, Record
from sessions.thinning import most_points

Arrays: TypeAlias = Mapping[str, Array]

HISTORY = {"history_index": "<i8", "history_names": "|u1", "history_epochs": "<i8", "history_values": "<f8"}
"""The arrays of the full curves: a row (run, name, points, whether at epochs 1 to n) each; the names as JSON; epochs of
those that are at others; values."""


def history_of(record: Record) -> Arrays:
    """Return a record's curves as arrays, where its page would not hold all their points; else none."""
    most = most_points(record)
    curves = [
        (place, f"{part}.{name}", curve)
        for place, run in enumerate(record.runs)
        for part in CURVES
        for name, curve in getattr(run, part).items()
    ]
    if most is None or all(len(curve) <= most for _, _, curve in curves):
        return {}
    names = list(dict.fromkeys(name for _, name, _ in curves))
    numbers = {name: number for number, name in enumerate(names)}
    index = [(place, numbers[name], len(curve), curve.is_regular) for place, name, curve in curves]
    odd = [curve.epochs for _, _, curve in curves if not curve.is_regular]
    return {
        "history_index": np.array(index, dtype="<i8"),
        "history_names": np.frombuffer(json.dumps(names).encode(), dtype="|u1"),
        "history_epochs": np.concatenate(odd or [np.empty(0, np.int64)]).astype("<i8"),
        "history_values": np.concatenate([curve.values for _, _, curve in curves]).astype("<f8"),
    }


def digest(arrays: Arrays) -> str:
    """Return the hash by which a page knows its full curves; empty for none."""
    if not arrays:
        return ""
    found = hashlib.sha256()
    for name in HISTORY:
        found.update(f"{name} {arrays[name].size} ".encode())
        found.update(arrays[name].tobytes())
    return found.hexdigest()[:32]


def with_curves(record: Record, arrays: Arrays) -> Record:
    """Return a record with the curves of arrays in place of its own.

    Raises
    ------
    ValueError, LookupError, TypeError
        Where the arrays are not what `history_of` makes.
    """
    names = json.loads(arrays["history_names"].tobytes())
    found: list[dict[str, Curves]] = [{part: {} for part in CURVES} for _ in record.runs]
    values, epochs = arrays["history_values"], arrays["history_epochs"]
    at = at_epoch = 0
    for run, number, points, is_regular in arrays["history_index"].reshape(-1, 4).tolist():
        if not (0 <= run < len(found) and 0 <= points <= len(values) - at):
            raise ValueError("their index is damaged")
        part, _, name = names[number].partition(".")
        own = np.arange(1, points + 1) if is_regular else epochs[at_epoch : at_epoch + points]
        found[run][part][name] = Curve.of(own, values[at : at + points])
        at, at_epoch = at + points, at_epoch + (0 if is_regular else points)
    runs = tuple(
        replace(run, train_curves=train, validation_curves=validation)
        for run, (train, validation) in zip(record.runs, (curves.values() for curves in found), strict=True)
    )
    return replace(record, runs=runs, origin=replace(record.origin, history=""))
