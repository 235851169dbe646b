"""The figures of a column, against NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from portraits import Lazy

from tui.portrait import figures
from tui.portrait.rows import bounds, spread

ANY = st.floats(allow_nan=True, allow_infinity=False)


def test_a_histogram_is_numpy_s():
    values = np.random.default_rng(0).normal(size=1_000)
    found = figures.histogram(values)
    assert found.counts == tuple(np.histogram(values, 10)[0])
    assert (found.low, found.high, found.below, found.above) == (values.min(), values.max(), 0, 0)


@pytest.mark.parametrize("most", [1, 3, 9, 16, 57, 150, 199])
def test_whole_numbers_that_are_equally_frequent_have_bars_of_one_height(most):
    values = np.arange(most + 1.0) - 3
    found = figures.histogram(values)
    size = -(-(most + 1) // 10)
    assert set(found.counts[:-1]) <= {size}
    assert 0 < found.counts[-1] <= size
    assert len(found.counts) <= 10
    assert sum(found.counts) == most + 1
    assert found.counts == tuple(np.histogram(values, len(found.counts), (found.low, found.high))[0])


def test_a_few_values_far_out_do_not_press_the_others_into_one_bin():
    values = np.append(np.random.default_rng(0).normal(size=1_000), [1e6, -1e5])
    found = figures.histogram(values)
    assert found.counts == tuple(np.histogram(values, 10, (found.low, found.high))[0])
    assert min(found.counts) > 0
    assert found.below == (values < found.low).sum() > 0
    assert found.above == (values > found.high).sum() > 0
    assert sum(found.counts) + found.below + found.above == len(values)


@given(arrays(np.float64, st.integers(1, 40), elements=ANY))
def test_any_numbers_have_figures(values):
    with np.errstate(over="ignore"):
        found = figures.numbers("x", values)
    there = values[~np.isnan(values)]
    assert (found.missing, found.seen) == (len(values) - len(there), len(there))
    assert found.different == len({*there.tolist()})
    if len(there):
        assert (found.minimum, found.maximum) == (there.min(), there.max())
        assert there.min() <= found.mean * (1 + 1e-9 * np.sign(found.mean)) + 1e-300
        if found.histogram is not None:
            assert sum(found.histogram.counts) + found.histogram.below + found.histogram.above == len(there)
        else:
            assert there.min() == there.max()
    else:
        assert (found.minimum, found.mean, found.maximum, found.histogram) == (None,) * 4


def test_what_is_constant_or_empty_has_no_histogram():
    assert figures.numbers("x", np.full(9, 3.0)).histogram is None
    assert figures.numbers("x", np.full(9, np.nan)).missing == 9
    assert figures.days("x", np.full(3, np.datetime64("NaT"), dtype="datetime64[D]")).minimum is None
    assert figures.words("x", np.array([-1, -1]), (), 2).common == ()


def test_frequent_values_come_first_and_ties_in_their_order():
    found = figures.numbers("x", np.array([3.0, 1, 1, 2, 2, 2, 4]))
    assert found.common == ((2.0, 3), (1.0, 2), (3.0, 1), (4.0, 1))
    assert figures.numbers("x", np.arange(5.0)).common == (), "none comes twice"
    said = figures.words("x", np.array([1, 1, 0, -1, 2, 3]), ("a", "b", "c"), 1)
    assert said.common == (("b", 2), ("a", 1), ("c", 1))
    assert said.different == 3


def test_days():
    found = figures.days("x", np.array(["2020-01-03", "NaT", "2020-01-01", "2020-01-03"], dtype="datetime64[D]"))
    assert (found.minimum, found.maximum, found.missing, found.different) == ("2020-01-01", "2020-01-03", 1, 2)
    assert sum(found.histogram.counts) == 3


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (16.0, "16"), (-2.0, "-2"), (0.25, "0.2500"), (1e9, "1.00e+09"), (None, "–"), ("2020", "2020")],
)
def test_values_in_a_table(value, text):
    assert figures.said(value) == text
    assert figures.said(math.inf) == "∞"


def test_bounds_of_all_rows_a_block_at_a_time():
    values = np.random.default_rng(0).integers(0, 255, (9_000, 300), dtype=np.uint8)
    found = bounds(Lazy(values), 250)
    assert np.array_equal(found.minimum, values.min(axis=0)[:250])
    assert np.array_equal(found.maximum, values.max(axis=0)[:250])
    assert found.mean == pytest.approx(values.mean(axis=0)[:250])
    assert found.missing.tolist() == [0] * 250


def test_bounds_leave_out_what_is_missing():
    values = np.array([[1.0, np.nan], [3.0, np.nan]])
    found = bounds(values, 2)
    assert found.of(0) == (1.0, 2.0, 3.0, 0)
    assert found.missing[1] == 2
    assert np.isnan(found.mean[1])


def test_rows_are_spread_evenly_and_fewer_where_there_are_many_columns():
    assert spread(7).tolist() == [0, 1, 2, 3, 4, 5, 6]
    rows = spread(1_000_000)
    assert (len(rows), rows[0], rows[-1]) == (20_000, 0, 999_999)
    assert set(np.diff(rows)) <= {49, 50, 51}
    assert len(spread(1_000_000, 10_000)) == 1_000
