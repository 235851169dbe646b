"""A portrait as plain values, for programs: never NaN, and no text made safe."""

from __future__ import annotations

import math
from typing import Any

from tui.portrait.parts import Column, Correlations, Histogram, Portrait, Series


def as_values(portrait: Portrait) -> dict[str, Any]:
    """Return what is known of a data set; of a file all columns stand in `columns`, else only the features.

    `more_columns` is how many are left out there, of a file that has very many.
    """
    targets = [column for column in portrait.columns if column.role == "target"]
    columns = [column for column in portrait.columns if portrait.from_file or column.role == "feature"]
    return {
        "name": portrait.name,
        "rows": portrait.rows,
        "task": portrait.task,
        "columns": [_column(column) for column in columns],
        "more_columns": portrait.more_columns,
        "targets": [] if portrait.from_file or portrait.classes else [_column(column) for column in targets],
        "target": list(portrait.target_names) or [column.name for column in targets],
        "unit": portrait.unit,
        "classes": dict(portrait.classes),
        "dates": None if portrait.dates is None else list(portrait.dates),
        "autocorrelation": _autocorrelation(portrait.series[0]) if portrait.series else None,
        "sampled_rows": portrait.sampled,
        "notes": list(portrait.notes),
        "problem": portrait.problem or None,
    }


def _column(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": column.kind,
        "role": column.role,
        "missing": column.missing,
        "minimum": _number(column.minimum),
        "mean": _number(column.mean),
        "maximum": _number(column.maximum),
        "different": column.different,
        "common": [{"value": value, "rows": rows} for value, rows in column.common],
        "histogram": _histogram(column.histogram),
    }


def _histogram(found: Histogram | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "counts": list(found.counts),
        "low": found.low,
        "high": found.high,
        "below": found.below,
        "above": found.above,
    }


def _autocorrelation(series: Series) -> dict[str, Any] | None:
    """Return those of the first target and of its differences; None where there are none."""
    if series.own is None:
        return None
    changes = series.of_differences
    return {
        "target": series.name,
        "lags": list(range(1, len(series.own.values) + 1)),
        "series": _numbers(series.own),
        "standing_out": list(series.own.peaks),
        "differences": None if changes is None else _numbers(changes),
        "differences_standing_out": [] if changes is None else list(changes.peaks),
    }


def _numbers(found: Correlations) -> list[Any]:
    return [_number(value) for value in found.values.tolist()]


def _number(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
