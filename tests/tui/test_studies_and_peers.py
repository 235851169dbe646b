"""`lossbook run` of whole studies beside loops over scikit-learn's own splitters and models, written without ours."""

from __future__ import annotations

import json
import tomllib

import numpy as np
import pytest
import tomli_w

from engine import prepare, tables
from engine.plan import plan
from tui.cli import main

sklearn = pytest.importorskip("sklearn")
from sklearn.datasets import load_digits, load_wine  # noqa: E402
from sklearn.linear_model import LinearRegression, Ridge  # noqa: E402
from sklearn.metrics import mean_absolute_error, root_mean_squared_error  # noqa: E402
from sklearn.model_selection import (  # noqa: E402
    PredefinedSplit,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    TimeSeriesSplit,
)
from sklearn.preprocessing import StandardScaler  # noqa: E402

SOLVED = {"optimizer": "closed-form", "solver": "svd"}


@pytest.fixture
def run(tmp_path, capsys):
    """Run an experiment by the command line and return its JSON."""

    def call(experiment):
        path = tmp_path / "experiment.toml"
        path.write_text(tomli_w.dumps(experiment))
        assert main(["--sessions", str(tmp_path / "pages"), "run", "--json", str(path)]) == 0
        return json.loads(capsys.readouterr().out)

    return call


def rows_of(experiment):
    """Return features, targets, and each run's (training, validation, test) rows."""
    made = tables.from_tables(experiment)
    (part,) = prepare.read(made, plan(made))
    dataset = part.feed.dataset
    return dataset.inputs.astype(np.float64), dataset.targets, part.jobs


def agrees(said, values):
    assert said["mean"] == pytest.approx(np.mean(values), rel=1e-5)
    assert said["sd"] == pytest.approx(np.std(values, ddof=1), rel=1e-4)


def test_rolling_folds_are_those_of_time_series_split():
    experiment = {"data": {"name": "births", "lags": 7, "test_from": "2013-01-01"}, "validation": {"method": "rolling"}}
    _, _, jobs = rows_of(experiment)
    rest = np.arange(jobs[0].train[0], jobs[-1].validation[-1] + 1)
    for job, (train, validation) in zip(jobs, TimeSeriesSplit(5).split(rest), strict=True):
        np.testing.assert_array_equal(job.train, rest[train])
        np.testing.assert_array_equal(job.validation, rest[validation])


def test_means_and_sds_over_rolling_folds_are_those_of_a_loop_over_time_series_split(run):
    experiment = {
        "data": {"name": "births", "lags": 7, "test_from": "2013-01-01"},
        "training": SOLVED,
        "validation": {"method": "rolling", "k": 6},
    }
    inputs, targets, _ = rows_of(experiment)
    said = run(experiment)
    rest = 5479 - 7 - 730
    absolute, squared = [], []
    for train, validation in TimeSeriesSplit(6).split(np.arange(rest)):
        model = LinearRegression().fit(inputs[train], targets[train])
        absolute.append(mean_absolute_error(targets[validation], model.predict(inputs[validation])))
        squared.append(root_mean_squared_error(targets[validation], model.predict(inputs[validation])))
    agrees(said["summary"]["validation.mae"], absolute)
    agrees(said["summary"]["validation.rmse"], squared)
    whole = LinearRegression().fit(inputs[:rest], targets[:rest])
    assert said["refit"]["test"]["mae"] == pytest.approx(
        mean_absolute_error(targets[rest:], whole.predict(inputs[rest:])), rel=1e-5
    )


def test_a_sweep_with_repeats_is_that_of_a_loop_over_predefined_splits(run, tmp_path):
    rng = np.random.default_rng(4)
    cells = rng.normal(size=(83, 6))
    y = cells @ rng.normal(size=6) + rng.normal(size=83)
    text = "a,b,c,d,e,f,y\n" + "".join(
        ",".join(map(repr, map(float, (*row, t)))) + "\n" for row, t in zip(cells, y, strict=True)
    )
    (tmp_path / "rows.csv").write_text(text)
    decays = [0.0, 0.01, 0.1, 1.0]
    experiment = {
        "data": {"file": str(tmp_path / "rows.csv")},
        "training": SOLVED,
        "validation": {"method": "k-fold", "k": 4, "repeats": 3},
        "sweep": {"training.weight_decay": decays},
    }
    said = run(experiment)
    _, _, jobs = rows_of(experiment)
    splits = []
    for repeat in range(3):
        fold_of = np.full(83, -1)
        for fold, job in enumerate(job for job in jobs[:12] if job.repeat == repeat):
            fold_of[job.validation] = fold
        rest = np.flatnonzero(fold_of >= 0)
        splits += [(rest[t], rest[v]) for t, v in PredefinedSplit(fold_of[rest]).split()]
    means = []
    for decay, candidate in zip(decays, said["candidates"], strict=True):
        found = [one_fold(cells, y, train, validation, decay) for train, validation in splits]
        agrees(candidate["summary"]["validation.rmse"], found)
        means.append(np.mean(np.square(found)))
    chosen = decays[int(np.argmin(means))]
    assert said["chosen"] == {"training.weight_decay": chosen}
    assert said["summary"] == said["candidates"][decays.index(chosen)]["summary"]
    test = np.setdiff1d(np.arange(83), rest)
    assert said["refit"]["test"]["rmse"] == pytest.approx(one_fold(cells, y, rest, test, chosen), rel=1e-5)


def one_fold(cells, y, train, validation, decay):
    """Return the RMSE of ridge regression on standardized rows: ours adds decay · w to the gradient of the mean."""
    scaler, target = StandardScaler().fit(cells[train]), StandardScaler().fit(y[train, None])
    model = Ridge(alpha=decay * len(train) / 2).fit(scaler.transform(cells[train]), target.transform(y[train, None]))
    predicted = target.inverse_transform(model.predict(scaler.transform(cells[validation])).reshape(-1, 1))
    return root_mean_squared_error(y[validation], predicted)


@pytest.mark.parametrize(("name", "load"), [("digits", load_digits), ("wine", load_wine)])
def test_stratified_folds_spread_as_scikit_learns_do(run, name, load):
    """Different random folds cannot agree one by one; over many repeats their means and spreads must."""
    experiment = {
        "data": {"name": name, "test": 0},
        "training": {**SOLVED, "loss": "squared", "weight_decay": 0.1},
        "validation": {"method": "k-fold", "k": 5, "repeats": 12, "refit": False},
        "baselines": False,
    }
    said = run(experiment)
    features, y = load(return_X_y=True)
    onehot = np.eye(y.max() + 1)[y]
    theirs = []
    for train, validation in RepeatedStratifiedKFold(n_splits=5, n_repeats=12, random_state=0).split(features, y):
        scaler = StandardScaler().fit(features[train])
        model = Ridge(alpha=0.1 * len(train) / 2).fit(scaler.transform(features[train]), onehot[train])
        theirs.append((model.predict(scaler.transform(features[validation])).argmax(axis=1) == y[validation]).mean())
    ours = [one["validation"]["accuracy"] for one in said["runs"]]
    error = np.std(theirs, ddof=1) * np.sqrt(2 / 12)
    assert said["summary"]["validation.accuracy"]["mean"] == pytest.approx(np.mean(ours))
    assert abs(np.mean(ours) - np.mean(theirs)) < 3 * error
    assert np.std(ours, ddof=1) == pytest.approx(np.std(theirs, ddof=1), rel=0.35)


def test_each_row_validates_once_a_repeat_and_classes_are_shared_out_as_stratified_k_fold_does():
    experiment = {"data": {"name": "wine"}, "validation": {"method": "k-fold", "k": 4, "repeats": 2}}
    made = tables.from_tables(experiment)
    (part,) = prepare.read(made, plan(made))
    labels = part.feed.dataset.labels
    rest = np.sort(np.concatenate([job.validation for job in part.jobs[:4]]))
    sizes = sorted(len(v) for _, v in StratifiedKFold(4).split(rest, labels[rest]))
    for repeat in range(2):
        jobs = [job for job in part.jobs if job.repeat == repeat]
        np.testing.assert_array_equal(np.sort(np.concatenate([job.validation for job in jobs])), rest)
        assert sorted(len(job.validation) for job in jobs) == sizes
        for label in np.unique(labels):
            counts = [int((labels[job.validation] == label).sum()) for job in jobs]
            assert max(counts) - min(counts) <= 1


def test_the_json_of_a_sweep_with_restarts_folds_and_a_refit_is_that_of_the_interface(run, tmp_path):
    text = """
seed = 7
restarts = 2
choose_by = "accuracy"
[data]
name = "wine"
[training]
epochs = 3
[validation]
method = "k-fold"
k = 3
[sweep]
"training.learning_rate" = [1e-3, 0.1]
"model.hidden" = [[], [4]]
"""
    said = run(tomllib.loads(text))
    assert len(said["runs"]) == 4 * 3 * 2
    labels = [one["label"] for one in said["runs"]]
    assert labels[0] == "learning_rate=0.001 · hidden=[] · fold 1/3 · restart 1/2"
    assert labels[-1] == "learning_rate=0.1 · hidden=[4] · fold 3/3 · restart 2/2"
    assert [one["settings"] for one in said["candidates"]] == [
        {"training.learning_rate": rate, "model.hidden": hidden} for rate in (1e-3, 0.1) for hidden in ([], [4])
    ]
    for number, candidate in enumerate(said["candidates"]):
        mine = said["runs"][6 * number : 6 * number + 6]
        assert all(one["settings"] == candidate["settings"] for one in mine)
        for name in ("loss", "accuracy", "f1"):
            by_fold = np.array([one["validation"][name] for one in mine]).reshape(3, 2).mean(axis=1)
            agrees(candidate["summary"][f"validation.{name}"], by_fold)
        assert all(one["test"] is None for one in mine)
    accuracies = [one["summary"]["validation.accuracy"]["mean"] for one in said["candidates"]]
    best = said["candidates"][int(np.argmax(accuracies))]
    assert said["chosen"] == best["settings"] == said["refit"]["settings"]
    assert said["summary"] == best["summary"]
    assert said["refit"]["label"] == "refit"
    assert set(said["refit"]["test"]) == {"loss", "accuracy", "f1"}
    assert (said["test_looks"], said["verdict"], said["status"]) == (1, None, "finished")
    assert len(said["differences"]) == 3
    again = run(tomllib.loads((tmp_path / "experiment.toml").read_text()))
    assert again["candidates"] == said["candidates"]


def test_a_page_of_a_sweep_trains_again_to_the_same_figures(run, capsys, tmp_path):
    said = run({"data": {"name": "wine"}, "training": {"epochs": 2}, "sweep": {"training.optimizer": ["sgd", "adam"]}})
    assert main(["--sessions", str(tmp_path / "again"), "run", "--json", said["session"]]) == 0
    again = json.loads(capsys.readouterr().out)
    for key in ("candidates", "chosen", "summary", "differences"):
        assert again[key] == said[key]
    assert again["refit"]["test"] == said["refit"]["test"]
