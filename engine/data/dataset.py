"""A dataset: what every run of an experiment is cut from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.arrays import Array, Floats, Integers
from engine.data.dividing import share_of
from engine.data.encoding import Encoded
from engine.data.lags import lagged
from engine.data.progress import Progress, silent
from engine.data.selection import Wanted, selected
from engine.data.sources.base import SOURCES, FromFiles, Source
from engine.data.table import Fill, Table, Task, followed
from engine.errors import KeyProblem, LabError, nearest
from engine.streams import Purpose, stream

if TYPE_CHECKING:
    # At run time it is the experiment that imports this package, for its sources.
    from engine.experiment import Data

Split = Literal["random", "stratified", "time"]
MOST_CLASSES = 1_000
BLOCK_ROWS = 4_096


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """All rows in the form in which networks read them. Rows are ascending in time wherever there is one."""

    name: str
    inputs: Floats
    """(rows, features), float32, or float64 for closed forms: the raw features less `centre`."""
    centre: Floats
    """(features,), float64; zeros where nothing is standardized."""
    targets: Floats
    """(rows, outputs), float64; one column a class, 0 or 1, for a classification."""
    labels: Integers | None
    """(rows,) class numbers; None for a regression."""
    feature_names: tuple[str, ...]
    target_names: tuple[str, ...]
    classes: tuple[str, ...]
    dates: Array | None
    """(rows,) datetime64, of days or seconds."""
    unit: str
    grid: tuple[int, ...]
    """Where the features lie beside each other: (8, 8) for a picture, (40,) in a line; empty where they do not."""
    split: Split
    """How held-out rows are chosen: the experiment's word, or the default for such data."""
    lags: tuple[int, ...]
    """What the features of a series are; empty for other data."""
    times: Integers
    """(rows,) number of each row in the original data, from 0: the first rows of a series drop out."""
    sha256: str
    """Names the raw data, hexadecimal; the same for every choice of lags."""
    indicators: tuple[int, ...] = ()
    """Features that say whether a row has a word."""
    fill: Fill | None = None
    """What stands for a feature that is nan, by each run's training rows."""
    groups: Integers | None = None
    """(rows,): rows of one number stay together; None where each stands for itself."""
    test_rows: int = 0
    """How many of the last rows are the test rows, where the data come in two parts."""
    notes: tuple[str, ...] = ()
    """How a file was read, where a person should know."""
    taught: Floats | None = None
    """(rows, outputs): the targets that rows show where they train, if some of them are wrong; None if none is."""
    augmentations: tuple[str, ...] = ("noise",)
    """What may be done to a training row without changing its answer, or so one might think."""
    room: Floats | None = None
    """(rows, features + 1 + outputs): the array whose first columns `inputs` is, so that a feed needs no copy."""

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.targets)

    @property
    def task(self) -> Task:
        """What kind of target this is."""
        return "classification" if self.classes else "regression"

    def hash_of(self, rows: Integers) -> str:
        """Return a name of these rows of these data, hexadecimal, whatever lags or scaling they are read with."""
        digest = hashlib.sha256(self.sha256.encode())
        digest.update(self.times[rows].astype("<i8").tobytes())
        return digest.hexdigest()


def prepare(spec: Data, seed: int, *, skip: int = 0, dtype: type = np.float32, progress: Progress = silent) -> Dataset:
    """Return the dataset that `[data]` describes.

    `skip` drops that many first rows of a series at least: the largest lag of a sweep over lags. `progress` is told
    the share of a large file that has been read.

    Raises
    ------
    KeyProblem
        For lags or a split that such data cannot have.
    LabError
        For a cell that is not a finite number, with its column and row.
    """
    name = spec.label
    raw = load(spec, seed, progress)
    _refuse_what_is_not_finite(name, raw)
    hashed = _hash(raw)
    raw = _with_task(raw, spec.task)
    if spec.target_transform == "log":
        raw = _with_log_target(raw)
    table, times = lagged(raw, spec.lag_list, skip)
    table = _with_powers(name, table, spec.polynomial)
    labels = table.targets if table.task == "classification" else None
    if not spec.source_is_drawn:
        _refuse_constant_target(table)
    targets = table.targets if labels is None else np.eye(len(table.classes))[labels]
    # float32 holds a timestamp of 1.7e9 only to the nearest 128, so large offsets go while it is still float64.
    centre = centre_of(table.features) if spec.standardize else np.zeros(table.features.shape[1])
    columns = table.features.shape[1]
    room = np.empty((table.rows, columns + 1 + targets.shape[1]), dtype=dtype)
    for rows in blocks(table.rows):
        room[rows, :columns] = np.asarray(table.features[rows], dtype=np.float64) - centre
    return Dataset(
        name=name,
        inputs=room[:, :columns],
        centre=centre,
        targets=targets,
        labels=labels,
        feature_names=table.feature_names,
        target_names=table.target_names,
        classes=table.classes,
        dates=table.dates,
        unit=table.unit,
        grid=_grid(table, spec.lag_list),
        split=_settled_split(spec, table, series=bool(spec.lag_list)),
        lags=spec.lag_list,
        times=times,
        indicators=table.indicators,
        fill=table.fill,
        groups=table.groups,
        test_rows=table.test_rows,
        notes=table.notes,
        sha256=hashed,
        taught=_with_wrong_labels(labels, targets, spec.label_noise, seed),
        augmentations=_augmentations(table),
        room=room,
    )


def _with_wrong_labels(labels: Integers | None, targets: Floats, share: float, seed: int) -> Floats | None:
    """Return targets of which a share shows another class, each other class as likely; the more contain the fewer."""
    if not share:
        return None
    if labels is None:
        raise KeyProblem("data.label_noise", "needs classes, and the target is a number", "leave it out")
    rng = stream(seed, Purpose.LABELS)
    rank, step = rng.permutation(len(labels)), rng.integers(1, targets.shape[1], len(labels))
    wrong = rank < share_of(share, len(labels))
    return np.asarray(np.eye(targets.shape[1])[np.where(wrong, (labels + step) % targets.shape[1], labels)])


def _augmentations(table: Table) -> tuple[str, ...]:
    if table.image_shape is not None:
        return ("shift", "rotate", "noise", "flip")
    return ("shift", "noise", "flip") if table.ordered else ("noise",)


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
    return followed(table, _loaded(spec, SOURCES[spec.test_name](), seed, progress), spec.test_name)


def _loaded(spec: Data, source: Source, seed: int, progress: Progress) -> Table:
    target = (spec.target,) if isinstance(spec.target, str) else spec.target
    if isinstance(source, FromFiles):
        # A series is predicted from its own past, and from what is said to be known beside it.
        features = () if spec.lag_list and spec.features is None else spec.features
        return source.read(Wanted(target, features), progress)
    return selected(source.load(stream(seed, Purpose.DATA)), Wanted(target, spec.features))


def blocks(rows: int) -> Iterator[slice]:
    """Yield all rows in blocks: a copy of all of them at once would be as large as the data."""
    for start in range(0, rows, BLOCK_ROWS):
        yield slice(start, min(start + BLOCK_ROWS, rows))


def centre_of(features: Array | Encoded) -> Floats:
    """Return a point near the middle of all rows: (rows, columns) → (columns,), float64; nan is left out.

    Each run subtracts the mean of its own training rows anyway, so the point decides nothing; but it is made of
    held-out rows too. So it is rounded, to a 4096th of the range: in which order rows are added cannot be seen in it.
    """
    columns = features.shape[1]
    total, count = np.zeros(columns), np.zeros(columns)
    low, high = np.full(columns, np.inf), np.full(columns, -np.inf)
    for rows in blocks(len(features)):
        block = np.asarray(features[rows], dtype=np.float64)
        present = ~np.isnan(block)
        total += np.where(present, block, 0.0).sum(axis=0)
        count += present.sum(axis=0)
        low, high = np.fmin(low, block.min(axis=0)), np.fmax(high, block.max(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        step = np.exp2(np.ceil(np.log2(high - low)) - 12)
        rounded = np.rint(total / count / step) * step
    constant = np.where(np.isfinite(low), low, 0.0)
    return np.where(high > low, rounded, constant)


def _refuse_constant_target(table: Table) -> None:
    if table.task == "regression" and table.rows > 1:
        for name, values in zip(table.target_names, table.targets.T, strict=True):
            if (values == values[0]).all():
                raise KeyProblem(
                    "data.target",
                    f"is {name}, and every row has {values[0]:g}",
                    "choose one that varies",
                )


def _with_task(table: Table, task: Task | None) -> Table:
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
    classes = tuple(f"{number:g}" for number in different)
    return replace(table, targets=labels.reshape(-1).astype(np.int64), classes=classes, unit="")


def _with_log_target(table: Table) -> Table:
    """Return the table with the natural logarithm of its target; the lags of a series are then of that."""
    key = "data.target_transform"
    if table.task == "classification":
        raise KeyProblem(key, 'cannot be "log": the target is a class', "leave it out")
    if not (table.targets > 0).all():
        row, column = np.argwhere(~(table.targets > 0))[0]
        raise KeyProblem(
            key,
            f'cannot be "log": {table.target_names[column]} is {table.targets[row, column]:g} in row {row + 1}',
            "only numbers above 0 have a logarithm",
        )
    return replace(table, targets=np.log(table.targets), unit=f"log of {table.unit or table.target_names[0]}")


def _with_powers(name: str, table: Table, degree: int) -> Table:
    """Return the table with each feature's powers 1 to `degree` as features, all of one power beside each other."""
    if degree == 1:
        return table
    values = np.asarray(table.features, dtype=np.float64)
    with np.errstate(over="ignore"):
        features = np.concatenate([values**power for power in range(1, degree + 1)], axis=1)
    names = (f"{feature}^{power}" for power in range(2, degree + 1) for feature in table.feature_names)
    raised = replace(
        table,
        features=features,
        feature_names=(*table.feature_names, *names),
        image_shape=None,
        ordered=False,
    )
    try:
        _refuse_what_is_not_finite(name, raised)
    except LabError as error:
        raise KeyProblem(
            "data.polynomial", f"= {degree} is too high: {error.problem}", "set a lower degree", where=name
        ) from None
    return raised


def _grid(table: Table, lags: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape on which neighbouring features are neighbours; days in a row are."""
    if table.image_shape is not None:
        return table.image_shape
    days_in_a_row = len(lags) > 1 and lags == tuple(range(lags[0], lags[0] + len(lags)))
    series = days_in_a_row and len(table.feature_names) == len(lags) * len(table.target_names)
    return (len(table.feature_names),) if table.ordered or series else ()


def _settled_split(spec: Data, table: Table, *, series: bool) -> Split:
    """Return the split asked for, else time for what has an order, stratified for classes, and random."""
    if spec.test_from is not None and table.dates is None:
        raise KeyProblem("data.test_from", "needs data with dates, and these have none", "set data.test, a share")
    if spec.split == "stratified" and table.task == "regression":
        raise KeyProblem("data.split", "can be stratified only for classes", 'set "random" or "time"')
    if spec.split is not None:
        return spec.split
    if series or table.dates is not None:
        return "time"
    return "stratified" if table.task == "classification" else "random"


def _refuse_what_is_not_finite(name: str, table: Table) -> None:
    # Half of float32's range: what is centred may be twice as far from zero as what is not.
    largest = float(np.finfo(np.float32).max) / 2
    outputs = table.targets.reshape(table.rows, -1)
    for rows in blocks(table.rows):
        for names, values in ((table.feature_names, table.features[rows]), (table.target_names, outputs[rows])):
            if values.dtype.kind in "biu":
                continue
            wrong = ~(np.abs(values) <= largest)
            if names is table.feature_names and table.fill is not None:
                wrong &= ~np.isnan(values)
            if wrong.any():
                row, column = np.argwhere(wrong)[0]
                place = rows.start + row
                day = "" if table.dates is None else f" ({table.dates[place]})"
                raise LabError(
                    f"column {names[column]} holds {values[row, column]:g} in row {place + 1}{day}",
                    f"every cell must be a number between −{largest:.1e} and {largest:.1e}",
                    where=name,
                )


def _hash(table: Table) -> str:
    """Return the SHA-256 of names and values, the same on machines of either byte order."""
    words = [table.feature_names, table.target_names, table.classes]
    digest = hashlib.sha256(json.dumps(words).encode())
    for values in (table.features, table.targets, table.dates):
        if values is None:
            continue
        for rows in blocks(table.rows):
            block = values[rows]
            ordered = block.astype(block.dtype.newbyteorder("<"))
            if not rows.start:
                digest.update(f"{ordered.dtype.str}{values.shape}".encode())
            digest.update(ordered.tobytes())
    return digest.hexdigest()
