"""Student's t against closed forms, SciPy and itself."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import student_t

FREEDOMS = [*range(1, 41), 99, 100, 999, 1_000, 9_999, 10_000]
PROBABILITIES = [0.5, 0.501, 0.6, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.999, 0.9999]


@pytest.mark.parametrize("p", PROBABILITIES)
def test_one_and_two_degrees_have_closed_forms(p):
    assert student_t.quantile(p, 1) == pytest.approx(math.tan(math.pi * (p - 0.5)), rel=1e-11, abs=1e-15)
    second = (2 * p - 1) / math.sqrt(2 * p * (1 - p))
    assert student_t.quantile(p, 2) == pytest.approx(second, rel=1e-11, abs=1e-15)


def test_the_quantiles_that_textbooks_print():
    # Table of the two-sided 95 % points.
    for freedom, printed in [(1, 12.706), (2, 4.303), (4, 2.776), (9, 2.262), (19, 2.093), (120, 1.980)]:
        assert student_t.quantile(0.975, freedom) == pytest.approx(printed, abs=5e-4)


@pytest.mark.parametrize("freedom", FREEDOMS)
def test_it_is_scipys(freedom):
    t = pytest.importorskip("scipy.stats").t
    for p in PROBABILITIES:
        expected = t.ppf(p, freedom)
        assert student_t.quantile(p, freedom) == pytest.approx(expected, rel=1e-10, abs=1e-12)
        assert student_t.cdf(expected, freedom) == pytest.approx(p, rel=0, abs=1e-12)
        assert student_t.cdf(-expected, freedom) == pytest.approx(1 - p, rel=0, abs=1e-12)


@given(st.floats(1e-4, 1 - 1e-4), st.integers(1, 300))
def test_the_quantile_undoes_the_distribution_function(p, freedom):
    assert student_t.cdf(student_t.quantile(p, freedom), freedom) == pytest.approx(p, abs=1e-12)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.integers(1, 300))
def test_it_grows_and_is_symmetric(first, second, freedom):
    low, high = sorted((first, second))
    assert 0 <= student_t.cdf(low, freedom) <= student_t.cdf(high, freedom) + 1e-15 <= 1 + 2e-15
    assert student_t.cdf(-low, freedom) == pytest.approx(1 - student_t.cdf(low, freedom), abs=1e-15)


@pytest.mark.parametrize("p", [0.0, 1.0, -0.1, math.nan])
def test_what_is_no_probability_is_refused(p):
    with pytest.raises(ValueError, match="between 0 and 1"):
        student_t.quantile(p, 3)


def test_no_degrees_of_freedom_are_refused():
    with pytest.raises(ValueError, match="1 or more"):
        student_t.quantile(0.975, 0)
