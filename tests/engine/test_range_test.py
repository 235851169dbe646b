"""The learning-rate range test: where theory says from which rate on it must blow up, and against grids of rates."""

from __future__ import annotations

import math

import numpy as np
import pytest
from making import ended, study

from engine import tables
from engine.errors import LabError
from engine.plan import plan
from engine.prepare import read_one as read
from engine.range_test import STARTS, THROWN_UP, UPDATES, Rising, range_test, starts_of, suggestion


def tried(**kinds):
    experiment = tables.from_tables({name: dict(table) for name, table in kinds.items()})
    feed, jobs = read(experiment, starts_of(plan(experiment)[0]))
    return range_test(jobs, feed), feed, jobs


def linear(**training):
    return tried(
        data={"name": "line", "rows": 80, "test": 0},
        training={"loss": "half-squared", "optimizer": "sgd", "batch_size": "all"} | training,
        validation={"method": "none"},
    )


def test_gradient_descent_blows_up_where_the_curvature_says():
    seen, feed, jobs = linear()
    inputs = feed.rows[jobs[0].train, : feed.inputs].astype(np.float64)
    scaled = (inputs - inputs.mean(axis=0)) / inputs.std(axis=0)
    design = np.concatenate([scaled, np.ones((len(scaled), 1))], axis=1)
    edge = 2 / np.linalg.eigvalsh(design.T @ design / len(design))[-1]
    losses = np.array(seen.losses)
    for start in losses:
        rises = np.diff(start) > 1e-3 * start[:-1]
        first = seen.rates[int(np.flatnonzero(rises)[0]) + 1]
        # Beyond 2/λ each step makes the error larger. How soon it is seen depends on how little of it was left.
        assert edge <= first <= 10 * edge
    assert seen.suggested < edge
    assert seen.suggested > edge / 100


def test_rates_rise_by_a_tenth_of_a_decade_and_end_where_all_starts_are_thrown_up():
    seen, *_ = linear()
    assert seen.rates[0] == 1e-6
    np.testing.assert_allclose(np.diff(np.log10(seen.rates)), 0.1)
    assert len(seen.before) == len(seen.losses) == STARTS
    assert {len(losses) for losses in seen.losses} == {len(seen.rates)}
    lost = np.array(
        [
            [not loss < THROWN_UP * first for loss in start]
            for first, start in zip(seen.before, seen.losses, strict=True)
        ]
    )
    assert lost[:, -1].all()
    assert not lost[:, :-1].all(axis=0).any()


def test_every_update_at_a_rate_has_that_rate():
    rates = Rising().factors(np.arange(3 * UPDATES, dtype=np.float64), 1, 1)
    np.testing.assert_allclose(rates, np.repeat([1e-6, 10**-5.9, 10**-5.8], UPDATES))


def test_the_starts_are_the_restarts_of_a_study():
    seen, *_ = linear()
    _, events = study(
        tables.from_tables(
            {
                "data": {"name": "line", "rows": 80, "test": 0},
                "training": {"loss": "half-squared", "optimizer": "sgd", "learning_rate": 1e-12, "epochs": 1},
                "validation": {"method": "none"},
                "restarts": STARTS,
            }
        )
    )
    untrained = [end.train["loss"] for _, end in sorted(ended(events).items())]
    np.testing.assert_allclose(seen.before, untrained, rtol=1e-5)
    assert len(set(seen.before)) == STARTS


def test_an_experiments_own_rate_schedule_and_stopping_play_no_part():
    plain, *_ = linear()
    other, *_ = linear(learning_rate=7.0, schedule="cosine")
    assert other == plain


def test_what_takes_no_steps_has_no_rate():
    with pytest.raises(LabError, match=r"training\.optimizer takes no steps"):
        linear(optimizer="closed-form", batch_size=64)


def test_where_no_rate_lowers_the_loss_none_is_suggested():
    # Without weights no unit is reached, and as many of each digit leave nothing for the biases to learn.
    seen, *_ = tried(
        data={"name": "digits"}, model={"hidden": [8], "initialization": "zeros"}, training={"optimizer": "sgd"}
    )
    assert seen.suggested is None
    assert suggestion([1.0], np.array([0.1, 1.0]), [[0.995], [5.0]]) is None
    assert suggestion([1.0], np.array([0.1, 1.0]), [[0.985], [5.0]]) == 0.03


@pytest.mark.parametrize(
    ("lowest", "expected"), [(0.3, 0.1), (0.6, 0.2), (1.0, 0.3), (0.01, 0.003), (3e-5, 1e-5), (28.0, 10.0)]
)
def test_a_third_of_the_rate_with_the_lowest_loss(lowest, expected):
    rates = np.array([lowest / 10, lowest, lowest * 10])
    losses = [[0.9, 0.9, 0.9], [0.2, 0.4, 9.0], [math.nan, math.inf, 9.0]]
    assert suggestion([1.0, 1.0, 1.0], rates, losses) == pytest.approx(expected)


CASES = {
    "wine sgd": ("wine", {"hidden": [16]}, {"optimizer": "sgd", "batch_size": 16, "epochs": 20}),
    "curve momentum": ("curve", {"hidden": [24, 24]}, {"optimizer": "momentum", "epochs": 60}),
    "kinks adam": ("kinks", {"hidden": [32]}, {"optimizer": "adam", "epochs": 60}),
    "digits rmsprop": ("digits", {"hidden": [64, 32]}, {"optimizer": "rmsprop", "epochs": 10}),
    "digits sgd sigmoid": ("digits", {"hidden": [32], "activation": "sigmoid"}, {"optimizer": "sgd", "epochs": 10}),
    "mnist-1d adam": ("mnist-1d", {"hidden": [64]}, {"optimizer": "adam", "epochs": 6}),
}


def validated(name, rate):
    """The middle validation loss of three starts."""
    data, model, training = CASES[name]
    experiment = {
        "data": {"name": data},
        "model": model,
        "training": {**training, "learning_rate": float(rate)},
        "restarts": 3,
    }
    ends = ended(study(tables.from_tables(experiment))[1]).values()
    return np.median([end.validation["loss"] if end.status == "finished" else math.inf for end in ends])


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_the_suggestion_does_about_as_well_as_the_best_of_a_grid(name):
    data, model, training = CASES[name]
    seen, *_ = tried(data={"name": data}, model=model, training=training)
    best = min(validated(name, rate) for rate in 10.0 ** np.arange(-4.5, 1.1, 0.5))
    assert validated(name, seen.suggested) <= 1.25 * best
