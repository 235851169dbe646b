"""Tables to look at."""

from __future__ import annotations

import numpy as np

from engine.data import Table
from tui.portrait.rows import MOST_CELLS


class Lazy:
    """A matrix that can be cut into rows and never taken whole."""

    def __init__(self, values):
        self._values = values
        self.shape = values.shape

    def __getitem__(self, rows):
        part = self._values[rows]
        assert part.size <= 2 * MOST_CELLS
        return part

    def __array__(self, *_):
        raise AssertionError("it was taken whole")


def table(features, targets, **more):
    """Return a table whose features are x1, x2, … and whose target is y."""
    features = np.asarray(features)
    names = more.pop("names", tuple(f"x{place + 1}" for place in range(features.shape[1])))
    return Table(features, names, np.asarray(targets), (more.pop("target", "y"),), **more)


def every_kind(text, rows=60):
    """Return tables that between them have every view, with a text wherever one can come from outside."""
    rng = np.random.default_rng(0)
    numbers, labels = rng.normal(size=(rows, 1)), np.arange(rows) % 3
    named = {"target": text, "notes": (text,), "unit": text}
    classes = {"target": text, "notes": (text,), "classes": (text, f"{text}2", "c")}
    days = np.datetime64("2020-01-01") + np.arange(rows)
    return {
        "series": table(np.empty((rows, 0)), numbers.cumsum(axis=0), dates=days, **named),
        "plane": table(rng.normal(size=(rows, 2)), labels, names=(text, f"{text}x"), **classes),
        "line": table(rng.normal(size=(rows, 2)), numbers, names=(text, f"{text}x"), **named),
        "pictures": table(rng.normal(size=(rows, 12)), labels, image_shape=(3, 4), **classes),
        "signals": table(rng.normal(size=(rows, 9)), labels, ordered=True, **classes),
        "numbered signals": table(rng.normal(size=(rows, 9)), numbers, ordered=True, **named),
        "numbered pictures": table(rng.normal(size=(rows, 12)), numbers, image_shape=(4, 3), **named),
        "columns": table(rng.normal(size=(rows, 5)), labels, names=tuple(text + n for n in "abcde"), **classes),
    }
