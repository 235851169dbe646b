"""From a sheet to a table: which column is the target, which are features, and which rows are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.arrays import Array, Integers
from engine.data.encoding import Encoded, lacking, targets_of
from engine.data.formats.sheet import Column, Sheet
from engine.data.selection import Wanted, expanded
from engine.data.table import Table
from engine.errors import KeyProblem

Missing = Literal["error", "drop", "mean", "median"]
FEW = 12
"""So many different whole numbers are more likely classes than counts."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person says of the columns."""

    wanted: Wanted
    date: str | None = None
    group: str | None = None
    missing: Missing = "error"
    most_words: int = 20


@dataclass(frozen=True, slots=True)
class Roles:
    """Which column is what."""

    targets: tuple[Column, ...]
    features: tuple[Column, ...]
    date: Column | None
    group: Column | None

    @property
    def needed(self) -> tuple[Column, ...]:
        """The columns without which a row is of no use, however empty cells are filled."""
        return tuple(column for column in (*self.targets, self.date, self.group) if column is not None)


def table_of(sheet: Sheet, wishes: Wishes, own_rows: int | None = None) -> Table:
    """Return the table of a sheet, of whose rows those after the first `own_rows` are for the test.

    Words become one-hot features, days their number; rows are put in order of their date.

    Raises
    ------
    KeyProblem
        For a column that there is not, or that cannot be what it should; for empty cells; for rows that are none.
    """
    roles = _roles(sheet, wishes)
    kept, test_rows, notes = _kept(sheet, wishes, roles, sheet.rows if own_rows is None else own_rows)
    features = Encoded(roles.features, kept, sheet.numbers, wishes.most_words)
    targets, classes = targets_of(roles.targets, kept, test_rows)
    gaps = (column for column in roles.features if column.missing and column.kind != "word")
    empty = any(lacking(column)[kept].any() for column in gaps)
    return Table(
        features=features,
        feature_names=features.names,
        targets=targets,
        target_names=tuple(column.name for column in roles.targets),
        classes=classes,
        dates=None if roles.date is None else roles.date.values[kept],
        origin=kept,
        own_rows=None if own_rows == sheet.rows else own_rows,
        groups=None if roles.group is None else _numbered(roles.group.values[kept]),
        test_rows=test_rows,
        series=True,
        indicators=features.indicators,
        fill=wishes.missing if wishes.missing in {"mean", "median"} and empty else None,
        whole=sheet.sha256,
        notes=(*sheet.notes, *_said(sheet, wishes, roles), *notes),
    )


def _roles(sheet: Sheet, wishes: Wishes) -> Roles:
    names = wishes.wanted.target or (sheet.columns[-1].name,)
    targets = _named(sheet, names, "data.target")
    for column in targets:
        if column.kind not in {"number", "word"}:
            what = "nothing" if column.kind == "empty" else "days"
            raise KeyProblem("data.target", f"is {column.name}, a column of {what}", "choose one of numbers or words")
    date = None if wishes.date is None else _named(sheet, (wishes.date,), "data.date")[0]
    if date is not None and date.kind != "day":
        raise KeyProblem(
            "data.date", f"is {date.name}, a column of {date.kind}s", "it needs days, written as 2013-01-31"
        )
    group = None if wishes.group is None else _named(sheet, (wishes.group,), "data.group")[0]
    if group is not None and group in targets:
        raise KeyProblem("data.group", f"is {group.name}, which is the target", "choose another column")
    roles = Roles(targets, _features(sheet, wishes, targets, (date, group)), date, group)
    # Whatever its words are, they tell groups apart; days that are none would all be one.
    used = [column for column in (*targets, *roles.features, date) if column is not None]
    used += [group] if group is not None and group.kind == "day" else []
    for column in used:
        if column.fault is not None:
            raise column.fault
    return roles


def _named(sheet: Sheet, names: Sequence[str], key: str, aside: Sequence[str] = ()) -> tuple[Column, ...]:
    known = {column.name: column for column in sheet.columns}
    return tuple(known[name] for name in expanded(names, tuple(known), key, aside))


def _features(
    sheet: Sheet, wishes: Wishes, targets: Sequence[Column], others: Sequence[Column | None]
) -> tuple[Column, ...]:
    taken = {column.name for column in (*targets, *others) if column is not None}
    if wishes.wanted.features is None:
        features = [c for c in sheet.columns if c.name not in taken and c.kind != "empty"]
        if not features:
            raise KeyProblem("data.features", "leave no column to learn from", "set data.lags, if it is a series")
        return tuple(features)
    # Date and group may be features too where a person says so.
    aside = (*taken, *(column.name for column in sheet.columns if column.kind == "empty"))
    chosen = _named(sheet, wishes.wanted.features, "data.features", aside)
    for column in chosen:
        if column.kind == "empty" or column in targets:
            why = "is empty" if column.kind == "empty" else "is the target"
            raise KeyProblem("data.features", f"names {column.name}, which {why}", "leave it out")
    return chosen


def _kept(sheet: Sheet, wishes: Wishes, roles: Roles, own_rows: int) -> tuple[Integers, int, list[str]]:
    """Return the rows that are kept, in order of their date; how many are for the test; and what to know of it."""
    empty = _empty(sheet, wishes, roles)
    whole = np.arange(sheet.rows)
    parts = [whole[:own_rows][~empty[:own_rows]], whole[own_rows:][~empty[own_rows:]]]
    if not len(parts[0]):
        raise KeyProblem(
            "data.missing", f'= "{wishes.missing}" leaves no row: each has an empty cell', "choose data.features"
        )
    if own_rows < sheet.rows and not len(parts[1]):
        raise KeyProblem("data.test_file", "has no complete row", "look at its empty cells")
    notes = []
    if empty.any():
        notes.append(f"{int(empty.sum())} of {sheet.rows} rows have an empty cell and are left out")
        if wishes.wanted.series:
            notes[-1] += ": the series closes up over them, and a lag counts rows"
    if roles.date is not None:
        values = roles.date.values
        if (np.diff(values[parts[0]]).astype(np.int64) < 0).any():
            notes.append(f"the rows are put in the order of {roles.date.name}: the file has another")
        parts = [part[np.argsort(values[part], kind="stable")] for part in parts]
    return np.concatenate(parts), len(parts[1]), notes


def _empty(sheet: Sheet, wishes: Wishes, roles: Roles) -> Array:
    """Return which rows are of no use: (rows,)."""
    empty = np.zeros(sheet.rows, dtype=bool)
    columns = [*roles.needed, *(column for column in roles.features if column not in roles.needed)]
    for column in columns:
        if not column.missing:
            continue
        missing = lacking(column)
        if wishes.missing == "error" and missing.any():
            others = sum(1 for other in columns if other.missing) - 1
            raise KeyProblem(
                "data.missing",
                f'is "error", and column {column.name} has {int(missing.sum())} empty cells, the first in row'
                f" {int(missing.argmax()) + 1}" + (f"; {others} more columns have some" if others else ""),
                'set missing = "drop" to leave such rows out, or "mean" or "median" to fill them',
            )
        # Nobody can say what a row without its target should have been.
        if wishes.missing == "drop" or column in roles.needed:
            empty |= missing
    return empty


def _said(sheet: Sheet, wishes: Wishes, roles: Roles) -> list[str]:
    """Say what was made of columns that could have been something else."""
    said = []
    if wishes.wanted.features is None:
        said = [f"column {c.name} is empty and no feature" for c in sheet.columns if c.kind == "empty"]
    said += [
        f'column {column.name} is read as a number of days since 1970; data.date = "{column.name}" would put the'
        " rows in its order"
        for column in roles.features
        if column.kind == "day" and roles.date is None
    ]
    said += [
        f"column {column.name} has {len(column.vocabulary):,} different words, of which {wishes.most_words} have a"
        " feature of their own: is it a category?"
        for column in roles.features
        if len(column.vocabulary) > max(wishes.most_words + 1, (sheet.rows - column.missing) // 2)
    ]
    if roles.date is None:
        said += [
            f'the rows are not in the order of column {column.name}; data.date = "{column.name}" would put them so'
            for column in sheet.columns
            if column.kind == "day" and (np.diff(column.codes).astype(np.int64) < 0).any()
        ]
    if wishes.wanted.task is None and len(roles.targets) == 1 and roles.targets[0].kind == "number":
        values = roles.targets[0].values
        different = np.unique(values[~np.isnan(values)])
        if 2 <= len(different) <= FEW and (different == np.floor(different)).all():
            said.append(
                f"the target {roles.targets[0].name} has only {len(different)} different whole numbers and is read"
                ' as a number; data.task = "classification" would make classes of them'
            )
    return said


def _numbered(values: Array) -> Integers:
    """Return equal numbers for equal cells, from 0: (rows,) → (rows,)."""
    _, numbers = np.unique(values, return_inverse=True)
    return np.asarray(numbers, dtype=np.int64)
