"""Loads what is to be looked at: a data set with its settings, or a file as it lies there. Takes as long as reading."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from engine.data.formats import csv_file
from engine.data.formats.sheet import Sheet
from engine.data.sources import OwnFile, Source
from engine.data.table import Table, Task
from engine.errors import LabError
from engine.experiment import Experiment
from engine.streams import Purpose, stream
from tui.portrait.describe import MOST_DESCRIBED, describe, describe_sheet
from tui.portrait.parts import Portrait, Role

LARGE = 64 << 20
"""Bytes of a file above which it is read once, for its rows, and not for its columns as they stand there too."""


def look_at(experiment: Experiment) -> Portrait:
    """Return the portrait of what an experiment trains on, before lags, powers and logarithms.

    Raises
    ------
    LabError
        Where nothing of it can be read.
    """
    data = experiment.data
    source: Source = data.source
    if isinstance(source, OwnFile):
        if data.lag_list:
            source = source.as_series()
        return _own(source, data.label, task=data.task)
    return look_at_set(source, data.label, seed=experiment.seed, task=data.task)


def look_at_set(
    source: Source, name: str, *, seed: int = 0, task: Task | None = None, most: int = MOST_DESCRIBED
) -> Portrait:
    """Return the portrait of a data set as a seed draws it."""
    return describe(source.load(stream(seed, Purpose.DATA)), name, task=task, most=most)


def look_at_file(path: Path, *, most: int = MOST_DESCRIBED) -> Portrait:
    """Return the portrait of a file of which nobody has said yet what is to be predicted from what.

    Its last column is then the target, and its one column of days, if there is one, puts the rows in order.
    """
    return _own(OwnFile(file=str(path), missing="drop"), str(path), most=most, chosen=False)


def _own(
    source: OwnFile, name: str, *, task: Task | None = None, most: int = MOST_DESCRIBED, chosen: bool = True
) -> Portrait:
    """Return the portrait of a file's columns as they stand there and of the rows that it gives."""
    sheet = None if _size(source) > LARGE else _sheet(source)
    if sheet is not None and not chosen:
        source = _with_date(source, sheet)
    try:
        table = source.load(stream(0, Purpose.DATA))
    except LabError as error:
        # An empty cell or a role may forbid to train; the columns can be looked at nevertheless.
        sheet = sheet or _sheet(source)
        if sheet is None:
            raise
        bare = Portrait(name, sheet.rows, (), notes=sheet.notes, problem=str(error))
        return _with_columns(bare, source, sheet, most)
    portrait = describe(table, name, task=task, most=most)
    if sheet is None or table.image_shape is not None:
        return portrait
    if not chosen:
        portrait = replace(portrait, rows=sheet.rows, notes=_notes(sheet, table))
    return _with_columns(portrait, source, sheet, most)


def _size(source: OwnFile) -> int:
    with suppress(OSError, ValueError):
        return Path(source.file).stat().st_size
    return 0


def _sheet(source: OwnFile) -> Sheet | None:
    """Return the columns of a file as they stand there; None where it is no table of text."""
    with suppress(LabError):
        return csv_file.read(Path(source.file), source.delimiter, source.decimal)
    return None


def _with_date(source: OwnFile, sheet: Sheet) -> OwnFile:
    """Return the source with the only column of days as its date, if there is one and it is not the last."""
    found = [column.name for column in sheet.columns[:-1] if column.kind == "day"]
    return replace(source, date=found[0]) if len(found) == 1 else source


def _notes(sheet: Sheet, table: Table) -> tuple[str, ...]:
    said = f"{sheet.rows} rows; the target is the last column unless data.target names another"
    left = f"classes, pictures and curves are of the {table.rows} rows without an empty cell"
    return (said, *sheet.notes, *((left,) if table.rows < sheet.rows else ()))


def _with_columns(portrait: Portrait, source: OwnFile, sheet: Sheet, most: int) -> Portrait:
    columns = describe_sheet(sheet, _roles(source, sheet), most)
    return replace(portrait, columns=columns, more_columns=len(sheet.columns) - len(columns), from_file=True)


def _roles(source: OwnFile, sheet: Sheet) -> dict[str, Role]:
    """Return what each column of a file is for."""
    last = sheet.columns[-1].name
    targets = (source.target,) if isinstance(source.target, str) else source.target or (last,)
    roles: dict[str, Role] = {}
    for column in sheet.columns:
        chosen = source.features is None or column.name in source.features
        roles[column.name] = "feature" if chosen and column.kind != "empty" else "unused"
    roles |= {source.date: "date"} if source.date else {}
    roles |= {source.group: "group"} if source.group else {}
    return roles | dict.fromkeys(targets, "target")
