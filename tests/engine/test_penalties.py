"""Weight decay, L1, clipping and the longest norm, against PyTorch and by hand; early stopping."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import dataset, ended, train

from engine import penalties
from engine.batches import Feed
from engine.best import Best
from engine.data.sources import Line
from engine.events import EpochEnded
from engine.experiment import Data, EarlyStopping, Experiment, Model, Training
from engine.initializations import Glorot
from engine.jobs import Job
from engine.layers import Dense, Form, LayerNormalization
from engine.network import Network
from engine.optimizers import AdamW, Sgd
from engine.penalties import Penalties
from engine.rates import Rates


def network_of(runs):
    network = Network([Dense(3, Glorot()), LayerNormalization(), Dense(2, Glorot(), ones=False)], Form(4), runs, float)
    network.parameters[...] = np.random.default_rng(0).standard_normal(network.parameters.shape)
    network.gradient[...] = np.random.default_rng(1).standard_normal(network.gradient.shape)
    return network


def stepped(trainings, steps=1):
    """Return the parameters before and after some steps with one gradient."""
    network = network_of(len(trainings))
    before, gradient = network.parameters.copy(), network.gradient.copy()
    rates = Rates([training.optimizer.learning_rate for training in trainings])
    optimizers = [training.optimizer for training in trainings]
    stepper = type(optimizers[0]).stepper(optimizers, network.parameters, rates)
    extra = Penalties(trainings, network, rates)
    for _ in range(steps):
        network.gradient[...] = gradient
        penalties.step(stepper, extra, network)
    return network, before, gradient


def is_weight(network):
    """Which parameters are weights: not biases, gains or shifts."""
    mask = np.zeros(network.parameters.shape[1], dtype=bool)
    mask[: 4 * 3] = True
    second = 5 * 3 + 2 * 3
    mask[second : second + 3 * 2] = True
    return mask


def test_decay_and_l1_join_the_gradient_of_weights_alone():
    trainings = [Training(optimizer=Sgd(0.1), weight_decay=decay, l1=0.3) for decay in (0.5, 0.2)]
    network, before, gradient = stepped(trainings)
    for run, decay in enumerate((0.5, 0.2)):
        extra = np.where(is_weight(network), decay * before[run] + 0.3 * np.sign(before[run]), 0)
        np.testing.assert_allclose(network.parameters[run], before[run] - 0.1 * (gradient[run] + extra), rtol=1e-12)


def test_adamw_is_pytorchs_over_a_hundred_steps():
    torch = pytest.importorskip("torch")
    trainings = [Training(optimizer=AdamW(0.01), weight_decay=decay) for decay in (0.1, 2.0)]
    network, before, gradient = stepped(trainings, steps=100)
    mask = is_weight(network)
    for run, decay in enumerate((0.1, 2.0)):
        weights = torch.tensor(before[run, mask], requires_grad=True)
        others = torch.tensor(before[run, ~mask], requires_grad=True)
        groups = [{"params": [weights], "weight_decay": decay}, {"params": [others], "weight_decay": 0.0}]
        optimizer = torch.optim.AdamW(groups, lr=0.01, eps=1e-8)
        for _ in range(100):
            weights.grad, others.grad = torch.tensor(gradient[run, mask]), torch.tensor(gradient[run, ~mask])
            optimizer.step()
        np.testing.assert_allclose(network.parameters[run, mask], weights.detach().numpy(), rtol=1e-6)
        np.testing.assert_allclose(network.parameters[run, ~mask], others.detach().numpy(), rtol=1e-6)


@pytest.mark.parametrize("clip", [0.1, 1.0, 1e6])
def test_clipping_is_pytorchs(clip):
    torch = pytest.importorskip("torch")
    network, before, gradient = stepped([Training(optimizer=Sgd(1.0), clip=clip)] * 2)
    for run in range(2):
        weights = torch.tensor(before[run], requires_grad=True)
        weights.grad = torch.tensor(gradient[run])
        torch.nn.utils.clip_grad_norm_([weights], clip)
        # PyTorch adds a millionth to the length it divides by.
        np.testing.assert_allclose(network.parameters[run], before[run] - weights.grad.numpy(), rtol=1e-5)


@given(longest=st.floats(0.01, 5))
def test_no_units_weights_are_longer_than_the_longest(longest):
    network, before, gradient = stepped([Training(optimizer=Sgd(0.1), max_norm=longest)])
    free = before - 0.1 * gradient
    plain = network_of(1)
    plain.parameters[...] = free
    for mine, unbound, block in zip(network.blocks, plain.blocks, network.trained, strict=True):
        lengths = np.sqrt((unbound[0, : block.weights] ** 2).sum(axis=0))
        factors = np.minimum(1, longest / np.maximum(lengths, 1e-300))
        np.testing.assert_allclose(mine[0, : block.weights], unbound[0, : block.weights] * factors, rtol=1e-12)
        np.testing.assert_array_equal(mine[0, block.weights :], unbound[0, block.weights :])


# --- early stopping ---------------------------------------------------------------------------------------------------


def judged(rule, losses):
    """Return after which epoch a run with these losses ends, and its best epoch."""
    numbers = np.zeros((1, 1))
    best = Best([rule], numbers)
    for epoch, loss in enumerate(losses, 1):
        numbers[0] = epoch
        if best.judge(0, epoch, loss):
            break
    best.restore(0)
    return epoch, best.epochs[0], numbers.item()


@pytest.mark.parametrize(
    ("rule", "losses", "end", "best"),
    [
        (EarlyStopping(2), [5, 4, 3, 3.5, 3.2, 1], 5, 3),
        (EarlyStopping(2), [5, 4, 3, 3.5, 2.9, 1, 2, 2, 0], 8, 6),
        (EarlyStopping(3, min_delta=1.0), [5, 4.5, 4.4, 4.3, 1], 4, 4),
        (EarlyStopping(2, min_delta=1.0), [5, 4.5, 3.9, 3.8, 2.8, 2.7, 2.6, 0], 7, 7),
        (EarlyStopping(2), [math.nan, 3, 4, 4], 4, 2),
        (EarlyStopping(9), [5, 4, 3], 3, 3),
    ],
)
def test_patience_by_hand(rule, losses, end, best):
    assert judged(rule, losses) == (end, best, best)


def test_a_run_that_stops_early_keeps_its_best_weights_and_its_company_goes_on():
    data = dataset(60, 4, 1)
    feed, rows = Feed(data), np.arange(60)
    jobs = []
    for index, patience in enumerate((2, 10_000)):
        training = Training(
            optimizer=Sgd(0.02), batch_size=5, epochs=60, early_stopping=EarlyStopping(patience), reduction="mean"
        )
        experiment = Experiment(Data(Line()), Model((16,)), training)
        jobs.append(Job(index, experiment, index, 0, 0, 60, rows[:30], rows[30:45], rows[45:]))
    said = train(jobs, feed)
    ends = ended(said)
    curves = {0: [], 1: []}
    for event in said:
        if isinstance(event, EpochEnded):
            for place, run in enumerate(event.runs):
                curves[run].append(event.validation["loss"][place])
    first, second = ends[0], ends[1]
    assert first.epochs == len(curves[0]) < 60
    assert first.epochs == first.best_epoch + 2
    assert second.epochs == len(curves[1]) == 60
    for run, end in ends.items():
        assert end.status == "finished"
        # What is kept is what was best, and the final figures are its own.
        assert end.validation["loss"] == min(curves[run]) == curves[run][end.best_epoch - 1]
        assert end.test is not None
