"""Losses: their published values, and that no logit is too large."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import dataset

from engine.activations import Tanh
from engine.batches import Feed, Scales
from engine.evaluation import Evaluator
from engine.initializations import Zeros
from engine.layers import Activate, Dense, Form
from engine.losses import LOSSES, Absolute, CrossEntropy, HalfSquared, Hinge, Huber, Squared
from engine.network import Network

ONE = np.ones((1, 1, 1))


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("hidden", [(), (6,)])
def test_the_cross_entropy_of_zero_weights_is_the_logarithm_of_the_classes(classes, hidden):
    data = dataset(2_500, 4, classes, classes=True)  # more rows than one chunk of the evaluation
    feed, rows = Feed(data), np.arange(2_500)
    layers = [layer for units in hidden for layer in (Dense(units, Zeros()), Activate(Tanh()))]
    network = Network([*layers, Dense(classes, Zeros(), ones=False)], Form(4), 1)
    network.initialize([np.random.default_rng(0)])
    scales = [Scales.of(feed, rows, standardize=True)]
    (figures,) = Evaluator(network, feed, scales, CrossEntropy()).figures([0], [rows])
    assert figures["loss"] == pytest.approx(math.log(classes), rel=1e-12)
    if classes == 10:
        assert figures["loss"] == pytest.approx(2.302585, abs=1e-6)


def test_the_toy_of_three_classes():
    # ŷ = [[.1, .3, .6], [.3, .2, .5]], y = [0, 2]: −log .1 = 2.3026 and −log .5 = .6931
    logits = np.log(np.array([[[0.1, 0.3, 0.6]], [[0.3, 0.2, 0.5]]]))
    targets = np.eye(3)[[[0], [2]]]
    np.testing.assert_allclose(CrossEntropy().total(logits, targets), [2.302585, 0.693147], atol=1e-6)
    CrossEntropy().gradient(logits, targets, 1 / logits.shape[1], ONE)
    np.testing.assert_allclose(logits, [[[-0.9, 0.3, 0.6]], [[0.3, 0.2, -0.5]]], atol=1e-12)


def test_the_squared_loss_by_hand():
    # (3 − 1)² + (0 − 2)² + (1 − 1)² + (5 − 2)² = 4 + 4 + 0 + 9 = 17 over two rows of two outputs
    outputs, targets = np.array([[[3.0, 0.0], [1.0, 5.0]]]), np.array([[[1.0, 2.0], [1.0, 2.0]]])
    np.testing.assert_array_equal(Squared().total(outputs, targets), [17.0])
    # 2(ŷ − y)/2 rows
    Squared().gradient(outputs, targets, 1 / outputs.shape[1], ONE)
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
    CrossEntropy().gradient(logits, targets, 1 / logits.shape[1], ONE)
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
    LOSSES[loss]().gradient(once, targets, 1 / once.shape[1], ONE)
    LOSSES[loss]().gradient(thrice, np.repeat(targets, 3, axis=1), 1 / thrice.shape[1], ONE)
    np.testing.assert_allclose(thrice.sum(axis=1), once.sum(axis=1), rtol=1e-12)


def test_the_toy_of_errors():
    # ŷ − y = .5, −3, 2 with delta = 1: ½·.25 + (3 − ½) + (2 − ½) = 4.125; |·| = 5.5; ½·square = ½(.25 + 9 + 4)
    outputs, targets = np.array([[[1.5], [0.0], [6.0]]]), np.array([[[1.0], [3.0], [4.0]]])
    assert Huber(1.0).total(outputs, targets).item() == 4.125
    assert Absolute().total(outputs, targets).item() == 5.5
    assert HalfSquared().total(outputs, targets).item() == 6.625


def test_the_hinge_by_hand():
    # True class 0: margins 1 − .5 = .5, 1 + (−2) < 0, 1 + .25 = 1.25
    outputs, targets = np.array([[[0.5, -2.0, 0.25]]]), np.eye(3)[[[0]]]
    assert Hinge().total(outputs, targets).item() == 1.75
    Hinge().gradient(outputs, targets, 1.0, ONE)
    np.testing.assert_array_equal(outputs, [[[-1.0, 0.0, 1.0]]])


@given(seed=st.integers(0, 1_000), delta=st.floats(0.1, 5), sd=st.floats(0.1, 10))
def test_values_and_gradients_are_pytorchs(seed, delta, sd):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    outputs, targets = 3 * rng.standard_normal((1, 6, 2)), 3 * rng.standard_normal((1, 6, 2))
    functional = torch.nn.functional
    peers = {
        Squared(): functional.mse_loss,
        Absolute(): functional.l1_loss,
        Huber(delta): lambda o, t, reduction: functional.huber_loss(o, t, reduction=reduction, delta=delta),
    }
    for loss, peer in peers.items():
        theirs = torch.tensor(outputs, requires_grad=True)
        value = peer(theirs, torch.tensor(targets), reduction="sum")
        value.backward()
        assert loss.total(outputs, targets)[0] == pytest.approx(value.item(), rel=1e-9)
        # The same rows in multiples of a deviation: the slope is then a deviation's part of what it was, by the unit.
        mine, power = outputs / sd, 1 if isinstance(loss, Absolute) else 2
        loss.gradient(mine, targets / sd, 1.0, np.full((1, 1, 2), sd))
        np.testing.assert_allclose(mine * sd ** (power - 1), theirs.grad.numpy(), rtol=1e-9, atol=1e-12)


@given(seed=st.integers(0, 1_000))
def test_the_hinge_is_scikit_learns(seed):
    peers = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    outputs, labels = rng.standard_normal(9), rng.integers(0, 2, 9)
    targets = np.eye(2)[labels][None]
    # Of two classes, one output and its opposite give twice the binary loss.
    both = np.stack([-outputs, outputs], axis=1)[None]
    expected = 9 * peers.hinge_loss(2 * labels - 1, outputs, labels=[-1, 1])
    assert Hinge().total(both, targets)[0] == pytest.approx(2 * expected, rel=1e-12)
