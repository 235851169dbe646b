"""What held-out rows hold cannot be seen from the training side: not in a statistic, not in a bit of the weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import bits_by_run, train

from engine import tables
from engine.batches import Batches, Scales
from engine.jobs import stacks
from engine.plan import plan
from engine.prepare import read_one as read
from engine.setup import network_of
from engine.streams import Purpose

ROWS = 48
COLUMNS = {"far": 1.7e9, "near": 0.0, "steep": 1e-6}
WORDS = ("red", "green", "blue", "rare")
SETTINGS = {
    "mean": {"data": {"missing": "mean"}},
    "median": {"data": {"missing": "median"}},
    "powers": {"data": {"missing": "mean", "polynomial": 3}},
    "random features": {"data": {"missing": "mean", "random_features": 8}},
    "few rows": {"data": {"missing": "median", "train_rows": 12}},
    "holdout": {"data": {"missing": "mean"}, "validation": {"method": "holdout", "share": 0.3}},
    "repeated": {"data": {"missing": "mean"}, "validation": {"method": "k-fold", "k": 3, "repeats": 2}},
    "rolling": {"data": {"missing": "mean", "split": "time"}, "validation": {"method": "rolling", "k": 3}},
}


def cells(seed):
    """Return the columns of a table as texts: numbers with gaps and offsets, words, days, and a target."""
    rng = np.random.default_rng(seed)
    columns = {name: [f"{offset + value:.9g}" for value in rng.normal(size=ROWS)] for name, offset in COLUMNS.items()}
    for column in columns.values():
        for row in rng.integers(0, ROWS, 5):
            column[row] = ""
    columns["word"] = rng.choice(WORDS, ROWS, p=[0.4, 0.3, 0.25, 0.05]).tolist()
    columns["day"] = [str(np.datetime64("2020-01-01") + int(day)) for day in rng.integers(0, 900, ROWS)]
    columns["y"] = [f"{value:.6f}" for value in rng.normal(size=ROWS)]
    return columns


def runs_of(path, columns, settings):
    """Write a table and return its feed and each run's job."""
    lines = [",".join(columns), *(",".join(row) for row in zip(*columns.values(), strict=True))]
    path.write_text("\n".join(lines) + "\n")
    made = {
        "data": {"file": str(path), **settings["data"]},
        "model": {"hidden": [4]},
        "training": {"epochs": 2, "batch_size": 7},
        "validation": settings.get("validation", {"method": "k-fold", "k": 3}),
    }
    experiment = tables.from_tables(made)
    feed, jobs = read(experiment, plan(experiment))
    return feed, jobs


def training_side(feed, job):
    """Return all that a run makes of its training rows before and by training: one flat list of arrays."""
    scales = Scales.of(feed, job.train, standardize=True)
    batches = Batches(feed, [job.train], [scales], 7)
    said = [scales.mean, scales.scale, scales.fill, np.float64(feed.target_centre), feed.dataset.centre]
    for inputs, targets in batches.epoch([job.stream(Purpose.SHUFFLING)]):
        said += [inputs.copy(), targets.copy()]
    said.append(network_of([job], feed, [scales], np.float32).numbers.copy())
    ((stack,),) = (stacks([job]),)
    weights = [(end[0][-2:], epochs) for *epochs, end in bits_by_run(train(stack, feed)).values()]
    return [part for part in said if part is not None], [ending for ending, _ in weights]


def same_side(one, other):
    """Tell whether two feeds and jobs have the same training side, to the bit."""
    (before, weights), (after, same_weights) = training_side(*one), training_side(*other)
    assert len(before) == len(after)
    for mine, theirs in zip(before, after, strict=True):
        assert mine.tobytes() == theirs.tobytes()
    assert weights == same_weights


@pytest.mark.parametrize("name", SETTINGS)
@settings(max_examples=10)
@given(data=st.data(), seed=st.integers(0, 1_000))
def test_permuting_validation_cells_changes_nothing_that_training_sees(tmp_path_factory, name, data, seed):
    folder = tmp_path_factory.mktemp("leak")
    columns = cells(seed)
    feed, jobs = runs_of(folder / "before.csv", columns, SETTINGS[name])
    place = data.draw(st.integers(0, len(jobs) - 1))
    job = jobs[place]
    # Each column by itself, so that a held-out row becomes one that there never was.
    moved = {title: list(column) for title, column in columns.items()}
    for title, column in moved.items():
        order = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1))).permutation(job.validation)
        for target, source in zip(job.validation, order, strict=True):
            column[target] = columns[title][source]
    again, same_jobs = runs_of(folder / "after.csv", moved, SETTINGS[name])
    np.testing.assert_array_equal(same_jobs[place].train, job.train)
    same_side((feed, job), (again, same_jobs[place]))


@pytest.mark.parametrize("name", SETTINGS)
@settings(max_examples=10)
@given(data=st.data(), seed=st.integers(0, 1_000))
def test_whatever_the_test_rows_hold_changes_nothing_that_training_sees(tmp_path_factory, name, data, seed):
    folder = tmp_path_factory.mktemp("leak")
    columns = cells(seed)
    feed, jobs = runs_of(folder / "before.csv", columns, SETTINGS[name])
    job = data.draw(st.sampled_from(jobs))
    everywhere = np.concatenate([np.concatenate([other.train, other.validation]) for other in jobs])
    tests = np.setdiff1d(np.arange(ROWS), everywhere)
    if "train_rows" not in SETTINGS[name]["data"]:
        assert len(tests) == 10
    changed = {title: list(column) for title, column in columns.items()}
    number = st.sampled_from(["", "0", "-7.5", "1e6", "-1e12", "3e30"])
    for row in tests if "train_rows" not in SETTINGS[name]["data"] else ():
        powers = SETTINGS[name]["data"].get("polynomial", 1) > 1
        for title in COLUMNS:
            changed[title][row] = data.draw(number if not powers else st.sampled_from(["", "0", "-7.5"]))
        changed["word"][row] = data.draw(st.sampled_from(["", "red", "rare", "unheard of"]))
        changed["day"][row] = data.draw(st.sampled_from(["1800-01-01", "2020-02-29", "2500-12-31"]))
        changed["y"][row] = data.draw(st.sampled_from(["0", "1e9", "-3e20"]))
    again, same_jobs = runs_of(folder / "after.csv", changed, SETTINGS[name])
    assert again.dataset.feature_names == feed.dataset.feature_names
    same_side((feed, job), (again, same_jobs[job.index]))


def test_one_wild_validation_cell_harms_no_digit_that_counts(tmp_path):
    columns = cells(5)
    feed, jobs = runs_of(tmp_path / "before.csv", columns, SETTINGS["mean"])
    row = int(jobs[0].validation[0])
    columns["near"][row], columns["y"][row] = "1e12", "-1e15"
    again, same_jobs = runs_of(tmp_path / "after.csv", columns, SETTINGS["mean"])
    sides = []
    for side, job in ((feed, jobs[0]), (again, same_jobs[0])):
        scales = Scales.of(side, job.train, standardize=True)
        sides.append((side.rows[job.train] - scales.mean) * scales.scale)
    # The middle of the data may lie at another row's value now: float32 rounds what is left of the others anew.
    np.testing.assert_allclose(sides[1], sides[0], rtol=1e-4, atol=1e-5)


def test_the_check_can_fail(tmp_path):
    columns = cells(3)
    feed, jobs = runs_of(tmp_path / "before.csv", columns, SETTINGS["mean"])
    columns["near"][int(jobs[0].train[0])] = "7"
    again, same_jobs = runs_of(tmp_path / "after.csv", columns, SETTINGS["mean"])
    before, weights = training_side(feed, jobs[0])
    after, other_weights = training_side(again, same_jobs[0])
    assert any(one.tobytes() != other.tobytes() for one, other in zip(before, after, strict=True))
    assert weights != other_weights
