"""The arithmetic of dividing rows, with or without classes.

`groups` holds one whole number a row: the class, or all the same where rows are alike. Both functions keep each
group's share as nearly as whole rows allow, and draw at random within a group.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Integers


def share_of(share: float, rows: int) -> int:
    """Return the whole number nearest to a share of the rows; a half counts up."""
    return int(np.floor(share * rows + 0.5))


def pick(rng: np.random.Generator, groups: Integers, count: int) -> Integers:
    """Return `count` < rows ascending positions, from each group its share up to one row.

    Whole shares first, then one more for the largest remainders, the first group first among equals.
    """
    _, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    quota, remainder = np.divmod(sizes * count, len(groups))
    more = np.argsort(-remainder, kind="stable")[: count - quota.sum()]
    quota[more] += 1
    picked = [rng.permutation(np.flatnonzero(group == number))[:size] for number, size in enumerate(quota)]
    return np.sort(np.concatenate(picked))


def deal(rng: np.random.Generator, groups: Integers, hands: int) -> Integers:
    """Return each row's hand, 0 … hands − 1: hands differ by at most one row, overall and within each group."""
    _, group = np.unique(groups, return_inverse=True)
    shuffled = [rng.permutation(np.flatnonzero(group == number)) for number in range(group.max() + 1)]
    hand = np.empty(len(groups), dtype=np.int64)
    # Dealt out in one round, group after group: starting each at the first hand would fill the first ones up.
    hand[np.concatenate(shuffled)] = np.arange(len(groups)) % hands
    return hand
