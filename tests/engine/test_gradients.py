"""The one gradient check: every layer, activation, loss and normalization, stacked, against central differences."""

from __future__ import annotations

import numpy as np
import pytest

from engine.activations import ACTIVATIONS, Relu, Tanh
from engine.initializations import Glorot
from engine.layers import (
    LAYERS,
    Activate,
    BatchNormalization,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Form,
    LayerNormalization,
    RandomFeatures,
    Residual,
)
from engine.losses import LOSSES, Absolute, Hinge, Huber
from engine.network import Network

RUNS = 3
H = 1e-5
UNIT = np.array([1.0, 0.5, 2.0])[:, None, None]


def dense(units, *, last=False):
    return Dense(units, Glorot(), ones=not last)


def perceptron(activation, *widths):
    """Return dense layers with activations between them."""
    layers = [layer for units in widths[:-1] for layer in (dense(units), Activate(activation))]
    return [*layers, dense(widths[-1], last=True)]


# For every kind of layer: networks in which something with parameters comes before it and something after it.
NETWORKS = {
    "dense": [(Form(4), [dense(3, last=True)]), (Form(2), perceptron(Tanh(), 3, 4, 3, 1))],
    "activation": [(Form(3), perceptron(Tanh(), 6, 4, 2))],
    "dropout": [
        (Form(4), [dense(6), Activate(Tanh()), Dropout(), dense(5), Activate(Relu()), Dropout(), dense(3, last=True)])
    ],
    "layer-normalization": [
        (Form(4), [dense(5), LayerNormalization(), Activate(Tanh()), dense(3, last=True)]),
        (Form(2, (4,)), [Convolution(3, Glorot()), LayerNormalization(), Flatten(), dense(2, last=True)]),
    ],
    "batch-normalization": [
        (Form(4), [dense(5), BatchNormalization(), Activate(Tanh()), dense(3, last=True)]),
        (Form(2, (4,)), [Convolution(3, Glorot()), BatchNormalization(), Flatten(), dense(2, last=True)]),
    ],
    "residual": [
        (
            Form(4),
            [
                dense(5),
                Activate(Tanh()),
                Residual((dense(5), LayerNormalization(), Activate(Tanh()), Dropout())),
                Residual((dense(5), Activate(Tanh()))),
                dense(2, last=True),
            ],
        ),
        (
            Form(1, (5,)),
            [
                Convolution(2, Glorot()),
                Activate(Tanh()),
                Residual((Convolution(2, Glorot()), Activate(Tanh()))),
                Flatten(),
                dense(2, last=True),
            ],
        ),
    ],
    "convolution": [
        (
            Form(1, grid),
            [
                Convolution(2, Glorot()),
                Activate(Tanh()),
                Convolution(3, Glorot()),
                Activate(Tanh()),
                Flatten(),
                dense(2, last=True),
            ],
        )
        for grid in ((6,), (1,), (3, 4), (1, 2))
    ],
    "flatten": [(Form(2, (3,)), [Convolution(2, Glorot()), Flatten(), dense(2, last=True)])],
    "random-features": [(Form(3), [RandomFeatures(7), dense(4), Activate(Tanh()), dense(2, last=True)])],
}


class Fresh:
    """Draws the same numbers at each call, so that a mask stays while a parameter is moved."""

    def __init__(self, seed):
        self.seed = seed

    def random(self, out, dtype):
        np.random.default_rng(self.seed).random(out=out, dtype=dtype)


class Corners:
    """An activation that remembers how near to a corner any sum has come."""

    keeps_one = False

    def __init__(self, activation):
        self.inner, self.scratch, self.nearest = activation, activation.scratch, np.inf

    def forward(self, values, scratch):
        corners = [0.0] if type(self.inner).__name__ in {"Relu", "LeakyRelu"} else [-2.0, 2.0]
        if type(self.inner).__name__ in {"Relu", "LeakyRelu", "HardSigmoid"}:
            self.nearest = min(self.nearest, *(np.abs(values - corner).min() for corner in corners))
        self.inner.forward(values, scratch)

    def backward(self, outputs, upstream, scratch):
        self.inner.backward(outputs, upstream, scratch)


def wrapped(layers):
    """Return the layers with watched activations, and these."""
    watched, out = [], []
    for layer in layers:
        if isinstance(layer, Activate):
            watched.append(Corners(layer.activation))
            out.append(Activate(watched[-1]))
        elif isinstance(layer, Residual):
            inner, more = wrapped(layer.inner)
            watched += more
            out.append(Residual(tuple(inner)))
        else:
            out.append(layer)
    return out, watched


def far_from_corners(loss, outputs, targets):
    match loss:
        case Hinge():
            return np.abs(1 - (2 * targets - 1) * outputs).min() > 100 * H
        case Absolute():
            return np.abs(outputs - targets).min() > 100 * H
        case Huber():
            return np.abs(np.abs(outputs - targets) - loss.delta / UNIT).min() > 100 * H
    return True


def problem(layers, form, loss, rows, *, training=True):
    """Return a network at random numbers, inputs with their column of ones, and targets, away from all corners."""
    layers, watched = wrapped(layers)
    for seed in range(300):
        rng = np.random.default_rng(seed)
        network = Network(layers, form, RUNS, np.float64)
        network.initialize([np.random.default_rng((seed, run)) for run in range(RUNS)])
        network.parameters[...] += rng.normal(0, 0.5, network.parameters.shape)
        for moving in network.kept_blocks:
            moving[...] = np.abs(moving) + rng.uniform(0.1, 1, moving.shape)
        network.streams = [Fresh(run) for run in range(RUNS)]
        network.dropout = np.array([0.2, 0.5, 0.3])[:, None, None]
        features = form.units * form.positions
        inputs = np.concatenate([rng.standard_normal((RUNS, rows, features)), np.ones((RUNS, rows, 1))], axis=2)
        targets = rng.standard_normal((RUNS, rows, network.outputs))
        if loss.for_classes_only:
            targets = np.eye(network.outputs)[rng.integers(0, network.outputs, (RUNS, rows))]
        for activation in watched:
            activation.nearest = np.inf
        outputs = network.of_rows(rows, training=training).forward(inputs)
        # The column of ones passes through activations as well, and no corner lies at 1.
        if all(activation.nearest > 100 * H for activation in watched) and far_from_corners(loss, outputs, targets):
            return network, inputs, targets
    raise AssertionError("no point was found that is away from all corners")


def analytic(network, loss, inputs, targets, *, training=True):
    one_pass = network.of_rows(inputs.shape[1], training=training)
    loss.gradient(one_pass.forward(inputs), targets, 1 / inputs.shape[1], UNIT)
    one_pass.backward()
    return network.gradient.copy()


def value(network, loss, inputs, targets, *, training=True):
    """The mean loss in multiples of the unit: what is trained."""
    outputs = network.of_rows(inputs.shape[1], training=training).forward(inputs)
    if isinstance(loss, Huber):
        return loss.total(outputs * UNIT, targets * UNIT) / UNIT[:, 0, 0] ** 2 / inputs.shape[1]
    return loss.total(outputs, targets) / inputs.shape[1]


def numeric(network, loss, inputs, targets, *, training=True):
    """Central differences of the loss, one parameter of all runs at a time: (runs, P)."""
    found = np.empty_like(network.parameters)
    for place in range(network.parameters.shape[1]):
        kept = network.parameters[:, place].copy()
        ends = []
        for step in (H, -H):
            network.parameters[:, place] = kept + step
            ends.append(value(network, loss, inputs, targets, training=training))
        network.parameters[:, place] = kept
        found[:, place] = (ends[0] - ends[1]) / (2 * H)
    return found


def check(layers, form, loss, *, training=True):
    for rows in (2, 7):
        network, inputs, targets = problem(layers, form, loss, rows, training=training)
        said = analytic(network, loss, inputs, targets, training=training)
        seen = numeric(network, loss, inputs, targets, training=training)
        for run in range(RUNS):
            assert np.linalg.norm(seen[run]) > 1e-3
            assert np.linalg.norm(said[run] - seen[run]) <= 1e-6 * np.linalg.norm(seen[run])
        np.testing.assert_allclose(said, seen, rtol=1e-6, atol=1e-8)


def test_every_layer_has_its_networks():
    assert set(NETWORKS) == set(LAYERS)


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize(
    ("name", "place"), [(name, place) for name in NETWORKS for place in range(len(NETWORKS[name]))]
)
def test_the_gradient_of_every_layer_is_the_slope(name, place, training):
    form, layers = NETWORKS[name][place]
    check(layers, form, LOSSES["squared"](), training=training)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_gradient_of_every_activation_with_every_loss_is_the_slope(activation, loss):
    check(perceptron(ACTIVATIONS[activation](), 6, 4, 2), Form(3), LOSSES[loss]())


@pytest.mark.parametrize("loss", LOSSES)
def test_a_single_row_has_the_gradient_of_its_own(loss):
    network, inputs, targets = problem(perceptron(Tanh(), 4, 2), Form(3), LOSSES[loss](), 1)
    seen = numeric(network, LOSSES[loss](), inputs, targets)
    np.testing.assert_allclose(analytic(network, LOSSES[loss](), inputs, targets), seen, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    ("name", "place"), [(name, place) for name in NETWORKS for place in range(len(NETWORKS[name]))]
)
def test_a_run_reads_nothing_of_its_neighbours(name, place):
    form, layers = NETWORKS[name][place]
    loss = LOSSES["squared"]()
    network, inputs, targets = problem(layers, form, loss, 6)
    moving = [view.copy() for view in network.kept_blocks]
    before = analytic(network, loss, inputs, targets)
    network.parameters[1] *= -2
    for view, kept in zip(network.kept_blocks, moving, strict=True):
        view[...] = kept
    inputs[1, :, :-1] += 1
    after = analytic(network, loss, inputs, targets)
    np.testing.assert_array_equal(before[[0, 2]], after[[0, 2]])
    assert not np.array_equal(before[1], after[1])


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_evaluation_and_training_compute_the_same_function(activation):
    form, layers = Form(1, (5,)), [Convolution(3, Glorot()), Activate(ACTIVATIONS[activation]()), Flatten()]
    layers += perceptron(ACTIVATIONS[activation](), 5, 5, 3)
    network, inputs, _ = problem(layers, form, LOSSES["squared"](), 6)
    trained = network.of_rows(6).forward(inputs).copy()
    np.testing.assert_array_equal(network.of_rows(6, training=False).forward(inputs), trained)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_second_forward_finds_the_column_of_ones_again(activation):
    loss = LOSSES["squared"]()
    network, inputs, targets = problem(perceptron(ACTIVATIONS[activation](), 5, 3), Form(4), loss, 6)
    first = analytic(network, loss, inputs, targets)
    np.testing.assert_array_equal(first, analytic(network, loss, inputs, targets))


def test_the_activations_are_what_their_names_say():
    z = np.array([[[-800.0, -2.5, -2.0, -0.5, 0.0, 0.5, 1.0, 2.0, 800.0]]])
    inner = np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)
    with np.errstate(over="ignore"):
        expected = {
            "relu": np.maximum(z, 0),
            "leaky-relu": np.where(z > 0, z, 0.01 * z),
            "sigmoid": 1 / (1 + np.exp(-z)),
            "hard-sigmoid": np.clip(z / 4 + 0.5, 0, 1),
            "tanh": np.tanh(z),
            "gelu": 0.5 * z * (1 + np.tanh(inner)),
        }
    assert set(expected) == set(ACTIVATIONS), "an activation without its formula here"
    for name, values in expected.items():
        activation, buffer = ACTIVATIONS[name](), z.copy()
        activation.forward(buffer, np.empty((activation.scratch, *z.shape)))
        np.testing.assert_allclose(buffer, values, rtol=1e-15, atol=1e-15)
        one = np.ones((1, 1, 1))
        activation.forward(one, np.empty((activation.scratch, 1, 1, 1)))
        assert activation.keeps_one == (one.item() == 1)


def test_parameters_are_counted():
    network = Network(perceptron(Relu(), 32, 10), Form(64), 2)
    assert network.parameters.shape == (2, 64 * 32 + 32 + 32 * 10 + 10)
    filters = Network([Convolution(16, Glorot()), Flatten(), dense(10, last=True)], Form(1, (8, 8)), 1)
    assert filters.parameters.shape == (1, (9 * 1 + 1) * 16 + (64 * 16 + 1) * 10)
