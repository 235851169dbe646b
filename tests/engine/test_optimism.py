"""The expected largest of k draws: closed forms, SciPy, and what must hold for any k."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.optimism import expected_maximum, expected_optimism


@pytest.mark.parametrize(
    ("k", "expected"),
    [
        (1, 0.0),
        (2, 1 / math.sqrt(math.pi)),
        (3, 3 / (2 * math.sqrt(math.pi))),
        (4, 3 / math.sqrt(math.pi) * (0.5 + math.asin(1 / 3) / math.pi)),
        (5, 5 / math.sqrt(math.pi) * (0.25 + 1.5 * math.asin(1 / 3) / math.pi)),
        # Tippett 1925 (d₂ halved for ranges of n draws): 3.07751 for 10 and 5.01519 for 100.
        (10, 3.07751 / 2),
        (100, 5.01519 / 2),
    ],
)
def test_small_numbers_have_closed_forms_and_larger_ones_tables(k, expected):
    assert expected_maximum(k) == pytest.approx(expected, abs=1e-12 if k < 10 else 5e-6)


@pytest.mark.parametrize("k", [2, 7, 50, 1_000, 30_000, 1_000_000])
def test_it_is_scipys_integral(k):
    integrate, norm = pytest.importorskip("scipy.integrate"), pytest.importorskip("scipy.stats").norm

    def integrand(x):
        return x * k * norm.pdf(x) * np.exp((k - 1) * norm.logcdf(x))

    expected, _ = integrate.quad(integrand, -12, 14, points=[0, 1, 2, 3, 4, 5, 6], limit=500, epsabs=1e-13)
    assert expected_maximum(k) == pytest.approx(expected, abs=1e-9)


@given(st.integers(1, 10**9))
def test_it_grows_with_k_and_stays_below_the_bound(k):
    # E[max] ≤ √(2 ln k) (Boucheron, Lugosi & Massart 2013, theorem 2.5).
    assert expected_maximum(k) <= math.sqrt(2 * math.log(k)) + 1e-12
    assert expected_maximum(k) < expected_maximum(2 * k)


def test_the_best_of_many_equal_settings_flatters_by_so_much():
    rng = np.random.default_rng(0)
    best = rng.normal(scale=0.02, size=(20_000, 30)).max(axis=1)
    assert expected_optimism(30, 0.02) == pytest.approx(best.mean(), rel=0.01)
    assert expected_optimism(1, 0.02) == pytest.approx(0, abs=1e-12)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="cannot be"):
        expected_maximum(0)
    for error in (-1.0, math.nan):
        with pytest.raises(ValueError, match="cannot be"):
            expected_optimism(3, error)
