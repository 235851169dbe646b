"""Axes stay put while a run goes on, hold the data and read well."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.plots.axes import Limits, data_range, epoch_limits, power_label, settle, ticks
from tui.plots.series import Line, reference

VALUES = st.floats(-1e300, 1e300)


def curve(y, label="loss", role="train"):
    return Line(label, np.arange(1.0, len(y) + 1), np.asarray(y, np.float64), role)


@given(VALUES, VALUES)
def test_linear_limits_hold_the_data_and_have_few_ticks(a, b):
    low, high = sorted((a, b))
    limits = settle(None, low, high, log=False)
    slack = 1e-9 * (limits.high - limits.low)
    assert limits.low < limits.high
    assert limits.low - slack <= low
    assert high <= limits.high + slack
    assert 2 <= len(ticks(limits, 5)) <= 8


@given(st.floats(5e-324, 1e300), st.floats(5e-324, 1e300))
def test_log_limits_hold_the_data_and_have_few_ticks(a, b):
    low, high = sorted((a, b))
    limits = settle(None, low, high, log=True)
    assert limits.log
    assert limits.low - 1e-6 <= np.log10(low)
    assert np.log10(high) <= limits.high + 1e-6
    assert 2 <= len(ticks(limits, 5)) <= 9


@given(st.lists(st.floats(1e-6, 1e6), min_size=2, max_size=200), st.booleans())
def test_settled_limits_change_seldom_and_settle_at_once(values, log):
    """Running extremes can only widen: each change is then a real step outwards, and asking twice changes nothing."""
    limits, seen = None, []
    for k in range(1, len(values) + 1):
        low, high = min(values[:k]), max(values[:k])
        limits = settle(limits, low, high, log=log)
        assert settle(limits, low, high, log=log) == limits
        if not seen or seen[-1] != limits:
            seen.append(limits)
    assert len(seen) <= 45


def test_a_falling_loss_moves_the_axis_a_few_times_only():
    losses = 2.4 * np.exp(-np.arange(300) / 60) + 0.02
    for log, most in ((False, 2), (True, 7)):
        limits, changes = None, 0
        for k in range(1, len(losses) + 1):
            new = settle(limits, losses[:k].min(), losses[:k].max(), log=log)
            changes, limits = changes + (new != limits), new
        assert changes <= most


def test_limits_tighten_when_the_data_has_become_small():
    assert settle(Limits(0, 100), 0.0, 1.0, log=False) == Limits(0, 1)
    assert settle(Limits(0, 2), 0.0, 1.0, log=False) == Limits(0, 2)


@pytest.mark.parametrize(
    ("low", "high", "log", "labels"),
    [
        (0.0, 1.0, False, ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (0.0, 0.0, False, ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (0.0, 2e7, False, ["0", "5e6", "10e6", "15e6", "20e6"]),
        (0.01, 1.0, True, ["0.01", "0.1", "1"]),
        (0.2, 0.9, True, ["0.2", "0.5", "1"]),
        (1e-5, 1.0, True, ["1e-4", "0.01", "1"]),
    ],
)
def test_labels_are_short(low, high, log, labels):
    assert [tick.label for tick in ticks(settle(None, low, high, log=log), 5)] == labels


def test_powers_of_ten_are_written_out_where_that_is_short():
    assert [power_label(1, k) for k in (-4, -3, -1, 0, 3, 4)] == ["1e-4", "0.001", "0.1", "1", "1000", "1e4"]


@pytest.mark.parametrize("log", [False, True])
def test_a_diverging_curve_leaves_the_early_epochs_readable(log):
    early = np.linspace(1.0, 0.5, 30)
    blown = np.concatenate([early, 10.0 ** np.arange(1, 300), [np.inf, np.nan]])
    least, largest = data_range([curve(blown), curve(blown, role="validation")], log=log)
    assert least == 0.5
    assert largest == pytest.approx(500 if log else 5)


def test_overfitting_is_shown_whole_and_one_bad_line_does_not_decide():
    rising = np.concatenate([np.linspace(0.5, 0.05, 20), np.linspace(0.05, 3.0, 80)])
    assert data_range([curve(rising)], log=False) == (0.05, 3.0)
    good = [curve(np.linspace(1, 0.5, 50)) for _ in range(3)]
    assert data_range([*good, curve(np.full(50, 1e30))], log=False) == (0.5, 5.0)


@pytest.mark.parametrize("y", [[], [np.nan], [np.inf, -np.inf]])
def test_no_data_has_no_range(y):
    assert data_range([curve(y), reference("level", 1.0)], log=False) is None


def test_epochs_run_to_the_total_and_further_if_a_line_does():
    assert epoch_limits([], 100) == Limits(0, 100)
    assert epoch_limits([curve(np.ones(5))], 100) == Limits(0, 100)
    assert epoch_limits([curve(np.ones(120))], 100) == Limits(0, 120)
    assert epoch_limits([curve(np.ones(1))], 3) == Limits(1, 3)
    assert epoch_limits([curve(np.ones(1))], 1) == Limits(0, 1)
