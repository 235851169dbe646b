"""Predictions for new rows: a page's own test rows give back its test figures, whatever its data hold."""

from __future__ import annotations

import base64
import csv
import random

import numpy as np
import pytest
from making import ended, study

from engine import prepare, tables
from engine.data.loading import load
from engine.data.new_rows import Given
from engine.errors import LabError
from engine.jobs import loss_of
from engine.metrics import tally
from engine.plan import plan
from engine.prediction import predict
from engine.results import unpacked

HEADER = ["colour", "size", "when", "weight", "kind", "year"]


def written(path, rows, header=HEADER):
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([header, *rows])
    return path


def some_rows(count=150, gaps=True):
    """Rows of words, numbers and days, with some empty cells."""
    rng = random.Random(3)
    rows = []
    for place in range(count):
        colour = rng.choice(["red", "green", "blue", "a, b"])
        size = rng.gauss(5, 2)
        weight = 9 + len(colour) + 0.5 * size + rng.gauss(0, 0.2)
        day = f"2020-{1 + place % 12:02}-{1 + place % 28:02}"
        empty = gaps and place % 17 == 3
        rows.append(["" if gaps and place % 19 == 5 else colour, "" if empty else f"{size:.3f}", day, f"{weight:.4f}"])
        rows[-1] += ["large" if weight > 14 else "small", str(1990 + place % 9)]
    return rows


def experiment_of(path, **data):
    training = data.pop("training", {"epochs": 3, "learning_rate": 0.01})
    model = data.pop("model", {"hidden": [6]})
    source = {} if "name" in data else {"file": str(path)}
    return tables.from_tables({"data": {**source, **data}, "model": model, "training": training})


def trained(experiment):
    """Return the plan of the one run, its job and feed, and its end."""
    (spec,) = plan(experiment)
    feed, events = study(experiment)
    (job,) = prepare.read_one(experiment, (spec,))[1]
    return spec, job, feed, ended(events)[0]


def values_of(found):
    return np.frombuffer(base64.b64decode(found.values)).reshape(len(numbers_of(found)), -1)


def numbers_of(found):
    return np.frombuffer(base64.b64decode(found.numbers), dtype="<i8")


def figures_of(experiment, feed, rows, outputs):
    sums = tally(feed.dataset.task, loss_of(experiment, feed.dataset.task), 1, feed.outputs)
    targets = feed.dataset.targets[rows]
    sums.add(np.asfortranarray(outputs)[None], np.asfortranarray(targets)[None])
    return {name: float(value[0]) for name, value in sums.figures().items()}


REGRESSIONS = {
    "words, gaps and days": {"target": "weight", "missing": "mean"},
    "median": {"target": "weight", "missing": "median", "standardize": True},
    "dropped": {"target": "weight", "missing": "drop"},
    "in order of days": {"target": "weight", "missing": "mean", "date": "when"},
    "few words": {"target": "weight", "missing": "mean", "most_words": 1},
    "several targets": {"target": ["weight", "year"], "missing": "mean"},
    "not standardized": {"target": "weight", "missing": "mean", "features": ["colour", "size"], "standardize": False},
    "powers": {"target": "weight", "missing": "drop", "features": ["size", "year"], "polynomial": 2},
    "random features": {"target": "weight", "missing": "mean", "random_features": 12},
    "batch normalization": {
        "target": "weight",
        "missing": "mean",
        "model": {"hidden": [6], "normalization": "batch", "dropout": 0.2},
    },
}


@pytest.mark.parametrize("name", REGRESSIONS)
def test_the_test_rows_give_the_test_figures(name, tmp_path):
    data = REGRESSIONS[name]
    rows = some_rows()
    experiment = experiment_of(written(tmp_path / "own.csv", rows), **data)
    spec, job, feed, end = trained(experiment)
    origin = load(experiment.data, 0).origin
    mine = [rows[number] for number in origin[job.test]]
    found = predict(experiment, spec, unpacked(end.weights), Given(str(written(tmp_path / "test.csv", mine))))
    assert numbers_of(found).tolist() == [*range(1, len(mine) + 1)]
    figures = figures_of(experiment, feed, job.test, values_of(found))
    assert figures == pytest.approx(end.test, rel=1e-12)


@pytest.mark.parametrize("loss", ["cross-entropy", "hinge", "squared"])
def test_classes_have_the_accuracy_of_the_page(loss, tmp_path):
    rows = some_rows()
    training = {"epochs": 3, "learning_rate": 0.03, "loss": loss}
    experiment = experiment_of(
        written(tmp_path / "own.csv", rows),
        target="kind",
        missing="mean",
        features=["colour", "size", "year"],
        training=training,
    )
    spec, job, feed, end = trained(experiment)
    mine = [rows[number] for number in load(experiment.data, 0).origin[job.test]]
    found = predict(experiment, spec, unpacked(end.weights), Given(str(written(tmp_path / "test.csv", mine))))
    assert found.classes == ("large", "small")
    values = values_of(found)
    if loss == "cross-entropy":
        assert values.sum(axis=1) == pytest.approx(1)
        assert -np.log(values[feed.dataset.targets[job.test] == 1]).mean() == pytest.approx(end.test["loss"], rel=1e-6)
    assert found.are_probabilities == (loss == "cross-entropy")
    assert figures_of(experiment, feed, job.test, values)["accuracy"] == end.test["accuracy"]


@pytest.mark.parametrize(
    "data",
    [
        {"name": "penguins", "missing": "mean"},
        {"name": "wine"},
        {"name": "wine", "target": ["ash", "hue"]},
        {"name": "digits", "model": {"convolution": [2]}, "training": {"epochs": 1}},
        {"name": "moons"},
        {"name": "births", "lags": [1, 7], "training": {"epochs": 1}},
        {"name": "wine", "target": "ash", "model": {}, "training": {"optimizer": "closed-form", "solver": "svd"}},
    ],
    ids=str,
)
def test_a_data_set_by_its_name(data):
    experiment = experiment_of(None, **data)
    spec, job, feed, end = trained(experiment)
    found = predict(experiment, spec, unpacked(end.weights), Given(data["name"], is_file=False))
    dataset = feed.dataset
    wanted = (dataset.times if dataset.origin is None else dataset.origin)[job.test] + 1
    places = np.searchsorted(numbers_of(found), wanted)
    assert (numbers_of(found)[places] == wanted).all()
    figures = figures_of(experiment, feed, job.test, values_of(found)[places])
    names = ["accuracy", "f1"] if dataset.classes else ["loss", "mae", "r2"]
    assert {name: figures[name] for name in names} == pytest.approx({name: end.test[name] for name in names}, rel=1e-5)


@pytest.fixture
def own(tmp_path):
    """A page of words, numbers and days without gaps, and its rows."""

    def page(**data):
        rows = some_rows(60, gaps=False)
        path = written(tmp_path / "own.csv", rows)
        experiment = experiment_of(path, **({"target": "weight", "features": ["colour", "size", "when"]} | data))
        spec, _, _, end = trained(experiment)

        def ask(header, lines, name="new.csv"):
            given = Given(str(written(tmp_path / name, lines, header)))
            return predict(experiment, spec, unpacked(end.weights), given)

        return ask, rows

    return page


def test_order_of_columns_further_columns_and_no_target(own):
    ask, rows = own()
    whole = values_of(ask(HEADER, rows))
    lacking = values_of(ask(["note", "when", "size", "colour"], [["?", row[2], row[1], row[0]] for row in rows]))
    np.testing.assert_array_equal(whole, lacking)
    single = values_of(ask(["colour", "size", "when"], [rows[4][:3]]))
    np.testing.assert_allclose(single, whole[4:5], rtol=1e-6)


def test_the_logarithm_is_undone(own):
    plain, rows = own()
    logged, _ = own(target_transform="log")
    mean = np.mean([float(row[3]) for row in rows])
    found = logged(HEADER, rows)
    assert values_of(found).mean() == pytest.approx(mean, rel=0.3)
    assert any("logarithm" in note for note in found.notes)
    assert not plain(HEADER, rows).notes


def test_new_words_are_said_and_read_as_none(own):
    ask, rows = own()
    found = ask(HEADER, [["teal", *rows[0][1:]], rows[1]])
    assert any("teal" in note and "none of its words" in note for note in found.notes)
    bucket, _ = own(most_words=1)
    assert any("(other)" in note for note in bucket(HEADER, [["teal", *rows[0][1:]]]).notes)


def test_empty_cells_are_filled_refused_or_left_out_as_the_page_does(own):
    empty = [["red", "", "2020-01-01"], ["blue", "5", "2020-02-01"]]
    header = ["colour", "size", "when"]
    ask, rows = own(missing="mean")
    # The page's own rows had no gap, and the mean of its training rows stands there all the same.
    filled = values_of(ask(header, empty))
    assert np.isfinite(filled).all()
    sizes = [float(row[1]) for row in rows]
    low, high = (values_of(ask(header, [["red", f"{size}", "2020-01-01"]]))[0, 0] for size in (min(sizes), max(sizes)))
    assert min(low, high) <= filled[0, 0] <= max(low, high)
    ask, _ = own(missing="drop")
    found = ask(header, empty)
    assert np.isnan(values_of(found)).tolist() == [[True], [False]]
    assert any("1 of 2 rows" in note for note in found.notes)
    ask, _ = own()
    with pytest.raises(LabError, match="size is empty in row 1"):
        ask(header, empty)


@pytest.mark.parametrize(
    ("header", "line", "says"),
    [
        (["size"], ["1"], "has no columns colour, when"),
        (["colour", "size"], ["red", "1"], "has no column when"),
        (["colour", "size", "when"], ["red", "large", "2020-01-01"], "size holds words"),
        (["colour", "size", "when"], ["red", "1e39", "2020-01-01"], "size holds 1e"),
        (["colour", "size", "when"], ["red", "1", "soon"], "when holds words"),
        (["colour", "size", "when"], ["red", "1"], "line 2 has 2 cells"),
    ],
)
def test_what_is_no_such_row_is_one_line(own, header, line, says):
    ask, _ = own()
    with pytest.raises(LabError, match=says) as caught:
        ask(header, [line])
    assert "new.csv" in str(caught.value)


def test_numbers_that_are_another_networks_are_refused(tmp_path):
    experiment = experiment_of(None, name="wine")
    (spec,) = plan(experiment)
    with pytest.raises(LabError, match="weights are not of its experiment"):
        predict(experiment, spec, np.zeros(3, dtype=np.float32), Given("wine", is_file=False))


def test_the_step_after_a_series_is_what_it_is_once_the_step_is_there(tmp_path):
    days = [
        [f"2021-{1 + place // 28:02}-{1 + place % 28:02}", 10 + place % 7 + 0.1 * (place % 5)] for place in range(112)
    ]
    path = written(tmp_path / "series.csv", days, ["day", "sales"])
    experiment = experiment_of(path, target="sales", lags=7, date="day", training={"epochs": 2})
    spec, _, _, end = trained(experiment)

    def ask(lines):
        given = Given(str(written(tmp_path / "past.csv", lines, ["day", "sales"])))
        return predict(experiment, spec, unpacked(end.weights), given)

    short, longer = ask(days[:30]), ask(days[:31])
    assert numbers_of(short).tolist() == [*range(8, 32)]
    np.testing.assert_allclose(values_of(short), values_of(longer)[:-1], rtol=1e-6)
    assert short.dates[-1] == "2021-02-03"
    np.testing.assert_array_equal(values_of(ask(days[:30][::-1])), values_of(short))
    with pytest.raises(LabError, match="has 6 rows"):
        ask(days[:6])
    with pytest.raises(LabError, match="row 3 has no value of sales"):
        ask([*days[:2], [days[2][0], ""], *days[3:20]])


def test_a_series_with_features_of_its_own_is_refused(tmp_path):
    rows = some_rows(60, gaps=False)
    experiment = experiment_of(written(tmp_path / "own.csv", rows), target="weight", lags=2, features=["size"])
    spec, _, _, end = trained(experiment)
    with pytest.raises(LabError, match=r"data.features stand beside data.lags"):
        predict(experiment, spec, unpacked(end.weights), Given(str(tmp_path / "own.csv")))


def test_arrays_are_read_as_the_page_reads_them(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((80, 3))
    np.savez(tmp_path / "own.npz", x=x, y=x @ [1, 2, 3])
    experiment = experiment_of(tmp_path / "own.npz")
    spec, job, feed, end = trained(experiment)
    np.savez(tmp_path / "new.npz", x=x[job.test], y=np.arange(len(job.test)))
    found = predict(experiment, spec, unpacked(end.weights), Given(str(tmp_path / "new.npz")))
    assert figures_of(experiment, feed, job.test, values_of(found)) == pytest.approx(end.test, rel=1e-12)
    lines = [[repr(float(value)) for value in row] for row in x[job.test]]
    table = Given(str(written(tmp_path / "new.csv", lines, ["x-0", "x-1", "x-2"])))
    np.testing.assert_allclose(values_of(predict(experiment, spec, unpacked(end.weights), table)), values_of(found))
    np.savez(tmp_path / "bare.npz", x=x)
    with pytest.raises(LabError, match="as the page's own data are"):
        predict(experiment, spec, unpacked(end.weights), Given(str(tmp_path / "bare.npz")))
