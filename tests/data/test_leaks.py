"""The guard that looks for leaks: what it finds, and that it is silent where there is nothing."""

from __future__ import annotations

import numpy as np
import pytest
from making import own

from engine.data import SOURCES
from engine.data.sources import Iris
from engine.errors import KeyProblem
from engine.experiment import Data, Experiment, ValidationPlan
from engine.plan import plan
from engine.prepare import read
from engine.validations import Holdout, KFold, NoValidation, Rolling


@pytest.fixture
def said(tmp_path):
    def warnings(text, method=None, **keys):
        path = tmp_path / "mine.csv"
        path.write_text(text)
        return warnings_of(Experiment(own(path, **keys), validation=ValidationPlan(method or Holdout())))

    return warnings


def warnings_of(experiment):
    (part,) = read(experiment, plan(experiment))
    seen = part.seen
    return list(seen.warnings)


def rows(count=60, seed=0):
    rng = np.random.default_rng(seed)
    return [f"{rng.normal():.5f},{rng.normal():.5f}" for _ in range(count)]


def test_repeated_rows_are_counted_and_the_first_pair_named(said):
    once = rows()
    assert said("x,y\n" + "\n".join(once)) == []
    twice = said("x,y\n" + "\n".join([*once, *once]))
    test, validation = twice
    assert " of 24 test rows are training rows too, cell for cell (the first: row " in test
    assert " of 19 validation rows are training rows too" in validation
    first, other = (int(word.strip(")")) for word in test.split("row ")[1:] for word in [word.split()[0].split(")")[0]])
    assert abs(first - other) == 60


def test_a_known_pair_in_a_bundled_set_is_found():
    # Iris has one flower twice: rows 102 and 143.
    folds = warnings_of(Experiment(Data(Iris(), test=0), validation=ValidationPlan(KFold(30))))
    (pair,) = [line for line in folds if "cell for cell" in line]
    assert pair.startswith("2 of 150 validation rows")
    assert "102" in pair
    assert "143" in pair


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("x,copy,y", "{0},{1},{1}"),
        ("x,copy,y", "{0},{2},{1}"),
    ],
)
def test_a_feature_that_says_the_target_is_named(said, header, line):
    rng = np.random.default_rng(1)
    text = [header]
    for _ in range(50):
        x, y = rng.normal(size=2).round(4)
        text.append(line.format(x, y, round(30 - 2 * y, 6)))
    assert said("\n".join(text)) == [
        "feature copy says the target exactly: will it be known when it is to be predicted?"
    ]


def test_a_word_that_says_the_class_is_named(said):
    text = "x,code,state\n" + "\n".join(
        f"{row * 7 % 11},{'ab'[row % 2]},{['ill', 'well'][row % 2]}" for row in range(40)
    )
    assert "feature code=a says the target exactly" in said(text, test=0, features=("code",))[-2]


def test_generated_and_bundled_sets_say_nothing_of_their_features():
    for name in ("wine", "digits", "line", "xor", "spiral", "breast-cancer", "penguins"):
        source = SOURCES[name](missing="mean") if name == "penguins" else SOURCES[name]()
        experiment = Experiment(Data(source, test=0), validation=ValidationPlan(NoValidation()))
        assert not any("exactly" in line for line in warnings_of(experiment))


def test_rows_with_dates_are_said_to_leak_where_folds_are_random(said):
    days = np.datetime64("2020-01-01") + np.arange(60)
    text = "day,x,y\n" + "\n".join(f"{day},{row}" for day, row in zip(days, rows(), strict=True))
    assert said(text, Rolling(3), date="day") == []
    (folds,) = said(text, KFold(3), date="day")
    assert folds.startswith("random folds on rows with dates leak the future")
    (test,) = said(text, date="day", split="random")
    assert test.startswith("random test rows of rows with dates leak the future")
    assert any('data.date = "day" would put the rows in its order' in line for line in said(text))


def test_rows_that_are_in_an_order_are_said_to_leak_where_they_are_divided_at_random(said):
    rng = np.random.default_rng(0)
    slow = np.cumsum(rng.normal(size=200))
    text = "x,y\n" + "\n".join(f"{rng.normal():.4f},{value:.4f}" for value in slow)
    (order,) = said(text)
    assert order.startswith("rows beside each other have much the same y (correlation 0.9")
    assert said(text, split="time") == []
    shuffled = "x,y\n" + "\n".join(f"{rng.normal():.4f},{value:.4f}" for value in rng.permutation(slow))
    assert said(shuffled) == []
    # Sorted by the target is no order of time.
    assert said("x,y\n" + "\n".join(f"{rng.normal():.4f},{value:.4f}" for value in np.sort(slow))) == []


def test_a_series_out_of_order_is_noticed(said):
    rng = np.random.default_rng(0)
    days = [str(np.datetime64("2020-01-01") + day) for day in range(300)]
    weekly = [f"{5 + np.sin(2 * np.pi * day / 7) + 0.1 * rng.normal():.4f}" for day in range(300)]
    rows = [f"{day},{value}" for day, value in zip(days, weekly, strict=True)]
    mixed = [rows[place] for place in rng.permutation(300)]
    assert said("day,y\n" + "\n".join(rows), lags=7) == []
    first, second = said("day,y\n" + "\n".join(mixed), lags=7)
    assert first == 'the rows are not in the order of column day; data.date = "day" would put them so'
    assert second.startswith("y resembles its own past at no lag up to 7 (the largest correlation is 0.")
    (sorted_,) = said("day,y\n" + "\n".join(mixed), lags=7, date="day")
    assert sorted_ == "the rows are put in the order of day: the file has another"
    values = "y\n" + "\n".join(row.partition(",")[2] for row in mixed)
    (alone,) = said(values, lags=7)
    assert "are the rows in order of time?" in alone


def test_columns_of_one_value_are_named(said):
    text = "a,b,c,d,e,y\n" + "\n".join(f"1,2,{line.replace(',', ',4,5,')}" for line in rows())
    (constant,) = said(text)
    assert constant == "a, b, d and 1 more features have one value and nothing to say"
    with pytest.raises(KeyProblem, match=r"data\.target is b, and every row has 2"):
        said(text, target="b")


def test_test_days_that_train_too_are_counted(tmp_path, said):
    days = [f"{np.datetime64('2020-01-01') + day},{day * 7 % 11}" for day in range(60)]
    for start, stop, says in (
        (30, 60, ["7 days of the test rows are days of the training rows too (the first: 2020-02-03)"]),
        (40, 60, []),
    ):
        (tmp_path / "later.csv").write_text("day,y\n" + "\n".join(days[start:stop]))
        lines = said("day,y\n" + "\n".join(days[:40]), date="day", lags=3, test_file=str(tmp_path / "later.csv"))
        assert [line for line in lines if "days of the" in line] == says
    (tmp_path / "later.csv").write_text("day,y\n" + "\n".join(days[:15]))
    lines = said("day,y\n" + "\n".join(days[20:]), date="day", lags=3, test_file=str(tmp_path / "later.csv"))
    assert "the test rows are of an earlier time than all that train" in lines


@pytest.mark.parametrize("kind", ["gap", "logarithm", "code"])
def test_a_feature_that_says_the_target_is_found_in_disguise(said, kind):
    rng = np.random.default_rng(2)
    lines = []
    for row in range(60):
        y = round(float(np.exp(rng.normal())), 6)
        copy = {"gap": "" if row == 7 else y, "logarithm": 3 * y, "code": row % 3}[kind]
        lines.append(f"{rng.normal():.4f},{copy},{'abc'[row % 3] if kind == 'code' else y}")
    keys = {"gap": {"missing": "mean"}, "logarithm": {"target_transform": "log"}, "code": {}}[kind]
    found = said("x,copy,y\n" + "\n".join(lines), **keys)
    assert "feature copy says the target exactly: will it be known when it is to be predicted?" in found


def test_noise_about_nothing_is_no_evidence(said):
    rng = np.random.default_rng(3)
    lines = [f"{'' if row % 7 == 0 else 33.3},{rng.normal():.4f},{rng.choice(list('AB'))}" for row in range(200)]
    assert not any("exactly" in line for line in said("f,x,y\n" + "\n".join(lines), missing="mean"))
    # One row alone in its class, far away: the others are as mixed as before.
    lines = [f"{1e7 if row == 5 else rng.normal()},{'C' if row == 5 else rng.choice(list('AB'))}" for row in range(200)]
    found = said("x,y\n" + "\n".join(lines), NoValidation(), split="random")
    assert not any("exactly" in line for line in found)


def test_copies_are_told_by_their_row_in_the_test_file(tmp_path, said):
    known = rows(40)
    (tmp_path / "later.csv").write_text("x,y\n1,2\n" + known[9] + "\n")
    found = " ".join(said("x,y\n" + "\n".join(known), test_file=str(tmp_path / "later.csv")))
    assert "(the first: row 2 of the test file is row 10)" in found


def test_rows_are_told_by_their_number_in_the_file(said):
    once = rows()
    text = ["x,y", ",1", ",2", *once, once[3]]
    warned = " ".join(said("\n".join(text), missing="drop", test=0))
    # Rows 3 and after are the others: the fourth of them is row 6, its copy row 63.
    assert "row 6 " in warned.replace(")", " ")
    assert "row 63 " in warned.replace(")", " ")


def test_rows_that_differ_far_behind_the_point_are_no_copies(said):
    lines = [f"0.88605308{row:04}1,{1 + row % 2}" for row in range(60)]
    assert not any("cell for cell" in line for line in said("x,y\n" + "\n".join(lines)))


def test_gaps_in_a_series_are_named(said):
    days = [f"2020-01-{day:02}" for day in range(1, 31) if day != 17]
    text = "day,y\n" + "\n".join(f"{day},{row % 5}.5" for row, day in enumerate(days))
    (gap,) = said(text, date="day", lags=3, test=0.2)
    assert "after 2020-01-16 comes 2020-01-18" in gap


def test_groups_that_time_divides_are_counted(said):
    text = "day,who,x,y\n" + "\n".join(
        f"2020-02-{1 + row // 3:02},{'abc'[row % 3]},{line}" for row, line in enumerate(rows())
    )
    (groups,) = said(text, date="day", group="who")
    assert groups == "3 groups have training and test rows: what is learned of them is asked again"
