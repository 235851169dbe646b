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
    which lack such a past, drop out: as many as the largest lag, or `skip` if that is more, so that settings
    with different lags can be compared on the same rows. Features of its own, which are known when it is predicted,
    stand behind. Without lags, a table that has features is returned as it is.

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
    if first >= table.rows - table.test_rows:
        raise KeyProblem(
            "data.lags",
            f"reaches {first} rows back, and the series has only {table.rows - table.test_rows}",
            f"set at most {table.rows - table.test_rows - 1}",
        )
    kept = slice(first, None)
    columns = [table.targets[first - lag : table.rows - lag] for lag in lags]
    past = tuple(f"{target}-{lag}" for lag in lags for target in table.target_names)
    rows = replace(
        table,
        features=np.concatenate([*columns, table.features[kept]], axis=1),
        feature_names=(*past, *table.feature_names),
        indicators=tuple(place + len(past) for place in table.indicators),
        targets=table.targets[kept],
        dates=None if table.dates is None else table.dates[kept],
    )
    return rows, np.arange(first, table.rows)


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
