"""From a record to what the plot shows: pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from engine.events import RatesTried
from sessions.record import Record, RunRecord
from tui.numbers import counted, short
from tui.plots.chart import Mark, PlotData
from tui.plots.series import Line, Role, mean
from tui.text import safe

FULL_METRICS = {"mae": "mean absolute error", "rmse": "root mean squared error", "r2": "R²", "f1": "macro F1"}
ABOVE = 5.0
"""Up to so many times the loss before it, a range test is drawn."""


def plot_of(record: Record, *, metric: str = "loss", log: bool = False, empty: str = "") -> PlotData:
    """Return the curves of a record: a single run as it is, several faint under their mean.

    The refit's curve is left out: it trains on other rows than each fold and validates on none, so beside them it would
    be compared with what it cannot be compared with.
    """
    candidates = [run for run in record.candidates if run.train_curves]
    lines: list[Line] = []
    notes: tuple[str, ...] = ()
    if len(candidates) > 1:
        for part in ("train", "validation"):
            lines += _group(candidates, part, metric)
        notes = (f"bold: mean of {_what(record)}",)
    elif candidates:
        lines += [line for part in ("train", "validation") for line in _single(candidates[0], part, metric)]
    marks = _best(candidates)
    epochs = max((run.epochs for run in record.runs), default=0)
    return PlotData(
        lines=tuple(lines),
        x_total=epochs,
        log=log,
        y_title=_axis(record, metric),
        notes=notes,
        marks=marks,
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


def _group(runs: Sequence[RunRecord], part: Role, metric: str) -> list[Line]:
    curves = _curves(runs, part, metric)
    if not curves:
        return []
    faint = [_line("", curve, part, faint=True) for curve in curves]
    longest = max(curves, key=lambda curve: len(curve[0]))[0]
    average = mean([values for _, values in curves])
    same_epochs = all(np.array_equal(epochs, longest[: len(epochs)]) for epochs, _ in curves)
    return [*faint, _line(part, (longest, average), part)] if same_epochs else faint


def _single(run: RunRecord, part: Role, metric: str) -> list[Line]:
    return [_line(part, curve, part) for curve in _curves([run], part, metric)]


def _curves(runs: Sequence[RunRecord], part: str, metric: str) -> list[tuple[np.ndarray, np.ndarray]]:
    named = [(run.train_curves if part == "train" else run.validation_curves).get(metric) for run in runs]
    return [(curve.epochs.astype(np.float64), curve.values) for curve in named if curve is not None and len(curve)]


def _line(label: str, curve: tuple[np.ndarray, np.ndarray], role: Role, *, faint: bool = False) -> Line:
    return Line(label, curve[0], curve[1], role, "faint" if faint else "main")


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
