"""Between experiments and plain tables: nested dicts of texts, numbers, lists and dates.

TOML files and the pipe to a worker both carry such tables, so there is one door for both. A field that holds a
registered dataclass is flat in its table: `optimizer = "momentum"` stands beside `momentum = 0.9`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from engine.errors import KeyProblem, LabError, nearest
from engine.experiment import Experiment
from engine.fields import FieldInfo, convert, fields_of, shown
from engine.registry import Registry

Tables = dict[str, Any]
Settings = TypeVar("Settings")
TOP_LEVEL = tuple(info.key for info in fields_of(Experiment))
"""The keys and tables of an experiment file."""


def from_tables(tables: Mapping[str, Any]) -> Experiment:
    """Return the experiment that the tables describe.

    Raises
    ------
    KeyProblem
        For an unknown key, a wrong type or a value out of range, with the nearest known key.
    """
    experiment: Experiment = _read(Experiment, tables, "", alone=True)[0]
    return experiment


def settings_from(cls: type[Settings], table: Mapping[str, Any]) -> Settings:
    """Return the registered dataclass whose fields a table of settings gives; what it leaves out has its default.

    Raises
    ------
    KeyProblem
        As `from_tables` does.
    """
    settings: Settings = _read(cls, table, "", alone=True)[0]
    return settings


def to_tables(experiment: Experiment) -> Tables:
    """Return the tables of an experiment, every settled value written out, so that no default can change it later."""
    return dict(_write(experiment))


def keys_of(cls: type[Any], values: Mapping[str, Any]) -> tuple[FieldInfo, ...]:
    """Return the fields that a table has, those of its choices included, given the choices made in `values`."""
    infos: list[FieldInfo] = []
    for info in fields_of(cls):
        infos.append(info)
        chosen = _chosen_class(info, values)
        if chosen is not None:
            infos.extend(keys_of(chosen, values))
    return tuple(infos)


def _chosen_class(info: FieldInfo, values: Mapping[str, Any]) -> type | None:
    if info.spec.registry is None:
        return None
    name = values.get(info.key, _implied(info.spec.registry, values))
    if isinstance(name, str) and name in info.spec.registry:
        return info.spec.registry[name]
    return type(info.default) if dataclasses.is_dataclass(info.default) else None


def _read(cls: Any, table: Mapping[str, Any], path: str, *, alone: bool) -> tuple[Any, set[str]]:
    """Return an instance of `cls` and the keys it has taken; `alone` refuses what is left over."""
    taken: set[str] = set()
    arguments: dict[str, Any] = {}
    for info in fields_of(cls):
        key = f"{path}.{info.key}" if path else info.key
        taken.add(info.key)
        if info.spec.registry is not None:
            arguments[info.name], more = _read_choice(info, table, path, key)
            taken |= more
        elif info.key not in table:
            if info.default is not dataclasses.MISSING:
                arguments[info.name] = info.default
            elif dataclasses.is_dataclass(info.type):
                arguments[info.name] = _read(info.type, {}, key, alone=True)[0]
        elif dataclasses.is_dataclass(info.type):
            if not isinstance(table[info.key], Mapping):
                raise KeyProblem(key, "must be a table", f"write [{key}] and its keys below it")
            arguments[info.name] = _read(info.type, table[info.key], key, alone=True)[0]
        else:
            arguments[info.name] = convert(table[info.key], info.type, key)
    for key in table if alone else ():
        if key not in taken:
            dotted = f"{path}.{key}" if path else key
            raise KeyProblem(dotted, "is not a key", _owner(cls, key) or nearest(key, taken))
    return cls(**arguments), taken


def _read_choice(info: FieldInfo, table: Mapping[str, Any], path: str, key: str) -> tuple[Any, set[str]]:
    registry = info.spec.registry
    assert registry is not None  # noqa: S101 - the caller's condition, for the type checker
    if info.key not in table and (implied := _implied(registry, table)) is not None:
        return _read(registry[implied], table, path, alone=False)
    if info.key not in table:
        if info.default is dataclasses.MISSING:
            raise KeyProblem(key, "is missing", f"known are {', '.join(registry)}")
        if info.default is None:
            return None, set()
        return _read(type(info.default), table, path, alone=False)
    name = table[info.key]
    if not isinstance(name, str):
        raise KeyProblem(key, f"must be a text, not {shown(name)}", f"known are {', '.join(registry)}")
    try:
        chosen = registry[name]
    except LabError as error:
        raise KeyProblem(key, f"cannot be {shown(name)}", error.hint) from None
    return _read(chosen, table, path, alone=False)


def _implied(registry: Registry[Any], table: Mapping[str, Any]) -> str | None:
    """Return the choice that a table makes by a key that only one has: `file` is a data set of one's own."""
    return next((name for name in registry if getattr(registry[name], "implied_by", None) in table), None)


def _owner(cls: Any, key: str) -> str:
    """Say which choice of this table would have brought the key."""
    for info in fields_of(cls):
        registry = info.spec.registry
        for name in registry or ():
            if registry is not None and any(field.key == key for field in fields_of(registry[name])):
                return f'it belongs to {info.key} = "{name}"'
    return ""


def _write(instance: Any) -> Iterator[tuple[str, Any]]:
    # Plain values stand before sub-tables, as TOML needs them.
    later: list[tuple[str, Any]] = []
    for info in fields_of(type(instance)):
        value = getattr(instance, info.name)
        if value is None:
            continue
        if info.spec.registry is not None:
            yield info.key, info.spec.registry.name_of(value)
            yield from _write(value)
        elif dataclasses.is_dataclass(value):
            later.append((info.key, dict(_write(value))))
        else:
            yield info.key, list(value) if isinstance(value, tuple) else value
    yield from later
