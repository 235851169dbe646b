"""A series becomes rows of its own past."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.lags import lagged, purged
from engine.data.table import Table
from engine.errors import KeyProblem


def series(rows):
    days = np.datetime64("2020-01-01") + np.arange(rows)
    return Table(np.empty((rows, 0)), (), np.arange(rows, dtype=np.float64)[:, None], ("births",), dates=days)


@given(st.lists(st.integers(1, 15), min_size=1, max_size=5, unique=True), st.integers(0, 18))
def test_each_feature_is_the_target_so_many_rows_before(lags, skip):
    table, times = lagged(series(20), sorted(lags), skip)
    first = max(*lags, skip)
    assert table.feature_names == tuple(f"births-{lag}" for lag in sorted(lags))
    assert times.tolist() == list(range(first, 20))
    np.testing.assert_array_equal(table.targets[:, 0], times)
    np.testing.assert_array_equal(table.features, times[:, None] - np.sort(lags))
    np.testing.assert_array_equal(table.dates, np.datetime64("2020-01-01") + times)


def test_a_table_with_features_stays_as_it_is():
    table = Table(np.ones((3, 1)), ("x",), np.ones((3, 1)), ("y",))
    same, times = lagged(table, (), skip=2)
    assert same is table
    assert times.tolist() == [0, 1, 2]


def test_what_cannot_be_lagged():
    with pytest.raises(KeyProblem, match=r"data\.lags is missing.*set e\.g\. lags = 7"):
        lagged(series(9), ())
    with pytest.raises(KeyProblem, match=r"data\.lags needs a series"):
        lagged(Table(np.ones((3, 1)), ("x",), np.ones((3, 1)), ("y",)), (1,))
    with pytest.raises(KeyProblem, match="reaches 9 rows back, and the series has only 9; set at most 8"):
        lagged(series(9), (1, 9))
    assert lagged(series(9), (8,))[0].rows == 1


@given(st.data())
def test_purging_by_brute_force(data):
    lags = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True))
    rows = data.draw(st.integers(1, 40))
    hidden = np.array(data.draw(st.lists(st.booleans(), min_size=rows, max_size=rows)))
    times = np.arange(max(lags), max(lags) + rows)
    training, held_out = np.flatnonzero(~hidden), np.flatnonzero(hidden)
    secret = {int(times[row]) for row in held_out}
    expected = [row for row in training if not any(int(times[row]) - lag in secret for lag in lags)]
    assert purged(times, lags, training, held_out).tolist() == expected
