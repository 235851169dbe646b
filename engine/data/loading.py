"""From what `[data]` says to a table: the source's rows, with the target as it is to be predicted, and powers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engine.data.naming import whole_of, whole_of_both
from engine.data.progress import Progress, silent
from engine.data.selection import Wanted, selected
from engine.data.sources.base import SOURCES, FromFiles, Source
from engine.data.table import Table, Task, followed
from engine.errors import KeyProblem, nearest
from engine.streams import Purpose, stream

if TYPE_CHECKING:
    # At run time it is the experiment that imports this package, for its sources.
    from engine.experiment import Data

MOST_CLASSES = 1_000


def load(spec: Data, seed: int, progress: Progress = silent) -> Table:
    """Return all rows with the wanted columns; a large file tells how far it is.

    Raises
    ------
    LabError
        Where they cannot be read.
    """
    table = _loaded(spec, spec.source, seed, progress)
    if spec.test_name is None:
        return table
    if table.test_rows:
        raise KeyProblem("data.test_name", "stands beside test rows that the file has", "leave one of them out")
    if spec.test_name not in SOURCES or spec.test_name == "file":
        known = [name for name in SOURCES if name != "file"]
        raise KeyProblem("data.test_name", f"cannot be {spec.test_name!r}", nearest(spec.test_name, known))
    test = _loaded(spec, SOURCES[spec.test_name](), seed, progress)
    whole = whole_of_both(whole_of(table), whole_of(test)) if table.whole or test.whole else ""
    return replace(followed(table, test, spec.test_name), whole=whole)


def _loaded(spec: Data, source: Source, seed: int, progress: Progress) -> Table:
    target = (spec.target,) if isinstance(spec.target, str) else spec.target
    if isinstance(source, FromFiles):
        # A series is predicted from its own past, and from what is said to be known beside it.
        features = () if spec.lag_list and spec.features is None else spec.features
        return source.read(Wanted(target, features, spec.task, series=bool(spec.lag_list)), progress)
    return selected(source.load(stream(seed, Purpose.DATA)), Wanted(target, spec.features))


def with_task(table: Table, task: Task | None) -> Table:
    """Return the table with its target read as the task wants it: classes as their numbers for a regression."""
    if task is None or task == table.task:
        return table
    if task == "classification":
        return _with_classes(table)
    return replace(table, targets=table.targets[:, None].astype(np.float64), classes=())


def _with_classes(table: Table) -> Table:
    """Return the table with each different whole number of its one target as a class, the least first."""
    key = "data.task"
    if len(table.target_names) > 1:
        raise KeyProblem(key, "cannot be classification: there are several targets", "leave it out")
    different, labels = np.unique(table.targets, return_inverse=True)
    if (different != np.floor(different)).any() or len(different) > MOST_CLASSES:
        raise KeyProblem(
            key,
            f"cannot be classification: {table.target_names[0]} holds {len(different)} different numbers",
            f"at most {MOST_CLASSES:,} different whole numbers can be classes",
        )
    if len(different) < 2:
        raise KeyProblem(key, f"cannot be classification: {table.target_names[0]} has one value", "leave it out")
    classes = tuple(f"{int(number)}" for number in different)
    return replace(table, targets=labels.reshape(-1).astype(np.int64), classes=classes, unit="")


def with_log_target(table: Table) -> Table:
    """Return the table with the natural logarithm of its target; the lags of a series are then of that."""
    key = "data.target_transform"
    if table.task == "classification":
        raise KeyProblem(key, 'cannot be "log": the target is a class', "leave it out")
    if not (table.targets > 0).all():
        row, column = np.argwhere(~(table.targets > 0))[0]
        number = row if table.origin is None else table.origin[row]
        raise KeyProblem(
            key,
            f'cannot be "log": {table.target_names[column]} is {table.targets[row, column]:g} in row {number + 1}',
            "only numbers above 0 have a logarithm",
        )
    return replace(table, targets=np.log(table.targets), unit=f"log of {table.unit or table.target_names[0]}")
