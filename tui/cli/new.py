"""`lossbook new`: an experiment file to start from, every key in it with its meaning."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomli_w

from engine.errors import LabError
from engine.experiment import Experiment
from engine.fields import FieldInfo, alternatives, describe, fields_of
from sessions import files
from tui.text import safe

START = {"name": "births", "lags": 7, "hidden": [64]}
HEADER = """\
# An experiment for lossbook: `lossbook run THIS_FILE` trains it and saves a page.
# What is commented out is a default or belongs to another choice; the right side says what it means.

"""


def new(options: argparse.Namespace) -> int:
    """Write the file, or print it."""
    text = template()
    if options.file is None:
        sys.stdout.write(text)
        return 0
    path = Path(options.file)
    try:
        with os.fdopen(files.create(path), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise LabError("is there already", "give another name", where=str(path)) from error
    except OSError as error:
        raise LabError(f"cannot be written: {error.strerror}", "give another path", where=str(path)) from error
    shown = safe(str(path), 500)
    print(f"wrote {shown}: look through it, then `lossbook run {shown}`")
    return 0


def template() -> str:
    """Return the text of the file."""
    lines = [HEADER, 'title = "My first page"\n']
    infos = fields_of(Experiment)
    lines += [_line(info) for info in infos if not dataclasses.is_dataclass(info.type)]
    for info in infos:
        if dataclasses.is_dataclass(info.type):
            lines.append(f"\n[{info.key}]  # {info.spec.help}\n")
            lines += _table(info.type)
    return "".join(lines)


def _table(cls: Any) -> Iterator[str]:
    for info in fields_of(cls):
        yield _line(info)
        registry = info.spec.registry
        for name in registry or ():
            default = isinstance(info.default, registry[name]) if registry else False
            for inner in fields_of(registry[name]) if registry else ():
                yield _line(inner, where="" if default else f'with {info.key} = "{name}": ')


def _line(info: FieldInfo, where: str = "") -> str:
    value = _default(info)
    chosen = info.key in START and not where
    text = tomli_w.dumps({info.key: value}).strip() if value is not None else f"{info.key} ="
    says = [f"{where}{info.spec.help}"]
    if info.spec.registry is not None:
        says.append(f"one of {', '.join(info.spec.registry)}")
    elif info.spec.says():
        says.append(info.spec.says())
    elif value is None:
        says.append(describe(info.type))
    return f"{'' if chosen else '# '}{' '.join(text.split())}  # {'; '.join(says)}\n"


def _default(info: FieldInfo) -> Any:
    if info.key in START:
        return START[info.key]
    if info.spec.registry is not None and dataclasses.is_dataclass(info.default):
        return info.spec.registry.name_of(info.default)
    if isinstance(info.default, tuple):
        return [*info.default]
    missing = info.default is dataclasses.MISSING or info.default is None
    return None if missing and type(None) not in alternatives(type(info.default)) else info.default
