"""From a table to its portrait: pure, and careful with tables that are large."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from engine.arrays import Array, Floats
from engine.data.autocorrelation import autocorrelation, standing_out
from engine.data.formats.sheet import Column as SheetColumn
from engine.data.formats.sheet import Sheet
from engine.data.table import Table, Task
from tui.numbers import counted
from tui.portrait import figures
from tui.portrait.parts import Column, Correlations, Portrait, Role, Sample, Scatter, Series
from tui.portrait.rows import Bounds, bounds, spread

MOST_DESCRIBED = 1_000
"""Columns that the app looks at."""
MOST_CLASSES = 1_000
LAGS = 35
MOST_SERIES = 3
MOST_SAMPLES = 20
"""Classes of which a row is shown as a picture or a curve."""
MOST_MARKERS = 10
"""Classes that a plane of points tells apart."""


def describe(table: Table, name: str, *, task: Task | None = None, most: int = MOST_DESCRIBED) -> Portrait:
    """Return the portrait of a table, its target read as the task wants it; `most` features are looked at."""
    table = _read_as(table, task)
    width = len(table.feature_names)
    shown = min(width, most)
    rows = spread(table.rows, width)
    block = np.asarray(table.features[rows]) if width else np.empty((len(rows), 0))
    of_all = bounds(table.features, shown) if shown else None
    features = [
        figures.numbers(column, np.asarray(block[:, place], dtype=np.float64), of_all.of(place) if of_all else None)
        for place, column in enumerate(table.feature_names[:shown])
    ]
    return Portrait(
        name=name,
        rows=table.rows,
        columns=(*_targets(table, rows), *_dates(table), *features),
        more_columns=width - shown,
        features=width,
        task=table.task,
        target_names=table.target_names,
        unit=table.unit,
        classes=_classes(table),
        sampled=len(rows) if len(rows) < table.rows else None,
        dates=None if table.dates is None else (str(table.dates[0]), str(table.dates[-1])),
        image_shape=table.image_shape,
        series=_series(table),
        pictures=_pictures(table, rows, block),
        signals=_signals(table, rows, block),
        scatter=_scatter(table, rows, block),
        notes=table.notes,
    )


def describe_sheet(sheet: Sheet, roles: Mapping[str, Role], most: int = MOST_DESCRIBED) -> tuple[Column, ...]:
    """Return what the columns of a person's file hold, in its order: those with a role, and the first `most` others."""
    places = spread(sheet.rows)
    numbers = sheet.numbers.array
    block, of_all = numbers[places], bounds(numbers, numbers.shape[1]) if numbers.shape[1] else None
    sheet.numbers.forget()
    left = most
    described = []
    for column in sheet.columns:
        role = roles.get(column.name, "feature")
        if role in {"feature", "unused"}:
            left -= 1
        if left >= 0 or role not in {"feature", "unused"}:
            if column.kind == "number" and of_all is not None:
                found = figures.numbers(column.name, block[:, column.place], of_all.of(column.place))
            else:
                found = _of_sheet(column, places)
            described.append(replace(found, role=role))
    return tuple(described)


def _of_sheet(column: SheetColumn, rows: Array) -> Column:
    """Return what a column without numbers holds."""
    if column.kind == "empty":
        return Column(column.name, "empty", missing=column.missing)
    values = column.codes[rows]
    if column.kind == "word":
        return figures.words(column.name, values, column.vocabulary, column.missing)
    return replace(figures.days(column.name, values), missing=column.missing)


def _read_as(table: Table, task: Task | None) -> Table:
    """Return the table with classes for whole numbers, or numbers for classes, where the task asks for that."""
    if task is None or task == table.task:
        return table
    if task == "regression":
        return replace(table, targets=table.targets[:, None].astype(np.float64), classes=())
    different, labels = np.unique(table.targets, return_inverse=True)
    if len(table.target_names) > 1 or len(different) > MOST_CLASSES:
        return table
    classes = tuple(f"{number:g}" for number in different)
    return replace(table, targets=labels.reshape(-1).astype(np.int64), classes=classes, unit="")


def _targets(table: Table, rows: Array) -> list[Column]:
    if table.classes:
        column = figures.words(table.target_names[0], table.targets[rows], table.classes, 0)
        return [replace(column, role="target")]
    of_all: Bounds = bounds(table.targets, len(table.target_names))
    return [
        replace(
            figures.numbers(name, np.asarray(table.targets[rows, place], np.float64), of_all.of(place)), role="target"
        )
        for place, name in enumerate(table.target_names)
    ]


def _dates(table: Table) -> list[Column]:
    return [] if table.dates is None else [replace(figures.days("date", table.dates), role="date")]


def _classes(table: Table) -> tuple[tuple[str, int], ...]:
    counts = np.bincount(table.targets, minlength=len(table.classes)).tolist() if table.classes else []
    return tuple(zip(table.classes, counts, strict=True))


def _series(table: Table) -> tuple[Series, ...]:
    """Return the targets over time; the rows of the test begin anew, so they are left out."""
    if table.classes or (table.feature_names and table.dates is None):
        return ()
    rows = table.rows - table.test_rows
    dates = None if table.dates is None else table.dates[:rows]
    return tuple(
        series_of(name, table.unit, np.asarray(table.targets[:rows, place], dtype=np.float64), dates)
        for place, name in enumerate(table.target_names[:MOST_SERIES])
    )


def series_of(name: str, unit: str, values: Floats, dates: Array | None) -> Series:
    """Return a series, (rows,), with how it and its differences resemble their own past."""
    return Series(name, unit, values, dates, _correlations(values), _correlations(np.diff(values)))


def _correlations(values: Floats) -> Correlations | None:
    # One lag more than is shown: the last one needs a neighbour.
    most = min(LAGS + 1, len(values) // 2)
    found = autocorrelation(values, most) if most >= 3 else None
    return None if found is None else Correlations(found[1:-1], standing_out(found, len(values)))


def _chosen(table: Table, rows: Array) -> list[tuple[str, int]]:
    """Return labels and places in `rows`: one row of each class, then another of each; or a few rows, evenly spread."""
    if not table.classes:
        places = np.unique(np.linspace(0, len(rows) - 1, MOST_SAMPLES // 2).astype(int)).tolist()
        return [
            (f"{table.target_names[0]} {figures.said(float(table.targets[rows[place], 0]))}", place) for place in places
        ]
    labels = table.targets[rows]
    found = [(name, np.flatnonzero(labels == number)[:2]) for number, name in enumerate(table.classes[:MOST_SAMPLES])]
    return [(name, int(places[copy])) for copy in (0, 1) for name, places in found if len(places) > copy]


def _pictures(table: Table, rows: Array, block: Any) -> tuple[Sample, ...]:
    if table.image_shape is None:
        return ()
    return tuple(
        Sample(label, np.asarray(block[place], dtype=np.float64).reshape(table.image_shape))
        for label, place in _chosen(table, rows)
    )


def _signals(table: Table, rows: Array, block: Any) -> tuple[Sample, ...]:
    if not table.ordered or table.image_shape is not None or len(table.feature_names) < 3:
        return ()
    chosen = _chosen(table, rows)[: max(MOST_SAMPLES // 2, len(table.classes[:MOST_SAMPLES]))]
    return tuple(Sample(label, np.asarray(block[place], dtype=np.float64)) for label, place in chosen)


def _scatter(table: Table, rows: Array, block: Any) -> Scatter | None:
    """Return two features with classes, or the target against the one feature that it goes with most."""
    words = set(table.indicators)
    places = [place for place in range(len(table.feature_names)) if place not in words]
    if table.image_shape is not None or table.ordered or not places:
        return None
    names = table.feature_names
    if table.classes:
        if len(names) != 2 or len(places) != 2:
            return None
        x, y = (np.asarray(block[:, place], dtype=np.float64) for place in (0, 1))
        return _of_classes(Scatter(names[0], names[1], x, y, table.targets[rows], table.classes), table)
    target = np.asarray(table.targets[rows, 0], dtype=np.float64)
    best, said = places[0], ""
    if len(places) > 1:
        columns = [np.asarray(block[:, place], dtype=np.float64) for place in places[:MOST_DESCRIBED]]
        strengths = [correlation(column, target) for column in columns]
        chosen = int(np.argmax(np.abs(strengths)))
        best = places[chosen]
        said = f"of all features it goes most with {names[best]}: correlation {strengths[chosen]:.2f}"
    return Scatter(names[best], table.target_names[0], np.asarray(block[:, best], dtype=np.float64), target, said=said)


def _of_classes(scatter: Scatter, table: Table) -> Scatter:
    """Return the points of the classes that can be told apart: the largest."""
    if len(table.classes) <= MOST_MARKERS or scatter.labels is None:
        return scatter
    counts = np.bincount(scatter.labels, minlength=len(table.classes))
    kept = np.sort(np.argsort(-counts, kind="stable")[:MOST_MARKERS])
    inside = np.isin(scatter.labels, kept)
    return replace(
        scatter,
        x=scatter.x[inside],
        y=scatter.y[inside],
        labels=np.searchsorted(kept, scatter.labels[inside]).astype(np.int64),
        classes=tuple(table.classes[place] for place in kept.tolist()),
        said=f"the {MOST_MARKERS} largest of {counted(len(table.classes), 'class')}",
    )


def correlation(one: Floats, other: Floats) -> float:
    """Return the correlation of two columns over the rows where both have a number; 0 where one is constant."""
    both = np.isfinite(one) & np.isfinite(other)
    if both.sum() < 2:
        return 0.0
    # Scaled first: the squares of large numbers would overflow.
    x, y = (values[both] / max(float(np.abs(values[both]).max()), 1e-300) for values in (one, other))
    x, y = x - x.mean(), y - y.mean()
    lengths = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / lengths if lengths > 1e-12 * len(x) else 0.0
