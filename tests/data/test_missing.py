"""Empty cells: filled by each run's training rows alone, the same way wherever rows are scaled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import ended, study

from engine import tables
from engine.batches import Scaler, Scales
from engine.data.loading import load
from engine.data.sources import OwnFile
from engine.experiment import Data
from engine.inspection import inspect
from engine.plan import plan
from engine.prepare import read_one as read
from engine.results import unpacked

ROWS = 60


def written(path, seed=0, order=None):
    """Write a table of two numbers with gaps, a word with gaps and a target; `order` moves the features of rows."""
    rng = np.random.default_rng(seed)
    numbers = rng.normal(5, 3, (ROWS, 2)).round(3).astype(str)
    numbers[rng.random((ROWS, 2)) < 0.2] = ""
    words = rng.choice(["red", "green", "blue", ""], ROWS)
    moved = np.arange(ROWS) if order is None else order
    lines = [f"{numbers[m, 0]},{words[m]},{numbers[m, 1]},{row % 13}" for row, m in enumerate(moved)]
    path.write_text("a,word,b,y\n" + "\n".join(lines) + "\n")
    return path


def experiment(path, missing, **training):
    return tables.from_tables(
        {
            "data": {"file": str(path), "missing": missing},
            "model": {"hidden": [4], "activation": "tanh"} if not training else {},
            "training": training or {"epochs": 3, "learning_rate": 0.01},
            "validation": {"method": "k-fold", "k": 3, "refit": False},
        }
    )


def scaled_of(path, missing):
    wanted = experiment(path, missing)
    feed, jobs = read(wanted, plan(wanted))
    for job in jobs:
        scales = Scales.of(feed, job.train, standardize=True)
        yield feed, job, Scaler([scales]).apply(feed.rows[None].copy())[0, :, : feed.inputs]


@pytest.mark.parametrize("missing", ["mean", "median"])
def test_cells_are_filled_and_scaled_as_scikit_learn_does(tmp_path, missing):
    impute = pytest.importorskip("sklearn.impute")
    path = written(tmp_path / "gaps.csv")
    raw = load(Data(OwnFile(str(path), missing=missing)), 0)
    assert np.isnan(np.asarray(raw.features)).any()
    numbers = [raw.feature_names.index(name) for name in "ab"]
    for _, job, scaled in scaled_of(path, missing):
        values = np.asarray(raw.features)[:, numbers]
        train = values[job.train]
        filled = impute.SimpleImputer(strategy=missing).fit(train).transform(values)
        # Scaled by the cells that are there: filled ones would make a column look narrower than it is.
        expected = (filled - np.nanmean(train, axis=0)) / np.nanstd(train, axis=0)
        np.testing.assert_allclose(scaled[:, numbers], expected, rtol=1e-4, atol=1e-5)


def test_a_row_without_a_word_has_none(tmp_path):
    raw = load(Data(OwnFile(str(written(tmp_path / "gaps.csv")), missing="mean")), 0)
    words = np.asarray(raw.features)[:, list(raw.indicators)]
    assert set(words.sum(axis=1)) == {0.0, 1.0}


@pytest.mark.parametrize("missing", ["mean", "median"])
@settings(max_examples=settings.default.max_examples // 4, deadline=None)
@given(data=st.data())
def test_held_out_rows_in_any_order_change_nothing_of_what_is_learned(tmp_path_factory, missing, data):
    folder = tmp_path_factory.mktemp("leaks")
    path = written(folder / "gaps.csv")
    before = list(scaled_of(path, missing))
    fold = data.draw(st.integers(0, 2))
    feed, job, scaled = before[fold]
    held_out = job.validation
    order = np.arange(ROWS)
    order[held_out] = data.draw(st.permutations(held_out.tolist()))
    again, same_job, moved = list(scaled_of(written(folder / "moved.csv", order=order), missing))[fold]
    np.testing.assert_array_equal(same_job.train, job.train)
    assert again.dataset.feature_names == feed.dataset.feature_names
    np.testing.assert_array_equal(moved[job.train], scaled[job.train])
    np.testing.assert_array_equal(moved[held_out], scaled[order[held_out]])


@pytest.mark.parametrize("missing", ["mean", "median"])
def test_wherever_rows_are_scaled_no_gap_is_left(tmp_path, missing):
    path = written(tmp_path / "gaps.csv")
    wanted = experiment(path, missing)
    feed, events = study(wanted)
    for run, end in ended(events).items():
        assert end.status == "finished"
        assert np.isfinite([*end.train.values(), *end.validation.values()]).all()
        _, jobs = read(wanted, plan(wanted))
        seen = inspect(jobs[run], feed, unpacked(end.weights))
        assert np.isfinite([*seen.gradient_norms, seen.curvature.highest]).all()
    solved = study(experiment(path, missing, optimizer="closed-form", solver="svd"))[1]
    assert all(np.isfinite(list(end.validation.values())).all() for end in ended(solved).values())


def test_rows_without_a_target_are_left_out_and_that_is_said(tmp_path):
    path = tmp_path / "gaps.csv"
    path.write_text("a,y\n1,2\n,3\n3,\n5,6\n")
    table = load(Data(OwnFile(str(path), missing="median")), 0)
    assert table.targets[:, 0].tolist() == [2, 3, 6]
    assert any(note.startswith("1 of 4 rows") for note in table.notes)
