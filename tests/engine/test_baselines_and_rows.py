"""Baselines where rows allow little, labels are wrong, and nothing that is held out may speak."""

from __future__ import annotations

import dataclasses
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import baselines_of, bits, dataset, own

from engine import prepare
from engine.baselines import base, classifying, measure
from engine.baselines.constant import best_constant
from engine.baselines.convex import minimum
from engine.baselines.linear import least_squares
from engine.batches import Feed
from engine.data.sources import Births, Line, Wine
from engine.experiment import Data, Experiment, Training, ValidationPlan
from engine.losses import LOSSES, Absolute, Huber, Squared
from engine.plan import plan
from engine.validations import Holdout, KFold, Rolling

PLAIN = Experiment(Data(Line()))
WINE = Experiment(Data(Wine()), validation=ValidationPlan(KFold(5)))
BIRTHS = Data(Births(), lags=7, test_from=date(2013, 1, 1))
STUDIES = {"wine": WINE, "births": Experiment(BIRTHS, validation=ValidationPlan(Rolling(4)))}


# --- constants and other losses ---------------------------------------------------------------------------------------


@given(
    values=st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=20),
    loss=st.sampled_from([Absolute(), Squared(), Huber(0.5), Huber(20.0)]),
    elsewhere=st.floats(-60, 60),
)
def test_no_other_constant_has_a_smaller_loss(values, loss, elsewhere):
    targets = np.array(values)[:, None]
    best, _ = best_constant(targets, loss)
    mine, other = (loss.total(np.full_like(targets, c)[None], targets[None])[0] for c in (best[0], elsewhere))
    assert mine <= other + 1e-9 * (1 + abs(other))


@pytest.mark.parametrize("loss", list(LOSSES))
@pytest.mark.parametrize("counts", [(9, 5, 1), (3, 4, 4), (0, 0, 12)])
def test_constants_of_classes_answer_with_the_commonest_whatever_the_loss(loss, counts):
    labels = np.repeat(np.arange(3), counts)
    made = dataclasses.replace(dataset(len(labels), 2, 3, classes=True), labels=labels, targets=np.eye(3)[labels])
    experiment = Experiment(Data(Line()), training=Training(loss=LOSSES[loss]()))
    rows = np.arange(len(labels))
    measured = {one.name: one for one in measure(experiment, Feed(made), [(rows, rows)])}
    assert measured["constant"].train["accuracy"] == (max(counts) / len(labels),)
    for one in measured.values():
        assert np.isfinite(one.train["loss"]).all(), one
    totals = [
        LOSSES[loss]().total(np.full((1, len(rows), 3), shift), made.targets[None])[0] / len(rows)
        for shift in (0.0, 1.0, -1.0)
    ]
    assert measured["constant"].train["loss"][0] <= min(totals) + 1e-8


@pytest.mark.parametrize("loss", ["squared", "hinge"])
def test_classifiers_are_shown_to_other_losses_as_what_these_aim_at(loss):
    experiment = dataclasses.replace(WINE, training=Training(loss=LOSSES[loss]()))
    measured = baselines_of(experiment, test=False)
    for name in ("logistic", "linear-svm"):
        assert np.mean(measured[name].validation["loss"]) < 0.5 * np.mean(measured["constant"].validation["loss"])


# --- rows that allow little -------------------------------------------------------------------------------------------


def test_a_class_that_does_not_train_costs_a_finite_loss():
    made = dataset(40, 2, 3, classes=True)
    one = np.flatnonzero(made.labels == 1)
    others = np.flatnonzero(made.labels != 1)
    measured = {m.name: m for m in measure(PLAIN, Feed(made), [(one, others), (others, one)])}
    assert set(measured) == {"constant", "logistic", "linear-svm"}
    for each in measured.values():
        assert not each.left_out
        assert each.train["accuracy"][0] == 1
        assert each.validation["accuracy"] == (0, 0)
        assert np.isfinite(each.validation["loss"]).all()
    # Half a row beside all that were seen.
    assert measured["constant"].validation["loss"][1] == pytest.approx(np.log(1 + len(others) / 0.5))
    assert measured["logistic"].validation["loss"][1] == pytest.approx(np.log(1 + len(others) / 0.5))


@pytest.mark.parametrize("classes", [True, False])
def test_one_row_is_enough(classes):
    made = dataset(5, 3, 2, classes=classes)
    for one in measure(PLAIN, Feed(made), [(np.array([2]), np.array([0, 1]))], (np.array([2]), np.array([3, 4]))):
        assert not one.left_out
        assert one.train["loss"][0] < 1.2
        assert np.isfinite(one.test["loss"])


@pytest.mark.parametrize("missing", ["mean", "median"])
def test_empty_cells_are_filled_by_the_training_rows(tmp_path, missing):
    linear = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(3)
    cells = rng.normal(3, 2, (60, 3))
    y = cells @ [1.0, -2.0, 0.5]
    cells[rng.random((60, 3)) < 0.2] = np.nan
    text = "".join(
        ",".join("" if np.isnan(c) else f"{c}" for c in row) + f",{t}\n" for row, t in zip(cells, y, strict=1)
    )
    (tmp_path / "gaps.csv").write_text("a,b,c,y\n" + text)
    experiment = Experiment(own(tmp_path / "gaps.csv", missing=missing), validation=ValidationPlan(Holdout()))
    _, (job,) = prepare.read_one(experiment, plan(experiment))
    measured = baselines_of(experiment)["linear"]
    middle = (np.nanmean if missing == "mean" else np.nanmedian)(cells[job.train], axis=0)
    filled = np.where(np.isnan(cells), middle, cells)
    theirs = linear.LinearRegression().fit(filled[job.train], y[job.train])
    for rows, said in ((job.train, measured.train["mae"][0]), (job.test, measured.test["mae"])):
        assert said == pytest.approx(np.abs(theirs.predict(filled[rows]) - y[rows]).mean(), rel=1e-5)


def test_what_cannot_be_is_left_out_with_a_reason_and_the_others_are_not():
    made = dataset(20, 2, 1)
    made.inputs[3, 1] = np.nan
    measured = {one.name: one for one in measure(PLAIN, Feed(made), [(np.arange(20), np.arange(0))])}
    assert "finite number; fill empty cells" in measured["linear"].left_out
    assert measured["linear"].train == {}
    assert measured["constant"].train
    assert not measured["constant"].left_out


@pytest.mark.parametrize("shape", [(12, 5), (5, 12), (8, 8), (20, 6)])
@pytest.mark.parametrize("rank", [3, 20])
def test_least_squares_are_the_shortest_of_the_best(shape, rank):
    rng = np.random.default_rng(0)
    design = rng.standard_normal((shape[0], min(rank, *shape))) @ rng.standard_normal((min(rank, *shape), shape[1]))
    targets = rng.standard_normal((shape[0], 2))
    np.testing.assert_allclose(least_squares(design, targets), np.linalg.pinv(design) @ targets, atol=1e-9)


def test_wrong_labels_are_taught_and_true_ones_judge():
    clean, noisy = (
        baselines_of(Experiment(Data(Wine(), label_noise=share), validation=ValidationPlan(KFold(4))))
        for share in (0.0, 0.4)
    )
    for name in ("logistic", "linear-svm"):
        assert max(noisy[name].train["accuracy"]) < 0.9
        assert np.mean(noisy[name].validation["accuracy"]) > np.mean(noisy[name].train["accuracy"])
        assert min(clean[name].train["accuracy"]) == 1


# --- no leak, same bits, and a bounded cost ---------------------------------------------------------------------------


def said(columns):
    return {name: [bits(value) for value in values] for name, values in columns.items()}


@pytest.mark.parametrize("data", ["wine", "births", "births at random", "weeks at random"])
@settings(max_examples=4)
@given(seed=st.integers(0, 2**32 - 1))
def test_held_out_cells_change_nothing_on_the_training_side(data, seed):
    if not data.endswith("random"):
        experiment = STUDIES[data]
    else:
        lags = 7 if data.startswith("weeks") else 1
        series = dataclasses.replace(BIRTHS, lags=lags, split="random", test=0.3, test_from=None)
        experiment = Experiment(series, validation=ValidationPlan(KFold(4)))
    feed, jobs = prepare.read_one(experiment, plan(experiment))
    rng = np.random.default_rng(seed)
    rest = np.unique(np.concatenate([rows for job in jobs for rows in (job.train, job.validation)]))
    test = np.setdiff1d(np.arange(feed.dataset.rows), rest)
    for job in jobs[:2]:
        cuts = [(job.train, job.validation)]
        before = list(measure(experiment, feed, cuts))
        for held in (job.validation, test):
            feed.rows[held, : feed.inputs] += rng.normal(size=(len(held), feed.inputs))
            targets = feed.dataset.targets
            targets[held] = rng.permutation(targets[held]) + (0 if feed.dataset.classes else 1)
        for one, other in zip(before, measure(experiment, feed, cuts), strict=True):
            assert said(one.train) == said(other.train), one.name
            assert one.validation != other.validation


def test_a_fold_has_the_same_bits_alone_and_beside_others():
    feed, jobs = prepare.read_one(WINE, plan(WINE))
    together = baselines_of(WINE)
    for one in measure(WINE, feed, [(jobs[2].train, jobs[2].validation)]):
        whole = together[one.name]
        assert said(one.train) == {name: [bits(values[2])] for name, values in whole.train.items()}
        assert said(one.validation) == {name: [bits(values[2])] for name, values in whole.validation.items()}


def test_restarts_are_measured_once_and_the_test_rows_only_where_they_are_asked_for():
    experiment = Experiment(Data(Wine()), validation=ValidationPlan(KFold(3)), restarts=4)
    tested, quiet = baselines_of(experiment, test=True), baselines_of(experiment, test=False)
    for name, one in tested.items():
        assert len(one.train["loss"]) == len(one.validation["loss"]) == 3
        assert quiet[name].test is quiet[name].whole is None
        assert said(quiet[name].validation) == said(one.validation)
        assert set(one.test) == set(one.whole) == {"loss", "accuracy", "f1"}


def test_many_rows_are_fitted_on_a_sample_and_say_so(monkeypatch):
    monkeypatch.setattr(base, "MOST_CELLS", 14 * 60)
    monkeypatch.setattr(classifying, "MOST_PRODUCTS_IN_ALL", 14 * 60 * 3 * 5)
    experiment = Experiment(Data(Wine()), validation=ValidationPlan(Holdout()))
    measured = baselines_of(experiment)
    for name in ("logistic", "linear-svm"):
        assert measured[name].fitted_rows == (60,)
        assert "60 of 114 training rows, ended after 5 steps" in measured[name].says
        assert measured[name].validation["accuracy"][0] > 0.85
        assert said(measured[name].train) == said(baselines_of(experiment)[name].train)


def test_a_convex_function_is_minimized_however_steep():
    scale = np.logspace(0, 4, 30)

    def bowl(point):
        return 0.5 * float(scale @ (point - 1) ** 2), scale * (point - 1)

    point, steps = minimum(bowl, np.zeros(30), 1e-6, 2_000)
    np.testing.assert_allclose(point, 1, atol=1e-6)
    assert steps < 2_000
