"""The arithmetic of dividing rows, with or without classes.

`groups` holds one whole number a row: the class, or all the same where rows are alike. Both functions keep each
group's share as nearly as whole rows allow, and draw at random within a group.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.arrays import Floats, Integers

MOST_ROUNDS = 20


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


def deal_whole(rng: np.random.Generator, groups: Integers, classes: Integers, shares: Sequence[float]) -> Integers:
    """Return each row's hand such that rows of one group have one hand: (rows,).

    Groups are taken in random order, each to the hand where the sum of squares of all hands' class counts, each over
    what the hand should have, then grows least. That sum is least where every hand has its share of every class. Then
    groups move to other hands, as long as that makes it smaller. No hand stays empty: there must be at least as many
    groups as hands.
    """
    _, group = np.unique(groups, return_inverse=True)
    _, label = np.unique(classes, return_inverse=True)
    counts = np.zeros((group.max() + 1, label.max() + 1))
    np.add.at(counts, (group, label), 1)
    wanted = np.outer(shares, counts.sum(axis=0))
    dealt = np.zeros_like(wanted)
    hand_of = np.empty(len(counts), dtype=np.int64)
    order = rng.permutation(len(counts))

    def growth(number: int) -> Floats:
        return np.asarray(((2 * dealt + counts[number]) * counts[number] / wanted).sum(axis=1))

    for place, number in enumerate(order):
        empty = dealt.sum(axis=1) == 0
        must_fill = len(counts) - place <= empty.sum()
        hand_of[number] = np.where(empty | (not must_fill), growth(number), np.inf).argmin()
        dealt[hand_of[number]] += counts[number]
    for _ in range(MOST_ROUNDS):
        before = hand_of.copy()
        for number in order:
            dealt[hand_of[number]] -= counts[number]
            if dealt[hand_of[number]].any():
                better = growth(number)
                # Only a real gain moves a group, or two hands that are alike would pass it on for ever.
                if better.min() < better[hand_of[number]] * (1 - 1e-9):
                    hand_of[number] = better.argmin()
            dealt[hand_of[number]] += counts[number]
        if (hand_of == before).all():
            break
    return hand_of[group]
