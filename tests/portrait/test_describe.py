"""Portraits of hand-made tables and of the sets that come along."""

from __future__ import annotations

import time
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from portraits import Lazy, table

from engine.data import SOURCES, Table, here
from engine.data.formats import csv_file
from engine.data.formats.numbers import Writer
from engine.data.formats.sheet import Column as SheetColumn
from engine.data.formats.sheet import assembled
from engine.data.loading import load
from engine.data.sources import OwnFile
from engine.errors import LabError
from engine.tables import from_tables
from tui.portrait.describe import correlation, describe, describe_sheet
from tui.portrait.look import data_of, look_at, look_at_file, look_at_set

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("name", [name for name in SOURCES if name != "file" and here(name)])
def test_every_set_has_the_views_that_suit_it(name):
    found = look_at_set(name)
    loaded = load(data_of(name), 0)
    assert found.rows == loaded.rows
    assert bool(found.series) == (not loaded.feature_names)
    assert bool(found.pictures) == (loaded.image_shape is not None)
    assert bool(found.signals) == loaded.ordered
    assert sum(count for _, count in found.classes) in {0, loaded.rows}
    named = {feature.partition("=")[0]: None for feature in loaded.feature_names}
    assert [column.name for column in found.columns if column.role == "feature"] == list(named)
    plane = len(loaded.feature_names) == 2 if loaded.classes else bool(loaded.feature_names)
    assert (found.scatter is not None) == (plane and not found.signals)


def test_births():
    found = look_at_set("births").series[0]
    assert np.round(found.own.values[5:8], 2).tolist() == [0.39, 0.91, 0.40]
    assert found.own.peaks == found.of_differences.peaks == (7, 14, 21, 28, 35)
    assert round(float(found.of_differences.values[6]), 2) == 0.90
    assert len(found.own.values) == 35


def test_a_large_lazy_matrix_is_never_taken_whole():
    values = RNG.integers(0, 255, (30_000, 784), dtype=np.uint8)
    labels = np.arange(30_000) % 10
    names = tuple(f"p{place}" for place in range(784))
    lazy = Table(Lazy(values), names, labels, ("digit",), classes=tuple("0123456789"), image_shape=(28, 28))
    found = describe(lazy, "many", most=20)
    assert found.sampled is not None
    assert found.sampled < 30_000
    assert found.more_columns == 764
    assert [sample.label for sample in found.pictures] == 2 * list("0123456789")
    assert found.pictures[0].values.shape == (28, 28)
    feature = found.columns[1]
    assert (feature.minimum, feature.maximum) == (values[:, 0].min(), values[:, 0].max())
    assert feature.mean == pytest.approx(values[:, 0].mean())


def test_pictures_are_rows_of_their_class():
    loaded = SOURCES["digits"]().load(RNG)
    for sample in describe(loaded, "digits").pictures:
        same = (loaded.features == sample.values.ravel()).all(axis=1)
        assert loaded.classes[int(loaded.targets[same][0])] == sample.label


def test_the_feature_that_goes_most_with_the_target():
    features = RNG.normal(size=(300, 4))
    targets = (features[:, [1]] - 3 * features[:, [2]]) + RNG.normal(size=(300, 1))
    found = describe(table(features, targets), "t").scatter
    expected = np.corrcoef(features[:, 2], targets[:, 0])[0, 1]
    assert found.x_name == "x3"
    assert f"{expected:.2f}" in found.said
    assert correlation(features[:, 2], targets[:, 0]) == pytest.approx(expected)
    assert correlation(features[:, 2] * 1e200, targets[:, 0]) == pytest.approx(expected)
    assert correlation(np.full(300, 1e-5), targets[:, 0]) == 0
    assert correlation(np.full(300, np.nan), targets[:, 0]) == 0


def test_a_target_is_read_as_the_task_wants_it():
    numbers = table(RNG.normal(size=(6, 3)), np.array([[2.0], [3], [2], [5], [2], [3]]))
    assert describe(numbers, "t", task="classification").classes == (("2", 3), ("3", 2), ("5", 1))
    classes = table(RNG.normal(size=(3, 3)), np.array([0, 1, 1]), classes=("a", "b"))
    found = describe(classes, "t", task="regression")
    assert (found.classes, found.task) == ((), "regression")


def test_test_rows_are_no_part_of_a_series():
    values = np.append(np.sin(np.arange(90)), np.full(10, 50.0))
    found = describe(table(np.empty((100, 0)), values[:, None], test_rows=10), "t")
    assert found.series[0].values.max() <= 1


def test_only_the_largest_classes_are_told_apart_in_a_plane():
    labels = np.repeat(np.arange(12), np.arange(12) + 1)
    classes = tuple(f"c{number}" for number in range(12))
    found = describe(table(RNG.normal(size=(len(labels), 2)), labels, classes=classes), "t").scatter
    assert found.classes == classes[2:]
    assert np.bincount(found.labels).tolist() == list(range(3, 13))


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_few_rows(rows):
    assert describe(table(np.ones((rows, 2)), np.zeros((rows, 1))), "t").rows == rows
    assert describe(table(np.empty((rows, 0)), np.arange(float(rows))[:, None]), "t").series[0].own is None


def test_a_sheet_keeps_every_column_that_has_a_role(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"c{n}" for n in range(50)) + "\n" + ",".join("1" for _ in range(50)) + "\n")
    found = describe_sheet(csv_file.read(path), {"c49": "target", "c30": "date"}, most=5)
    assert [column.name for column in found] == ["c0", "c1", "c2", "c3", "c4", "c30", "c49"]


def test_a_hundred_thousand_columns_are_looked_at_in_a_moment():
    names = tuple(f"c{place}" for place in range(100_000))
    values = RNG.random((12, len(names)))
    writer = Writer(len(names), None)
    writer.add(values)
    sheet = assembled([SheetColumn(n, "number", place=p) for p, n in enumerate(names)], 12, (), writer.finish())
    read = table(values[:, :-1], values[:, -1:], names=names[:-1], target=names[-1])
    started = time.process_time()
    has_sheet = mock.patch.object(OwnFile, "sheet", return_value=sheet)
    with has_sheet, mock.patch("tui.portrait.look.load", return_value=read):
        found = look_at_file(Path("wide.csv"))
    assert time.process_time() - started < 5
    assert [column.role for column in found.columns[-2:]] == ["feature", "target"]
    assert len(found.columns) + found.more_columns == len(names)


FILE = "day,a,sex,y\n2020-01-01,1,f,5\n2020-01-02,,m,6\n2020-01-03,3,f,9\n"


def test_a_file_of_which_nothing_was_said(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(FILE)
    found = look_at_file(path)
    roles = {column.name: column.role for column in found.columns}
    assert roles == {"day": "date", "a": "feature", "sex": "feature", "y": "target"}
    assert found.rows == 3
    assert found.columns[1].missing == 1
    assert len(found.series[0].values) == 2
    assert any("2 rows without an empty cell" in note for note in found.notes)


def test_a_file_that_cannot_be_trained_on_shows_its_columns_and_why(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(FILE)
    experiment = from_tables({"data": {"file": str(path), "features": ["a"]}})
    found = look_at(experiment)
    assert "empty cells" in found.problem
    assert {column.role for column in found.columns} == {"feature", "unused", "target"}


def test_what_is_no_table_at_all_is_an_error(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(LabError):
            look_at_file(path)
