"""Augmentation: what is done to a row, that only training rows feel it, and that it is drawn by the run alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import ended, study

from engine import tables
from engine.augmentations import AUGMENTATIONS, Augmenter, Flip, Move, Noise, Rotate
from engine.data import prepare
from engine.data.sources import Births, Digits, Mnist1D, Wine
from engine.errors import KeyProblem
from engine.experiment import Data
from engine.plan import plan
from engine.prepare import read_one as read
from engine.streams import Purpose, stream

GRIDS = [(8, 8), (3, 5), (1, 4), (6,), (1, 1)]


def pictures(grid, rows=200, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, int(np.prod(grid))))


def changed(kind, rows, grid, seed=1, spread=None):
    spread = np.ones(rows.shape[1]) if spread is None else spread
    return kind.change(rows, np.random.default_rng(seed), grid, spread)


@pytest.mark.parametrize("grid", GRIDS)
def test_a_shift_is_by_one_place_in_any_direction_or_none(grid):
    rows = pictures(grid)
    found = changed(Move(), rows, grid).reshape(-1, *grid)
    ways = [rows.reshape(-1, *grid)]
    for axis in range(1, len(grid) + 1):
        for by in (-1, 1):
            rolled = np.roll(ways[0], by, axis)
            edge = 0 if by == 1 else grid[axis - 1] - 1
            place = [slice(None)] * (len(grid) + 1)
            place[axis] = edge
            rolled[tuple(place)] = ways[0][tuple(place)]
            ways.append(rolled)
    same = np.array([[(found[row] == way[row]).all() for way in ways] for row in range(len(rows))])
    assert same.any(axis=1).all()
    if min(grid) > 1:
        assert same.sum(axis=0).tolist() == pytest.approx([len(rows) / len(ways)] * len(ways), abs=30)


@pytest.mark.parametrize("grid", [(8, 8), (5, 9), (28, 28)])
def test_a_turn_is_bilinear_about_the_middle(grid):
    rows = pictures(grid, 5)
    ndimage = pytest.importorskip("scipy.ndimage")
    found = changed(Rotate(), rows, grid)
    angles = 15 * (2 * np.random.default_rng(1).random(5) - 1)
    for row, angle in enumerate(angles):
        picture = rows[row].reshape(grid)
        theirs = ndimage.rotate(picture, -angle, reshape=False, order=1, mode="nearest")
        np.testing.assert_allclose(found[row].reshape(grid), theirs, atol=1e-9)


def test_a_turn_leaves_a_disc_and_a_plain_picture_as_they_are():
    y, x = np.mgrid[-10:11, -10:11]
    disc = np.exp(-((x**2 + y**2) / 30)).reshape(1, -1)
    np.testing.assert_allclose(changed(Rotate(), disc, (21, 21)), disc, atol=0.01)
    plain = np.full((3, 20), 7.0)
    np.testing.assert_allclose(changed(Rotate(), plain, (4, 5)), plain)


def test_noise_is_a_tenth_of_each_features_deviation():
    spread = np.array([0.0, 1.0, 50.0])
    rows = np.zeros((20_000, 3))
    found = changed(Noise(), rows, (), spread=spread)
    assert found.std(axis=0).tolist() == pytest.approx([0, 0.1, 5], rel=0.03)
    assert abs(found.mean(axis=0)).max() < 0.15


@pytest.mark.parametrize("grid", GRIDS)
def test_a_flip_turns_half_of_the_rows_upside_down(grid):
    rows = pictures(grid)
    found = changed(Flip(), rows, grid)
    turned = np.flip(rows.reshape(-1, *grid), axis=1).reshape(rows.shape)
    was = (found == rows).all(axis=1)
    is_turned = (found == turned).all(axis=1)
    assert (was | is_turned).all()
    if np.prod(grid[:1]) > 1:
        assert 70 < is_turned.sum() < 130


@given(st.lists(st.integers(1, 30), min_size=1, max_size=6), st.permutations(list(AUGMENTATIONS)), st.integers(0, 99))
def test_how_rows_are_cut_into_blocks_shows_nowhere(sizes, names, seed):
    data = prepare(Data(Digits()), 0)
    rows = data.inputs[: sum(sizes)].copy()

    def augmenter():
        return Augmenter(names, data, [stream(seed, Purpose.AUGMENTATION)], [np.ones(64)])

    whole, pieces = rows[None].copy(), rows[None].copy()
    augmenter().apply(whole)
    piecewise, start = augmenter(), 0
    for size in sizes:
        piecewise.apply(pieces[:, start : start + size])
        start += size
    assert whole.tobytes() == pieces.tobytes()
    assert whole.tobytes() != rows[None].tobytes()


def test_what_a_data_set_declares():
    declared = {
        Digits(): ("shift", "rotate", "noise", "flip"),
        Mnist1D(rows=50): ("shift", "noise", "flip"),
        Wine(): ("noise",),
    }
    for source, names in declared.items():
        assert prepare(Data(source), 0).augmentations == names
    # Neighbouring lags are days, and a day moved by one is another series.
    assert prepare(Data(Births(), lags=7), 0).augmentations == ("noise",)
    assert prepare(Data(Digits(), features=("pixel-0-*",)), 0).augmentations == ("noise",)


@pytest.mark.parametrize(
    ("data", "training", "says"),
    [
        ({"name": "wine"}, {"augment": ["rotate"]}, "names 'rotate', and wine declares noise"),
        ({"name": "digits"}, {"augment": ["rotat"]}, "did you mean rotate"),
        (
            {"name": "births", "lags": 7},
            {"augment": ["noise"], "optimizer": "closed-form"},
            r"training\.augment has no part in a closed form",
        ),
    ],
)
def test_what_cannot_be_is_refused(data, training, says):
    experiment = tables.from_tables({"data": data, "training": training})
    with pytest.raises(KeyProblem, match=says):
        read(experiment, plan(experiment))


def wanted(**training):
    return tables.from_tables(
        {
            "data": {"name": "digits", "train_rows": 200},
            "model": {"hidden": [32]},
            "training": {"epochs": 3, "batch_size": 20, **training},
            "validation": {"method": "holdout"},
        }
    )


def test_only_rows_that_train_are_changed_and_every_epoch_anew():
    feed, jobs = read(wanted(augment=["shift"]), plan(wanted()))
    before = feed.rows.copy()
    study(wanted(augment=["shift", "rotate", "noise", "flip"]))
    assert feed.rows.tobytes() == before.tobytes()
    plain, moved = (ended(study(wanted(augment=list(names)))[1])[0] for names in ((), ("shift",)))
    assert plain.sha256 != moved.sha256
    full = {"batch_size": "all"}
    once, again = (ended(study(wanted(augment=["noise"], epochs=epochs, **full))[1])[0] for epochs in (1, 2))
    assert once.sha256 != again.sha256
    assert replace(jobs[0], index=1).train.tobytes() == jobs[0].train.tobytes()


@pytest.mark.slow
def test_shifts_help_where_pictures_are_few_and_flips_harm():
    def accuracy(*augment):
        found = []
        for seed in range(5):
            settings = tables.to_tables(wanted(epochs=150, augment=list(augment))) | {"seed": seed}
            # A pixel at the edge hardly varies: scaled by its deviation, what is moved there would be enormous. And of
            # few units only the plain pictures can be learned.
            settings["data"]["standardize"] = False
            settings["model"]["hidden"] = [128]
            _, events = study(tables.from_tables(settings))
            found.append(ended(events)[0].validation["accuracy"])
        return np.mean(found)

    plain, moved, flipped = accuracy(), accuracy("shift"), accuracy("flip")
    assert moved > plain + 0.01
    assert flipped < plain - 0.01
