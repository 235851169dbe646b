"""Scaling by training rows alone, and back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data import folds, prepare, raw_coefficients
from engine.data.scaling import fillings, fit, identity
from engine.data.sources import Digits, Line, Xor
from engine.experiment import Data
from engine.validations import KFold


def test_equals_scikit_learn():
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    dataset = prepare(Data(Digits()), 0)
    rows = np.arange(0, dataset.rows, 3)
    inputs, targets = fit(dataset, rows, standardize=True)
    theirs = preprocessing.StandardScaler().fit(dataset.inputs[rows].astype(np.float64))
    np.testing.assert_allclose(inputs.mean, theirs.mean_, atol=1e-12)
    # Pixels that are blank in all of these rows have deviation 0: theirs counts as 1, with ours they say nothing.
    blank = theirs.var_ == 0
    assert blank.any()
    np.testing.assert_array_equal(np.isinf(inputs.sd), blank)
    np.testing.assert_allclose(inputs.sd[~blank], theirs.scale_[~blank], rtol=1e-12)
    np.testing.assert_array_equal(inputs.apply(dataset.inputs)[rows][:, blank], 0.0)
    assert targets.mean.tolist() == [0.0] * 10
    assert targets.sd.tolist() == [1.0] * 10


@given(st.data(), st.integers(0, 9))
def test_values_of_validation_rows_never_reach_the_scaling(build, data, seed):
    dataset = build(rows=50)
    for training, validation in folds(KFold(3), Data(Xor()), dataset, np.arange(50), seed, 0):
        order = data.draw(st.permutations(validation.tolist()))
        inputs, targets = dataset.inputs.copy(), dataset.targets.copy()
        inputs[validation] = 1000 * dataset.inputs[order]
        targets[validation] = dataset.targets[order]
        changed = replace(dataset, inputs=inputs, targets=targets)
        before, after = fit(dataset, training, standardize=True), fit(changed, training, standardize=True)
        for one, other in zip(before, after, strict=True):
            assert one.mean.tobytes() == other.mean.tobytes()
            assert one.sd.tobytes() == other.sd.tobytes()


@pytest.mark.parametrize("value", [0.1, 1e-3, 12345.678, 0.0])
def test_a_constant_column_is_not_blown_up(build, value):
    dataset = build(rows=10_001)
    constant = replace(
        dataset,
        inputs=np.full_like(dataset.inputs, value),
        targets=np.full_like(dataset.targets, value),
    )
    inputs, targets = fit(constant, np.arange(1, 10_001), standardize=True)
    # A feature of which nothing was learned says nothing, also of a row in which it differs.
    assert set(inputs.scale.tolist()) == {0.0}
    assert set(targets.sd.tolist()) == {1.0}
    for scaling in (inputs, targets):
        assert scaling.mean == pytest.approx(value, rel=1e-7)


@pytest.mark.parametrize("fill", ["mean", "median"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_constant_column_with_gaps_says_nothing(build, fill, dtype):
    dataset = build(rows=300, features=3)
    inputs = dataset.inputs.astype(dtype)
    inputs[:, 1] = 0.1
    inputs[:7, 1] = np.nan
    inputs[250:, 1] = 5.0
    gaps = replace(dataset, inputs=inputs, fill=fill)
    scaling, _ = fit(gaps, np.arange(250), standardize=True)
    assert np.isinf(scaling.sd).tolist() == [False, True, False]
    filled = fillings(gaps, np.arange(250))
    assert filled[1] == inputs[100, 1]
    np.testing.assert_allclose(filled[0], {"mean": np.mean, "median": np.median}[fill](inputs[:250, 0]), rtol=1e-6)


def test_chunks_do_not_show(build):
    dataset = build(rows=10_000, offset=1e6)
    rows = np.arange(0, 10_000, 2)
    inputs, targets = fit(dataset, rows, standardize=True)
    np.testing.assert_allclose(inputs.mean, dataset.inputs[rows].mean(axis=0, dtype=np.float64), atol=1e-12)
    np.testing.assert_allclose(targets.sd, dataset.targets[rows].std(axis=0), rtol=1e-12)


def test_without_standardizing_nothing_changes(build):
    dataset = build()
    inputs, targets = fit(dataset, np.arange(30), standardize=False)
    np.testing.assert_array_equal(inputs.apply(dataset.inputs), dataset.inputs)
    np.testing.assert_array_equal(targets.apply(dataset.targets), dataset.targets)


def test_undo_is_the_inverse_and_float32_agrees(build):
    dataset = build(rows=200, offset=3.0)
    inputs, targets = fit(dataset, np.arange(100), standardize=True)
    np.testing.assert_allclose(targets.undo(targets.apply(dataset.targets)), dataset.targets, rtol=1e-12)
    batch = (dataset.inputs - inputs.shift) * inputs.scale
    assert batch.dtype == np.float32
    np.testing.assert_allclose(batch, inputs.apply(dataset.inputs), atol=1e-5)


def test_a_feature_whose_deviation_float32_cannot_invert_says_nothing(build):
    dataset = build(rows=10)
    small = replace(dataset, inputs=np.linspace(0, 1e-40, 10, dtype=np.float32)[:, None])
    inputs, _ = fit(small, np.arange(10), standardize=True)
    assert inputs.scale.tolist() == [0.0]


@pytest.mark.parametrize("standardize", [True, False])
def test_coefficients_in_the_datas_own_units(standardize):
    dataset = prepare(Data(Line(noise=0.0), standardize=standardize), 4)
    rows = np.arange(500)
    inputs, targets = fit(dataset, rows, standardize=standardize)
    design = np.column_stack([inputs.apply(dataset.inputs)[rows], np.ones(500)])
    solved = np.linalg.lstsq(design, targets.apply(dataset.targets)[rows], rcond=None)[0]
    coefficients, intercept = raw_coefficients(dataset, inputs, targets, solved[:-1], solved[-1])
    assert coefficients.dtype == np.float64
    np.testing.assert_allclose(coefficients[:, 0], [2.0, -3.4], atol=1e-6)
    np.testing.assert_allclose(intercept, [4.2], atol=1e-6)


def test_identity_has_no_effect():
    assert identity(2).apply(np.array([[1.0, 2.0]])).tolist() == [[1.0, 2.0]]
