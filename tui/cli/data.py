"""`lossbook data`: the data sets that come along, and what is in one or in a file."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from engine.data import SOURCES, Table, card
from engine.data.loading import load
from engine.errors import LabError
from engine.fields import fields_of
from tui.cli.colour import has_colours, shown
from tui.cli.tables import table
from tui.portrait.look import data_of, look_at_file, look_at_set
from tui.portrait.page import page
from tui.portrait.parts import Portrait
from tui.portrait.values import as_values
from tui.text import safe

PIPE_WIDTH = 100
"""Cells of a line where no terminal says how wide it is."""
EVERY = sys.maxsize


def data(options: argparse.Namespace) -> int:
    """List all data sets, or describe one."""
    if options.name is None:
        _list(as_json=options.json)
    elif options.json:
        print(json.dumps(describe(options.name), ensure_ascii=False, allow_nan=False))
    else:
        _show(options.name)
    return 0


def _list(*, as_json: bool) -> None:
    """Say which data sets there are; one that cannot be loaded now stands there with what to do about it."""
    known: list[dict[str, Any]] = []
    rows = []
    for name in SOURCES:
        if name == "file":
            continue
        try:
            if as_json:
                known.append(describe(name))
            else:
                rows.append(_row(name, load(data_of(name), 0)))
        except LabError as error:
            known.append(as_values(Portrait(name, 0, (), problem=str(error))) | {"rows": None})
            rows.append((name, "–", "–", "–", error.hint or error.problem))
    if as_json:
        print(json.dumps(known, ensure_ascii=False, allow_nan=False))
    else:
        print(table(["data set", "rows", "features", "task", "target"], rows, right=(1, 2)))


def _row(name: str, loaded: Table) -> tuple[str, str, str, str, str]:
    target = f"{len(loaded.classes)} classes" if loaded.classes else ", ".join(loaded.target_names)
    unit = f" ({loaded.unit})" if loaded.unit else ""
    return name, str(loaded.rows), str(len(loaded.feature_names)), loaded.task, target + unit


def _show(name: str) -> None:
    """Print a data set's card, what it looks like, and its settings."""
    colours = has_colours(sys.stdout, os.environ)
    width = shutil.get_terminal_size((PIPE_WIDTH, 24)).columns if sys.stdout.isatty() else PIPE_WIDTH
    if _is_file(name):
        print(shown(page(look_at_file(Path(name)), width, greys=colours), colours=colours))
        return
    portrait = look_at_set(name)
    print("\n".join(safe(line, 1_000) for line in card(name).splitlines()) + "\n")
    print(shown(page(portrait, width, greys=colours), colours=colours))
    for setting in _settings(name):
        default = "auto" if setting["default"] is None else setting["default"]
        print(f"data.{setting['key']} = {default}  {setting['help']}")


def describe(name: str) -> dict[str, Any]:
    """Return what is known of a data set, or of a file, as plain values; a generated one with its default settings."""
    if _is_file(name):
        portrait = look_at_file(Path(name), most=EVERY)
        return as_values(portrait) | {"settings": [], "card": f"# {Path(name).name}\n"}
    portrait = look_at_set(name, most=EVERY)
    return as_values(portrait) | {"settings": _settings(name), "card": card(name)}


def _is_file(name: str) -> bool:
    return name == "file" or "/" in name or "." in name


def _settings(name: str) -> list[dict[str, Any]]:
    return [
        {"key": info.key, "default": _plain(info.default), "help": info.spec.help} for info in fields_of(SOURCES[name])
    ]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
