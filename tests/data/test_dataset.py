"""From `[data]` to a dataset."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from making import own

from engine.data import prepare
from engine.data import test_rows as cut_test_rows
from engine.data.dataset import Dataset
from engine.data.sources import SOURCES, Births, Digits, Line, Wine, Xor, here
from engine.data.table import Table
from engine.errors import KeyProblem, LabError
from engine.experiment import Data


@pytest.mark.parametrize("name", [name for name in SOURCES if name not in {"file", "penguins"} and here(name)])
def test_every_source_can_be_prepared(name):
    spec = Data(SOURCES[name](), lags=3 if name.startswith("births") else 0)
    dataset = prepare(spec, seed=1)
    assert dataset.name == name
    assert dataset.inputs.dtype == np.float32
    assert dataset.room.flags.c_contiguous
    assert dataset.inputs.shape == (dataset.rows, len(dataset.feature_names))
    assert dataset.targets.dtype == np.float64
    if dataset.labels is not None:
        np.testing.assert_array_equal(dataset.targets.argmax(axis=1), dataset.labels)
        assert (dataset.targets.sum(axis=1) == 1).all()
    rest, _ = cut_test_rows(spec, dataset, 1)
    middle = np.abs(np.median(dataset.inputs[rest], axis=0))
    assert (middle <= np.ptp(dataset.inputs, axis=0) * 1e-6 + 1e-12).all()


def test_default_splits():
    assert prepare(Data(Births(), lags=7), 0).split == "time"
    assert prepare(Data(Wine()), 0).split == "stratified"
    assert prepare(Data(Line()), 0).split == "random"
    assert prepare(Data(Births(), lags=7, split="random"), 0).split == "random"


def test_a_timestamp_keeps_its_digits(monkeypatch):
    seconds = 1.7e9 + np.arange(100.0)
    table = Table(seconds[:, None], ("time",), np.arange(100.0)[:, None], ("y",))
    monkeypatch.setattr(Wine, "load", lambda *_: table)
    dataset = prepare(Data(Wine()), 0)
    np.testing.assert_array_equal(np.diff(dataset.inputs[:, 0]), 1.0)
    np.testing.assert_array_equal(dataset.inputs + dataset.centre, table.features)
    raw = prepare(Data(Wine(), standardize=False), 0)
    assert raw.centre.tolist() == [0.0]
    np.testing.assert_array_equal(raw.inputs, table.features.astype(np.float32))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e39])
def test_a_cell_without_a_number_is_named(monkeypatch, bad):
    features = np.ones((5, 2))
    features[3, 1] = bad
    table = Table(features, ("a", "b"), np.ones((5, 1)), ("y",))
    monkeypatch.setattr(Wine, "load", lambda *_: table)
    with pytest.raises(LabError, match=r"wine: column b holds .* in row 4;"):
        prepare(Data(Wine()), 0)
    days = np.datetime64("2020-01-01") + np.arange(5)
    dated = Table(np.ones((5, 1)), ("a",), features[:, 1:], ("y",), dates=days)
    monkeypatch.setattr(Wine, "load", lambda *_: dated)
    with pytest.raises(LabError, match=r"column y holds .* in row 4 \(2020-01-04\)"):
        prepare(Data(Wine()), 0)


def test_impossible_combinations_are_refused_by_key():
    with pytest.raises(KeyProblem, match=r"data\.lags is missing"):
        prepare(Data(Births()), 0)
    with pytest.raises(KeyProblem, match=r"data\.lags needs a series"):
        prepare(Data(Digits(), lags=2), 0)
    with pytest.raises(KeyProblem, match=r"data\.split can be stratified only for classes"):
        prepare(Data(Line(), split="stratified"), 0)
    with pytest.raises(KeyProblem, match=r"data\.test_from needs data with dates"):
        prepare(Data(Line(), test_from=date(2013, 1, 1)), 0)


def test_the_hash_names_the_raw_data():
    week, month = prepare(Data(Births(), lags=7), 0), prepare(Data(Births(), lags=28), 9)
    assert week.sha256 == month.sha256
    assert len(week.sha256) == 64
    line = {prepare(Data(Line(rows=5, b=b)), seed).sha256 for b in (0.0, 1.0) for seed in (0, 1)}
    assert len(line) == 4


def test_the_hash_of_test_rows_does_not_depend_on_lags():
    hashes = set()
    for lags in (7, 28):
        spec = Data(Births(), lags=lags, test_from=date(2013, 1, 1))
        dataset = prepare(spec, 0)
        hashes.add(dataset.hash_of(cut_test_rows(spec, dataset, 0)[1]))
    assert len(hashes) == 1


def name_of_test_rows(spec, seed=0):
    dataset = prepare(spec, seed)
    return dataset.hash_of(cut_test_rows(spec, dataset, seed)[1])


def made_file(folder, name, times=1):
    rng = np.random.default_rng(3)
    rows = [
        f"{a:.3f},{b:.3f},{'xyz'[int(c)]},{(a + b) * times:.6f}" for a, b, c in rng.random((40, 3)) * 3 // 0.001 / 1000
    ]
    path = folder / name
    path.write_text("a,b,c,y\n" + "\n".join(rows) + "\n")
    return path


def test_the_hash_of_test_rows_does_not_depend_on_what_is_read_of_them(tmp_path):
    path, second = made_file(tmp_path, "mine.csv"), made_file(tmp_path, "second.csv")
    x = np.random.default_rng(1).random((30, 4))
    np.savez(tmp_path / "mine.npz", x=x, y=x.sum(axis=1))
    ways = {"features": ("b",)}, {"features": ("c", "a")}, {"polynomial": 2}, {"standardize": False}, {"train_rows": 9}
    of_file = [own(path), *(own(path, **way) for way in ways[:2]), own(path, most_words=1), own(path, polynomial=3)]
    with_rows = [own(path, test_file=str(second), **way) for way in ({}, *ways)]
    for alike in (
        [Data(Wine()), *(Data(Wine(), features=one) for one in (("alcohol",), ("ash", "alcohol"), ("a*",)))],
        [Data(Line(rows=30)), Data(Line(rows=30), standardize=False), Data(Line(rows=30), polynomial=2)],
        of_file,
        with_rows,
        [own(tmp_path / "mine.npz"), own(tmp_path / "mine.npz", features=("x-1",))],
    ):
        assert len({name_of_test_rows(one) for one in alike}) == 1
    other = made_file(tmp_path, "other.csv", times=2)
    apart = [
        own(path),
        own(path, target="a"),
        own(path, test=0.3),
        own(other),
        own(path, test_file=str(second)),
        own(path, test_file=str(other)),
        Data(Wine()),
        Data(Wine(), target="alcohol"),
        Data(Line(rows=30)),
        Data(Line(rows=30, b=-3.0)),
    ]
    found = [name_of_test_rows(one) for one in apart]
    assert [found.index(name) for name in found] == list(range(len(apart)))
    assert name_of_test_rows(own(path), seed=1) != name_of_test_rows(own(path))


def test_a_copy_of_a_file_has_the_same_test_rows(tmp_path):
    assert name_of_test_rows(own(made_file(tmp_path, "one.csv"))) == name_of_test_rows(
        own(made_file(tmp_path, "two.csv"))
    )


def test_a_sweep_over_lags_can_keep_the_same_rows():
    week = prepare(Data(Births(), lags=7), 0, skip=28)
    month = prepare(Data(Births(), lags=28), 0, skip=28)
    np.testing.assert_array_equal(week.times, month.times)
    np.testing.assert_array_equal(week.dates, month.dates)
    np.testing.assert_array_equal(week.targets, month.targets)


def test_datasets_are_frozen_and_compared_by_identity():
    dataset = prepare(Data(Xor()), 0)
    assert isinstance(dataset, Dataset)
    assert dataset != replace(dataset)
    with pytest.raises(AttributeError):
        dataset.name = "other"


@pytest.mark.parametrize(
    ("lags", "train", "test"), [(1, 1.830, 1.628), (7, 0.525, 0.541), (28, 0.400, 0.396), (56, 0.381, 0.377)]
)
def test_births_by_least_squares(lags, train, test):
    """Mean absolute errors in thousands, to the end of 2012 and from 2013 on; the same rows for every lag."""
    spec = Data(Births(), lags=lags, test_from=date(2013, 1, 1))
    dataset = prepare(spec, 0, skip=56)
    early, late = cut_test_rows(spec, dataset, 0)
    assert str(dataset.dates[early[0]]) == "2000-02-26"
    assert str(dataset.dates[early[-1]]) == "2012-12-31"
    assert str(dataset.dates[late[0]]) == "2013-01-01"
    design = np.column_stack([dataset.inputs.astype(np.float64), np.ones(dataset.rows)])
    weights = np.linalg.lstsq(design[early], dataset.targets[early], rcond=None)[0]
    errors = np.abs(design @ weights - dataset.targets)
    assert (errors[early].mean(), errors[late].mean()) == pytest.approx((train, test), abs=0.001)


# --- powers of features -----------------------------------------------------------------------------------------------


def test_powers_of_every_feature_become_features():
    plain, raised = prepare(Data(Wine()), 0), prepare(Data(Wine(), polynomial=3), 0)
    assert raised.feature_names[:13] == plain.feature_names
    assert raised.feature_names[13:15] == ("alcohol^2", "malic-acid^2")
    assert raised.feature_names[-1] == "proline^3"
    whole = plain.inputs.astype(np.float64) + plain.centre
    found = raised.inputs.astype(np.float64) + raised.centre
    np.testing.assert_allclose(found, np.concatenate([whole, whole**2, whole**3], axis=1), rtol=1e-4)
    assert raised.sha256 == plain.sha256


def test_powers_have_no_neighbours():
    assert prepare(Data(Digits()), 0).grid == (8, 8)
    assert prepare(Data(Digits(), polynomial=2), 0).grid == ()
    assert prepare(Data(Births(), lags=7), 0).grid == (7,)
    assert prepare(Data(Births(), lags=7, polynomial=2), 0).grid == ()


def test_powers_of_lags_are_powers_of_the_past():
    raised = prepare(Data(Births(), lags=2, polynomial=2), 0)
    assert raised.feature_names == ("births-1", "births-2", "births-1^2", "births-2^2")
    found = raised.inputs + raised.centre
    np.testing.assert_allclose(found[:, 2:], found[:, :2] ** 2, rtol=1e-4)


def test_a_degree_that_no_number_can_hold_is_refused_by_name():
    with pytest.raises(KeyProblem, match=r"data\.polynomial = 60 is too high: column proline\^\d+ holds"):
        prepare(Data(Wine(), polynomial=60), 0)


# --- the target's logarithm -------------------------------------------------------------------------------------------


def test_a_log_target_is_the_logarithm_and_so_are_its_lags():
    plain, log = prepare(Data(Births(), lags=2), 0), prepare(Data(Births(), lags=2, target_transform="log"), 0)
    np.testing.assert_allclose(log.targets, np.log(plain.targets))
    np.testing.assert_allclose(
        log.inputs + log.centre, np.log(plain.inputs.astype(np.float64) + plain.centre), rtol=1e-5, atol=1e-5
    )
    assert log.unit == "log of thousand births a day"
    assert log.sha256 == plain.sha256


@pytest.mark.parametrize(("source", "says"), [(Wine(), "the target is a class"), (Line(), "y is -")])
def test_what_has_no_logarithm_is_refused_by_name(source, says):
    with pytest.raises(KeyProblem, match=rf"data\.target_transform cannot be \"log\": {says}"):
        prepare(Data(source, target_transform="log"), 0)
