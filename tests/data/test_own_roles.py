"""What a column of a person's own file can be: target, date, group; and rows that come from a second file."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import own

from engine.data import folds, prepare
from engine.data import test_rows as cut_test_rows
from engine.data.dividing import deal_whole
from engine.data.sources import Digits, OwnFile
from engine.errors import KeyProblem, LabError
from engine.experiment import Data
from engine.validations import Holdout, KFold, Rolling


@pytest.fixture
def put(tmp_path):
    def write(text, name="mine.csv"):
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write


def data(path, made=None, **keys):
    return prepare(own(path, **({"test": 0} | keys | (made or {}))), 0)


def visits(patients=12, most=5):
    rng = np.random.default_rng(0)
    lines = [
        f"p{patient},{rng.normal():.4f},{'well' if patient % 3 else 'ill'}"
        for patient in range(patients)
        for _ in range(1 + patient % most)
    ]
    return "patient,x,state\n" + "\n".join(lines) + "\n"


def test_dated_rows_are_put_in_order_and_divided_by_time(put):
    days = ["2020-01-03", "2020-01-01", "2020-01-05", "2020-01-02", "2020-01-04"]
    path = put("day,x,y\n" + "".join(f"{day},{row},{int(day[-1])}\n" for row, day in enumerate(days)))
    found = data(path, date="day")
    assert found.targets[:, 0].tolist() == [1, 2, 3, 4, 5]
    assert found.feature_names == ("x",)
    assert found.split == "time"
    assert any("put in the order of day" in note for note in found.notes)
    spec = Data(OwnFile(path, date="day"), test_from=date(2020, 1, 4))
    rest, test = cut_test_rows(spec, prepare(spec, 0), 0)
    assert (rest.tolist(), test.tolist()) == ([0, 1, 2], [3, 4])


def test_times_of_day_count_as_fractions_of_days(put):
    path = put("at,y\n2020-01-01T12:00,1\n2020-01-01 18:00:00,2\n2020-01-02T00:00:00Z,3\n")
    found = data(path)
    assert (found.inputs[:, 0] + found.centre[0]) == pytest.approx([18262.5, 18262.75, 18263.0])
    assert str(data(path, {"lags": 1}, date="at").dates[0]) == "2020-01-01T18:00:00"


@pytest.mark.parametrize("day", ["2020-13-01", "2020-02-30", "2020-01-01T25:00"])
def test_a_day_that_is_none_is_named_with_its_line(put, day):
    with pytest.raises(LabError, match=f"column day holds {day} in line 3"):
        data(put(f"day,y\n2020-01-01,1\n{day},2\n"))


def test_days_that_have_two_readings_are_words_and_that_is_said(put):
    found = data(put("day,x,y\n01/02/2020,1,1\n02/02/2020,2,2\n"))
    assert any("whether 01/02/2020 begins with a day or a month" in note for note in found.notes)


def test_an_own_series_is_predicted_from_its_past_and_from_what_is_chosen(put):
    path = put("day,holiday,sales\n" + "".join(f"2020-01-{day:02},{day % 2},{day}\n" for day in range(1, 11)))
    alone = data(path, {"lags": 2}, date="day")
    assert alone.feature_names == ("sales-1", "sales-2")
    assert alone.split == "time"
    chosen = data(path, {"lags": (1, 7)}, date="day", features=("holiday",))
    assert chosen.feature_names == ("sales-1", "sales-7", "holiday")
    raw = chosen.inputs + chosen.centre
    assert raw == pytest.approx(np.array([[7, 1, 0], [8, 2, 1], [9, 3, 0]]), abs=1e-6)
    with pytest.raises(KeyProblem, match=r"data\.group makes several"):
        data(path, {"lags": 2}, group="holiday")


def test_whole_numbers_become_classes_where_that_is_asked(put):
    path = put("x,y\n1,3\n2,10\n3,3\n")
    numbers, classes = data(path), data(path, {"task": "classification"})
    assert any('data.task = "classification"' in note for note in numbers.notes)
    assert (classes.classes, classes.labels.tolist()) == (("3", "10"), [0, 1, 0])
    with pytest.raises(KeyProblem, match="holds 3 different numbers"):
        data(put("x,y\n1,.5\n2,1\n3,2\n"), {"task": "classification"})


def test_several_targets_are_predicted_at_once(put):
    path = put("a,b,c\n1,2,3\n4,5,6\n7,8,10\n")
    found = data(path, target=("b", "c"))
    assert found.target_names == ("b", "c")
    assert found.targets.tolist() == [[2, 3], [5, 6], [8, 10]]
    with pytest.raises(KeyProblem, match="names word, a column of words, beside others"):
        data(put("x,word,n\n1,a,2\n2,b,3\n"), target=("word", "n"))


class TestGroups:
    @pytest.mark.parametrize("method", [Holdout(0.3), KFold(4), KFold(3, 2)])
    def test_no_group_is_on_two_sides(self, put, method):
        spec = Data(OwnFile(put(visits()), group="patient"))
        found = prepare(spec, 3)
        assert found.feature_names == ("x",)
        rest, test = cut_test_rows(spec, found, 3)
        sides = [(rest, test)]
        for repeat in range(method.repeats):
            sides += folds(method, spec, found, rest, 3, repeat)
        for training, held_out in sides:
            assert len(training)
            assert len(held_out)
            assert not set(found.groups[training]) & set(found.groups[held_out])
        repeats = {tuple(held_out) for _, held_out in sides[1:]}
        assert len(repeats) == method.folds * method.repeats

    def test_days_that_are_none_make_no_group(self, put):
        lines = "".join(f"{row},2020-02-{30 + row % 2},{row}\n" for row in range(9))
        with pytest.raises(LabError, match="column g holds 2020-02-30 in line 2, which is no day"):
            data(put("x,g,y\n" + lines), group="g")

    def test_too_few_groups_are_refused(self, put):
        spec = Data(OwnFile(put(visits(patients=4)), group="patient"), test=0)
        found = prepare(spec, 0)
        with pytest.raises(KeyProblem, match=r"cannot divide 4 groups of data\.group into 5 parts"):
            folds(KFold(5), spec, found, np.arange(found.rows), 0, 0)

    @given(st.lists(st.integers(1, 9), min_size=6, max_size=30), st.integers(2, 6), st.integers(0, 5))
    def test_folds_differ_by_no_more_than_the_largest_group(self, sizes, k, seed):
        groups = np.repeat(np.arange(len(sizes)), sizes)
        hand = deal_whole(np.random.default_rng(seed), groups, np.zeros_like(groups), [1.0] * k)
        rows = np.bincount(hand, minlength=k)
        assert rows.min() > 0
        assert rows.max() - rows.min() <= max(sizes)

    def test_classes_are_shared_out_as_evenly_as_a_published_way_does(self):
        ours, theirs, careless = [], [], []
        model_selection = pytest.importorskip("sklearn.model_selection")
        for seed in range(20):
            rng = np.random.default_rng(seed)
            sizes = rng.integers(1, 12, size=60)
            groups = np.repeat(np.arange(60), sizes)
            classes = np.repeat(rng.integers(0, 3, size=60), sizes)

            def unevenness(folds, classes=classes):
                counts = np.array([np.bincount(classes[rows], minlength=3) for rows in folds])
                return (counts / counts.sum(axis=0)).std()

            hand = deal_whole(rng, groups, classes, [1.0] * 5)
            ours.append(unevenness([np.flatnonzero(hand == fold) for fold in range(5)]))
            way = model_selection.StratifiedGroupKFold(5, shuffle=True, random_state=seed)
            theirs.append(unevenness([rows for _, rows in way.split(groups, classes, groups)]))
            at_random = np.random.default_rng(seed).integers(0, 5, size=60)[groups]
            careless.append(unevenness([np.flatnonzero(at_random == fold) for fold in range(5)]))
        # Theirs takes large groups first: more even still, but with groups of many sizes the same for every seed.
        assert np.mean(ours) < 3 * np.mean(theirs)
        assert np.mean(ours) < np.mean(careless) / 5


class TestRolling:
    @pytest.mark.parametrize(("rows", "k"), [(30, 5), (31, 4), (7, 6), (1_000, 9)])
    def test_folds_are_those_of_a_published_way(self, build, rows, k):
        model_selection = pytest.importorskip("sklearn.model_selection")
        found = build(rows=rows, split="time")
        ours = folds(Rolling(k), Data(Digits()), found, np.arange(rows), 0, 0)
        theirs = model_selection.TimeSeriesSplit(k).split(np.arange(rows))
        for (training, validation), (known, held_out) in zip(ours, theirs, strict=True):
            assert training.tolist() == known.tolist()
            assert validation.tolist() == held_out.tolist()

    def test_training_rows_always_lie_before(self, build):
        found = build(rows=60, lags=(1, 3))
        for training, validation in folds(Rolling(5), Data(Digits()), found, np.arange(50), 0, 0):
            assert training.max() < validation.min()

    def test_more_folds_than_rows_are_refused(self, build):
        with pytest.raises(KeyProblem, match="too many for 5 rows"):
            folds(Rolling(5), Data(Digits()), build(rows=5, split="time"), np.arange(5), 0, 0)


@pytest.mark.parametrize("more", [1, 2, 4])
def test_a_test_file_of_a_few_days_goes_on_from_the_last(put, more):
    days = [f"2020-01-{day:02},{day}" for day in range(1, 25)]
    train, later = put("day,y\n" + "\n".join(days[:20])), put("day,y\n" + "\n".join(days[20 : 20 + more]), "later.csv")
    found = data(train, {"lags": 3}, date="day", test_file=later)
    assert found.test_rows == more
    with pytest.raises(KeyProblem, match="the series of test rows has only 1"):
        data(train, {"lags": 3}, date="day", test_file=put("day,y\n2020-03-01,1\n", "far.csv"))


def test_words_of_test_rows_alone_are_nothing_to_learn_from(put):
    lines = "".join(f"2020-01-{day:02},{'q' if day > 24 else ''},{day}\n" for day in range(1, 31))
    with pytest.raises(KeyProblem, match=r"data\.features say nothing outside the test rows"):
        data(put("d,w,y\n" + lines), {"test": 0.2}, date="d", missing="mean")


class TestTestFile:
    def test_its_rows_are_the_test_rows_and_shape_nothing_else(self, put):
        train = put("colour,x,y\nred,1,1\nblue,2,2\nred,3,3\nblue,4,5\n")
        test = put("y,colour,x\n7,green,9\n8,red,\n9,blue,10\n", "later.csv")
        spec = Data(OwnFile(train, test_file=test, missing="mean"))
        found = prepare(spec, 0)
        rest, held_out = cut_test_rows(spec, found, 0)
        assert (rest.tolist(), held_out.tolist()) == ([0, 1, 2, 3], [4, 5, 6])
        assert found.feature_names == ("colour=blue", "colour=red", "x")
        raw = found.inputs + found.centre
        assert raw[4].tolist() == pytest.approx([0, 0, 9], abs=1e-6)
        assert np.isnan(raw[5, 2])
        assert found.targets[4:, 0].tolist() == [7, 8, 9]

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("x,y\n1,2\n", "later.csv: has no column colour"),
            ("colour,x,y\nred,a,2\n", "column x holds words, and numbers in the other file"),
            ("colour,x,y\nred,,2\n", 'data.missing is "error"'),
        ],
    )
    def test_what_does_not_fit_is_named(self, put, text, says):
        train = put("colour,x,y\nred,1,1\nblue,2,2\n")
        with pytest.raises(LabError, match=says):
            data(train, test_file=put(text, "later.csv"))

    def test_a_class_of_its_own_is_refused(self, put):
        train, test = put("x,y\n1,a\n2,b\n"), put("x,y\n1,a\n2,c\n", "later.csv")
        with pytest.raises(KeyProblem, match="has a class of y in row 2 that no training row has"):
            data(train, test_file=test)

    def test_it_stands_beside_no_first_day(self, put):
        text = "day,x,y\n2020-01-01,1,2\n2020-01-02,2,3\n"
        spec = Data(OwnFile(put(text), test_file=put(text, "later.csv"), date="day"), test_from=date(2020, 1, 2))
        with pytest.raises(KeyProblem, match="stands beside data that have test rows"):
            cut_test_rows(spec, prepare(spec, 0), 0)
