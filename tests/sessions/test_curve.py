"""A curve against a plain list: immutable to its holder, whoever else grows from it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.curve import Curve

VALUES = st.floats(allow_nan=True, allow_infinity=True)


def same(curve, points):
    assert len(curve) == len(points)
    assert repr(list(curve)) == repr(points)
    assert repr(curve.epochs.tolist()) == repr([epoch for epoch, _ in points])
    assert repr(curve.values.tolist()) == repr([value for _, value in points])
    assert repr(curve.last) == repr(points[-1][1] if points else None)
    assert curve == Curve([epoch for epoch, _ in points], [value for _, value in points])


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 3), VALUES), max_size=40))
def test_every_curve_of_a_tree_stays_as_it_was(growths):
    # Each step grows some curve of the tree, old or new, as a branch does.
    curves, models = [Curve()], [[]]
    for which, gap, value in growths:
        place = which % len(curves)
        epoch = (models[place][-1][0] if models[place] else 0) + gap
        curves.append(curves[place].with_points([epoch], [value]))
        models.append([*models[place], (epoch, value)])
    for curve, model in zip(curves, models, strict=True):
        same(curve, model)


def test_a_growing_curve_shares_one_buffer():
    curve = Curve()
    for epoch in range(1, 100):
        longer = curve.with_points([epoch], [0.5])
        assert longer._values is curve._values
        curve = longer
    assert curve._values is not Curve([1], [1.0]).with_points([2], [1.0])._values


def test_the_second_to_grow_gets_a_copy():
    root = Curve([1], [1.0])
    first, second = root.with_points([2], [2.0]), root.with_points([2], [3.0])
    assert first._values is not second._values
    assert (list(root), list(first), list(second)) == ([(1, 1.0)], [(1, 1.0), (2, 2.0)], [(1, 1.0), (2, 3.0)])


def test_what_a_curve_hands_out_is_a_copy():
    curve = Curve([1, 2], [1.0, 2.0])
    curve.values[0] = 9
    curve.epochs[0] = 9
    assert list(curve) == [(1, 1.0), (2, 2.0)]
    curve.with_points([3], [3.0])  # an array still held would forbid the buffer to grow


def test_curves_are_equal_by_their_bits():
    assert Curve([1], [math.nan]) == Curve([1], [math.nan])
    assert Curve([1], [0.0]) != Curve([1], [-0.0])
    assert Curve([1], [0.0]) != Curve([2], [0.0])
    assert Curve() != []
    with pytest.raises(TypeError):
        hash(Curve())
    with pytest.raises(ValueError, match="1 epochs for 2 values"):
        Curve([1], [1.0, 2.0])


EPOCHS = st.lists(st.integers(1, 300), unique=True, max_size=120).map(sorted)


@given(epochs=EPOCHS, epoch=st.integers(0, 301))
def test_until_is_the_part_up_to_an_epoch(epochs, epoch):
    points = [(number, number / 7) for number in epochs]
    curve = Curve(epochs, [value for _, value in points])
    same(curve.until(epoch), [(number, value) for number, value in points if number <= epoch])


@given(epochs=EPOCHS, most=st.integers(2, 50), data=st.data())
def test_thinning_keeps_true_points_the_ends_and_what_is_asked_for(epochs, most, data):
    curve = Curve(epochs, [number / 7 for number in epochs])
    keep = data.draw(st.lists(st.sampled_from(epochs), max_size=3)) if epochs else []
    thin = curve.thinned(most, keep)
    assert set(thin) <= set(curve)
    assert thin.epochs.tolist() == sorted(set(thin.epochs.tolist()))
    assert len(thin) <= max(most, len(set(keep)) + 2)
    assert set(keep) <= set(thin.epochs.tolist())
    if epochs:
        assert thin.epochs[[0, -1]].tolist() == curve.epochs[[0, -1]].tolist()
    if len(curve) <= most:
        assert thin is curve


def test_thinning_is_even():
    thin = Curve(range(1, 10_001), np.zeros(10_000).tolist()).thinned(101)
    assert set(np.diff(thin.epochs)) <= {99, 100, 101}
