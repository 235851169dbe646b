"""Schedules against PyTorch's, and what every one of them must hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import instances

from engine.rates import AHEAD, Ahead, Rates
from engine.schedules import SCHEDULES, Constant, Cosine, OneCycle, StepDown, WarmupCosine


def walked(torch, make, total):
    """Return the learning rates of PyTorch's scheduler, from a base of 1."""
    weight = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=1.0)
    scheduler, rates = make(optimizer), []
    for _ in range(total):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize("total", [10, 100, 777])
def test_the_rates_are_pytorchs(total):
    torch = pytest.importorskip("torch")
    kinds = torch.optim.lr_scheduler
    updates = np.arange(total, dtype=float)
    peers = {
        StepDown(every=3, factor=0.5): lambda o: kinds.StepLR(o, 3 * 4, 0.5),
        Cosine(): lambda o: kinds.CosineAnnealingLR(o, total),
        OneCycle(): lambda o: kinds.OneCycleLR(o, 1.0, total_steps=total, cycle_momentum=False),
    }
    for schedule, make in peers.items():
        np.testing.assert_allclose(
            schedule.factors(updates, total, 4), walked(torch, make, total), rtol=1e-9, atol=1e-12
        )


def test_the_warmup_by_hand():
    # 10 % of 20 updates: 1/2, 1; then half a wave over 18 updates.
    said = WarmupCosine(0.1).factors(np.arange(20.0), 20, 5)
    np.testing.assert_allclose(said[:3], [0.5, 1.0, 1.0])
    np.testing.assert_allclose(said[11], 0.5)
    assert said[-1] < 0.01


@pytest.mark.parametrize("name", SCHEDULES)
@given(data=st.data(), total=st.integers(1, 400), per_epoch=st.integers(1, 50))
def test_every_factor_lies_between_0_and_1(name, data, total, per_epoch):
    schedule = data.draw(instances(SCHEDULES[name]))
    said = schedule.factors(np.arange(total, dtype=float), total, per_epoch)
    assert said.shape == (total,)
    assert ((said >= 0) & (said <= 1 + 1e-12)).all()
    assert said.max() > 0


def test_runs_have_schedules_of_their_own():
    rates = Rates([0.1, 0.2], [Constant(), StepDown(1, 0.5)], total=20, per_epoch=5)
    said = rates.at(np.array([0.0, 4.0, 5.0, 10.0]))
    np.testing.assert_allclose(said[..., 0], [[0.1, 0.2], [0.1, 0.2], [0.1, 0.1], [0.1, 0.05]])


def test_what_is_worked_out_ahead_is_what_comes():
    ahead = Ahead(lambda steps: steps[:, None], np.dtype(np.float64))
    assert [ahead.next().item() for _ in range(3 * AHEAD)] == list(range(3 * AHEAD))
    ahead.forget()
    assert ahead.next().item() == 3 * AHEAD
