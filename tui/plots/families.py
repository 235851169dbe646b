"""Curves of several runs together: folds under their mean, the settings of a sweep as families of one colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from engine.plan import shown_setting
from sessions.record import Record, RunRecord
from sessions.settings import Result, names_of, ranked, results_of
from tui.numbers import counted
from tui.plots.series import Array, Line, Role, mean, mean_and_sd

Points: TypeAlias = tuple[Array, Array]
"""Epochs and values, (points,) each."""
PARTS: tuple[Role, ...] = ("train", "validation")
FEW = 6
"""So many settings are told apart by colours and numbers."""
MOST_FAINT = 100
"""Of more settings only the best are drawn: the others would hide them."""


def curves_in(runs: Sequence[RunRecord], part: str, metric: str) -> list[Points]:
    """Return the curves of a metric that there are."""
    named = [(run.train_curves if part == "train" else run.validation_curves).get(metric) for run in runs]
    known = [curve for curve in named if curve is not None and len(curve)]
    return [(curve.epochs.astype(np.float64), curve.values.astype(np.float64, copy=False)) for curve in known]


def line_of(label: str, points: Points, role: Role, *, faint: bool = False, family: int = 0) -> Line:
    """Return points as a line."""
    return Line(label, *points, role, "faint" if faint else "main", family)


def bundle(runs: Sequence[RunRecord], part: Role, metric: str, *, banded: bool = False) -> list[Line]:
    """Return the runs' curves faint under their mean, `banded` with the mean less and plus a standard deviation.

    Runs with points at other epochs than the longest have no mean.
    """
    curves = curves_in(runs, part, metric)
    faint = [line_of("", curve, part, faint=True) for curve in curves]
    epochs = _shared_epochs(curves)
    if epochs is None:
        return faint
    average, sd = mean_and_sd([values for _, values in curves])
    edges = [Line("", epochs, average + sign * sd, part, "edge") for sign in (-1, 1)] if banded else []
    return [*faint, *(edge for edge in edges if np.isfinite(edge.y).any()), line_of(part, (epochs, average), part)]


def lines_of_settings(record: Record, keys: Sequence[str], metric: str) -> tuple[list[Line], tuple[str, ...]]:
    """Return the means of a sweep's settings, and what the legend says of them.

    A few have a colour each; of many only validation is drawn, faint, with the best so far bold.
    """
    results = results_of(record)
    if len(results) <= FEW:
        return _few(results, keys, metric)
    order = [result for result in ranked(results, metric) if result.spread("validation", metric) is not None]
    if not order:
        return [], ()
    faint = [_mean_line(result, "", "validation", metric, faint=True) for result in order[:MOST_FAINT]]
    best = _mean_line(order[0], f"best {_said(order[0], keys)}", "validation", metric)
    lines = [line for line in (*faint, best) if line is not None]
    shown = f"the best {MOST_FAINT} of {len(order):,}" if len(order) > MOST_FAINT else counted(len(order), "setting")
    return lines, (f"faint: {shown}",)


def _few(results: Sequence[Result], keys: Sequence[str], metric: str) -> tuple[list[Line], tuple[str, ...]]:
    lines: list[Line | None] = []
    for result in results:
        validation = _mean_line(result, _said(result, keys), "validation", metric, result.number)
        label = "" if validation is not None else _said(result, keys)
        lines += [_mean_line(result, label, "train", metric, result.number), validation]
    drawn = [line for line in lines if line is not None]
    both = len({line.role for line in drawn}) > 1
    return drawn, (f"{', '.join(names_of(keys))}{'; solid: train' if both else ''}",)


def _said(result: Result, keys: Sequence[str]) -> str:
    return " · ".join(shown_setting(result.settings[key]) for key in keys if key in result.settings)


def _mean_line(
    result: Result, label: str, part: Role, metric: str, family: int = 0, *, faint: bool = False
) -> Line | None:
    """Return a setting's mean; the curve of its longest run where others have points at other epochs."""
    curves = curves_in(result.runs, part, metric)
    if not curves:
        return None
    epochs = _shared_epochs(curves)
    points = max(curves, key=lambda curve: len(curve[0])) if epochs is None else (epochs, mean([y for _, y in curves]))
    return line_of(label, points, part, faint=faint, family=family)


def _shared_epochs(curves: Sequence[Points]) -> Array | None:
    """Return the epochs of the longest curve where all others have the same, as far as they go."""
    longest = max((epochs for epochs, _ in curves), key=len, default=None)
    if longest is None or any(not np.array_equal(epochs, longest[: len(epochs)]) for epochs, _ in curves):
        return None
    return longest
