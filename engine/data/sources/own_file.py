"""A person's own table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from engine.arrays import Array, Integers
from engine.data.encoding import Encoded, lacking, targets_of
from engine.data.folders import cache_folder
from engine.data.formats import csv_file
from engine.data.formats.cells import Decimal
from engine.data.formats.sheet import Column, Sheet, joined
from engine.data.formats.text_file import Delimiter, Encoding, Form
from engine.data.progress import Progress, silent
from engine.data.sources.base import SOURCES
from engine.data.table import Table
from engine.errors import KeyProblem, nearest
from engine.fields import bounded, check, option


@dataclass(frozen=True, slots=True)
class _Roles:
    """Which column is what."""

    targets: tuple[Column, ...]
    features: tuple[Column, ...]
    date: Column | None
    group: Column | None

    @property
    def needed(self) -> tuple[Column, ...]:
        """The columns without which a row is of no use, however empty cells are filled."""
        return tuple(column for column in (*self.targets, self.date, self.group) if column is not None)


@SOURCES.register("file")
@dataclass(frozen=True, slots=True)
class OwnFile:
    """Your own CSV or TSV file: a line of column names, then a line for each row."""

    implied_by: ClassVar[str] = "file"

    file: str = option("", help="path of a CSV or TSV file in UTF-8 with a header line")
    test_file: str | None = option(
        None, absent="none", help="path of a file with the same columns whose rows are the test rows", rare=True
    )
    target: str | tuple[str, ...] | None = option(None, help="the column to predict, or several; by default the last")
    features: tuple[str, ...] | None = option(
        None, help="the columns to predict it from; by default all others, and none with lags"
    )
    date: str | None = option(None, absent="none", help="the column of days or times that puts the rows in order")
    group: str | None = option(
        None, absent="none", help="the column whose equal cells stay together: a patient's rows train or test, not both"
    )
    missing: Literal["error", "drop", "mean", "median"] = option(
        "error",
        help="empty cells: leave their rows out, or put the training rows' mean or median there (a word has none)",
    )
    most_words: int = bounded(
        20,
        at_least=1,
        at_most=1_000,
        help="a column of words becomes a feature for each of so many words, and one for all that are rarer",
        rare=True,
    )
    delimiter: Delimiter | None = option(
        None, help="what stands between cells; by default what the header has", rare=True
    )
    decimal: Decimal | None = option(None, help="the sign before decimals; by default what the numbers have", rare=True)
    encoding: Encoding | None = option(None, help="how its characters are written; by default UTF-8", rare=True)
    header: bool | None = option(
        None,
        help="whether the first line names the columns; by default it does, unless it holds only numbers",
        rare=True,
    )

    def __post_init__(self) -> None:
        check(self, "data")

    def load(self, rng: np.random.Generator) -> Table:  # noqa: ARG002 - nothing is drawn
        """Return the file's rows, those of the test file last; words become one-hot features, days their number."""
        return self.load_telling(silent)

    def load_telling(self, progress: Progress) -> Table:
        """Do what `load` does, and tell the share of the files that has been read."""
        if not self.file:
            raise KeyProblem("data.file", "is missing", 'set file = "mine.csv", the path of your table')
        form = Form(self.delimiter, self.encoding, self.header)
        sheet = csv_file.read(Path(self.file), form, self.decimal, progress)
        own_rows = sheet.rows
        if self.test_file is not None:
            second = csv_file.read(Path(self.test_file), form, self.decimal, progress)
            sheet = joined(sheet, second, self.test_file, cache_folder())
        roles = self._roles(sheet)
        kept, test_rows, notes = self._kept(sheet, roles, own_rows)
        features = Encoded(roles.features, kept, sheet.numbers, self.most_words)
        targets, classes = targets_of(roles.targets, kept, test_rows)
        empty = any(
            lacking(column)[kept].any() for column in roles.features if column.missing and column.kind != "word"
        )
        sheet.numbers.forget()
        return Table(
            features=features,
            feature_names=features.names,
            targets=targets,
            target_names=tuple(column.name for column in roles.targets),
            classes=classes,
            dates=None if roles.date is None else roles.date.values[kept],
            groups=None if roles.group is None else _numbered(roles.group.values[kept]),
            test_rows=test_rows,
            series=True,
            indicators=features.indicators,
            fill=self.missing if self.missing in {"mean", "median"} and empty else None,
            notes=(*sheet.notes, *self._said(sheet, roles), *notes),
        )

    def as_series(self) -> OwnFile:
        """Return the same file without features, unless they were chosen: a series is predicted from its own past."""
        return self if self.features is not None else replace(self, features=())

    def _roles(self, sheet: Sheet) -> _Roles:
        names = (self.target,) if isinstance(self.target, str) else self.target
        targets = tuple(self._column(sheet, name, "data.target") for name in names or (sheet.columns[-1].name,))
        for column in targets:
            if column.kind not in {"number", "word"}:
                what = "nothing" if column.kind == "empty" else "days"
                raise KeyProblem(
                    "data.target", f"is {column.name}, a column of {what}", "choose one of numbers or words"
                )
        date = None if self.date is None else self._column(sheet, self.date, "data.date")
        if date is not None and date.kind != "day":
            raise KeyProblem(
                "data.date", f"is {date.name}, a column of {date.kind}s", "it needs days, written as 2013-01-31"
            )
        group = None if self.group is None else self._column(sheet, self.group, "data.group")
        if group is not None and group in targets:
            raise KeyProblem("data.group", f"is {group.name}, which is the target", "choose another column")
        return _Roles(targets, self._features(sheet, (*targets, date, group)), date, group)

    def _column(self, sheet: Sheet, name: str, key: str) -> Column:
        known = {column.name: column for column in sheet.columns}
        if name not in known:
            raise KeyProblem(key, f"names {name!r}, and the file has no such column", nearest(name, known))
        return known[name]

    def _features(self, sheet: Sheet, taken: Sequence[Column | None]) -> tuple[Column, ...]:
        if self.features is None:
            features = [c for c in sheet.columns if c not in taken and c.kind != "empty"]
            if not features:
                raise KeyProblem("data.features", "leave no column to learn from", "set data.lags, if it is a series")
            return tuple(features)
        chosen = [self._column(sheet, name, "data.features") for name in self.features]
        for column in chosen:
            if column.kind == "empty" or column in self._targets_among(taken):
                why = "is empty" if column.kind == "empty" else "is the target"
                raise KeyProblem("data.features", f"names {column.name}, which {why}", "leave it out")
        return tuple(chosen)

    def _targets_among(self, taken: Sequence[Column | None]) -> Sequence[Column | None]:
        # The last two are date and group, which may be features too where a person says so.
        return taken[:-2]

    def _kept(self, sheet: Sheet, roles: _Roles, own_rows: int) -> tuple[Integers, int, list[str]]:
        """Return the rows that are kept, in order of their date; how many are for the test; and what to know of it."""
        empty = self._empty(sheet, roles)
        whole = np.arange(sheet.rows)
        parts = [whole[:own_rows][~empty[:own_rows]], whole[own_rows:][~empty[own_rows:]]]
        if not len(parts[0]):
            raise KeyProblem(
                "data.missing", f'= "{self.missing}" leaves no row: each has an empty cell', "choose data.features"
            )
        if self.test_file is not None and not len(parts[1]):
            raise KeyProblem("data.test_file", "has no complete row", "look at its empty cells")
        notes = []
        if empty.any():
            notes.append(f"{int(empty.sum())} of {sheet.rows} rows have an empty cell and are left out")
        if roles.date is not None:
            values = roles.date.values
            if (np.diff(values[parts[0]]).astype(np.int64) < 0).any():
                notes.append(f"the rows are put in the order of {roles.date.name}: the file has another")
            parts = [part[np.argsort(values[part], kind="stable")] for part in parts]
        return np.concatenate(parts), len(parts[1]), notes

    def _empty(self, sheet: Sheet, roles: _Roles) -> Array:
        """Return which rows are of no use: (rows,)."""
        empty = np.zeros(sheet.rows, dtype=bool)
        columns = [*roles.needed, *(column for column in roles.features if column not in roles.needed)]
        for column in columns:
            if not column.missing:
                continue
            missing = lacking(column)
            if self.missing == "error" and missing.any():
                others = sum(1 for other in columns if other.missing) - 1
                raise KeyProblem(
                    "data.missing",
                    f'is "error", and column {column.name} has {int(missing.sum())} empty cells, the first in row'
                    f" {int(missing.argmax()) + 1}" + (f"; {others} more columns have some" if others else ""),
                    'set missing = "drop" to leave such rows out, or "mean" or "median" to fill them',
                )
            # Nobody can say what a row without its target should have been.
            if self.missing == "drop" or column in roles.needed:
                empty |= missing
        return empty

    def _said(self, sheet: Sheet, roles: _Roles) -> list[str]:
        """Say what was made of columns that could have been something else."""
        said = []
        if self.features is None:
            said = [f"column {c.name} is empty and no feature" for c in sheet.columns if c.kind == "empty"]
        said += [
            f'column {column.name} is read as a number of days since 1970; data.date = "{column.name}" would put the'
            " rows in its order"
            for column in roles.features
            if column.kind == "day" and roles.date is None
        ]
        said += [
            f"column {column.name} has {len(column.vocabulary):,} different words, of which {self.most_words} have a"
            " feature of their own: is it a category?"
            for column in roles.features
            if len(column.vocabulary) > max(self.most_words + 1, (sheet.rows - column.missing) // 2)
        ]
        if len(roles.targets) == 1 and roles.targets[0].kind == "number":
            values = roles.targets[0].values
            different = np.unique(values[~np.isnan(values)])
            if 2 <= len(different) <= FEW and (different == np.floor(different)).all():
                said.append(
                    f"the target {roles.targets[0].name} has only {len(different)} different whole numbers and is read"
                    ' as a number; data.task = "classification" would make classes of them'
                )
        return said


FEW = 12
"""So many different whole numbers are more likely classes than counts."""


def _numbered(values: Array) -> Integers:
    """Return equal numbers for equal cells, from 0: (rows,) → (rows,)."""
    _, numbers = np.unique(values, return_inverse=True)
    return np.asarray(numbers, dtype=np.int64)
