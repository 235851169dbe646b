"""Thinning, breaking, cutting and dashing: what is drawn is what was measured."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tui.plots.series import Line, Path, clipped, dashed, drawable, mean, simplified, thin, thinned

FINITE = st.floats(-1e300, 1e300)
ANY = st.floats(allow_nan=True, allow_infinity=True)
CURVES = arrays(np.float64, st.integers(1, 400), elements=FINITE)


def path_of(y: np.ndarray) -> Path:
    return drawable(Line("", np.arange(1.0, len(y) + 1), y, "train"), log=False)


@given(CURVES, st.integers(1, 40))
def test_thinning_keeps_the_extremes_of_each_column_and_the_ends(y, columns):
    x = np.arange(1.0, len(y) + 1)
    kept = thin(x, y, 0.0, float(len(y)), columns)
    assert kept[-1] == len(y) - 1
    assert (np.diff(kept) > 0).all()
    assert len(kept) <= 2 * (columns + 1) + 2
    column = np.floor(x / len(y) * columns)
    for one in np.unique(column):
        inside, shown = y[column == one], y[kept][column[kept] == one]
        assert shown.min() == inside.min()
        assert shown.max() == inside.max()


@given(arrays(np.float64, st.integers(0, 200), elements=ANY), st.booleans())
def test_only_what_can_be_drawn_is_left_and_the_pen_is_lifted_over_the_rest(y, log):
    x = np.arange(float(len(y)))
    path = drawable(Line("", x, y, "train"), log=log)
    good = np.isfinite(y) & ((y > 0) | (not log))
    assert path.x.tolist() == x[good].tolist()
    assert path.joined.tolist() == [i > 0 and bool(good[i - 1]) for i in np.flatnonzero(good)]


@given(arrays(np.float64, st.integers(1, 300), elements=ANY))
def test_thinning_never_joins_across_a_gap(y):
    whole = path_of(y)
    few = thinned(whole, 0.0, float(len(y)), 10)
    for start, end in zip(few.x[:-1][few.joined[1:]], few.x[1:][few.joined[1:]], strict=True):
        assert np.isfinite(y[int(start) - 1 : int(end)]).all()


@given(CURVES, st.floats(-100, 100), st.floats(0.1, 100))
def test_a_clipped_path_stays_inside_and_keeps_what_was_inside(y, low, span):
    path = clipped(path_of(y), low, low + span)
    assert ((path.y >= low) & (path.y <= low + span)).all()
    assert np.isfinite(path.x).all()
    assert not path.joined[:1].any()
    inside = {float(i + 1) for i in np.flatnonzero((y >= low) & (y <= low + span))}
    assert inside <= {float(round(x)) for x in path.x if abs(x - round(x)) < 1e-6}


def test_a_line_leaves_the_plot_where_it_crosses_the_edge():
    path = clipped(path_of(np.array([0.0, 2.0, 0.0])), 0.0, 1.0)
    assert path.x.tolist() == [1.0, 1.5, 2.5, 3.0]
    assert path.joined.tolist() == [False, True, False, True]


@given(arrays(np.float64, st.integers(1, 200), elements=st.floats(0, 80)))
def test_a_simplified_path_is_part_of_the_path_and_lies_near_it(y):
    path = path_of(y)
    few = simplified([path], 0.4)[0]
    assert set(few.x) <= set(path.x)
    assert few.x[0] == path.x[0]
    assert few.x[-1] == path.x[-1]
    steepest = float(np.abs(np.diff(y)).max(initial=0.0))
    # Four rounds of 0.4 at a right angle to the line; its slope says what that is upwards.
    assert np.abs(np.interp(path.x, few.x, few.y) - path.y).max() <= 1.6 * np.hypot(1, steepest) + 1e-6


@given(st.lists(arrays(np.float64, st.integers(0, 60), elements=st.floats(0, 80)), max_size=5))
def test_paths_are_simplified_each_for_itself(curves):
    paths = [path_of(y) for y in curves]
    together, alone = simplified(paths, 0.4), [simplified([path], 0.4)[0] for path in paths]
    assert [path.x.tolist() for path in together] == [path.x.tolist() for path in alone]
    assert [path.joined.tolist() for path in together] == [path.joined.tolist() for path in alone]


def test_a_straight_line_needs_few_points_and_a_spike_is_kept():
    straight = path_of(np.linspace(0, 50, 160))
    assert len(simplified([straight], 0.4)[0].x) <= 11
    spiky = np.zeros(101)
    spiky[40] = 30.0
    assert 30.0 in simplified([path_of(spiky)], 0.4)[0].y


@given(arrays(np.float64, st.integers(1, 100), elements=st.floats(0, 80)))
def test_dashes_lie_on_the_path_and_leave_gaps(y):
    path = path_of(y)
    cut = dashed(path, 6.0, 4.0)
    assert np.allclose(np.interp(cut.x, path.x, path.y), cut.y)
    length = np.hypot(np.diff(path.x), np.diff(path.y)).sum()
    drawn = np.hypot(np.diff(cut.x), np.diff(cut.y))[cut.joined[1:]].sum()
    assert 0.6 * length - 1e-6 <= drawn <= 0.6 * length + 6.0 + 1e-6


@given(st.lists(arrays(np.float64, st.integers(0, 30), elements=st.floats(-1e6, 1e6)), max_size=6))
def test_the_mean_is_over_the_curves_that_have_the_epoch(curves):
    result = mean(curves)
    assert len(result) == max(map(len, curves), default=0)
    for epoch, value in enumerate(result):
        assert value == pytest.approx(np.mean([c[epoch] for c in curves if len(c) > epoch]), abs=1e-6)


def test_a_line_whose_lengths_differ_is_refused():
    with pytest.raises(ValueError, match=r"'loss'.*shape"):
        Line("loss", np.zeros(2), np.zeros(3), "train")


def test_ten_thousand_points_are_thinned_within_a_millisecond():
    x, y = np.arange(10_000.0), np.random.default_rng(0).random(10_000)
    seconds = []
    for _ in range(20):
        start = time.perf_counter()
        thin(x, y, 0.0, 10_000.0, 90)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 1e-3
