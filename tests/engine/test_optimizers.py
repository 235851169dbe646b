"""Optimizers against PyTorch over a hundred steps, and against the published formulas by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import instances

from engine.optimizers import OPTIMIZERS, Adam, Momentum, Sgd

STEPS = 100
SETTINGS = {
    "sgd": [Sgd(0.001), Sgd(0.0005), Sgd(0.002)],
    "momentum": [Momentum(0.0002, 0.9), Momentum(0.0005, 0.0), Momentum(0.0001, 0.99)],
    "adam": [
        Adam(0.01),
        Adam(0.1, beta1=0.5, beta2=0.9, epsilon=1e-3),
        Adam(0.001, beta1=0.0, beta2=0.0, epsilon=1e-2),
    ],
}
START = np.array([[-1.2, 1.0], [0.3, -0.7], [1.5, 0.5]])


def test_every_optimizer_has_a_reference():
    assert set(SETTINGS) == set(OPTIMIZERS)


def peer(torch, setting, weights):
    """Return PyTorch's optimizer of the same numbers."""
    match setting:
        case Sgd():
            return torch.optim.SGD([weights], lr=setting.learning_rate)
        case Momentum():
            return torch.optim.SGD([weights], lr=setting.learning_rate, momentum=setting.momentum)
        case Adam():
            betas = (setting.beta1, setting.beta2)
            return torch.optim.Adam([weights], lr=setting.learning_rate, betas=betas, eps=setting.epsilon)


def slope(weights):
    """The gradient of Rosenbrock's valley, (1 − x)² + 100(y − x²)²: (runs, 2) → (runs, 2)."""
    x, y = weights[:, 0], weights[:, 1]
    return np.stack([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)], axis=1)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_hundred_steps_as_pytorch_takes_them(name):
    torch = pytest.importorskip("torch")
    settings = SETTINGS[name]
    weights = START.copy()
    stepper = OPTIMIZERS[name].stepper(settings, weights)
    paths = [[] for _ in settings]
    for _ in range(STEPS):
        stepper.step(weights, slope(weights))
        for path, row in zip(paths, weights, strict=True):
            path.append(row.copy())
    for setting, start, path in zip(settings, START, paths, strict=True):
        theirs = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        optimizer = peer(torch, setting, theirs)
        for mine in path:
            optimizer.zero_grad()
            ((1 - theirs[0]) ** 2 + 100 * (theirs[1] - theirs[0] ** 2) ** 2).backward()
            optimizer.step()
            np.testing.assert_allclose(mine, theirs.detach().numpy(), rtol=1e-6)
        assert np.abs(path[-1] - start).max() > 1e-3


def walk(setting, gradients):
    """Return where a single weight stands after each gradient, from 0."""
    weights = np.zeros((1, 1))
    stepper = type(setting).stepper([setting], weights)
    stood = []
    for gradient in gradients:
        stepper.step(weights, np.array([[float(gradient)]]))
        stood.append(weights.item())
    return stood


def test_sgd_by_hand():
    # w ← w − .1·g: 0 − .1·2 = −.2; −.2 − .1·(−3) = .1
    assert walk(Sgd(0.1), [2, -3]) == pytest.approx([-0.2, 0.1], rel=1e-12)


def test_momentum_by_hand():
    # v: 1; .9·1 + 1 = 1.9; .9·1.9 + 1 = 2.71. w: −.1; −.1 − .19 = −.29; −.29 − .271 = −.561
    assert walk(Momentum(0.1, 0.9), [1, 1, 1]) == pytest.approx([-0.1, -0.29, -0.561], rel=1e-12)


def test_adam_by_hand():
    # Step 1, g = 1: m = .1, m̂ = .1/(1 − .9) = 1; v = .001, v̂ = .001/(1 − .999) = 1; w = −.1·1/1 = −.1
    # Step 2, g = 3: m = .9·.1 + .1·3 = .39, m̂ = .39/(1 − .81) = .39/.19 = 2.052631579
    #                v = .999·.001 + .001·9 = .009999, v̂ = .009999/(1 − .998001) = .009999/.001999 = 5.002001001
    #                w = −.1 − .1·2.052631579/√5.002001001 = −.1 − .2052631579/2.236515370 = −.1917781
    assert walk(Adam(0.1), [1, 3]) == pytest.approx([-0.1, -0.1917781], rel=2e-7)


def test_adams_epsilon_stands_outside_the_root_by_hand():
    # g = 1, epsilon = 1: w = −.1·1/(√1 + 1) = −.05. Under the root it would be −.1/√2 = −.0707.
    assert walk(Adam(0.1, epsilon=1.0), [1]) == pytest.approx([-0.05], rel=1e-12)


def test_adams_first_step_is_as_long_as_the_learning_rate_whatever_the_gradient():
    # m̂/√v̂ = g/|g|
    for gradient in (1e-3, 7.0, -1e4):
        assert walk(Adam(0.1), [gradient]) == pytest.approx([-np.sign(gradient) * 0.1], rel=1e-4)


def test_adam_keeps_its_correction_in_float32_over_many_steps():
    # With a constant gradient m̂ = g and v̂ = g² at each step, so that every step is learning_rate long.
    weights = np.zeros((1, 1), dtype=np.float32)
    stepper = Adam.stepper([Adam(0.5)], weights)
    for _ in range(4_000):
        before = weights.item()
        stepper.step(weights, np.full((1, 1), 0.25, dtype=np.float32))
        assert before - weights.item() == pytest.approx(0.5, rel=2e-3)


@pytest.mark.parametrize("name", OPTIMIZERS)
@given(data=st.data())
def test_a_row_of_a_stack_steps_as_it_does_alone(name, data):
    settings = data.draw(st.lists(instances(OPTIMIZERS[name]), min_size=1, max_size=5))
    rng = np.random.default_rng(data.draw(st.integers(0, 100)))
    width = data.draw(st.integers(1, 37))
    gradients = rng.standard_normal((4, len(settings), width)).astype(np.float32)
    together = np.zeros((len(settings), width), dtype=np.float32)
    stepper = OPTIMIZERS[name].stepper(settings, together)
    with np.errstate(all="ignore"):
        for gradient in gradients:
            stepper.step(together, gradient.copy())
        for row, setting in enumerate(settings):
            alone = np.zeros((1, width), dtype=np.float32)
            stepper = OPTIMIZERS[name].stepper([setting], alone)
            for gradient in gradients:
                stepper.step(alone, gradient[row : row + 1].copy())
            assert alone[0].tobytes() == together[row].tobytes()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_changed_learning_rate_counts_from_the_next_step(name):
    weights = np.zeros((2, 1))
    stepper = OPTIMIZERS[name].stepper(SETTINGS[name][:2], weights)
    stepper.change_learning_rate(0.0)
    stepper.step(weights, np.ones((2, 1)))
    assert (weights == 0).all()
    stepper.change_learning_rate(0.25)
    stepper.step(weights, np.ones((2, 1)))
    assert (weights < 0).all()
