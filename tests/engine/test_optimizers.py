"""Optimizers against PyTorch over a hundred steps, and against the published formulas by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import instances

from engine.optimizers import OPTIMIZERS, Adagrad, Adam, AdamW, Momentum, Nesterov, Rmsprop, Sgd
from engine.rates import Rates
from engine.schedules import StepDown

STEPS = 100
SETTINGS = {
    "sgd": [Sgd(0.001), Sgd(0.0005), Sgd(0.002)],
    "momentum": [Momentum(0.0002, 0.9), Momentum(0.0005, 0.0), Momentum(0.0001, 0.99)],
    "nesterov": [Nesterov(0.0002, 0.9), Nesterov(0.0005, 0.0), Nesterov(0.0001, 0.99)],
    "adagrad": [Adagrad(0.1), Adagrad(0.5, epsilon=1e-3), Adagrad(0.01)],
    "rmsprop": [Rmsprop(0.01), Rmsprop(0.001, decay=0.99, epsilon=1e-3), Rmsprop(0.02, decay=0.0, epsilon=1e-2)],
    "adamw": [AdamW(0.01), AdamW(0.1, beta1=0.5, beta2=0.9, epsilon=1e-3), AdamW(0.001)],
    "adam": [
        Adam(0.01),
        Adam(0.1, beta1=0.5, beta2=0.9, epsilon=1e-3),
        Adam(0.001, beta1=0.0, beta2=0.0, epsilon=1e-2),
    ],
}
START = np.array([[-1.2, 1.0], [0.3, -0.7], [1.5, 0.5]])


def test_every_optimizer_has_a_reference():
    assert set(SETTINGS) == {name for name in OPTIMIZERS if OPTIMIZERS[name].iterates}


def peer(torch, setting, weights):
    """Return PyTorch's optimizer of the same numbers."""
    rate = {"lr": setting.learning_rate}
    match setting:
        case Sgd():
            return torch.optim.SGD([weights], **rate)
        case Momentum():
            return torch.optim.SGD([weights], **rate, momentum=setting.momentum)
        case Nesterov():
            return torch.optim.SGD([weights], **rate, momentum=setting.momentum, nesterov=setting.momentum > 0)
        case Adagrad():
            return torch.optim.Adagrad([weights], **rate, eps=setting.epsilon)
        case Rmsprop():
            return torch.optim.RMSprop([weights], **rate, alpha=setting.decay, eps=setting.epsilon)
        case AdamW():
            betas = (setting.beta1, setting.beta2)
            return torch.optim.AdamW([weights], **rate, betas=betas, eps=setting.epsilon, weight_decay=0)
        case Adam():
            betas = (setting.beta1, setting.beta2)
            return torch.optim.Adam([weights], **rate, betas=betas, eps=setting.epsilon)


def at_work(settings, weights):
    """Return the stepper of one setting a run at constant learning rates."""
    rates = Rates([setting.learning_rate for setting in settings])
    return type(settings[0]).stepper(settings, weights, rates)


def slope(weights):
    """The gradient of Rosenbrock's valley, (1 − x)² + 100(y − x²)²: (runs, 2) → (runs, 2)."""
    x, y = weights[:, 0], weights[:, 1]
    return np.stack([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)], axis=1)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_hundred_steps_as_pytorch_takes_them(name):
    torch = pytest.importorskip("torch")
    settings = SETTINGS[name]
    weights = START.copy()
    stepper = at_work(settings, weights)
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
    stepper = at_work([setting], weights)
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
    stepper = at_work([Adam(0.5)], weights)
    for _ in range(4_000):
        before = weights.item()
        stepper.step(weights, np.full((1, 1), 0.25, dtype=np.float32))
        assert before - weights.item() == pytest.approx(0.5, rel=2e-3)


@pytest.mark.parametrize("name", SETTINGS)
@given(data=st.data())
def test_a_row_of_a_stack_steps_as_it_does_alone(name, data):
    settings = data.draw(st.lists(instances(OPTIMIZERS[name]), min_size=1, max_size=5))
    rng = np.random.default_rng(data.draw(st.integers(0, 100)))
    width = data.draw(st.integers(1, 37))
    gradients = rng.standard_normal((4, len(settings), width)).astype(np.float32)
    together = np.zeros((len(settings), width), dtype=np.float32)
    stepper = at_work(settings, together)
    with np.errstate(all="ignore"):
        for gradient in gradients:
            stepper.step(together, gradient.copy())
        for row, setting in enumerate(settings):
            alone = np.zeros((1, width), dtype=np.float32)
            stepper = at_work([setting], alone)
            for gradient in gradients:
                stepper.step(alone, gradient[row : row + 1].copy())
            assert alone[0].tobytes() == together[row].tobytes()


@pytest.mark.parametrize("name", SETTINGS)
def test_a_changed_learning_rate_counts_from_the_next_step(name):
    weights = np.zeros((2, 1))
    rates = Rates([0.1, 0.2])
    stepper = OPTIMIZERS[name].stepper(SETTINGS[name][:2], weights, rates)
    rates.change(0.0, [0, 1])
    stepper.rates_changed()
    stepper.step(weights, np.ones((2, 1)))
    assert (weights == 0).all()
    rates.change(0.25, [0, 1])
    stepper.rates_changed()
    stepper.step(weights, np.ones((2, 1)))
    assert (weights < 0).all()


@pytest.mark.parametrize("name", SETTINGS)
def test_every_optimizer_follows_its_schedule(name):
    # A rate that falls to a millionth after ten updates: the eleventh step is as good as none.
    weights = np.zeros((1, 1))
    rates = Rates([0.1], [StepDown(every=2, factor=1e-6)], total=20, per_epoch=5)
    stepper = OPTIMIZERS[name].stepper(SETTINGS[name][:1], weights, rates)
    steps = []
    for _ in range(12):
        before = weights.item()
        stepper.step(weights, np.ones((1, 1)))
        steps.append(before - weights.item())
    assert min(steps[:10]) > 1e-4
    assert max(steps[10:]) < 1e-5 * min(steps[:10])


def test_nesterov_by_hand():
    # v: 1; 1.9. w: −.1(1 + .9·1) = −.19; −.19 − .1(1 + .9·1.9) = −.461
    assert walk(Nesterov(0.1, 0.9), [1, 1]) == pytest.approx([-0.19, -0.461], rel=1e-12)


def test_adagrad_by_hand():
    # s: 9; 9 + 16 = 25. w: −.1·3/3 = −.1; −.1 − .1·4/5 = −.18
    assert walk(Adagrad(0.1), [3, 4]) == pytest.approx([-0.1, -0.18], rel=1e-7)


def test_rmsprop_by_hand():
    # v: .1·4 = .4; .9·.4 + .1·1 = .46. w: −.01·2/√.4 = −.0316228; −.0316228 − .01·1/√.46 = −.0463670
    assert walk(Rmsprop(0.01), [2, 1]) == pytest.approx([-0.0316228, -0.0463670], rel=1e-5)
