"""Losses: their published values, and that no logit is too large."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import dataset

from engine import evaluation
from engine.activations import Tanh
from engine.batches import Feed, Scales
from engine.initializations import Zeros
from engine.losses import LOSSES, CrossEntropy, Squared
from engine.network import Network, Shape


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("hidden", [(), (6,)])
def test_the_cross_entropy_of_zero_weights_is_the_logarithm_of_the_classes(classes, hidden):
    data = dataset(2_500, 4, classes, classes=True)  # more rows than one chunk of the evaluation
    feed, rows = Feed(data), np.arange(2_500)
    network = Network(Shape((4, *hidden, classes)), Tanh(), 1)
    network.initialize(Zeros(), [np.random.default_rng(0)])
    figures = evaluation.evaluate(network, 0, feed, Scales.of(feed, rows, standardize=True), rows, CrossEntropy())
    assert figures["loss"] == pytest.approx(math.log(classes), rel=1e-12)
    if classes == 10:
        assert figures["loss"] == pytest.approx(2.302585, abs=1e-6)


def test_the_toy_of_three_classes():
    # ŷ = [[.1, .3, .6], [.3, .2, .5]], y = [0, 2]: −log .1 = 2.3026 and −log .5 = .6931
    logits = np.log(np.array([[[0.1, 0.3, 0.6]], [[0.3, 0.2, 0.5]]]))
    targets = np.eye(3)[[[0], [2]]]
    np.testing.assert_allclose(CrossEntropy().total(logits, targets), [2.302585, 0.693147], atol=1e-6)
    CrossEntropy().gradient(logits, targets)
    np.testing.assert_allclose(logits, [[[-0.9, 0.3, 0.6]], [[0.3, 0.2, -0.5]]], atol=1e-12)


def test_the_squared_loss_by_hand():
    # (3 − 1)² + (0 − 2)² + (1 − 1)² + (5 − 2)² = 4 + 4 + 0 + 9 = 17 over two rows of two outputs
    outputs, targets = np.array([[[3.0, 0.0], [1.0, 5.0]]]), np.array([[[1.0, 2.0], [1.0, 2.0]]])
    np.testing.assert_array_equal(Squared().total(outputs, targets), [17.0])
    # 2(ŷ − y)/2 rows
    Squared().gradient(outputs, targets)
    np.testing.assert_array_equal(outputs, [[[2.0, -2.0], [0.0, 3.0]]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(data=st.data())
def test_cross_entropy_is_stable_for_large_logits(dtype, data):
    classes = data.draw(st.integers(2, 11))
    numbers = st.sampled_from([-1e4, 1e4, 0.0, 1.0, 9_999.0, -3.5])
    row = data.draw(st.lists(numbers, min_size=classes, max_size=classes))
    true = data.draw(st.integers(0, classes - 1))
    logits = np.array([[row]], dtype=dtype)
    targets = np.eye(classes, dtype=dtype)[[[true]]]
    # log Σexp o − o_true, in Python's own floats
    largest = max(row)
    powers = [math.exp(number - largest) for number in row]
    expected = largest + math.log(sum(powers)) - row[true]
    assert CrossEntropy().total(logits.copy(), targets)[0] == pytest.approx(expected, rel=1e-6, abs=1e-6)
    CrossEntropy().gradient(logits, targets)
    softmax = np.array(powers) / sum(powers)
    np.testing.assert_allclose(logits[0, 0], softmax - targets[0, 0], atol=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_totals_leave_outputs_and_targets_as_they_were(loss):
    rng = np.random.default_rng(0)
    outputs, targets = rng.standard_normal((2, 3, 4)), np.eye(4)[rng.integers(0, 4, (2, 3))]
    before = outputs.copy(), targets.copy()
    total = LOSSES[loss]().total(outputs, targets)
    assert total.shape == (2,)
    np.testing.assert_array_equal(outputs, before[0])
    np.testing.assert_array_equal(targets, before[1])


@pytest.mark.parametrize("loss", LOSSES)
def test_the_gradient_is_a_mean_over_rows(loss):
    rng = np.random.default_rng(1)
    outputs, targets = rng.standard_normal((1, 1, 4)), np.eye(4)[[[2]]]
    once, thrice = outputs.copy(), np.repeat(outputs, 3, axis=1)
    LOSSES[loss]().gradient(once, targets)
    LOSSES[loss]().gradient(thrice, np.repeat(targets, 3, axis=1))
    np.testing.assert_allclose(thrice.sum(axis=1), once.sum(axis=1), rtol=1e-12)
