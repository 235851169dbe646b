"""Metrics against scikit-learn's, in chunks of any size."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.losses import CrossEntropy, Squared
from engine.metrics import NAMES, tally


def figures(task, loss, outputs, targets, chunk):
    sums = tally(task, loss, 1, targets.shape[1])
    for start in range(0, len(targets), chunk):
        sums.add(outputs[None, start : start + chunk], targets[None, start : start + chunk])
    with np.errstate(invalid="ignore"):
        return {name: value.item() for name, value in sums.figures().items()}


@given(
    rows=st.integers(2, 60),
    columns=st.integers(1, 3),
    chunk=st.integers(1, 70),
    offset=st.sampled_from([0.0, -40.0, 2_000.0]),
    seed=st.integers(0, 1_000),
)
def test_regression(rows, columns, chunk, offset, seed):
    peers = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    targets = rng.standard_normal((rows, columns)) * [1.0, 10.0, 0.1][:columns] + offset
    outputs = targets + rng.standard_normal((rows, columns)) * 0.5
    said = figures("regression", Squared(), outputs, targets, chunk)
    # Summed over outputs, where scikit-learn takes their mean.
    assert said["mae"] == pytest.approx(columns * peers.mean_absolute_error(targets, outputs), rel=1e-12)
    squared = columns * peers.mean_squared_error(targets, outputs)
    assert said["loss"] == pytest.approx(squared, rel=1e-12)
    assert said["rmse"] == pytest.approx(math.sqrt(squared), rel=1e-12)
    assert said["r2"] == pytest.approx(
        peers.r2_score(targets, outputs, multioutput="variance_weighted"), rel=1e-6, abs=1e-6
    )
    assert list(said) == ["loss", *NAMES["regression"]]


@pytest.mark.parametrize("offset", [1e6, -1e9, 1.7e12])
def test_r2_keeps_its_digits_far_from_zero(offset):
    peers = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(3)
    targets = rng.standard_normal((500, 1)) * 10 + offset
    outputs = targets + rng.standard_normal((500, 1)) * 5
    said = figures("regression", Squared(), outputs, targets, 64)
    assert said["r2"] == pytest.approx(peers.r2_score(targets, outputs), abs=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.1, 3.3, 1e9 + 0.1])
@pytest.mark.parametrize("rows", [1, 3, 7, 1_000])
def test_r2_of_a_target_that_does_not_vary_is_not_a_number(value, rows):
    targets = np.full((rows, 1), value)
    assert math.isnan(figures("regression", Squared(), targets + 1, targets, 64)["r2"])


@given(
    rows=st.integers(1, 60),
    classes=st.integers(2, 7),
    chunk=st.integers(1, 70),
    seed=st.integers(0, 1_000),
    data=st.data(),
)
def test_classification_also_where_classes_never_occur(rows, classes, chunk, seed, data):
    peers = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    truths = data.draw(st.lists(st.integers(0, classes - 1), min_size=1, max_size=classes, unique=True))
    guesses = data.draw(st.lists(st.integers(0, classes - 1), min_size=1, max_size=classes, unique=True))
    truth, guess = rng.choice(truths, rows), rng.choice(guesses, rows)
    logits = rng.standard_normal((rows, classes))
    logits[np.arange(rows), guess] += 10
    said = figures("classification", CrossEntropy(), logits, np.eye(classes)[truth], chunk)
    assert said["accuracy"] == pytest.approx(peers.accuracy_score(truth, guess), rel=1e-12)
    assert said["f1"] == pytest.approx(peers.f1_score(truth, guess, average="macro", zero_division=0), rel=1e-12)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    loss = peers.log_loss(truth, probabilities, labels=np.arange(classes))
    assert said["loss"] == pytest.approx(loss, rel=1e-9)
    assert list(said) == ["loss", *NAMES["classification"]]


def test_macro_f1_by_hand():
    # Truth a a b, said a b b: a has 2·1/(2·1 + 0 + 1) = 2/3, b has 2·1/(2·1 + 1 + 0) = 2/3; c never occurs.
    logits = np.eye(3)[[0, 1, 1]]
    said = figures("classification", CrossEntropy(), logits, np.eye(3)[[0, 0, 1]], 10)
    assert said["f1"] == pytest.approx(2 / 3)
    assert said["accuracy"] == pytest.approx(2 / 3)


def test_figures_that_are_not_numbers_stay_so():
    targets = np.array([[1.0], [2.0]])
    said = figures("regression", Squared(), np.array([[np.nan], [0.0]]), targets, 10)
    assert all(math.isnan(said[name]) for name in ("loss", "mae", "rmse", "r2"))
    with np.errstate(all="ignore"):
        said = figures("regression", Squared(), np.array([[np.inf], [0.0]]), targets, 10)
    assert said["mae"] == math.inf
