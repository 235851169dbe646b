"""Curvature against whole Hessians, and networks whose place is known beforehand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import dataset, ended, train

from engine.activations import ACTIVATIONS
from engine.batches import Feed
from engine.curvature import extremes, look, product
from engine.data.sources import Line
from engine.experiment import Data, Experiment, Model, Training
from engine.inspection import Probe, inspect
from engine.jobs import Job
from engine.losses import LOSSES, HalfSquared
from engine.optimizers import Adam, Sgd
from engine.results import unpacked


def job_of(feed, model, training=None):
    rows = np.arange(len(feed.rows))
    experiment = Experiment(Data(Line()), model, training or Training())
    return Job(0, experiment, 0, 0, 0, experiment.training.epochs, rows, rows[:0], rows[:0])


def numbers_of(job, feed, seed=0, scale=0.6):
    size = Probe(job, feed, 0.0).network.numbers.shape[1]
    return np.random.default_rng(seed).normal(0, scale, size)


@given(size=st.integers(1, 60), seed=st.integers(0, 1_000))
def test_a_whole_matrix_has_the_eigenvalues_that_lapack_finds(size, seed):
    rng = np.random.default_rng(seed)
    matrix = rng.standard_normal((size, size))
    matrix = matrix + matrix.T
    low, high, error = extremes(lambda vector: matrix @ vector, size, rng)
    expected = np.linalg.eigvalsh(matrix)
    assert low == pytest.approx(expected[0], abs=1e-8)
    assert high == pytest.approx(expected[-1], abs=1e-8)
    assert error <= 1e-6


def test_of_a_large_matrix_the_ends_come_first():
    rng = np.random.default_rng(0)
    values = np.concatenate([[-7.0], np.linspace(-1, 1, 2_000), [30.0]])
    low, high, error = extremes(lambda vector: values * vector, len(values), rng)
    assert (low, high) == (pytest.approx(-7, abs=1e-6), pytest.approx(30, abs=1e-6))
    assert error < 1e-3


@pytest.mark.parametrize("loss", ["squared", "cross-entropy"])
@pytest.mark.parametrize(
    "model", [Model((4,), ACTIVATIONS["tanh"]()), Model((3, 3), ACTIVATIONS["gelu"](), normalization="layer")]
)
def test_the_product_is_the_hessians(model, loss):
    classes = loss == "cross-entropy"
    feed = Feed(dataset(30, 3, 2, classes=classes))
    job = job_of(feed, model, Training(loss=LOSSES[loss](), weight_decay=0.1, optimizer=Adam()))
    numbers = numbers_of(job, feed)
    probe = Probe(job, feed, numbers)
    at = probe.parameters
    # Column by column, by differences of another size.
    steps = 1e-5 * np.eye(len(at))
    hessian = np.array([(probe.gradient(at + step) - probe.gradient(at - step)) / 2e-5 for step in steps])
    np.testing.assert_allclose(hessian, hessian.T, atol=1e-4)
    vector = np.random.default_rng(1).standard_normal(len(at))
    np.testing.assert_allclose(product(probe.gradient, at, vector), hessian @ vector, rtol=1e-4, atol=1e-4)
    seen = inspect(job, feed, numbers).curvature
    expected = np.linalg.eigvalsh((hessian + hessian.T) / 2)
    assert seen.lowest == pytest.approx(expected[0], abs=1e-3)
    assert seen.highest == pytest.approx(expected[-1], rel=1e-3)


def test_the_curvature_of_a_linear_regression_is_its_design():
    data = dataset(50, 3, 1)
    feed = Feed(data)
    job = job_of(feed, Model(), Training(loss=HalfSquared()))
    seen = inspect(job, feed, np.zeros(4)).curvature
    scaled = (data.inputs - data.inputs.mean(axis=0)) / data.inputs.std(axis=0)
    design = np.concatenate([scaled, np.ones((50, 1))], axis=1)
    expected = np.linalg.eigvalsh(design.T @ design / 50)
    assert (seen.lowest, seen.highest) == (
        pytest.approx(expected[0], rel=1e-4),
        pytest.approx(expected[-1], rel=1e-4),
    )


# --- places -----------------------------------------------------------------------------------------------------------


def xor():
    corners = np.array([[0.0, 0.0], [0, 1], [1, 0], [1, 1]])
    targets = np.array([[0.0], [1], [1], [0]])
    made = dataset(4, 2, 1)
    return Feed(replace(made, inputs=corners.astype(np.float32), targets=targets))


def test_a_converged_linear_regression_stands_in_its_minimum():
    feed = Feed(dataset(50, 3, 1))
    job = job_of(feed, Model(), Training(optimizer=Sgd(0.1), batch_size="all", epochs=500))
    (end,) = ended(train([job], feed)).values()
    assert inspect(job, feed, unpacked(end.weights)).curvature.place == "minimum"


def test_a_network_at_zero_stands_on_a_saddle():
    # Without weights the way back carries nothing; yet lifting both layers together lowers the loss.
    feed = xor()
    job = job_of(feed, Model((4,), ACTIVATIONS["tanh"]()))
    numbers = np.zeros_like(numbers_of(job, feed))
    numbers[-1] = 0.0
    seen = inspect(job, feed, numbers).curvature
    assert seen.place in {"saddle", "plateau"}
    rng = np.random.default_rng(0)
    # The textbook's saddle, x² − y² + 1, at its middle, one away from nothing.
    textbook = look(1.0, lambda at: np.array([2 * (at[0] - 1), -2 * (at[1] - 1)]), np.ones(2), rng)
    assert textbook.place == "saddle"
    assert (textbook.lowest, textbook.highest) == (pytest.approx(-2), pytest.approx(2))


def test_dead_units_are_a_plateau():
    feed = xor()
    job = job_of(feed, Model((4,), ACTIVATIONS["relu"]()))
    probe = Probe(job, feed, numbers_of(job, feed))
    for block in probe.network.blocks:
        block[...] = 0.1
    probe.network.blocks[0][:, -1] = -50.0  # no row reaches a unit
    probe.network.blocks[1][:, -1] = 0.0  # and the output is the mean, half of the targets
    seen = inspect(job, feed, probe.network.numbers[0])
    assert [layer.dead for layer in seen.units] == [1.0]
    assert seen.gradient_norms[0] == 0


def test_a_fresh_network_stands_on_a_slope():
    feed = Feed(dataset(50, 3, 1))
    job = job_of(feed, Model((8,), ACTIVATIONS["tanh"]()))
    assert inspect(job, feed, numbers_of(job, feed)).curvature.place == "slope"


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_no_numbers_stand_nowhere(bad):
    feed = Feed(dataset(50, 3, 1))
    job = job_of(feed, Model((8,), ACTIVATIONS["tanh"]()))
    numbers = numbers_of(job, feed)
    numbers[3] = bad
    assert inspect(job, feed, numbers).curvature.place == "nowhere"


def test_an_exact_fit_stands_in_its_minimum():
    made = dataset(50, 3, 1)
    exact = replace(made, targets=made.inputs.astype(np.float64) @ np.array([[1.0], [-2.0], [0.5]]))
    feed = Feed(exact)
    job = job_of(feed, Model(), Training(optimizer=Sgd(0.1), batch_size="all", epochs=2_000))
    (end,) = ended(train([job], feed)).values()
    assert end.train["loss"] < 1e-10
    assert inspect(job, feed, unpacked(end.weights)).curvature.place == "minimum"


def test_layers_are_named_and_measured():
    feed = Feed(replace(dataset(40, 6, 3, classes=True), grid=(6,)))
    model = Model((5, 5), normalization="batch", residual=True, convolution=(2,))
    job = job_of(feed, model)
    seen = inspect(job, feed, np.abs(numbers_of(job, feed)))
    assert seen.layers == (
        *("convolution 1", "batch-normalization 1", "dense 1", "batch-normalization 2"),
        *("dense 2", "batch-normalization 3", "dense 3"),
    )
    assert len(seen.gradient_norms) == len(seen.weight_norms) == 7
    assert len(seen.units) == 3
    assert all(0 <= layer.dead <= 1 for layer in seen.units)
