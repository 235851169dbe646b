"""Shares and hands of rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.dividing import deal, pick, share_of

GROUPS = st.lists(st.integers(0, 4), min_size=2, max_size=80).map(np.array)


def test_shares_are_rounded_to_the_nearest_row():
    assert [share_of(0.2, rows) for rows in (2, 3, 4, 7, 8, 10)] == [0, 1, 1, 1, 2, 2]
    assert share_of(0.5, 3) == 2


@given(GROUPS, st.data(), st.integers(0, 99))
def test_picking_keeps_every_groups_share(groups, data, seed):
    count = data.draw(st.integers(1, len(groups) - 1))
    picked = pick(np.random.default_rng(seed), groups, count)
    assert len(picked) == count
    assert (np.diff(picked) > 0).all()
    for group, size in zip(*np.unique(groups, return_counts=True), strict=True):
        assert abs((groups[picked] == group).sum() - size * count / len(groups)) < 1


@given(GROUPS, st.integers(1, 12), st.integers(0, 99))
def test_dealt_hands_are_even(groups, hands, seed):
    hand = deal(np.random.default_rng(seed), groups, hands)
    assert np.ptp(np.bincount(hand, minlength=hands)) <= 1
    for group in np.unique(groups):
        assert np.ptp(np.bincount(hand[groups == group], minlength=hands)) <= 1


def test_every_row_is_as_likely():
    rng = np.random.default_rng(0)
    groups = np.zeros(10, dtype=np.int64)
    counts = np.bincount(np.concatenate([pick(rng, groups, 3) for _ in range(4000)]), minlength=10)
    # 1200 ± 29 expected; five standard deviations.
    assert counts == pytest.approx(np.full(10, 1200), abs=145)
