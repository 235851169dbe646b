"""Which columns of a data set are features, and which is the target."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from making import own

from engine.data import prepare
from engine.data.loading import load
from engine.data.sources import Births, Digits, Iris, Penguins, Wine
from engine.errors import KeyProblem, LabError
from engine.experiment import Data, Experiment, ValidationPlan
from engine.plan import plan
from engine.prepare import read
from engine.validations import KFold


def test_features_are_named_alone_or_by_a_pattern():
    every = load(Data(Digits()), 0)
    half = load(Data(Digits(), features=("pixel-*-[0-3]",)), 0)
    assert len(half.feature_names) == 32
    assert half.image_shape is None
    places = [every.feature_names.index(name) for name in half.feature_names]
    np.testing.assert_array_equal(half.features, every.features[:, places])
    two = load(Data(Wine(), features=("hue", "alcohol", "hue")), 0)
    assert two.feature_names == ("hue", "alcohol")
    whole = load(Data(Digits(), features=("pixel-*",)), 0)
    assert whole.image_shape == (8, 8)


def test_another_target_leaves_the_own_one_among_the_features():
    iris = load(Data(Iris()), 0)
    found = load(Data(Iris(), target="petal-width"), 0)
    assert found.task == "regression"
    assert found.target_names == ("petal-width",)
    assert found.feature_names == (
        "sepal-length", "sepal-width", "petal-length", "species=setosa", "species=versicolor", "species=virginica",
    )  # fmt: skip
    np.testing.assert_array_equal(found.targets[:, 0], iris.features[:, 3])
    np.testing.assert_array_equal(np.asarray(found.features)[:, 3:].argmax(axis=1), iris.targets)
    assert found.indicators == (3, 4, 5)
    both = load(Data(Iris(), target=("petal-width", "petal-length"), features=("sepal-*",)), 0)
    assert (both.target_names, both.feature_names) == (("petal-width", "petal-length"), ("sepal-length", "sepal-width"))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (Data(Wine(), features=("alcohl",)), r"data\.features names 'alcohl'.*did you mean alcohol"),
        (Data(Wine(), features=("cultivar",)), "names cultivar, which is the target"),
        (Data(Wine(), target="alcohol", features=("alcohol",)), "names alcohol, which is the target"),
        (Data(Wine(), target=("alcohol", "cultivar")), "names cultivar beside others"),
        (Data(Wine(), target="none"), r"data\.target names 'none'"),
        (Data(Births(), lags=3, features=("date",)), r"data\.features names 'date'"),
    ],
)
def test_what_is_no_column_is_named(data, says):
    with pytest.raises(KeyProblem, match=says):
        prepare(data, 0)


class TestPenguins:
    def test_they_are_the_table_of_their_file(self, tmp_path):
        bundled = load(Data(Penguins(missing="median")), 0)
        assert bundled.rows == 344
        assert bundled.classes == ("Adelie", "Chinstrap", "Gentoo")
        assert np.bincount(bundled.targets).tolist() == [152, 68, 124]
        (tmp_path / "penguins.csv").write_bytes(gzip.decompress(_packed()))
        mine = load(own(tmp_path / "penguins.csv", target="species", missing="median"), 0)
        np.testing.assert_array_equal(np.asarray(mine.features), np.asarray(bundled.features))
        (tmp_path / "penguins.csv.gz").write_bytes(_packed())
        packed = load(own(tmp_path / "penguins.csv.gz", target="species", missing="median"), 0)
        np.testing.assert_array_equal(np.asarray(packed.features), np.asarray(bundled.features))

    def test_their_gaps_have_to_be_decided(self):
        with pytest.raises(KeyProblem, match=r"data\.missing.*has 2 empty cells, the first in row 4"):
            load(Data(Penguins()), 0)
        assert load(Data(Penguins(missing="drop")), 0).rows == 333
        weight = load(Data(Penguins(missing="mean"), target="body_mass_g"), 0)
        assert (weight.rows, weight.task) == (342, "regression")
        assert "species=Gentoo" in weight.feature_names

    def test_they_train(self):
        experiment = Experiment(Data(Penguins(missing="mean")), validation=ValidationPlan(KFold(5)))
        (part,) = read(experiment, plan(experiment))
        jobs, seen = part.jobs, part.seen
        assert len(jobs) == 5
        assert (seen.features, seen.outputs) == (10, 3)


@pytest.mark.parametrize("harm", ["cut", "flipped", "no end"])
def test_a_damaged_gzip_file_is_said(tmp_path, harm):
    packed = _packed()
    middle = len(packed) // 2
    harmed = {
        "cut": packed[:middle],
        "flipped": packed[:middle] + bytes([packed[middle] ^ 0xFF]) + packed[middle + 1 :],
        "no end": packed[:-8] + bytes(8),
    }[harm]
    (tmp_path / "mine.csv.gz").write_bytes(harmed)
    with pytest.raises(LabError, match=r"is a damaged gzip file|is not UTF-8 text|is a NUL byte"):
        load(own(tmp_path / "mine.csv.gz"), 0)


def test_a_file_that_is_small_only_in_the_archive_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb", compresslevel=9) as opened:
        opened.write(b"a,b\n" + b"1,2\n" * 3_000_000)
    monkeypatch.setattr("engine.data.formats.memory.free_bytes", lambda: 10_000_000)
    assert path.stat().st_size < 100_000
    with pytest.raises(LabError, match="MB are free"):
        load(own(path), 0)


def _packed():
    from importlib.resources import files  # noqa: PLC0415 - only here

    return files("engine.data").joinpath("files", "penguins.csv.gz").read_bytes()
