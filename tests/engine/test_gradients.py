"""The one gradient check: every activation with every loss, at several depths, against central differences."""

from __future__ import annotations

import numpy as np
import pytest

from engine.activations import ACTIVATIONS
from engine.losses import LOSSES
from engine.network import Network, Shape

RUNS = 3
H = 1e-5
DEPTHS = [(4, 3), (4, 5, 3), (3, 6, 4, 2), (2, 3, 4, 3, 1)]


def away_from_corners(network, inputs):
    """Whether no hidden sum lies so near 0 that a difference would step over a corner."""
    one_pass = network.of_rows(inputs.shape[1])
    values = inputs
    for weights in network.weights[:-1]:
        sums = values @ weights
        if np.abs(sums).min() < 100 * H:
            return False
        values = np.ones((*sums.shape[:2], sums.shape[2] + 1))
        values[..., :-1] = sums
        network.activation.forward(values)
        values[..., -1] = 1
    assert one_pass.outputs.shape == (RUNS, inputs.shape[1], network.shape.widths[-1])
    return True


def problem(activation, loss, widths, rows):
    """Return a network at random weights and biases, inputs with their column of ones, and targets."""
    for seed in range(200):
        rng = np.random.default_rng(seed)
        network = Network(Shape(widths), activation, RUNS, np.float64)
        network.parameters[...] = rng.normal(0, 0.8, network.parameters.shape)
        inputs = np.concatenate([rng.standard_normal((RUNS, rows, widths[0])), np.ones((RUNS, rows, 1))], axis=2)
        targets = rng.standard_normal((RUNS, rows, widths[-1]))
        if loss.for_classes_only:
            targets = np.eye(widths[-1])[rng.integers(0, widths[-1], (RUNS, rows))]
        if away_from_corners(network, inputs):
            return network, inputs, targets
    raise AssertionError("no point was found that is away from all corners")


def analytic(network, loss, inputs, targets):
    outputs = network.of_rows(inputs.shape[1]).forward(inputs)
    loss.gradient(outputs, targets)
    network.of_rows(inputs.shape[1]).backward(inputs)
    return network.gradient.copy()


def numeric(network, loss, inputs, targets):
    """Central differences of the mean loss, one parameter of all runs at a time: (runs, P)."""
    rows = inputs.shape[1]
    found = np.empty_like(network.parameters)
    for place in range(network.parameters.shape[1]):
        kept = network.parameters[:, place].copy()
        ends = []
        for step in (H, -H):
            network.parameters[:, place] = kept + step
            ends.append(loss.total(network.of_rows(rows).forward(inputs), targets) / rows)
        network.parameters[:, place] = kept
        found[:, place] = (ends[0] - ends[1]) / (2 * H)
    return found


@pytest.mark.parametrize("widths", DEPTHS, ids=lambda widths: "-".join(map(str, widths)))
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_gradient_is_the_slope(activation, loss, widths):
    activation, loss = ACTIVATIONS[activation](), LOSSES[loss]()
    if loss.for_classes_only and widths[-1] == 1:
        widths = (*widths[:-1], 2)  # one class alone has no slope
    for rows in (1, 7):
        network, inputs, targets = problem(activation, loss, widths, rows)
        said = analytic(network, loss, inputs, targets)
        seen = numeric(network, loss, inputs, targets)
        for run in range(RUNS):
            assert np.linalg.norm(seen[run]) > 1e-3
            assert np.linalg.norm(said[run] - seen[run]) <= 1e-6 * np.linalg.norm(seen[run])
        np.testing.assert_allclose(said, seen, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_run_reads_nothing_of_its_neighbours(activation):
    loss = LOSSES["squared"]()
    network, inputs, targets = problem(ACTIVATIONS[activation](), loss, (4, 5, 3), 6)
    before = analytic(network, loss, inputs, targets)
    network.parameters[1] *= -2
    inputs[1, :, :-1] += 1
    after = analytic(network, loss, inputs, targets)
    np.testing.assert_array_equal(before[[0, 2]], after[[0, 2]])
    assert not np.array_equal(before[1], after[1])


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_evaluation_and_training_compute_the_same_function(activation):
    network, inputs, _ = problem(ACTIVATIONS[activation](), LOSSES["squared"](), (4, 5, 5, 3), 6)
    trained = network.of_rows(6).forward(inputs)
    for run in range(RUNS):
        np.testing.assert_array_equal(network.predict(run, inputs[run : run + 1])[0], trained[run])


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_second_forward_finds_the_column_of_ones_again(activation):
    loss = LOSSES["squared"]()
    network, inputs, targets = problem(ACTIVATIONS[activation](), loss, (4, 5, 3), 6)
    first = analytic(network, loss, inputs, targets)
    np.testing.assert_array_equal(first, analytic(network, loss, inputs, targets))


def test_the_activations_are_what_their_names_say():
    z = np.array([[[-800.0, -2.0, -0.5, 0.0, 0.5, 2.0, 800.0]]])
    with np.errstate(over="ignore"):
        expected = {"relu": np.maximum(z, 0), "sigmoid": 1 / (1 + np.exp(-z)), "tanh": np.tanh(z)}
    assert set(expected) == set(ACTIVATIONS), "an activation without its formula here"
    for name, values in expected.items():
        buffer = z.copy()
        ACTIVATIONS[name]().forward(buffer)
        np.testing.assert_allclose(buffer, values, atol=1e-15)
        one = np.ones((1, 1, 1))
        ACTIVATIONS[name]().forward(one)
        assert ACTIVATIONS[name]().keeps_one == (one.item() == 1)


def test_parameters_are_counted():
    assert Shape((64, 32, 10)).parameters == 64 * 32 + 32 + 32 * 10 + 10
    assert Shape((7, 1)).parameters == 8
