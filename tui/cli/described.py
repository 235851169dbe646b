"""What `lossbook data` looks at: a data set, a table, or what an experiment file reads, as `--set` has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.data import SOURCES
from engine.data.sources import OwnFile, Source
from engine.errors import KeyProblem, LabError
from engine.fields import fields_of
from sessions import codec
from sessions.beside import SUFFIX
from sessions.store import Store
from tui.cli.experiments import blame, settled
from tui.portrait.look import look_at, look_at_file, start_of_file, start_of_set
from tui.portrait.parts import Portrait


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """Data that somebody has asked for."""

    portrait: Portrait
    title: str
    set_name: str = ""
    """The data set that comes with lossbook; empty for a person's own file."""
    settings: tuple[dict[str, Any], ...] = ()
    """Its settings: key, value, default and help."""


def described(name: str, store: Store | None, overrides: Mapping[str, str], *, most: int) -> Described:
    """Return what a name means, as a person may type it; at most so many columns of it are looked at.

    Raises
    ------
    LabError
        Where there is no such data set or file, nothing of it can be read, or an override cannot be.
    """
    path = Path(name)
    try:
        if name.endswith(SUFFIX):
            path = store.find(name) if store is not None else path
            experiment = settled(codec.read_page(path, overrides), path, overrides)
            return _of(experiment.data.source, look_at(experiment, most=most))
        if _is_file(name):
            data = codec.from_tables(start_of_file(path), name, overrides).experiment.data
            return Described(look_at_file(path, data, most=most), path.name)
        experiment = codec.from_tables(start_of_set(name), name, overrides).experiment
        return _of(experiment.data.source, look_at(experiment, most=most))
    except KeyProblem as error:
        if name.endswith(SUFFIX) or error.key in overrides:
            raise LabError(blame(path, error.key, str(error), overrides)) from error
        raise


def _of(source: Source, portrait: Portrait) -> Described:
    if isinstance(source, OwnFile):
        return Described(portrait, Path(source.file).name)
    name = SOURCES.name_of(source)
    return Described(portrait, name, name, _settings(source))


def _is_file(name: str) -> bool:
    return name == "file" or "/" in name or "." in name


def _settings(source: Source) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "key": info.key,
            "value": _plain(getattr(source, info.name)),
            "default": _plain(info.default),
            "help": info.spec.help,
        }
        for info in fields_of(type(source))
    )


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
