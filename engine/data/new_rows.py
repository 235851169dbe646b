"""Rows that a network has not seen, read as it read its own: the same columns, words and days, with no target."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.arrays import Array, Floats, Integers
from engine.data.encoding import RARE, Encoded, lacking
from engine.data.folders import cache_folder
from engine.data.formats import csv_file
from engine.data.formats.sheet import Column, Sheet, joined
from engine.data.formats.text_file import Form
from engine.data.loading import load
from engine.data.sources import SOURCES, OwnFile
from engine.data.sources.base import HasSheet
from engine.data.table import Table
from engine.errors import KeyProblem, LabError

if TYPE_CHECKING:
    # At run time it is the experiment that imports this package, for its sources.
    from engine.experiment import Data

SHOWN = 5
LARGEST = float(np.finfo(np.float32).max) / 2


@dataclass(frozen=True, slots=True)
class Given:
    """Where new rows are: the path of a file, or the name of a data set."""

    name: str
    is_file: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class NewRows:
    """Rows to predict."""

    features: Floats
    """(rows, features) float64: those of the page's table, before powers; nan where a cell is empty."""
    numbers: Integers
    """(rows,): each row's number in its file, from 1."""
    dates: Array | None = None
    """(rows,) datetime64, of a series with dates."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Own:
    """What a page has read: new rows are read in the same way."""

    spec: Data
    seed: int
    table: Table
    """What `[data]` describes, before lags and powers."""
    known: Integers
    """Its rows but for those of the test: their words are the features' words."""


def new_rows(own: Own, given: Given) -> NewRows:
    """Return the rows of a file or of a data set with the features that a page's table has.

    Raises
    ------
    LabError
        Where a column is missing, or holds what the page's own does not.
    """
    found = _sheet(own.spec, given)
    if found is None:
        return _of_table(own.table, _other_table(own, given), given)
    if isinstance(own.table.features, Encoded):
        return _encoded(own, own.table.features, found, given)
    return _plain(own.table, found, given)


def series_of(own: Own, given: Given) -> tuple[Floats, Integers, Array | None]:
    """Return a series in order of its dates: values (rows, targets), each row's number from 1, and dates if it has any.

    Raises
    ------
    LabError
        Where a day's value is missing.
    """
    spec, table = own.spec, own.table
    found = _sheet(spec, given)
    if found is None:
        other = _other_table(own, given)
        if other.target_names != table.target_names:
            raise LabError(
                f"is a series of {', '.join(other.target_names)}",
                f"{', '.join(table.target_names)} is needed",
                where=given.name,
            )
        return other.targets.astype(np.float64), np.arange(1, other.rows + 1), other.dates
    columns = [_number(found, name, given) for name in table.target_names]
    values = np.stack([column.values for column in columns], axis=1)
    key = spec.source.date if isinstance(spec.source, OwnFile) else "date"
    day = next((column for column in found.columns if column.name == key and column.kind == "day"), None)
    order = np.arange(found.rows)
    if day is not None and not lacking(day).any():
        order = np.argsort(day.values, kind="stable")
    gap = np.isnan(values[order]).any(axis=1)
    if gap.any():
        row = int(order[gap.argmax()]) + 1
        raise LabError(
            f"row {row} has no value of {', '.join(table.target_names)}",
            "a series needs each of them; the row after the last is predicted without being there",
            where=given.name,
        )
    return values[order], order + 1, None if day is None or lacking(day).any() else day.values[order]


def _sheet(spec: Data, given: Given) -> Sheet | None:
    """Return the columns of a file, or of a data set that has some; None where there are only arrays."""
    if not given.is_file:
        source = SOURCES[given.name]()
        return source.sheet() if isinstance(source, HasSheet) else None
    path = Path(given.name)
    with suppress(OSError):
        if path.suffix.casefold() == ".npz" or path.is_dir():
            return None
    source = spec.source
    if isinstance(source, OwnFile):
        return csv_file.read(path, Form(source.delimiter, source.encoding, source.header), source.decimal)
    return csv_file.read(path)


def _other_table(own: Own, given: Given) -> Table:
    """Return the table of other arrays, or of a data set by its name."""
    source = SOURCES[given.name]() if not given.is_file else OwnFile(given.name)
    features = own.spec.features if given.is_file else None
    try:
        return load(replace(own.spec, source=source, test_name=None, features=features), own.seed)
    except KeyProblem as error:
        hint = "give it the target beside the features, whatever its values, or write the features as CSV"
        raise LabError(
            f"cannot be read as the page's own data are: {error.problem}",
            hint if given.is_file else "choose data with the page's columns",
            where=given.name,
        ) from error


def _of_table(table: Table, other: Table, given: Given) -> NewRows:
    places = {name: place for place, name in enumerate(other.feature_names)}
    _refuse_lacking(table.feature_names, places, given)
    chosen = [places[name] for name in table.feature_names]
    values = np.asarray(other.features)[:, chosen].astype(np.float64)
    return NewRows(values, np.arange(1, other.rows + 1))


def _plain(table: Table, sheet: Sheet, given: Given) -> NewRows:
    """Return features that are columns of numbers, or say which word another column has."""
    known = {column.name for column in sheet.columns}
    marks = {
        name: name.partition("=")
        for place, name in enumerate(table.feature_names)
        if place in table.indicators and name not in known and name.partition("=")[0] in known
    }
    _refuse_lacking([name for name in table.feature_names if name not in marks], known, given)
    values = np.empty((sheet.rows, len(table.feature_names)))
    for place, name in enumerate(table.feature_names):
        if name in marks:
            column, _, word = marks[name]
            values[:, place] = _has_word(next(c for c in sheet.columns if c.name == column), word)
        else:
            values[:, place] = _number(sheet, name, given).values
    return _checked(
        NewRows(values, np.arange(1, sheet.rows + 1), notes=sheet.notes), table.feature_names, "error", given
    )


def _has_word(column: Column, word: str) -> Array:
    if column.kind == "word":
        code = column.vocabulary.index(word) if word in column.vocabulary else len(column.vocabulary)
        return np.asarray(column.codes == code)
    with suppress(ValueError):
        return np.asarray(column.values == float(word))
    return np.zeros(len(column.values), dtype=bool)


def _number(sheet: Sheet, name: str, given: Given) -> Column:
    """Return a column of numbers, which may be empty."""
    _refuse_lacking([name], {column.name for column in sheet.columns}, given)
    column = next(column for column in sheet.columns if column.name == name)
    if column.fault is not None:
        raise column.fault
    if column.kind not in {"number", "empty"}:
        raise LabError(f"column {name} holds {column.kind}s", "the page's own holds numbers", where=given.name)
    return column


def _encoded(own: Own, features: Encoded, sheet: Sheet, given: Given) -> NewRows:
    """Return features as a person's own table has them, with the words that the page's rows have."""
    columns = features.columns
    others = {column.name: column for column in sheet.columns}
    _refuse_lacking([column.name for column in columns], others, given)
    for column in columns:
        fault = others[column.name].fault
        if fault is not None and others[column.name].kind != column.kind:
            raise fault
    before = len(columns[0].values)
    first = Sheet(columns, before, (), columns[0].numbers or sheet.numbers)
    whole = joined(first, sheet, given.name, cache_folder())
    kept = own.table.origin
    rows = own.known if kept is None else kept[own.known]
    encoded = Encoded(whole.columns, np.arange(whole.rows), whole.numbers, features.most, rows)
    values = np.asarray(encoded[np.arange(before, whole.rows)], dtype=np.float64)
    missing: Literal["error", "drop", "mean", "median"] = getattr(own.spec.source, "missing", "error")
    empty = np.zeros(sheet.rows, dtype=bool)
    for column in columns:
        lost = lacking(others[column.name])
        if lost.any() and missing == "error":
            _refuse_empty(column.name, lost, given)
        empty |= lost
    if missing == "drop":
        values[empty] = np.nan
    notes = [*sheet.notes, *_new_words(columns, others, encoded.names)]
    if missing == "drop" and empty.any():
        notes.append(f"{int(empty.sum())} of {sheet.rows} rows have an empty cell and no prediction")
    made = NewRows(values, np.arange(1, sheet.rows + 1), notes=tuple(notes))
    return _checked(made, encoded.names, missing, given)


def _new_words(columns: Sequence[Column], others: dict[str, Column], names: Sequence[str]) -> list[str]:
    """Say which words no row of the page has, and what is made of them."""
    said = []
    for column in columns:
        words = [word for word in others[column.name].vocabulary if word not in column.vocabulary]
        if column.kind == "word" and words:
            more = f" and {len(words) - SHOWN} more" if len(words) > SHOWN else ""
            counted = f"{column.name}={RARE}" if f"{column.name}={RARE}" in names else "none of its words"
            listed = ", ".join(word[:40] for word in words[:SHOWN])
            said.append(f"column {column.name} holds {listed}{more}, which the page's data do not: read as {counted}")
    return said


def _refuse_lacking(names: Sequence[str], known: object, given: Given) -> None:
    lost = [name for name in names if name not in known]  # type: ignore[operator]
    if lost:
        more = f" and {len(lost) - SHOWN} more" if len(lost) > SHOWN else ""
        count = "column" if len(lost) == 1 else "columns"
        raise LabError(
            f"has no {count} {', '.join(lost[:SHOWN])}{more}",
            "it needs each feature that the page's network reads, in any order, and no target",
            where=given.name,
        )


def _refuse_empty(name: str, empty: Array, given: Given) -> None:
    raise LabError(
        f"column {name} is empty in row {int(empty.argmax()) + 1}",
        'fill it; a page trained with missing = "mean" or "median" fills such cells by itself',
        where=given.name,
    )


def _checked(rows: NewRows, names: Sequence[str], missing: str, given: Given) -> NewRows:
    """Refuse empty cells that nothing fills, and numbers that float32 cannot hold."""
    for place, name in enumerate(names):
        column = rows.features[:, place]
        if missing == "error" and np.isnan(column).any():
            _refuse_empty(name, np.isnan(column), given)
        large = np.abs(column) > LARGEST
        if large.any():
            row = int(large.argmax())
            raise LabError(
                f"column {name} holds {column[row]:g} in row {row + 1}",
                f"at most {LARGEST:.1e} can be read",
                where=given.name,
            )
    return rows
