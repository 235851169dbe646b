"""A person's own table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from engine.arrays import Array, Integers
from engine.data import csv_file
from engine.data.csv_file import Column, Decimal, Sheet
from engine.data.sources.base import SOURCES
from engine.data.table import Table
from engine.errors import KeyProblem, nearest
from engine.fields import bounded, check, option

RARE = "(other)"
"""The feature of all words that are rarer than those with a feature of their own."""


@SOURCES.register("file")
@dataclass(frozen=True, slots=True)
class OwnFile:
    """Your own CSV or TSV file: a line of column names, then a line for each row."""

    implied_by: ClassVar[str] = "file"

    file: str = option("", help="path of a CSV or TSV file in UTF-8 with a header line")
    target: str | None = option(None, help="the column to predict; by default the last one")
    features: tuple[str, ...] | None = option(None, help="the columns to predict it from; by default all others")
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
    delimiter: Literal["comma", "semicolon", "tab"] | None = option(
        None, help="what stands between cells; by default what the header has", rare=True
    )
    decimal: Decimal | None = option(None, help="the sign before decimals; by default what the numbers have", rare=True)

    def __post_init__(self) -> None:
        check(self, "data")

    def load(self, rng: np.random.Generator) -> Table:  # noqa: ARG002 - nothing is drawn
        """Return the file's rows; words become one-hot features, days and empty columns none."""
        if not self.file:
            raise KeyProblem("data.file", "is missing", 'set file = "mine.csv", the path of your table')
        sheet = csv_file.read(Path(self.file), self.delimiter, self.decimal)
        target = self._column(sheet, self.target, "data.target") if self.target else sheet.columns[-1]
        features = self._features(sheet, target)
        kept = self._complete(sheet, [target, *features])
        values, names, indicators = _encoded(features, kept, self.most_words)
        notes = [*sheet.notes, *_left_out(sheet, target, features, chosen=self.features is not None)]
        if len(kept) < sheet.rows:
            notes.append(f"{sheet.rows - len(kept)} of {sheet.rows} rows have an empty cell and are left out")
        labels, classes = _target(target, kept)
        return Table(
            features=values,
            feature_names=names,
            targets=labels,
            target_names=(target.name,),
            classes=classes,
            indicators=indicators,
            fill=self.missing if self.missing in {"mean", "median"} and np.isnan(values).any() else None,
            notes=tuple(notes),
        )

    def _column(self, sheet: Sheet, name: str, key: str) -> Column:
        known = {column.name: column for column in sheet.columns}
        if name not in known:
            raise KeyProblem(key, f"names {name!r}, and the file has no such column", nearest(name, known))
        return known[name]

    def _features(self, sheet: Sheet, target: Column) -> list[Column]:
        if target.kind not in {"number", "word"}:
            what = "nothing" if target.kind == "empty" else "days"
            raise KeyProblem("data.target", f"is {target.name}, a column of {what}", "choose one of numbers or words")
        if self.features is not None:
            features = [self._column(sheet, name, "data.features") for name in self.features]
            wrong = next((c for c in features if c is target or c.kind not in {"number", "word"}), None)
            if wrong is not None:
                why = "is the target" if wrong is target else f"is a column of {wrong.kind}s"
                raise KeyProblem("data.features", f"names {wrong.name}, which {why}", "leave it out")
        else:
            features = [c for c in sheet.columns if c is not target and c.kind in {"number", "word"}]
        if not features:
            raise KeyProblem("data.features", "leave no column to learn from", "a table needs a column of numbers")
        return features

    def _complete(self, sheet: Sheet, columns: list[Column]) -> Integers:
        """Return the rows that are kept; the first column is the target."""
        empty = np.zeros(sheet.rows, dtype=bool)
        for column in columns:
            lacking = _lacking(column)
            if self.missing == "error" and lacking.any():
                others = sum(1 for other in columns if _lacking(other).any()) - 1
                raise KeyProblem(
                    "data.missing",
                    f'is "error", and column {column.name} has {int(lacking.sum())} empty cells, the first in row'
                    f" {int(lacking.argmax()) + 1}" + (f"; {others} more columns have some" if others else ""),
                    'set missing = "drop" to leave such rows out, or "mean" or "median" to fill them',
                )
            # Nobody can say what a row without its target should have been.
            if self.missing == "drop" or column is columns[0]:
                empty |= lacking
        kept = np.flatnonzero(~empty)
        if not len(kept):
            raise KeyProblem(
                "data.missing", f'= "{self.missing}" leaves no row: each has an empty cell', "choose data.features"
            )
        return kept


def _lacking(column: Column) -> Array:
    return np.isnan(column.values) if column.kind == "number" else column.values < 0


def _encoded(features: list[Column], rows: Integers, most: int) -> tuple[Array, tuple[str, ...], tuple[int, ...]]:
    """Return (rows, columns) float64, the columns' names, and which of them only say whether a row has a word."""
    columns: list[Array] = []
    names: list[str] = []
    indicators: list[int] = []
    for column in features:
        values = column.values[rows]
        if column.kind == "number":
            columns.append(values)
            names.append(column.name)
            continue
        words = column.vocabulary
        shown = words if len(words) <= most + 1 else words[:most]
        parts = [(word, values == number) for number, word in enumerate(shown)]
        if len(shown) < len(words):
            parts.append((RARE, values >= len(shown)))
        for word, has in parts:
            indicators.append(len(columns))
            columns.append(has.astype(np.float64))
            names.append(f"{column.name}={word}")
    return np.stack(columns, axis=1), tuple(names), tuple(indicators)


def _target(target: Column, rows: Integers) -> tuple[Array, tuple[str, ...]]:
    if target.kind == "number":
        return target.values[rows][:, None], ()
    present = np.unique(target.values[rows])
    words = target.vocabulary
    classes = sorted(words[int(number)] for number in present)
    if len(classes) < 2:
        raise KeyProblem("data.target", f"is {target.name}, which has one class, {classes[0]}", "choose another column")
    order = {word: place for place, word in enumerate(classes)}
    return np.array([order[words[int(number)]] for number in target.values[rows]], dtype=np.int64), tuple(classes)


def _left_out(sheet: Sheet, target: Column, features: list[Column], *, chosen: bool) -> list[str]:
    """Say which columns nobody asked to leave out are no features."""
    if chosen:
        return []
    others = [c for c in sheet.columns if c is not target and c not in features]
    return [f"column {c.name} is no feature: it holds {'nothing' if c.kind == 'empty' else 'days'}" for c in others]
