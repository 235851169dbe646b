"""Layers against PyTorch's, in values, gradients and what they keep; and what the architecture builds."""

from __future__ import annotations

import numpy as np
import pytest

from engine.activations import ACTIVATIONS, Relu
from engine.architecture import inputs_of, layers_of, refuse_impossible
from engine.data.sources import Digits, Line, Wine
from engine.errors import KeyProblem
from engine.experiment import Data, Experiment, Model
from engine.initializations import Glorot, He, Zeros
from engine.layers import (
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
from engine.layers.random_features import median_distance, widen
from engine.network import Network

RUNS, ROWS = 2, 6


def at_random(layers, form):
    """Return a network of random numbers, its inputs and the gradient for its outputs."""
    rng = np.random.default_rng(3)
    network = Network(layers, form, RUNS, np.float64)
    network.initialize([np.random.default_rng(run) for run in range(RUNS)])
    network.parameters[...] += rng.normal(0, 0.5, network.parameters.shape)
    features = form.units * form.positions
    inputs = np.concatenate([rng.standard_normal((RUNS, ROWS, features)), np.ones((RUNS, ROWS, 1))], axis=2)
    return network, inputs, rng.standard_normal((RUNS, ROWS, network.outputs))


def compare(layers, form, peers):
    """Compare outputs and gradients of every run with what `peers(run's blocks, inputs)` gives in PyTorch."""
    torch = pytest.importorskip("torch")
    network, inputs, upstream = at_random(layers, form)
    one_pass = network.of_rows(ROWS)
    outputs = one_pass.forward(inputs).copy()
    one_pass.outputs[...] = upstream
    one_pass.backward()
    for run in range(RUNS):
        blocks = [torch.tensor(view[run], requires_grad=True) for view in network.blocks]
        theirs = peers(torch, blocks, torch.tensor(inputs[run, :, :-1]))
        theirs.backward(torch.tensor(upstream[run]))
        np.testing.assert_allclose(outputs[run], theirs.detach().numpy(), rtol=1e-9, atol=1e-12)
        for mine, block in zip(network.gradients, blocks, strict=True):
            np.testing.assert_allclose(mine[run], block.grad.numpy(), rtol=1e-8, atol=1e-10)


def affine(block, x):
    return x @ block[:-1] + block[-1]


OUT = Dense(2, Glorot(), ones=False)


def test_layer_normalization():
    def peers(torch, blocks, x):
        normal = torch.nn.functional.layer_norm(affine(blocks[0], x), (5,), blocks[1][0], blocks[1][1])
        return affine(blocks[2], normal)

    compare([Dense(5, Glorot()), LayerNormalization(), OUT], Form(4), peers)


def test_batch_normalization():
    def peers(torch, blocks, x):
        z = affine(blocks[0], x)
        normal = torch.nn.functional.batch_norm(z, None, None, blocks[1][0], blocks[1][1], training=True)
        return affine(blocks[2], normal)

    compare([Dense(5, Glorot()), BatchNormalization(), OUT], Form(4), peers)


def test_batch_normalization_keeps_the_moving_figures_that_pytorch_keeps():
    torch = pytest.importorskip("torch")
    network, inputs, _ = at_random([Dense(5, Glorot()), BatchNormalization(), OUT], Form(4))
    theirs = [torch.nn.BatchNorm1d(5, dtype=torch.float64) for _ in range(RUNS)]
    rng = np.random.default_rng(0)
    for _ in range(7):
        inputs[..., :-1] = 3 + 2 * rng.standard_normal(inputs[..., :-1].shape)
        network.of_rows(ROWS).forward(inputs)
        for run, peer in enumerate(theirs):
            peer(torch.tensor(inputs[run] @ network.blocks[0][run]))
    for run, peer in enumerate(theirs):
        variance, mean = network.kept_blocks[0][run]
        np.testing.assert_allclose(mean, peer.running_mean.numpy(), rtol=1e-10)
        np.testing.assert_allclose(variance, peer.running_var.numpy(), rtol=1e-10)
    # Evaluation uses them, however many rows there are.
    single = network.of_rows(1, training=False).forward(inputs[:, :1])
    whole = network.of_rows(ROWS, training=False).forward(inputs)
    np.testing.assert_allclose(single, whole[:, :1], rtol=1e-12)


@pytest.mark.parametrize("grid", [(7,), (4, 3)])
def test_convolution(grid):
    channels, taps = 3, 3 ** len(grid)

    def peers(torch, blocks, x):
        convolve = torch.nn.functional.conv1d if len(grid) == 1 else torch.nn.functional.conv2d
        # Ours has positions before channels, and the taps of a filter before its channels in.
        picture = x.reshape(ROWS, *grid, 2).movedim(-1, 1)
        weight = blocks[0][:-1].reshape(*(3,) * len(grid), 2, channels).movedim((-1, -2), (0, 1))
        z = convolve(picture, weight, blocks[0][-1], padding=1).movedim(1, -1)
        return affine(blocks[1], torch.nn.functional.relu(z).reshape(ROWS, -1))

    assert taps in {3, 9}
    compare([Convolution(channels, Glorot()), Activate(Relu()), Flatten(), OUT], Form(2, grid), peers)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name):
    def peers(torch, blocks, x):
        functional = torch.nn.functional
        z = affine(blocks[0], x)
        f = {
            "relu": functional.relu,
            "leaky-relu": functional.leaky_relu,
            "sigmoid": torch.sigmoid,
            "hard-sigmoid": lambda z: torch.clamp(z / 4 + 0.5, 0, 1),
            "tanh": torch.tanh,
            "gelu": lambda z: functional.gelu(z, approximate="tanh"),
        }[name]
        return affine(blocks[1], f(z))

    compare([Dense(9, Glorot()), Activate(ACTIVATIONS[name]()), OUT], Form(4), peers)


def test_dropout_drops_the_share_and_keeps_the_mean():
    layers = [Dense(400, Glorot()), Dropout(), Dense(400, Glorot(), ones=False)]
    network, inputs, _ = at_random(layers, Form(4))
    network.streams = [np.random.default_rng(run) for run in range(RUNS)]
    network.dropout = np.array([0.2, 0.7])[:, None, None]
    network.blocks[1][...] = np.concatenate([np.eye(400), np.zeros((1, 400))])
    plain = network.of_rows(ROWS, training=False).forward(inputs).copy()
    masks = []
    for _ in range(50):
        dropped = network.of_rows(ROWS).forward(inputs)
        masks.append(dropped != 0)
        kept = dropped != 0
        factor = np.broadcast_to(1 / (1 - network.dropout), dropped.shape)
        np.testing.assert_allclose(dropped[kept], (plain * factor)[kept])
    shares = 1 - np.mean(masks, axis=(0, 2, 3))
    np.testing.assert_allclose(shares, [0.2, 0.7], atol=0.01)
    assert not np.array_equal(masks[0], masks[1])


def test_random_features_make_the_gaussian_kernel():
    network = Network([RandomFeatures(20_000), Dense(1, Glorot(), ones=False)], Form(3), 1, np.float64)
    network.initialize([np.random.default_rng(0)])
    widen(network.kept_blocks[0][0], 2.5)
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((8, 3))
    frequencies = network.kept_blocks[0][0]
    features = np.sqrt(2 / 20_000) * np.cos(rows @ frequencies[:-1] + frequencies[-1])
    squares = ((rows[:, None] - rows) ** 2).sum(axis=2)
    np.testing.assert_allclose(features @ features.T, np.exp(-squares / (2 * 2.5**2)), atol=0.03)
    inputs = np.concatenate([rows, np.ones((8, 1))], axis=1)[None]
    said = network.of_rows(8).forward(inputs)[0]
    np.testing.assert_allclose(said, features @ network.blocks[0][0, :-1] + network.blocks[0][0, -1], rtol=1e-9)


def test_the_usual_bandwidth_is_the_median_distance():
    rows = np.array([[0.0], [1.0], [3.0]])  # distances 1, 2, 3
    assert median_distance(rows) == pytest.approx(2.0)
    assert median_distance(np.zeros((4, 2))) == 1.0
    assert median_distance(np.zeros((1, 2))) == 1.0


# --- what the architecture builds -------------------------------------------------------------------------------------


def built(model, features=64, grid=(), data=None):
    experiment = Experiment(data or Data(Digits()), model)
    return layers_of(experiment, inputs_of(experiment, features, grid), 10)


def test_a_hidden_layer_is_sum_normalization_activation_dropout():
    layers = built(Model((5,), normalization="batch", dropout=0.1))
    assert [type(layer) for layer in layers] == [Dense, BatchNormalization, Activate, Dropout, Dense]


def test_layers_of_one_width_become_residual_blocks():
    layers = built(Model((5, 5, 3, 3), residual=True, convolution=(2, 2)), grid=(8, 8))
    kinds = [type(layer) for layer in layers]
    assert kinds == [
        *(Convolution, Activate, Residual, Flatten),
        *(Dense, Activate, Residual, Dense, Activate, Residual, Dense),
    ]


def test_the_relu_family_starts_larger():
    for name in ACTIVATIONS:
        first = built(Model((5,), ACTIVATIONS[name]()))[0]
        assert type(first.initialization) is (He if name in {"relu", "leaky-relu", "gelu"} else Glorot)
    assert type(built(Model())[0].initialization) is Glorot
    assert type(built(Model((5,), initialization=Zeros()))[0].initialization) is Zeros


@pytest.mark.parametrize(
    ("model", "data", "grid", "key"),
    [
        (Model(convolution=(4,)), Data(Wine()), (), "model.convolution"),
        (Model(convolution=(4,)), Data(Digits(), random_features=9), (8, 8), "model.convolution"),
        (Model(), Data(Line(), bandwidth=1.0), (), "data.bandwidth"),
        (Model((4, 1), normalization="layer"), Data(Wine()), (), "model.normalization"),
        (Model(convolution=(1,), normalization="layer"), Data(Digits()), (8, 8), "model.normalization"),
        (Model(dropout=0.5), Data(Line()), (), "model.dropout"),
        (Model(normalization="layer"), Data(Line()), (), "model.normalization"),
        (Model(residual=True), Data(Line()), (), "model.residual"),
        (Model((4, 5), residual=True), Data(Line()), (), "model.residual"),
    ],
)
def test_what_cannot_be_is_refused_by_name(model, data, grid, key):
    with pytest.raises(KeyProblem) as caught:
        refuse_impossible(Experiment(data, model), grid)
    assert caught.value.key == key
    assert caught.value.hint
