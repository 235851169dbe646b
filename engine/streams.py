"""Random streams: one seed, and from it a named stream for each purpose.

Each stream is a `SeedSequence` with an explicit spawn key of (purpose, restart, repeat, fold), never of a sweep's
setting: settings are compared on the same folds, initial weights and shuffles, and a draw from one stream never
moves another (https://numpy.org/doc/stable/reference/random/parallel.html).
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What a stream is for. The numbers are part of every saved session: add, never renumber."""

    DATA = 0
    SPLIT = 1
    FOLDS = 2
    INITIALIZATION = 3
    SHUFFLING = 4
    DROPOUT = 5
    AUGMENTATION = 6
    LABELS = 7
    SWEEP = 8
    STUDY = 9


def stream(seed: int, purpose: Purpose, *, restart: int = 0, repeat: int = 0, fold: int = 0) -> np.random.Generator:
    """Return the generator of one purpose of one run; the same arguments give the same draws on every machine."""
    sequence = np.random.SeedSequence(seed, spawn_key=(int(purpose), restart, repeat, fold))
    return np.random.Generator(np.random.PCG64(sequence))
