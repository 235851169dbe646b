"""From a table to a dataset: checked, named by its hash, lagged, centred, in the form in which networks read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engine.arrays import Floats, Integers
from engine.data.dataset import Dataset, Split, blocks, middle_of
from engine.data.dividing import share_of
from engine.data.encoding import Encoded
from engine.data.lags import lagged
from engine.data.loading import load, with_log_target, with_task
from engine.data.naming import hash_of
from engine.data.progress import Progress, silent
from engine.data.splits import test_rows
from engine.data.table import Table
from engine.errors import KeyProblem, LabError
from engine.streams import Purpose, stream

if TYPE_CHECKING:
    # At run time it is the experiment that imports this package, for its sources.
    from engine.experiment import Data


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
    hashed, whole = hash_of(raw), raw.whole
    raw = with_task(raw, spec.task)
    if spec.target_transform == "log":
        raw = with_log_target(raw)
    table, times = lagged(raw, spec.lag_list, skip)
    if not spec.source_is_drawn:
        _refuse_constant_target(table)
    labels = table.targets if table.task == "classification" else None
    targets = table.targets if labels is None else np.eye(len(table.classes))[labels]
    known = Dataset(
        name=name,
        inputs=np.empty((table.rows, 0)),
        centre=np.empty(0),
        targets=targets,
        labels=labels,
        feature_names=(),
        target_names=table.target_names,
        classes=table.classes,
        dates=table.dates,
        unit=table.unit,
        grid=(),
        split=_settled_split(spec, table, series=bool(spec.lag_list)),
        lags=spec.lag_list,
        times=times,
        origin=table.origin,
        own_rows=table.own_rows,
        groups=table.groups,
        test_rows=table.test_rows,
        notes=table.notes,
        sha256=hashed,
        whole=whole,
        taught=_with_wrong_labels(labels, targets, spec.label_noise, seed),
    )
    # The test rows are taken away first: neither words nor the middle of the data are learned of them.
    rest, _ = test_rows(spec, known, seed)
    if isinstance(raw.features, Encoded):
        words = raw.features.fitted(times[rest])
        raw = replace(raw, features=words, feature_names=words.names, indicators=words.indicators)
        if not words.names and not spec.lag_list:
            raise KeyProblem("data.features", "say nothing outside the test rows: no cell has a word", "choose others")
        table, _ = lagged(raw, spec.lag_list, skip)
    compared = not spec.source_is_drawn and not spec.lag_list
    prints = _prints(table) if compared else None
    table = _with_powers(name, table, spec.polynomial)
    columns = table.features.shape[1]
    room = np.empty((table.rows, columns + 1 + targets.shape[1]), dtype=dtype)
    inputs = room[:, :columns]
    centre: Floats = np.zeros(columns)
    if spec.standardize and not _is_of_small_numbers(table):
        # float32 holds a timestamp of 1.7e9 only to the nearest 128, so large offsets go while it is still float64.
        _fill(inputs, table, centre)
        centre = middle_of(inputs, rest)
    _fill(inputs, table, centre)
    return replace(
        known,
        inputs=inputs,
        centre=centre,
        feature_names=_distinct(table.feature_names),
        grid=_grid(table, spec.lag_list),
        indicators=table.indicators,
        fill=table.fill,
        prints=prints,
        target_centre=None if table.classes else middle_of(targets, rest),
        augmentations=_augmentations(table),
        room=room,
    )


def _is_of_small_numbers(table: Table) -> bool:
    """Tell whether all features are bytes or the like, which float32 holds as they are: pictures are many."""
    kind = getattr(table.features, "dtype", np.dtype(np.float64))
    return bool(kind.kind in "bui" and kind.itemsize <= 2)


def _fill(inputs: Floats, table: Table, centre: Floats) -> None:
    """Write the features less a centre, block by block: a float64 copy of all of them would be twice the data."""
    for rows in blocks(table.rows):
        inputs[rows] = np.asarray(table.features[rows], dtype=np.float64) - centre


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Return names that all differ: of a word, a power or a lag may come a name that a column has already.

    Coefficients are told by name, and one of them is the intercept.
    """
    copies = {"intercept": 1}
    found = []
    for name in names:
        other = name
        while other in copies:
            copies[name] += 1
            other = f"{name}-{copies[name]}"
        copies[other] = 1
        found.append(other)
    return tuple(found)


def _prints(table: Table) -> Integers:
    """Return a number for each row, equal where all cells are: (rows,).

    Rows that differ share one once in 2⁶⁴ pairs.
    """
    targets = table.targets.reshape(table.rows, -1).astype(np.float64)
    found: list[int] = []
    for rows in blocks(table.rows):
        cells = np.concatenate([np.asarray(table.features[rows], dtype=np.float64), targets[rows]], axis=1)
        # Adding 0 makes −0.0 and 0.0 the same bytes.
        found += [hash(row.tobytes()) for row in cells + 0.0]
    return np.array(found, dtype=np.int64)


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


def _refuse_constant_target(table: Table) -> None:
    if table.task == "regression" and table.rows > 1:
        for name, values in zip(table.target_names, table.targets.T, strict=True):
            if (values == values[0]).all():
                raise KeyProblem(
                    "data.target",
                    f"is {name}, and every row has {values[0]:g}",
                    "choose one that varies",
                )


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
                number = place if table.origin is None else int(table.origin[place])
                raise LabError(
                    f"column {names[column]} holds {values[row, column]:g} in row {number + 1}{day}",
                    f"every cell must be a number between −{largest:.1e} and {largest:.1e}",
                    where=name,
                )
