"""Models that guess: each row's class by a coin, 64 coins a word."""

from __future__ import annotations

import numpy as np

from engine.arrays import Array, Integers

WORD = 64
MOST_WORDS = 1 << 17
"""Words of coins that are held at once: 1 MiB, which stays in a core's cache."""


def words_for(rows: int) -> int:
    """Return how many words hold a model's guesses on so many rows."""
    return -(-rows // WORD)


def two_classes(rng: np.random.Generator, rows: int) -> Array:
    """Return the true classes of `rows` rows, 0 and 1 equally frequent up to one row, in random order: (rows,)."""
    return rng.permutation(rows) % 2


def mistakes(rng: np.random.Generator, models: int, truth: Array) -> Integers:
    """Return on how many rows each of `models` guessing models is wrong: truth (rows,) → (models,).

    Every guess of every model is drawn, as one bit, and compared with the truth. The bits come model after model, so
    that the first models are the same however many follow.
    """
    true, there = _packed(truth), _packed(np.ones_like(truth))
    wrong = np.empty(models, dtype=np.int64)
    step = max(1, MOST_WORDS // len(true))
    for start in range(0, models, step):
        part = wrong[start : start + step]
        guesses = rng.integers(0, 2**WORD - 1, (len(part), len(true)), dtype=np.uint64, endpoint=True)
        np.bitwise_xor(guesses, true, out=guesses)
        # The last word has more bits than there are rows left.
        np.bitwise_and(guesses, there, out=guesses)
        np.bitwise_count(guesses).sum(axis=1, dtype=np.int64, out=part)
    return wrong


def _packed(bits: Array) -> Array:
    """Return bits in words of 64, the last filled up with 0: (rows,) → (words,)."""
    octets = np.packbits(bits.astype(np.uint8), bitorder="little")
    return np.pad(octets, (0, -len(octets) % (WORD // 8))).view("<u8").astype(np.uint64)


def expected_best(rows: int, models: int) -> float:
    """Return the expected accuracy of the best of `models` guessing models on `rows` rows, exactly.

    A model's hits are binomial, B(rows, ½) with distribution function F. The best of K independent models has more
    than h hits with probability 1 − F(h)ᴷ, and the expectation of a count is the sum of these over h = 0 … rows − 1.
    """
    numbers = np.arange(1, rows + 1)
    # The logarithm of each binomial coefficient: C(n, h) = C(n, h − 1) · (n − h + 1) / h.
    logs = np.concatenate([[0.0], np.cumsum(np.log(rows + 1 - numbers) - np.log(numbers))])
    chance = np.exp(logs - rows * np.log(2))
    # P(hits > h) is summed from the far end: there it is small, and one minus it is not.
    more = np.minimum(np.cumsum(chance[::-1])[::-1][1:], 1.0)
    with np.errstate(divide="ignore"):
        return float(-np.expm1(models * np.log1p(-more)).sum() / rows)
