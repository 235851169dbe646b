"""From a record to what the plot shows: pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from engine.events import RatesTried
from sessions.levels import levels
from sessions.record import Record, RunRecord
from sessions.settings import varied
from tui.numbers import counted, short
from tui.plots.chart import Mark, PlotData
from tui.plots.families import PARTS, bundle, curves_in, line_of, lines_of_settings
from tui.plots.moments import marks_by_hand
from tui.plots.series import Line, Role, reference
from tui.text import safe

FULL_METRICS = {"mae": "mean absolute error", "rmse": "root mean squared error", "r2": "R²", "f1": "macro F1"}
BAND = "dotted: ± sd"
ABOVE = 5.0
"""Up to so many times the loss before it, a range test is drawn."""


def plot_of(
    record: Record, *, metric: str = "loss", log: bool = False, empty: str = "", marks: Sequence[Mark] | None = None
) -> PlotData:
    """Return the curves of a record: a single run as it is, several faint under their mean; of a sweep the means.

    The refit's curve is left out: it trains on other rows than each fold and validates on none, so beside them it would
    be compared with what it cannot be compared with. Two baselines are levels to compare with. Without `marks` of the
    caller's own there are those of the best epoch and of what a person changed on the way.
    """
    candidates = [run for run in record.candidates if run.train_curves]
    keys = varied(record)
    lines: list[Line] = []
    notes: tuple[str, ...] = ()
    if keys:
        lines, notes = lines_of_settings(record, keys, metric)
    elif len(candidates) > 1:
        validated = any(run.validation_curves for run in candidates)
        for part in PARTS:
            lines += bundle(candidates, part, metric, banded=(part == "validation") == validated)
        notes = (f"bold: mean of {_what(record)}",)
        if any(line.emphasis == "edge" for line in lines):
            notes = (*notes, BAND)
    elif candidates:
        lines += [line for part in PARTS for line in _single(candidates[0], part, metric)]
    if lines:
        lines += [reference(name, level) for name, level in levels(record, metric)]
    if marks is None:
        marks = (*_best(candidates), *marks_by_hand(record))
    epochs = max((run.epochs for run in record.runs), default=0)
    return PlotData(
        lines=tuple(lines),
        x_total=epochs,
        log=log,
        y_title=_axis(record, metric),
        notes=notes,
        marks=tuple(marks),
        empty=empty,
    )


def plot_of_rates(seen: RatesTried) -> PlotData:
    """Return what a range test saw: the loss of each start over the learning rate, and the median of them."""
    powers = np.log10(np.array(seen.rates))
    # How far up a loss is thrown is of no interest, and would press flat how it falls.
    top = ABOVE * float(np.median(seen.before))
    losses = [np.minimum(losses, top) for losses in seen.losses.values()]
    lines = [Line("", powers, values, "train", "faint") for values in losses]
    lines.append(Line("", powers, np.minimum(medians(seen), top), "train"))
    marks = (Mark(math.log10(seen.suggested), f"try {short(seen.suggested)}", line=True),) if seen.suggested else ()
    return PlotData(
        lines=tuple(lines),
        log=True,
        y_title="training loss",
        x_title="learning rate",
        x_log=True,
        notes=(f"bold: median of {counted(len(losses), 'start')}",),
        marks=marks,
    )


def medians(seen: RatesTried) -> np.ndarray:
    """Return the median start's loss with each rate, infinite where it is no number: (rates,)."""
    losses = np.array(list(seen.losses.values()))
    return np.asarray(np.median(np.where(np.isfinite(losses), losses, np.inf), axis=0))


def metrics_of(record: Record) -> tuple[str, ...]:
    """Return the names of the curves that can be drawn, the loss first."""
    curves = next((run.train_curves for run in record.runs if run.train_curves), {})
    return tuple(curves) or ("loss",)


def _what(record: Record) -> str:
    count = len(record.candidates)
    folds = len({(run.repeat, run.fold) for run in record.candidates})
    return counted(count, "fold" if folds == count else "restart" if folds == 1 else "run")


def _single(run: RunRecord, part: Role, metric: str) -> list[Line]:
    return [line_of(part, curve, part) for curve in curves_in([run], part, metric)]


def _best(runs: Sequence[RunRecord]) -> tuple[Mark, ...]:
    """Point at the epoch of the smallest validation loss where one run is shown and it is over."""
    if len(runs) != 1 or runs[0].best_epoch is None or not runs[0].validation_curves or runs[0].train is None:
        return ()
    return (Mark(runs[0].best_epoch, f"best {runs[0].best_epoch}"),)


def _axis(record: Record, metric: str) -> str:
    unit = record.data.unit if record.data else ""
    if metric == "loss":
        return "loss"
    squared = unit and metric in {"mae", "rmse"}
    return FULL_METRICS.get(metric, metric) + (f" ({safe(unit, 40)})" if squared else "")
