"""Loads what is to be looked at: a data set with its settings, or a file as it lies there. Takes as long as reading."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from engine import tables
from engine.data.formats.sheet import Sheet
from engine.data.loading import load
from engine.data.selection import expanded
from engine.data.sources import OwnFile
from engine.data.sources.base import HasSheet, start_of
from engine.data.table import Table
from engine.errors import LabError
from engine.experiment import Data, Experiment
from tui.numbers import counted
from tui.portrait.describe import MOST_DESCRIBED, describe, describe_sheet
from tui.portrait.parts import Portrait, Role


def look_at(experiment: Experiment, *, most: int = MOST_DESCRIBED) -> Portrait:
    """Return the portrait of what an experiment trains on, before lags, powers and logarithms.

    Raises
    ------
    LabError
        Where nothing of it can be read.
    """
    return _portrait(experiment.data, experiment.data.label, seed=experiment.seed, most=most)


def start_of_set(name: str) -> tables.Tables:
    """Return the tables that a data set should be looked at with: its own settings, and of a series no past yet."""
    return {"data": {"name": name, **start_of(name).get("data", {}), "lags": 0}}


def start_of_file(path: Path) -> tables.Tables:
    """Return the tables that a file should be looked at with as long as nobody has said anything of it."""
    return {"data": {"file": str(path), "missing": "drop"}}


def data_of(name: str) -> Data:
    """Return the settings that a data set should be looked at with."""
    return tables.from_tables(start_of_set(name)).data


def look_at_set(name: str, *, most: int = MOST_DESCRIBED) -> Portrait:
    """Return the portrait of a data set with the settings that it begins with."""
    return _portrait(data_of(name), name, most=most)


def look_at_file(path: Path, said: Data | None = None, *, most: int = MOST_DESCRIBED) -> Portrait:
    """Return the portrait of a file of which not everything need have been said: `said` is what has been.

    Its last column is then the target, and its one column of days, if there is one, puts the rows in order.
    """
    data = said or tables.from_tables(start_of_file(path)).data
    return _portrait(data, str(path), most=most, chosen=False)


def _portrait(data: Data, name: str, *, seed: int = 0, most: int = MOST_DESCRIBED, chosen: bool = True) -> Portrait:
    """Return the portrait of a table, and of its columns as they stand in the file where it has one."""
    sheet = _sheet(data)
    if sheet is not None and not chosen:
        data = _with_date(data, sheet)
    try:
        table = load(data, seed)
    except LabError as error:
        # An empty cell or a role may forbid to train; the columns can be looked at nevertheless.
        if sheet is None:
            raise
        bare = Portrait(name, sheet.rows, (), notes=sheet.notes, problem=str(error))
        return _with_columns(bare, data, (sheet.columns[-1].name,), sheet, most)
    portrait = describe(table, name, task=data.task, most=most)
    if sheet is None:
        return portrait
    if not chosen:
        portrait = replace(portrait, rows=sheet.rows, notes=_notes(data, sheet, table))
    return _with_columns(portrait, data, table.target_names, sheet, most)


def _sheet(data: Data) -> Sheet | None:
    """Return the columns of a data set as they stand in its file; None where it comes as numbers."""
    if not isinstance(data.source, HasSheet):
        return None
    with suppress(LabError):
        return data.source.sheet()
    return None


def _with_date(data: Data, sheet: Sheet) -> Data:
    """Return the data with the only column of days as the date, if none was named and there is one before the last."""
    if not isinstance(data.source, OwnFile) or data.source.date is not None:
        return data
    found = [column.name for column in sheet.columns[:-1] if column.kind == "day"]
    return data if len(found) != 1 else replace(data, source=replace(data.source, date=found[0]))


def _notes(data: Data, sheet: Sheet, table: Table) -> tuple[str, ...]:
    said = counted(sheet.rows, "row")
    if data.target is None:
        said += "; the target is the last column unless data.target names another"
    left = f"classes, pictures and curves are of the {counted(table.rows, 'row')} without an empty cell"
    return (said, *sheet.notes, *((left,) if table.rows < sheet.rows else ()))


def _with_columns(portrait: Portrait, data: Data, targets: tuple[str, ...], sheet: Sheet, most: int) -> Portrait:
    columns = describe_sheet(sheet, _roles(data, targets, sheet), most)
    return replace(portrait, columns=columns, more_columns=len(sheet.columns) - len(columns), from_file=True)


def _roles(data: Data, targets: tuple[str, ...], sheet: Sheet) -> Mapping[str, Role]:
    """Return what each column of a file is for."""
    names = tuple(column.name for column in sheet.columns)
    # A set: a file may have a hundred thousand columns, and each is looked up.
    features = set(names)
    if data.features is not None:
        features = set()
        with suppress(LabError):
            features = set(expanded(data.features, names, "data.features"))
    roles: dict[str, Role] = {
        column.name: "feature" if column.name in features and column.kind != "empty" else "unused"
        for column in sheet.columns
    }
    if isinstance(data.source, OwnFile):
        roles |= {data.source.date: "date"} if data.source.date else {}
        roles |= {data.source.group: "group"} if data.source.group else {}
    return roles | dict.fromkeys(targets, "target")
