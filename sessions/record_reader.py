"""The `[record]` of a page from the tables that TOML makes of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar, get_origin, get_type_hints

from engine.errors import LabError
from engine.events import BaselineMeasured, Branched, DataRead, EnvironmentSeen
from engine.fields import convert
from sessions.curve import Curve
from sessions.origin import Origin
from sessions.record import CURVES, Curves, Intervention, Record, RunRecord
from sessions.record_writer import FIGURES, SETTINGS
from sessions.unknown import unknown_in

T = TypeVar("T")
NO_RECORD = (LabError, KeyError, TypeError, ValueError, AttributeError, OverflowError)
"""What is raised where tables are not what `record_writer` writes."""
COUNTS = 1 << 63
"""No count of a page reaches it."""
HINTS = {name: hint for name, hint in get_type_hints(RunRecord).items() if name in SETTINGS}


def read(table: Mapping[str, Any]) -> Record:
    """Return the record of a `[record]` table.

    Raises
    ------
    LabError
        Where it is not what `record_writer` writes.
    """
    try:
        settings = tuple(dict(settings) for settings in table.get("settings", [{}]))
        record = Record(
            status=str(table["status"]),
            runs=_each(table, "runs", _read_run),
            data=_part(table, "data", partial(_fields_of, DataRead)),
            other_data=_each(table, "other_data", partial(_fields_of, DataRead)),
            environment=_part(table, "environment", partial(_fields_of, EnvironmentSeen)),
            interventions=_each(table, "interventions", _read_intervention),
            branch=_part(table, "branch", _read_branch),
            refit_reason=str(table.get("refit_reason", "")),
            settings=settings,
            chosen=None if "chosen" not in table else convert(table["chosen"], int, "chosen"),
            chosen_by=str(table.get("chosen_by", "")),
            looks_before=convert(table.get("looks_before", 0), int, "looks_before"),
            baselines=_each(table, "baselines", partial(_read_baseline, len(settings))),
            origin=Origin(
                experiment=convert(table.get("experiment", ""), str, "experiment"),
                history=convert(table.get("history", ""), str, "history"),
                unknown=unknown_in(table),
            ),
        )
        _look_at_places(record)
    except NO_RECORD as error:
        problem = f"[record] is damaged: {_in_words(error)}"
        raise LabError(problem, "the .bak file beside it is the page as it was before the last save") from error
    return record


def _part(record: Mapping[str, Any], name: str, read: Callable[[Any], T]) -> T | None:
    """Return what a table of the record is read as; None where there is none."""
    if name not in record:
        return None
    with _naming(f"[record.{name}]"):
        return read(record[name])


def _each(record: Mapping[str, Any], name: str, read: Callable[[Any], T]) -> tuple[T, ...]:
    """Return what each table of a list of the record is read as."""
    found = []
    for number, table in enumerate(record.get(name, []), 1):
        with _naming(f"[[record.{name}]] number {number}"):
            found.append(read(table))
    return tuple(found)


@contextmanager
def _naming(place: str) -> Iterator[None]:
    """Say of what is wrong in which table it stands."""
    try:
        yield
    except NO_RECORD as error:
        raise LabError(f"{_in_words(error)} in {place}") from error


def _in_words(error: Exception) -> str:
    """Return what is wrong for somebody who has never heard of Python's names for it."""
    if isinstance(error, LabError):
        return error.problem
    if isinstance(error, KeyError):
        return f"{error} is missing"
    if isinstance(error, TypeError | AttributeError):
        return "a table or a list has a value of another kind in its place"
    return str(error)


def _look_at_places(record: Record) -> None:
    """Refuse settings that the record does not have, and counts that nothing can have counted."""
    settings = {record.chosen or 0, *(run.setting for run in record.runs)}
    if not settings <= set(range(len(record.settings))) or not 0 <= record.looks_before < COUNTS:
        raise ValueError("it speaks of settings that it does not have")


def _fields_of(kind: type[Any], table: Mapping[str, Any]) -> Any:
    """Return a dataclass of plain values, each of its declared type; only a list may be left out, as an empty one."""
    hints = get_type_hints(kind)
    given = {name: convert(table[name], hint, name) for name, hint in hints.items() if name in table}
    lists = {name: () for name, hint in hints.items() if get_origin(hint) is tuple}
    needed = {field.name for field in dataclasses.fields(kind) if field.default is dataclasses.MISSING}
    if missing := sorted(needed - set(given) - set(lists)):
        raise KeyError(missing[0])
    return kind(**{**lists, **given})


def _read_intervention(table: Mapping[str, Any]) -> Intervention:
    runs = tuple(map(int, table["runs"]))
    return Intervention(runs, int(table["update"]), str(table["key"]), float(table["value"]))


def _read_branch(table: Mapping[str, Any]) -> Branched:
    turns = table["turns"]
    epochs = tuple(convert(turn["epoch"], int, "epoch") for turn in turns)
    settings = tuple(dict(turn["settings"]) for turn in turns)
    return Branched(
        str(table["parent"]), epochs, settings, convert(table.get("parent_created", ""), str, "parent_created")
    )


def _read_baseline(settings: int, table: Mapping[str, Any]) -> BaselineMeasured:
    columns = {
        part: {name: tuple(map(float, values)) for name, values in table.get(part, {}).items()}
        for part in ("train", "validation")
    }
    test = {name: float(value) for name, value in table["test"].items()} if "test" in table else None
    says, left_out = str(table.get("says", "")), str(table.get("left_out", ""))
    setting = convert(table.get("setting", 0), int, "setting")
    if not 0 <= setting < settings:
        raise LabError(f"a baseline is of setting {setting}, but there are {settings}")
    return BaselineMeasured(str(table["name"]), says, columns["train"], columns["validation"], test, left_out, setting)


def _read_run(table: Mapping[str, Any]) -> RunRecord:
    plain: dict[str, Any] = {}
    for name, hint in HINTS.items():
        if name in table:
            value = table[name]
            plain[name] = value if type(value) is hint else convert(value, hint, name)
            if hint is int and not 0 <= plain[name] < COUNTS:
                raise ValueError(f"{name} is out of range")
    plain |= {
        name: {key: float(value) for key, value in table[name].items()}
        for name in FIGURES
        if table.get(name) is not None
    }
    plain |= {name: _read_curves(table.get(name, {})) for name in CURVES}
    return RunRecord(**plain)


def _read_curves(table: Mapping[str, Any]) -> Curves:
    return {
        name: Curve(curve.get("epochs", range(1, len(curve["values"]) + 1)), curve["values"])
        for name, curve in table.items()
    }
