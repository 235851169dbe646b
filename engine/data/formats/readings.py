"""Which array of a file is what: features, targets, test rows, told by names and shapes before anything is loaded."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from itertools import product

from engine.data.formats import npy
from engine.errors import KeyProblem, nearest

PAIRS = (("x", "y"), ("features", "targets"), ("features", "target"), ("data", "target"), ("images", "labels"))
"""Names of features and targets, in small letters."""
TRAIN, TEST = "_train", "_test"
KEY = "data.target"
SHOWN = 12


@dataclass(frozen=True, slots=True)
class Entry:
    """An array, by its header."""

    name: str
    head: npy.Head
    member: zipfile.ZipInfo
    """Where it is in the file."""

    def __str__(self) -> str:
        return f"{self.name} {self.head}"

    @property
    def title(self) -> str:
        """Its name as a column is called: without the part that it belongs to."""
        return self.name[: -len(TRAIN)] if self.name.lower().endswith(TRAIN) else self.name


@dataclass(frozen=True, slots=True)
class Reading:
    """Which array is what."""

    features: tuple[Entry, ...]
    """Beside each other."""
    target: Entry
    test: tuple[Entry, Entry] | None = None
    """Features and target of the test rows."""

    def __str__(self) -> str:
        return f"{' and '.join(entry.name for entry in self.features)} with {self.target.name}"


def by_names(entries: list[Entry], where: str) -> Reading:
    """Return the one reading that the names allow.

    Raises
    ------
    KeyProblem
        If they allow none, or several: `data.target` is to decide.
    """
    readings: list[Reading] = []
    for features, targets in PAIRS:
        tests = _pairs(entries, features + TEST, targets + TEST)
        for part in ("", TRAIN):
            for first, second in _pairs(entries, features + part, targets + part):
                alone = Reading((first,), second)
                readings += [replace(alone, test=test) for test in tests] or [alone]
    if len(readings) == 1:
        return readings[0]
    problem = f"could be {' or '.join(map(str, readings))}" if readings else "is not to be told from the names"
    raise KeyProblem(KEY, f"{problem}: there are {_listed(entries)}", "set it to the array to predict", where=where)


def _pairs(entries: list[Entry], first: str, second: str) -> list[tuple[Entry, Entry]]:
    """Return the arrays that have these two names, in large or small letters."""
    others = [entry for entry in entries if entry.name.lower() == second]
    return [*product((entry for entry in entries if entry.name.lower() == first), others)]


def with_target(entries: list[Entry], target: str, where: str) -> Reading:
    """Return the reading in which all arrays with as many rows as the target are features.

    Raises
    ------
    KeyProblem
        If there is no such array, or none beside it.
    """
    chosen = next((entry for entry in entries if entry.name == target), None)
    if chosen is None:
        hint = nearest(target, [entry.name for entry in entries])
        raise KeyProblem(KEY, f"is {target}, and there is no such array", hint, where=where)
    others = [e for e in entries if e is not chosen and e.head.shape and e.head.rows == chosen.head.rows]
    if not others:
        raise KeyProblem(
            KEY,
            f"is {chosen}, and no other array has as many rows",
            "choose one beside which others stand",
            where=where,
        )
    return Reading(tuple(others), chosen)


def left_out(entries: list[Entry], reading: Reading) -> list[str]:
    """Return a line that names the arrays which a reading does not use, if there are any."""
    used = {entry.name for entry in (*reading.features, reading.target, *(reading.test or ()))}
    others = [entry for entry in entries if entry.name not in used]
    return [f"left out: {_listed(others)}"] if others else []


def _listed(entries: list[Entry]) -> str:
    more = len(entries) - SHOWN
    return ", ".join(map(str, entries[:SHOWN])) + (f" and {more} more" if more > 0 else "")
