"""Which rows test, validate and train."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.data import folds, prepare, warnings
from engine.data import test_rows as cut_test_rows
from engine.data.sources import Births, Digits, Wine, Xor
from engine.errors import KeyProblem, LabError
from engine.experiment import Data
from engine.validations import Holdout, KFold, NoValidation

PLAIN = Data(Xor())
METHODS = st.one_of(
    st.just(NoValidation()),
    st.floats(0.05, 0.9).map(Holdout),
    st.integers(2, 6).map(KFold),
)


@st.composite
def situations(draw):
    """Return what makes a dataset, the method, the seed and the share of test rows."""
    kind = draw(st.sampled_from(["plain", "classes", "series"]))
    rows = draw(st.integers(30, 80))
    made = {"rows": rows}
    if kind == "classes":
        made = {"labels": [number % 3 for number in range(rows)]}
    if kind == "series":
        made["lags"] = tuple(draw(st.lists(st.integers(1, 9), min_size=1, max_size=3, unique=True)))
    made["split"] = draw(st.sampled_from(["random", "time"] + ["stratified"] * (kind == "classes")))
    return made, draw(METHODS), draw(st.integers(0, 20)), draw(st.sampled_from([0.0, 0.2, 0.4]))


@given(situations())
def test_rows_are_divided_and_nothing_leaks(build, situation):
    made, method, seed, share = situation
    dataset = build(**made)
    spec = Data(Xor(), test=share)
    rest, test = cut_test_rows(spec, dataset, seed)
    assert sorted([*rest, *test]) == list(range(dataset.rows))
    try:
        cuts = folds(method, spec, dataset, rest, seed, 0)
    except LabError as error:
        # Only so much can be asked of few rows: purging may eat a small series up, and time may leave a single row.
        assume(not any(reason in str(error) for reason in ("no training row", "single row", "is more than the")))
        raise
    secret = [set(dataset.times[np.concatenate([test, validation])].tolist()) for _, validation in cuts]
    for (training, validation), times in zip(cuts, secret, strict=True):
        assert training.dtype == validation.dtype == np.int64
        assert (np.diff(training) > 0).all()
        assert (np.diff(validation) > 0).all()
        assert not set(training) & set(validation)
        assert not set(training) & set(test)
        for lag in dataset.lags:
            assert not times & set((dataset.times[training] - lag).tolist())
        if not dataset.lags:
            assert sorted([*training, *validation]) == rest.tolist()
    sizes = [len(validation) for _, validation in cuts]
    assert len(cuts) == method.folds
    if isinstance(method, KFold):
        assert sorted(np.concatenate([validation for _, validation in cuts])) == rest.tolist()
        assert max(sizes) - min(sizes) <= 1
    if isinstance(method, NoValidation):
        assert sizes == [0]


@given(st.lists(st.integers(0, 3), min_size=12, max_size=90), st.integers(2, 4), st.integers(0, 9))
def test_classes_are_stratified(build, labels, k, seed):
    labels = np.array([*labels, *[0, 1, 2, 3] * 5])
    dataset = build(labels=labels)
    spec = Data(Xor(), test=0.25)
    rest, test = cut_test_rows(spec, dataset, seed)
    for number in range(4):
        assert abs((labels[test] == number).sum() - len(test) / len(labels) * (labels == number).sum()) < 1
    cuts = folds(KFold(k), spec, dataset, rest, seed, 0)
    for number in range(4):
        assert np.ptp([(labels[validation] == number).sum() for _, validation in cuts]) <= 1
    ((_, held_out),) = folds(Holdout(0.3), spec, dataset, rest, seed, 0)
    for number in range(4):
        expected = len(held_out) / len(rest) * (labels[rest] == number).sum()
        assert abs((labels[held_out] == number).sum() - expected) < 1


def test_stratified_counts_equal_scikit_learn():
    selection = pytest.importorskip("sklearn.model_selection")
    dataset = prepare(Data(Digits()), 0)
    rest, _ = cut_test_rows(Data(Digits()), dataset, 0)
    ours = [np.bincount(dataset.labels[v]) for _, v in folds(KFold(5), Data(Digits()), dataset, rest, 0, 0)]
    theirs = selection.StratifiedKFold(5).split(rest, dataset.labels[rest])
    theirs = [np.bincount(dataset.labels[rest][v]) for _, v in theirs]
    np.testing.assert_allclose(ours, theirs, atol=1)


def test_time_holds_out_the_last_rows(build):
    dataset = build(rows=20, lags=(1, 2))
    rest, test = cut_test_rows(Data(Xor()), dataset, 3)
    assert test.tolist() == [16, 17, 18, 19]
    ((training, validation),) = folds(Holdout(0.25), PLAIN, dataset, rest, 3, 0)
    assert validation.tolist() == [12, 13, 14, 15]
    assert training.tolist() == list(range(12))


def test_test_from_a_day():
    spec = Data(Births(), lags=7, test_from=date(2013, 1, 1))
    rest, test = cut_test_rows(spec, prepare(spec, 0), 0)
    assert (len(rest), len(test)) == (4742, 730)
    for day, side in ((date(2000, 1, 8), "before it"), (date(2015, 1, 1), "on or after it")):
        spec = Data(Births(), lags=7, test_from=day)
        with pytest.raises(KeyProblem, match=f"leaves no row {side}.*2000-01-08 to 2014-12-31"):
            cut_test_rows(spec, prepare(spec, 0), 0)
    with pytest.raises(KeyProblem, match="needs data with dates"):
        cut_test_rows(spec, prepare(Data(Wine()), 0), 0)


def test_which_seed_moves_which_rows(build):
    dataset = build(rows=60)
    draws = {
        (seed, repeat): folds(KFold(3), PLAIN, dataset, np.arange(60), seed, repeat)
        for seed, repeat in ((0, 0), (0, 1), (1, 0))
    }
    assert len({cuts[0][1].tobytes() for cuts in draws.values()}) == 3
    assert len({cut_test_rows(PLAIN, dataset, seed)[1].tobytes() for seed in range(3)}) == 3
    again = folds(KFold(3), PLAIN, dataset, np.arange(60), 0, 1)
    for (training, validation), (same, too) in zip(draws[0, 1], again, strict=True):
        np.testing.assert_array_equal(training, same)
        np.testing.assert_array_equal(validation, too)


def test_fewer_training_rows_are_part_of_more(build):
    dataset = build(rows=60)
    rest = np.arange(5, 60)
    full = folds(KFold(4), PLAIN, dataset, rest, 0, 0)
    few, more = (folds(KFold(4), Data(Xor(), train_rows=n), dataset, rest, 0, 0) for n in (10, 25))
    for whole, small, large in zip(full, few, more, strict=True):
        assert (len(small[0]), len(large[0])) == (10, 25)
        assert set(small[0]) < set(large[0]) < set(whole[0])
        np.testing.assert_array_equal(small[1], whole[1])
    for one, held_by_one in few:
        for other, held_by_other in few:
            forced_out = max(len(set(one) & set(held_by_other)), len(set(other) & set(held_by_one)))
            assert len(set(one) & set(other)) == 10 - forced_out
    ((training, _),) = folds(NoValidation(), Data(Xor(), train_rows=1000), dataset, rest, 0, 0)
    assert len(training) == 55
    drawn = {folds(KFold(4), Data(Xor(), train_rows=10), dataset, rest, seed, 0)[0][0].tobytes() for seed in range(9)}
    assert len(drawn) == 9


def test_training_rows_are_drawn_from_everywhere(build):
    dataset = build(rows=60)
    spec = Data(Xor(), train_rows=6)
    drawn = [folds(NoValidation(), spec, dataset, np.arange(60), seed, 0)[0][0] for seed in range(400)]
    # 40 ± 6 of each row are expected; five standard deviations.
    assert np.bincount(np.concatenate(drawn), minlength=60) == pytest.approx(np.full(60, 40), abs=30)


def test_by_time_the_latest_rows_train(build):
    dataset = build(rows=40, lags=(1,))
    spec = Data(Xor(), train_rows=5)
    ((training, _),) = folds(Holdout(0.25), spec, dataset, np.arange(32), 0, 0)
    assert training.tolist() == [19, 20, 21, 22, 23]


@pytest.mark.parametrize(
    ("labels", "method", "says"),
    [
        (None, KFold(50), r"validation\.k = 50 is more than the 30 rows to divide"),
        ([0] * 20 + [1] * 3, KFold(5), r"validation\.k = 5 is more than the 3 rows of class b; set less"),
        ([0] * 20 + [1], KFold(2), r"the 1 rows of class b; set method = \"none\""),
        ([0] * 20 + [1], Holdout(0.3), r"class b has a single row"),
        (None, Holdout(0.01), r"validation\.share = 0\.01 of 30 rows leaves none to validate on"),
        (None, Holdout(0.99), r"leaves none to train on"),
    ],
)
def test_divisions_that_cannot_be(build, labels, method, says):
    dataset = build(rows=30, labels=labels)
    with pytest.raises(KeyProblem, match=says):
        folds(method, PLAIN, dataset, np.arange(dataset.rows), 0, 0)


def test_test_shares_that_cannot_be(build):
    with pytest.raises(KeyProblem, match=r"data\.test = 0\.2 of 2 rows is none"):
        cut_test_rows(PLAIN, build(rows=2), 0)
    with pytest.raises(KeyProblem, match="leaves none to train on"):
        cut_test_rows(Data(Xor(), test=0.9), build(rows=2), 0)
    with pytest.raises(KeyProblem, match=r"data\.split cannot be stratified: class b has a single row"):
        cut_test_rows(PLAIN, build(labels=[0] * 9 + [1]), 0)
    rest, test = cut_test_rows(Data(Xor(), test=0.0), build(rows=4), 0)
    assert (rest.tolist(), test.tolist()) == ([0, 1, 2, 3], [])


def test_purging_that_leaves_nothing(build):
    dataset = build(rows=40, lags=tuple(range(1, 31)))
    with pytest.raises(LabError, match=r"fold \d of series made has no training row.*30 lags"):
        folds(KFold(5), PLAIN, dataset, np.arange(40), 0, 0)


def test_an_unknown_method_is_said(build):
    @dataclass(frozen=True)
    class Other:
        folds = repeats = 1

    with pytest.raises(LabError, match="no way to divide rows for Other"):
        folds(Other(), PLAIN, build(), np.arange(30), 0, 0)


def test_leaks_are_named():
    spec = Data(Births(), lags=7)
    dataset = prepare(spec, 0)
    rest, _ = cut_test_rows(spec, dataset, 0)
    assert warnings(spec, Holdout(), dataset) == []
    assert warnings(spec, Holdout(), dataset, folds(Holdout(), spec, dataset, rest, 0, 0)) == []
    (early,) = warnings(spec, KFold(), dataset)
    assert "random folds on a series leak the future" in early
    cuts = folds(KFold(), spec, dataset, rest, 0, 0)
    same, fewest = warnings(spec, KFold(), dataset, cuts)
    assert same == early
    assert f"only {min(len(training) for training, _ in cuts)} rows train" in fewest
    mixed = Data(Births(), lags=7, split="random")
    (test,) = warnings(mixed, NoValidation(), prepare(mixed, 0))
    assert "random test rows of a series leak the future" in test


def test_a_class_that_cannot_be_learned_is_named():
    # The file is sorted by class, so the last rows are all of one.
    spec = Data(Wine(), split="time", test=0.5)
    dataset = prepare(spec, 0)
    rest, _ = cut_test_rows(spec, dataset, 0)
    cuts = folds(NoValidation(), spec, dataset, rest, 0, 0)
    (said,) = warnings(spec, NoValidation(), dataset, cuts)
    assert said.startswith("class cultivar-3 has no training row")
