"""Pairs of runs: which are made, what is averaged, what is left out, and the interval that comes of them."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.intervals import corrected_interval, paired_interval
from sessions.pairs import Pair, Spread, compare_runs
from sessions.record import RunRecord


def run(value, repeat=1, fold=1, restart=1, status="finished", metric="loss", rows=(80, 20)):
    place = {"repeat": repeat, "fold": fold, "restart": restart}
    figures = {"validation": {metric: value}} if value is not None else {}
    return RunRecord("run", status=status, train_rows=rows[0], validation_rows=rows[1], **place, **figures)


def folds(*values, **options):
    return [run(value, fold=fold, **options) for fold, value in enumerate(values, start=1)]


def test_folds_are_pairs_with_the_corrected_interval():
    found = compare_runs(folds(0.5, 0.4, 0.6), folds(0.4, 0.35, 0.45), "loss")
    differences = [0.4 - 0.5, 0.35 - 0.4, 0.45 - 0.6]
    assert [pair.difference for pair in found.pairs] == differences
    assert found.interval == corrected_interval(differences, 80, 20)
    assert found.first == Spread(0.5, pytest.approx(0.1), 3)
    assert found.second.mean == pytest.approx(0.4)
    assert found.difference == pytest.approx(-0.1)
    assert (found.over, found.corrected, found.left_out) == ("folds", True, 0)
    assert (found.train_rows, found.held_out_rows) == (80, 20)


def test_which_way_is_better_depends_on_the_figure():
    low, high = [0.1, 0.2, 0.15, 0.12], [0.9, 0.99, 0.96, 0.9]
    assert compare_runs(folds(*low), folds(*high), "loss").verdict == "worse"
    assert compare_runs(folds(*high), folds(*low), "loss").verdict == "better"
    up = compare_runs(folds(*low, metric="accuracy"), folds(*high, metric="accuracy"), "accuracy")
    assert (up.verdict, up.larger_is_better) == ("better", True)
    assert compare_runs(folds(*low), folds(0.2, 0.1, 0.16, 0.11), "loss").verdict == "no difference seen"


def test_restarts_are_averaged_within_a_fold():
    first = [run(10 * fold + restart, fold=fold, restart=restart) for fold in (1, 2) for restart in (1, 2, 3)]
    second = [replace(each, validation={"loss": each.validation["loss"] + each.fold}) for each in first]
    found = compare_runs(first, second, "loss")
    assert found.pairs == (Pair(1, 1, 0, 12, 13), Pair(1, 2, 0, 22, 24))
    assert found.interval == corrected_interval([1, 2], 80, 20)


def test_restarts_of_one_division_are_pairs_with_the_plain_interval():
    first = [run(value, restart=restart) for restart, value in enumerate((0.5, 0.6, 0.7), start=1)]
    second = [run(value, restart=restart) for restart, value in enumerate((0.4, 0.45, 0.5), start=1)]
    found = compare_runs(first, second, "loss")
    assert [(pair.fold, pair.restart) for pair in found.pairs] == [(1, 1), (1, 2), (1, 3)]
    assert found.interval == paired_interval([0.4 - 0.5, 0.45 - 0.6, 0.5 - 0.7])
    assert (found.over, found.corrected) == ("restarts", False)


def test_a_single_pair_has_a_difference_and_no_verdict():
    found = compare_runs([run(0.5)], [run(0.4)], "loss")
    assert found.difference == pytest.approx(-0.1)
    assert (found.interval.bounds, found.verdict) == (None, None)
    assert found.first == Spread(0.5, None, 1)


@pytest.mark.parametrize("status", ["diverged", "failed", "stopped", "interrupted", "waiting"])
def test_what_did_not_finish_on_either_side_is_left_out(status):
    first = [*folds(0.5, 0.4, 0.6), run(0.1, fold=4, status=status)]
    second = [run(0.2, fold=1, status=status), *folds(None, 0.35, 0.45, 0.4)[1:]]
    found = compare_runs(first, second, "loss")
    assert [pair.fold for pair in found.pairs] == [2, 3]
    assert found.left_out == 2
    assert found.first.mean == pytest.approx(0.5)


def test_one_restart_that_is_lost_takes_its_partner_along():
    first = [run(1.0, fold=fold, restart=restart) for fold in (1, 2) for restart in (1, 2)]
    second = [run(2.0 + each.restart, fold=each.fold, restart=each.restart) for each in first]
    second[3] = replace(second[3], status="diverged")
    found = compare_runs(first, second, "loss")
    assert [pair.second for pair in found.pairs] == [3.5, 3.0]
    assert found.left_out == 1


def test_a_figure_that_is_no_number_is_left_out():
    found = compare_runs(folds(0.5, math.nan, 0.6), folds(0.4, 0.3, math.inf), "loss")
    assert ([pair.fold for pair in found.pairs], found.left_out) == ([1], 2)
    assert (found.over, found.verdict) == ("folds", None)


def test_a_place_that_only_one_side_has_is_left_out():
    found = compare_runs(folds(0.5, 0.4, 0.6), folds(0.4, 0.3), "loss")
    assert ([pair.fold for pair in found.pairs], found.left_out) == ([1, 2], 1)


def test_without_a_common_figure_there_is_nothing():
    assert compare_runs(folds(0.5), folds(None), "loss") is None
    assert compare_runs(folds(0.5), folds(0.4), "accuracy") is None
    assert compare_runs([], [], "loss") is None
    assert compare_runs(folds(0.5), folds(None), "loss", paired=False) is None


def test_what_is_no_pair_has_means_and_no_interval():
    found = compare_runs(
        folds(0.5, 0.4, 0.6), [*folds(0.4, 0.2), run(9.0, fold=3, status="failed")], "loss", paired=False
    )
    assert (found.pairs, found.interval, found.verdict, found.left_out) == ((), None, None, 1)
    assert (found.first.count, found.second.count) == (3, 2)
    assert found.difference == pytest.approx(0.3 - 0.5)


def test_rows_are_means_over_the_pairs_and_the_fewer_train():
    first = [run(0.5, fold=1, rows=(80, 20)), run(0.4, fold=2, rows=(79, 21))]
    second = [run(0.4, fold=1, rows=(40, 20)), run(0.1, fold=2, rows=(40, 21))]
    found = compare_runs(first, second, "loss")
    assert (found.train_rows, found.held_out_rows) == (40, 20.5)
    assert found.interval == corrected_interval([0.4 - 0.5, 0.1 - 0.4], 40, 20.5)


def test_without_known_rows_there_is_no_interval():
    found = compare_runs(folds(0.5, 0.4, rows=(0, 0)), folds(0.4, 0.1, rows=(0, 0)), "loss")
    assert (found.interval, found.verdict) == (None, None)


@given(
    st.lists(st.tuples(st.floats(-10, 10), st.floats(-10, 10)), min_size=1, max_size=12),
    st.integers(1, 3),
    st.randoms(),
)
def test_the_order_of_runs_changes_nothing_and_means_agree(values, repeats, random):
    first, second = (
        [
            run(pair[side] + repeat, repeat, fold)
            for repeat in range(1, repeats + 1)
            for fold, pair in enumerate(values, 1)
        ]
        for side in (0, 1)
    )
    found = compare_runs(first, second, "loss")
    random.shuffle(first)
    random.shuffle(second)
    assert compare_runs(first, second, "loss") == found
    assert len(found.pairs) == repeats * len(values)
    assert found.difference == pytest.approx(found.second.mean - found.first.mean, abs=1e-9)
    assert found.first.mean == pytest.approx(statistics.fmean(pair.first for pair in found.pairs))
