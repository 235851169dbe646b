"""Reads the data that runs need, and keeps the last: the settings of a sweep mostly share them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.arrays import Integers
from engine.batches import Feed
from engine.data.dataset import Dataset
from engine.data.preparing import prepare
from engine.data.progress import Progress, silent
from engine.data.shifting import shifted
from engine.data.splits import test_rows
from engine.errors import KeyProblem
from engine.experiment import Data, Experiment


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The data of some runs, and which of their rows are for the test."""

    feed: Feed
    rest: Integers
    test: Integers
    test_sha256: str
    """Names the test rows, whatever features they are read with; empty where there are none."""

    @property
    def dataset(self) -> Dataset:
        """The data."""
        return self.feed.dataset


class Reader:
    """Reads the data of one experiment after another."""

    def __init__(self) -> None:
        self._read: tuple[object, int, Rows] | None = None

    def rows(self, experiment: Experiment, skip: int = 0, progress: Progress = silent) -> Rows:
        """Return the data of an experiment, of a series without its first `skip` rows at least.

        Raises
        ------
        LabError
            Where the data or the split cannot be.
        """
        data, dtype, seed = data_of(experiment)
        if self._read is not None:
            known, seed_before, rows = self._read
            if known == (data, dtype, skip) and (seed == seed_before or _same_whatever_seed(experiment, rows)):
                return rows
            self._read = None  # before others are read: two of them need not fit into memory
        rows = _read(experiment, skip, dtype, progress)
        self._read = ((data, dtype, skip), seed, rows)
        return rows


def data_of(experiment: Experiment) -> tuple[Data, type, int]:
    """Return what the data of an experiment follow from: `[data]` without its limit, their precision, the seed."""
    dtype = np.float32 if experiment.training.optimizer.iterates else np.float64
    return replace(experiment.data, train_rows=None), dtype, experiment.seed


def _same_whatever_seed(experiment: Experiment, rows: Rows) -> bool:
    """Tell whether the data are the same with this experiment's seed: nothing is drawn, and the same rows test."""
    if experiment.data.source_is_drawn or experiment.data.label_noise or experiment.data.shift is not None:
        return False
    rest, _ = test_rows(experiment.data, rows.dataset, experiment.seed)
    return np.array_equal(rest, rows.rest)


def _read(experiment: Experiment, skip: int, dtype: type, progress: Progress) -> Rows:
    dataset = prepare(experiment.data, experiment.seed, skip=skip, dtype=dtype, progress=progress)
    rest, test = test_rows(experiment.data, dataset, experiment.seed)
    if experiment.data.shift is not None:
        _refuse_shift_beside_what_is_made(experiment.data)
        dataset = shifted(dataset, rest, test, experiment.data.shift)
    return Rows(Feed(dataset, dtype), rest, test, dataset.hash_of(test) if len(test) else "")


def _refuse_shift_beside_what_is_made(data: Data) -> None:
    """Refuse a change of values of which something else has been made already: powers, or a logarithm."""
    for key, is_set in (
        ("polynomial", data.polynomial > 1),
        ("target_transform", data.target_transform != "none"),
    ):
        if is_set:
            raise KeyProblem("data.shift", f"stands beside data.{key}, which is made of the values", "leave one out")
