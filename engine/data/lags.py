"""Lags: a series becomes rows whose features are its own past, and what follows from it for held-out rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.arrays import Integers
from engine.data.table import Table
from engine.errors import KeyProblem


def lagged(table: Table, lags: Sequence[int], skip: int = 0) -> tuple[Table, Integers]:
    """Return a table with features, and each row's number in the original one.

    A series' features are its targets `lag` rows before, nearest lag first (`births-1`, `births-7`). Its first rows,
    which lack such a past, drop out: as many as the largest lag, or `skip` if that is more, so that settings with
    different lags can be compared on the same rows. So do the first of test rows that come from elsewhere. Features of
    its own, which are known when it is predicted, stand behind. Without lags, a table with features is returned as it
    is.

    Raises
    ------
    KeyProblem
        For a series without lags, lags on a table that is no series, or a past longer than the series.
    """
    if table.feature_names and lags and not table.series:
        raise KeyProblem(
            "data.lags", "needs a series, and this data set has features of its own", "leave data.lags out"
        )
    if table.feature_names and not lags:
        return table, np.arange(table.rows)
    if not lags:
        raise KeyProblem("data.lags", "is missing: a series has only its own past as features", "set e.g. lags = 7")
    if table.task == "classification":
        raise KeyProblem("data.lags", "needs a series of numbers, and the target is a class", "leave data.lags out")
    if table.groups is not None:
        raise KeyProblem("data.lags", "needs one series, and data.group makes several", "leave one of them out")
    first = max(*lags, skip)
    own = table.rows - table.test_rows
    goes_on = _goes_on(table)
    parts = [(own, "series")] + ([(table.test_rows, "series of test rows")] if table.test_rows and not goes_on else [])
    for rows, what in parts:
        if first >= rows:
            hint = f"set at most {rows - 1}" if rows > 1 else "a series needs more rows"
            raise KeyProblem("data.lags", f"reaches {first} rows back, and the {what} has only {rows}", hint)
    # Test rows that come from elsewhere have a past of their own; those of the next day go on from the day before.
    test = np.arange(own if goes_on else own + first, table.rows)
    kept = np.concatenate([np.arange(first, own), test])
    past = tuple(f"{target}-{lag}" for lag in lags for target in table.target_names)
    made = replace(
        table,
        features=np.concatenate([*(table.targets[kept - lag] for lag in lags), table.features[kept]], axis=1),
        feature_names=(*past, *table.feature_names),
        indicators=tuple(place + len(past) for place in table.indicators),
        targets=table.targets[kept],
        dates=None if table.dates is None else table.dates[kept],
        test_rows=len(test),
        origin=kept if table.origin is None else table.origin[kept],
    )
    return made, kept


def _goes_on(table: Table) -> bool:
    """Tell whether the test rows follow the others at the step that these have."""
    if table.dates is None or not table.test_rows:
        return False
    own = table.rows - table.test_rows
    steps = np.diff(table.dates[: own + 1])
    return bool((steps == steps[0]).all())


def purged(times: Integers, lags: Sequence[int], training: Integers, held_out: Integers) -> Integers:
    """Return the training rows that read no held-out target: all of them where there are no lags.

    `times` holds each row's number in the original series; `training` and `held_out` are rows.
    """
    if not lags:
        return training
    held = np.zeros(times[-1] + 1, dtype=bool)
    held[times[held_out]] = True
    reads = np.zeros(len(training), dtype=bool)
    for lag in lags:
        reads |= held[times[training] - lag]
    return training[~reads]
