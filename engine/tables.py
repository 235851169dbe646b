"""Between experiments and plain tables.

TOML files and the pipe to a worker both carry such tables, so there is one door for both. A sweep's settings are put
into the tables, not into the experiment: what a file leaves out then follows each setting's own rules.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine import flat
from engine.errors import KeyProblem
from engine.experiment import Experiment
from engine.fields import fields_of, shown
from engine.flat import keys_of
from engine.sweep import Settings, Sweep

Tables = dict[str, Any]
TABLES = {info.key: info.type for info in fields_of(Experiment)}
TOP_LEVEL = tuple(TABLES)
"""The keys and tables of an experiment file."""


def from_tables(tables: Mapping[str, Any]) -> Experiment:
    """Return the experiment that the tables describe.

    Raises
    ------
    KeyProblem
        For an unknown key, a wrong type or a value out of range, with the nearest known key.
    """
    experiment: Experiment = flat.read(Experiment, tables)[0]
    if not experiment.sweep:
        return experiment
    for key, values in experiment.sweep.axes:
        _refuse_tables(key, values)
    alone = {key: item for key, item in tables.items() if key != "sweep"}
    given = tuple(_given_defaults(experiment, alone))
    axes = tuple((key, _checked(alone, key, values)) for key, values in experiment.sweep.axes)
    sweep = replace(experiment.sweep, axes=axes, given=given)
    _check_pairs(alone, sweep)
    return replace(experiment, sweep=sweep)


def to_tables(experiment: Experiment) -> Tables:
    """Return the tables of an experiment, every settled value written out, so that no default can change it later.

    Left out are only the defaults of a choice that is varied: each of the others has its own.
    """
    tables = dict(flat.write(experiment))
    for key in _left_out(experiment):
        _drop(tables, key)
    return tables


def with_settings(experiment: Experiment, settings: Settings) -> Experiment:
    """Return the experiment of one setting of its sweep, or as it is where there is none.

    Raises
    ------
    KeyProblem
        Where the keys of a setting do not go together.
    """
    if not settings:
        return experiment
    tables = to_tables(experiment)
    tables.pop("sweep", None)
    made: Experiment = flat.read(Experiment, _with(tables, settings))[0]
    return made


def plain(value: Any) -> Any:
    """Return a value of a setting as JSON can have it: lists for tuples, ISO texts for dates."""
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def _with(tables: Mapping[str, Any], settings: Settings) -> Tables:
    """Return tables with some keys set; keys of a choice that is left go with it."""
    made: Tables = {name: dict(item) if isinstance(item, Mapping) else item for name, item in tables.items()}
    for key, value in settings.items():
        name, _, rest = key.partition(".")
        if not rest:
            made[name] = value
            continue
        table = made.setdefault(name, {})
        if not isinstance(table, dict):
            raise KeyProblem(key, "is not a key", f"{name} is no table")
        before = _known(name, table)
        _put(table, rest, value, key)
        after = _known(name, table)
        for gone in before - after:
            # What the setting itself says stays, so that it is told where it does not belong.
            if f"{name}.{gone}" not in settings:
                table.pop(gone, None)
    return made


def _known(name: str, table: Mapping[str, Any]) -> set[str]:
    return {info.key for info in keys_of(TABLES[name], table)} if name in TABLES else set()


def _put(table: Tables, path: str, value: Any, key: str) -> None:
    first, _, rest = path.partition(".")
    if rest:
        inner = table.get(first, {})
        if not isinstance(inner, Mapping):
            raise KeyProblem(key, "is not a key", f"{first} is no table")
        value, inner_value = dict(inner), value
        _put(value, rest, inner_value, key)
    table[first] = value


def _drop(tables: Tables, key: str) -> None:
    name, _, rest = key.partition(".")
    tables[name].pop(rest, None)


def _look_up(tables: Mapping[str, Any], key: str) -> Any:
    value: Any = tables
    for part in key.split("."):
        value = value[part] if isinstance(value, Mapping) and part in value else None
    return value


def _refuse_tables(key: str, values: tuple[Any, ...]) -> None:
    """Refuse a key that is a table, with what it holds: what is said of its keys one by one would not hold for them."""
    if key.partition(".")[0] == "sweep":
        hint = 'name a key of another table, such as "training.learning_rate"'
        raise KeyProblem(f"sweep.{key}", "is of the sweep itself, which cannot be varied", hint)
    if not dataclasses.is_dataclass(TABLES.get(key)):
        return
    known = [info.key for info in fields_of(TABLES[key])]
    named = [name for value in values if isinstance(value, Mapping) for name in value]
    hint = f'name one key of it, such as "{key}.{next(iter((*named, *known)))}"'
    raise KeyProblem(f"sweep.{key}", "is a table, and keys are varied", hint)


def _checked(tables: Tables, key: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return an axis' values in the form that the key has, each tried by itself."""
    found: list[Any] = []
    for value in values:
        try:
            made = flat.read(Experiment, _with(tables, {key: value}))[0]
        except KeyProblem as error:
            problem = error.problem.removeprefix(f"{error.key} ")
            raise KeyProblem(f"sweep.{key}", problem, error.hint) from error
        settled = _look_up(dict(flat.write(made)), key)
        if settled in found:
            raise KeyProblem(f"sweep.{key}", f"names {shown(value)} twice", "name each value once")
        found.append(settled)
    return tuple(found)


def _check_pairs(tables: Tables, sweep: Sweep) -> None:
    """Try each choice that is varied with every value of the other keys of its table: some may not belong to it."""
    choices = set(_choices(sweep))
    for key, values in sweep.axes:
        for other, others in sweep.axes:
            if key not in choices or other == key or other.partition(".")[0] != key.partition(".")[0]:
                continue
            for value in values:
                for item in others:
                    try:
                        flat.read(Experiment, _with(tables, {key: value, other: item}))
                    except KeyProblem as error:
                        problem = f"{error.problem.removeprefix(f'{error.key} ')} where {key} is {shown(value)}"
                        raise KeyProblem(f"sweep.{other}", problem, error.hint or "leave one of them out") from error


def _choices(sweep: Sweep) -> Iterator[str]:
    """Yield the keys of a sweep that choose a registered class, such as an optimizer."""
    for key in sweep.keys:
        name, _, rest = key.partition(".")
        infos = fields_of(TABLES[name]) if rest and name in TABLES else ()
        if any(info.key == rest and info.spec.registry is not None for info in infos):
            yield key


def _own_keys(experiment: Experiment) -> Iterator[tuple[str, Any, Any]]:
    """Yield the keys, values and defaults that the present choice of each varied choice brings with it."""
    for key in _choices(experiment.sweep):
        name, _, rest = key.partition(".")
        table = getattr(experiment, name)
        field = next(info for info in fields_of(type(table)) if info.key == rest)
        chosen = getattr(table, field.name)
        for info in fields_of(type(chosen)) if chosen is not None else ():
            yield f"{name}.{info.key}", getattr(chosen, info.name), info.default


def _left_out(experiment: Experiment) -> Iterator[str]:
    given = experiment.sweep.given
    return (key for key, value, default in _own_keys(experiment) if value == default and key not in given)


def _given_defaults(experiment: Experiment, tables: Mapping[str, Any]) -> Iterator[str]:
    for key, value, default in _own_keys(experiment):
        if value == default and _look_up(tables, key) is not None:
            yield key
