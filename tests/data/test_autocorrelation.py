"""How a series resembles its past, against NumPy and against figures of the births that others have counted."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data import SOURCES
from engine.data.autocorrelation import autocorrelation, standing_out


@pytest.fixture(scope="module")
def births():
    return SOURCES["births"]().load(np.random.default_rng(0)).targets[:, 0]


def test_births_have_a_week(births):
    found = autocorrelation(births, 36)
    assert np.round(found[6:9], 2).tolist() == [0.39, 0.91, 0.40]
    assert round(float(autocorrelation(np.diff(births), 36)[7]), 2) == 0.90
    assert standing_out(found, len(births)) == (7, 14, 21, 28, 35)


def test_it_is_numpy_s_correlation_but_for_the_ends(births):
    found = autocorrelation(births, 10)
    assert found[0] == 1
    for lag in range(1, 11):
        assert found[lag] == pytest.approx(np.corrcoef(births[:-lag], births[lag:])[0, 1], abs=2e-3)


def test_small_ones_by_hand():
    # Deviations −1.5, −0.5, 0.5, 1.5, squares 5.
    assert autocorrelation([1, 2, 3, 4], 2) == pytest.approx([1, 1.25 / 5, -1.5 / 5])


@pytest.mark.parametrize("factor", [1e-300, 1.0, 1e300])
def test_no_size_of_numbers_is_too_large(births, factor):
    assert autocorrelation(births * factor / 20, 7)[7] == pytest.approx(0.91, abs=0.01)


@pytest.mark.parametrize("values", [[3.0] * 50, [1.0, np.nan] * 25, [1.0, np.inf] * 25, [1.0, 2.0], [], [0.0] * 9])
def test_there_is_none_of_what_does_not_vary_or_is_no_number(values):
    assert autocorrelation(values, 4) is None


@pytest.mark.parametrize("rows", [50, 200, 1_000, 5_000])
def test_a_random_walk_has_no_period(rows):
    """Its correlations are large at every lag, those of its differences chance."""
    for seed in range(40):
        walk = np.random.default_rng(seed).standard_normal(rows).cumsum()
        for series in (walk, np.diff(walk), walk + np.arange(rows)):
            assert standing_out(autocorrelation(series, min(36, rows // 2)), len(series)) == ()


def test_a_smooth_period_stands_out_although_its_neighbours_are_as_high():
    waves = np.sin(np.arange(600) * 2 * np.pi / 24) + 0.3 * np.random.default_rng(0).standard_normal(600)
    assert standing_out(autocorrelation(waves, 36), 600) == (24,)


def test_under_a_trend_the_differences_show_the_week():
    rng = np.random.default_rng(0)
    series = np.arange(700) * 0.05 + (np.arange(700) % 7 == 0) + 0.1 * rng.standard_normal(700)
    assert standing_out(autocorrelation(series, 36), 700) == ()
    assert 7 in standing_out(autocorrelation(np.diff(series), 36), 699)


def test_the_first_and_the_last_lag_have_no_two_neighbours():
    assert standing_out(np.array([1.0, 0.2, 0.9]), 10_000) == ()
    assert standing_out(np.array([1.0, 0.2, 0.9, 0.3]), 10_000) == (2,)
