"""Baselines: against scikit-learn on the same folds, against published figures, and copies against their series."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import numpy as np
import pytest
from making import baselines_of, own

from engine import prepare, reader
from engine.baselines import BASELINES, Fold, measure
from engine.data.sources import Births, Digits, Line, Wine
from engine.experiment import Data, Experiment, ValidationPlan
from engine.jobs import loss_of
from engine.losses import Squared
from engine.plan import plan
from engine.validations import KFold, NoValidation, Rolling

WHOLE = ValidationPlan(NoValidation())
BIRTHS = Data(Births(), lags=7, test_from=date(2013, 1, 1))
STUDIES = {
    "digits": Experiment(Data(Digits()), validation=ValidationPlan(KFold(5))),
    "wine": Experiment(Data(Wine()), validation=ValidationPlan(KFold(5))),
    "births": Experiment(BIRTHS, validation=ValidationPlan(Rolling(4))),
}


@pytest.fixture(scope="module")
def studied():
    """Return, for each study, (its folds, their validation rows, what is measured by name), worked out once."""
    found = {}
    for name, experiment in STUDIES.items():
        feed, jobs = prepare.read_one(experiment, plan(experiment))
        folds = [Fold(feed, job.train, loss_of(experiment, feed.dataset.task)) for job in jobs]
        measured = measure(experiment, feed, [(job.train, job.validation) for job in jobs])
        found[name] = folds, [job.validation for job in jobs], {one.name: one for one in measured}
    return found


# --- against scikit-learn ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", ["digits", "wine"])
def test_logistic_regression_is_scikit_learns(studied, data):
    linear, metrics = pytest.importorskip("sklearn.linear_model"), pytest.importorskip("sklearn.metrics")
    folds, held_out, measured = studied[data]
    mine = measured["logistic"]
    accuracies = []
    for number, (fold, held) in enumerate(zip(folds, held_out, strict=True)):
        labels = fold.dataset.labels
        theirs = linear.LogisticRegression(C=1.0, max_iter=5_000, tol=1e-6)
        theirs.fit(fold.design(fold.train)[:, :-1], labels[fold.train])
        for rows, said, near in ((fold.train, mine.train, 1e-4), (held, mine.validation, 1e-3)):
            loss = metrics.log_loss(labels[rows], theirs.predict_proba(fold.design(rows)[:, :-1]))
            assert said["loss"][number] == pytest.approx(loss, abs=near)
        accuracies.append(theirs.score(fold.design(held)[:, :-1], labels[held]))
        assert mine.validation["accuracy"][number] == pytest.approx(accuracies[-1], abs=2.01 / len(held))
    assert np.mean(mine.validation["accuracy"]) == pytest.approx(np.mean(accuracies), abs=0.002)


@pytest.mark.parametrize("data", ["digits", "wine"])
def test_the_support_vector_machine_is_nearly_scikit_learns(studied, data):
    svm = pytest.importorskip("sklearn.svm")
    folds, held_out, measured = studied[data]
    accuracies = []
    for fold, held in zip(folds, held_out, strict=True):
        # Theirs penalizes the intercept as well, the less the larger the constant that it belongs to.
        theirs = svm.LinearSVC(C=1.0, dual=False, intercept_scaling=10.0, max_iter=10_000)
        theirs.fit(fold.design(fold.train)[:, :-1], fold.dataset.labels[fold.train])
        accuracies.append(theirs.score(fold.design(held)[:, :-1], fold.dataset.labels[held]))
    assert np.mean(measured["linear-svm"].validation["accuracy"]) == pytest.approx(np.mean(accuracies), abs=0.003)


def test_digits_have_the_published_accuracy(studied):
    measured = studied["digits"][2]
    assert np.mean(measured["logistic"].validation["accuracy"]) == pytest.approx(0.969, abs=0.005)
    assert set(measured) == {"constant", "logistic", "linear-svm"}
    assert measured["logistic"].says == "logistic regression, C = 1"


@pytest.mark.parametrize("data", ["digits", "wine"])
def test_class_shares_are_scikit_learns_prior(studied, data):
    dummy, metrics = pytest.importorskip("sklearn.dummy"), pytest.importorskip("sklearn.metrics")
    folds, held_out, measured = studied[data]
    for number, (fold, held) in enumerate(zip(folds, held_out, strict=True)):
        labels = fold.dataset.labels
        theirs = dummy.DummyClassifier(strategy="prior").fit(np.zeros((len(fold.train), 1)), labels[fold.train])
        answers = theirs.predict(held[:, None])
        said = {name: values[number] for name, values in measured["constant"].validation.items()}
        assert said == pytest.approx(
            {
                "loss": metrics.log_loss(labels[held], theirs.predict_proba(held[:, None])),
                "accuracy": metrics.accuracy_score(labels[held], answers),
                "f1": metrics.f1_score(labels[held], answers, average="macro"),
            }
        )


@pytest.mark.parametrize(("name", "strategy"), [("linear", None), ("constant", "mean")])
def test_regressions_are_scikit_learns(studied, name, strategy):
    linear, dummy = pytest.importorskip("sklearn.linear_model"), pytest.importorskip("sklearn.dummy")
    metrics = pytest.importorskip("sklearn.metrics")
    folds, held_out, measured = studied["births"]
    for number, (fold, held) in enumerate(zip(folds, held_out, strict=True)):
        targets = fold.dataset.targets[:, 0]
        theirs = dummy.DummyRegressor(strategy=strategy) if strategy else linear.LinearRegression()
        theirs.fit(fold.design(fold.train)[:, :-1], targets[fold.train])
        for rows, said in ((fold.train, measured[name].train), (held, measured[name].validation)):
            answers = theirs.predict(fold.design(rows)[:, :-1])
            assert {key: values[number] for key, values in said.items()} == pytest.approx(
                {
                    "loss": metrics.mean_squared_error(targets[rows], answers),
                    "mae": metrics.mean_absolute_error(targets[rows], answers),
                    "rmse": metrics.root_mean_squared_error(targets[rows], answers),
                    "r2": metrics.r2_score(targets[rows], answers),
                },
                abs=1e-9,
            )


# --- series -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lags", [7, 1, (3, 9)])
def test_copies_have_the_published_errors_whatever_the_lags(lags):
    measured = baselines_of(Experiment(dataclasses.replace(BIRTHS, lags=lags), validation=WHOLE))
    week = measured["copy-last-week"]
    assert week.train["mae"] == (pytest.approx(0.469, abs=0.005),)
    assert week.test["mae"] == pytest.approx(0.438, abs=0.001)
    assert week.whole == {name: values[0] for name, values in week.train.items()}
    assert week.validation == {}
    assert measured["copy-last"].test["mae"] == pytest.approx(1.6635, abs=0.001)
    if lags == 7:
        assert measured["linear"].train["mae"] == (pytest.approx(0.525, abs=0.005),)
        assert measured["linear"].test["mae"] == pytest.approx(0.541, abs=0.005)


@pytest.mark.parametrize("lags", [7, 2])
@pytest.mark.parametrize("name", ["copy-last", "copy-last-week"])
def test_what_is_copied_lies_so_many_days_before(name, lags):
    experiment = Experiment(Data(Births(), lags=lags))
    feed, jobs = prepare.read_one(experiment, plan(experiment))
    series = reader.prepare(Data(Births(), lags=1), 0).targets
    rows = np.arange(feed.dataset.rows)
    copies = BASELINES[name]().fit(Fold(feed, jobs[0].train, Squared())).predict(rows)
    days = feed.dataset.times - {"copy-last": 1, "copy-last-week": 7}[name]
    there = ~np.isnan(copies[:, 0])
    # What lies before the first row is known only where the features hold it.
    assert (~there).sum() == (7 if (name, lags) == ("copy-last-week", 2) else 0)
    # The series with lags = 1 begins at its second day.
    later = there & (days >= 1)
    np.testing.assert_allclose(copies[later], series[days[later] - 1], rtol=1e-6)


def write_days(path, days, seed=0):
    values = np.random.default_rng(seed).normal(10, 2, len(days)).round(4)
    path.write_text("day,y\n" + "".join(f"{day},{value}\n" for day, value in zip(days, values, strict=True)))
    return own(path, date="day", target="y", lags=2, test=0.2)


@pytest.mark.parametrize(("step", "weekly"), [("daily", True), ("working days", True), ("weekly", False)])
def test_a_week_is_counted_in_days_and_only_where_rows_are_days(tmp_path, step, weekly):
    days = np.arange(np.datetime64("2021-01-04"), np.datetime64("2021-06-30"))
    if step == "working days":
        days = days[np.is_busday(days)]
    if step == "weekly":
        days = days[::7]
    experiment = Experiment(write_days(tmp_path / "days.csv", days), validation=WHOLE)
    measured = baselines_of(experiment)
    assert ("copy-last-week" in measured) is weekly
    assert "copy-last" in measured
    if weekly:
        feed, _ = prepare.read_one(experiment, plan(experiment))
        data = feed.dataset
        value = dict(zip(data.dates.tolist(), data.targets[:, 0], strict=True))
        tested = list(value)[-round(0.2 * len(value)) :]
        errors = [abs(value[day] - value[day - timedelta(days=7)]) for day in tested]
        assert measured["copy-last-week"].test["mae"] == pytest.approx(np.mean(errors))


def test_a_series_of_test_rows_copies_from_itself():
    data = Data(Births(), lags=1, test_name="births-1969")
    experiment = Experiment(data, validation=WHOLE)
    feed, jobs = prepare.read_one(experiment, plan(experiment))
    fold = Fold(feed, jobs[0].train, Squared())
    copies = BASELINES["copy-last-week"]().fit(fold).predict(jobs[0].test)
    assert np.isnan(copies[:7]).all()
    np.testing.assert_array_equal(copies[7:], feed.dataset.targets[jobs[0].test[:-7]])


def test_a_training_row_copies_what_it_reads_whether_or_not_that_trains():
    experiment = Experiment(Data(Births(), lags=7), validation=ValidationPlan(KFold(5)))
    measured = baselines_of(experiment, test=False)
    assert measured["copy-last-week"].says == "the value a week before"
    fewer = baselines_of(dataclasses.replace(experiment, data=Data(Births(), lags=1)), test=False)
    assert fewer["copy-last-week"].says.endswith("training rows are left out")


def test_data_without_order_have_no_copies():
    assert set(baselines_of(Experiment(Data(Line(rows=40))))) == {"constant", "linear"}
