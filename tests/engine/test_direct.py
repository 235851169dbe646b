"""Closed forms as runs: against scikit-learn, against training to the end, and what they refuse."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from making import bits_by_run, dataset, ended, study, train

from engine import prepare
from engine.batches import Feed
from engine.data.preparing import prepare as read
from engine.data.sources import Births, Digits, Line, Polynomial, Wine
from engine.errors import KeyProblem, LabError
from engine.experiment import Data, EarlyStopping, Experiment, Model, Training, ValidationPlan
from engine.jobs import Job, stacks
from engine.losses import LOSSES, Absolute
from engine.optimizers import ClosedForm, Sgd
from engine.plan import plan
from engine.schedules import Cosine
from engine.validations import KFold, NoValidation

NONE = ValidationPlan(NoValidation())


def one(experiment):
    return ended(study(experiment)[1])[0]


@pytest.mark.parametrize("solver", ["qr", "normal", "svd"])
@pytest.mark.parametrize("standardize", [True, False])
def test_a_line_is_scikit_learns(solver, standardize):
    linear = pytest.importorskip("sklearn.linear_model")
    spec = Data(Line(rows=60, noise=0.5), test=0.0, standardize=standardize)
    end = one(Experiment(spec, training=Training(optimizer=ClosedForm(solver)), validation=NONE))
    made = read(spec, 0, dtype=np.float64)
    theirs = linear.LinearRegression().fit(made.inputs + made.centre, made.targets[:, 0])
    *slopes, intercept = end.coefficients.values()
    np.testing.assert_allclose(slopes, theirs.coef_, rtol=1e-9)
    assert intercept == pytest.approx(theirs.intercept_, rel=1e-9)
    assert end.solution["rank"] == 3
    assert end.solution["condition"] >= 1


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("loss", ["squared", "half-squared"])
def test_ridge_is_where_training_with_weight_decay_ends(loss, reduction):
    linear = pytest.importorskip("sklearn.linear_model")
    data = dataset(40, 3, 1)
    rows, none = np.arange(40), np.arange(0)
    decay = 0.7 if reduction == "mean" else 28.0
    ends = {}
    for optimizer in (ClosedForm(), Sgd(0.05 if reduction == "mean" else 0.001)):
        training = Training(
            loss=LOSSES[loss](),
            reduction=reduction,
            optimizer=optimizer,
            batch_size="all",
            epochs=2_000,
            weight_decay=decay,
        )
        job = Job(0, Experiment(Data(Line()), training=training), 0, 0, 0, 2_000, rows, none, none)
        ends[type(optimizer)] = ended(train([job], Feed(data, np.float64), dtype=np.float64))[0]
    mine, trained = ends[ClosedForm].coefficients, ends[Sgd].coefficients
    assert mine == pytest.approx(trained, rel=1e-6)
    inputs = data.inputs.astype(np.float64)
    scaled = (inputs - inputs.mean(axis=0)) / inputs.std(axis=0)
    target = data.targets[:, 0]
    # On sums the decay counts once; on means as often as there are rows. Half as much where the loss has no half.
    alpha = decay * (40 if reduction == "mean" else 1) * (0.5 if loss == "squared" else 1)
    theirs = linear.Ridge(alpha=alpha).fit(scaled, target)
    np.testing.assert_allclose(list(mine.values())[:-1], theirs.coef_ / inputs.std(axis=0), rtol=1e-6)


def test_a_week_of_births_has_the_published_errors():
    spec = Data(Births(), lags=7, test_from=date(2013, 1, 1))
    end = one(Experiment(spec, training=Training(optimizer=ClosedForm()), validation=NONE))
    assert end.train["mae"] == pytest.approx(0.525, abs=0.01)
    assert end.test["mae"] == pytest.approx(0.541, abs=0.01)


def test_random_features_before_it_bend_the_line():
    training = Training(loss=LOSSES["squared"](), optimizer=ClosedForm("svd"), weight_decay=1e-4)
    accuracies = {}
    for features in (0, 300):
        end = one(Experiment(Data(Digits(), train_rows=400, random_features=features), training=training))
        accuracies[features] = end.validation["accuracy"]
    assert accuracies[300] > accuracies[0] + 0.02
    assert accuracies[300] > 0.93
    assert end.coefficients is None


def test_folds_are_solved_to_the_same_bits_alone_and_together():
    experiment = Experiment(
        Data(Wine(), task="regression"),
        training=Training(optimizer=ClosedForm("svd")),
        validation=ValidationPlan(KFold(4)),
    )
    feed, jobs = prepare.read_one(experiment, plan(experiment))
    together = bits_by_run([event for stack in stacks(jobs) for event in train(stack, feed)])
    alone = {index: said for job in jobs for index, said in bits_by_run(train([job], feed)).items()}
    assert together == alone


def test_too_many_columns_are_refused_with_what_helps():
    spec = Data(Digits(), train_rows=30)
    training = Training(loss=LOSSES["squared"](), optimizer=ClosedForm())
    with pytest.raises(LabError) as caught:
        study(Experiment(spec, training=training, validation=NONE))
    assert "rank" in caught.value.problem
    assert "svd" in caught.value.hint


@pytest.mark.parametrize(
    ("model", "training", "key"),
    [
        (Model((4,)), {}, "model.hidden"),
        (Model(), {"loss": Absolute()}, "training.loss"),
        (Model(), {"l1": 0.1}, "training.l1"),
        (Model(), {"clip": 1.0}, "training.clip"),
        (Model(), {"max_norm": 1.0}, "training.max_norm"),
        (Model(), {"early_stopping": EarlyStopping()}, "training.early_stopping"),
        (Model(), {"schedule": Cosine()}, "training.schedule"),
    ],
)
def test_what_has_no_closed_form_is_refused_by_name(model, training, key):
    experiment = Experiment(Data(Line()), model, Training(optimizer=ClosedForm(), **training))
    with pytest.raises(KeyProblem) as caught:
        prepare.read_one(experiment, plan(experiment))
    assert caught.value.key == key
    assert caught.value.hint


def test_classes_have_no_closed_form_by_default():
    experiment = Experiment(Data(Wine()), training=Training(optimizer=ClosedForm()))
    with pytest.raises(KeyProblem, match="no closed form"):
        prepare.read_one(experiment, plan(experiment))


def test_a_degree_too_low_underfits_and_one_too_high_overfits():
    # Published for a cubic with noise of 0.1 and 20 rows: degree 3 .0076 and .0133 on others; 19 .0021 and enormous.
    figures = {}
    for degree in (1, 3, 19):
        data = Data(Polynomial(rows=220), polynomial=degree, train_rows=20, test=0.5)
        end = one(Experiment(data, training=Training(optimizer=ClosedForm("svd")), validation=NONE))
        figures[degree] = end.train["loss"], end.test["loss"]
    assert min(figures[1]) > 1
    assert 0.004 < figures[3][0] < 0.011
    assert 0.008 < figures[3][1] < 0.02
    assert figures[19][0] < figures[3][0]
    assert figures[19][1] > 1e3
