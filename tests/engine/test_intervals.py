"""Intervals of differences: the published formula by hand, SciPy, what must hold for any numbers, and the coverage."""

from __future__ import annotations

import math
import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.intervals import Interval, corrected_interval, paired_interval, verdict

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "coverage.py"
SOME = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30)
ROWS = st.integers(1, 10_000)


def test_the_corrected_interval_by_hand():
    # d = 1, 2, 3, 4, 5 over five folds of 100 rows: 80 train, 20 are held out.
    # mean 3, s² = (4 + 1 + 0 + 1 + 4)/4 = 2.5, 1/J + 20/80 = 0.45, 0.45 · 2.5 = 1.125, t(4) at 97.5 % = 2.776445.
    half = 2.776445 * math.sqrt(1.125)
    found = corrected_interval([1, 2, 3, 4, 5], 80, 20)
    assert (found.mean, found.count, found.level) == (3, 5, 0.95)
    assert (found.low, found.high) == pytest.approx((3 - half, 3 + half), abs=1e-6)
    assert half == pytest.approx(2.944865, abs=1e-6)


def test_the_plain_interval_by_hand():
    # The same differences without the correction: √(2.5/5) = 0.707107; t(4) at 95 % (a level of 0.9) = 2.131847.
    found = paired_interval([1, 2, 3, 4, 5], level=0.9)
    assert (found.low, found.high) == pytest.approx((3 - 1.507444, 3 + 1.507444), abs=1e-6)


@given(SOME, st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99]))
def test_the_plain_interval_is_scipys(differences, level):
    stats = pytest.importorskip("scipy.stats")
    found = paired_interval(differences, level)
    half = stats.t.ppf((1 + level) / 2, len(differences) - 1) * stats.sem(differences)
    assert (found.low, found.high) == pytest.approx((found.mean - half, found.mean + half), rel=1e-9, abs=1e-9)


@given(SOME, ROWS, ROWS)
def test_the_correction_widens_by_the_published_ratio(differences, train, held_out):
    plain, corrected = paired_interval(differences), corrected_interval(differences, train, held_out)
    ratio = math.sqrt(1 + len(differences) * held_out / train)
    assert corrected.high - corrected.mean == pytest.approx((plain.high - plain.mean) * ratio, rel=1e-6, abs=1e-9)
    assert corrected.low <= plain.low <= plain.mean <= plain.high <= corrected.high


@given(SOME, ROWS, ROWS, st.floats(-100, 100), st.floats(0.01, 100))
def test_it_moves_and_grows_with_its_differences(differences, train, held_out, shift, scale):
    found = corrected_interval(differences, train, held_out)
    moved = corrected_interval([scale * d + shift for d in differences], train, held_out)
    expected = (scale * found.low + shift, scale * found.high + shift)
    assert (moved.low, moved.high) == pytest.approx(expected, rel=1e-6, abs=1e-6 * (1 + scale))


@given(SOME, ROWS, ROWS, st.booleans())
def test_turning_the_pair_round_turns_the_verdict(differences, train, held_out, larger_is_better):
    there = corrected_interval(differences, train, held_out)
    back = corrected_interval([-d for d in differences], train, held_out)
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low))
    turned = {"better": "worse", "worse": "better"}
    said = verdict(there, larger_is_better=larger_is_better)
    assert verdict(back, larger_is_better=larger_is_better) == turned.get(said, said)
    assert verdict(there, larger_is_better=not larger_is_better) == turned.get(said, said)


@given(st.floats(-1e3, 1e3), st.integers(2, 20))
def test_equal_differences_have_an_interval_of_no_width(value, count):
    found = corrected_interval([value] * count, 80, 20)
    assert found.low == found.mean == found.high == pytest.approx(value)


def test_a_single_difference_has_no_interval():
    found = corrected_interval([-0.5], 80, 20)
    assert found == Interval(-0.5, None, None, 1, 0.95)
    assert verdict(found, larger_is_better=False) == "no difference seen"


@pytest.mark.parametrize(
    ("low", "high", "smaller", "larger"),
    [
        (-2.0, -1.0, "better", "worse"),
        (1.0, 2.0, "worse", "better"),
        (-1.0, 2.0, "no difference seen", "no difference seen"),
        (0.0, 2.0, "no difference seen", "no difference seen"),
        (-2.0, 0.0, "no difference seen", "no difference seen"),
        (0.0, 0.0, "no difference seen", "no difference seen"),
    ],
)
def test_the_verdict_is_of_the_second(low, high, smaller, larger):
    interval = Interval((low + high) / 2, low, high, 5, 0.95)
    assert verdict(interval, larger_is_better=False) == smaller
    assert verdict(interval, larger_is_better=True) == larger


@pytest.mark.parametrize(
    "call",
    [
        lambda: paired_interval([]),
        lambda: paired_interval([1.0, math.nan]),
        lambda: paired_interval([1.0, math.inf]),
        lambda: paired_interval([1.0, 2.0], level=1.0),
        lambda: corrected_interval([1.0, 2.0], 0, 20),
        lambda: corrected_interval([1.0, 2.0], 80, -1),
    ],
)
def test_what_cannot_be_is_refused(call):
    with pytest.raises(ValueError, match=r"needs finite|lies between|cannot be"):
        call()


# --- coverage ---------------------------------------------------------------------------------------------------------

REPEATED = "5 folds, 2 repeats"


@pytest.fixture(scope="module")
def simulation():
    return runpy.run_path(str(BENCHMARK))


@pytest.mark.parametrize("case", ["squared, 1,000 rows", "squared, 100 rows, 20 features each", "0-1, 100 rows"])
def test_the_corrected_interval_holds_the_truth_and_the_plain_one_does_not(simulation, case):
    # 400 comparisons: a share of 95 % has a standard error of 1.1 %.
    found = simulation["coverage"](case, REPEATED, 400)
    assert found["corrected"] >= 0.93
    assert found["plain"] < 0.9


@pytest.mark.slow
def test_the_corrected_interval_holds_the_truth_in_two_thousand_comparisons(simulation):
    for case in simulation["CASES"]:
        # What it judges is far from what was made small; benchmarks/README.md says how far it falls short.
        if not case.startswith("hinge"):
            for division in simulation["DIVISIONS"]:
                assert simulation["coverage"](case, division, 2_000)["corrected"] >= 0.93, (case, division)
