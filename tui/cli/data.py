"""`lossbook data`: the data sets that come along, and what is in one or in a file."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from typing import Any

from engine.data import SOURCES, Table, card
from engine.data.loading import load
from engine.errors import LabError
from tui.cli.colour import has_colours, shown
from tui.cli.described import Described, described
from tui.cli.experiments import overrides_of
from tui.cli.json_text import json_text
from tui.cli.pages import store_of
from tui.cli.tables import table
from tui.numbers import counted
from tui.portrait.describe import MOST_DESCRIBED
from tui.portrait.look import data_of
from tui.portrait.page import page
from tui.portrait.parts import Portrait
from tui.portrait.values import as_values
from tui.text import safe

PIPE_WIDTH = 100
"""Cells of a line where no terminal says how wide it is."""
MOST_LISTED = 10_000
"""Columns in JSON; it says how many more there are."""


def data(options: argparse.Namespace) -> int:
    """List all data sets, or describe one."""
    overrides = overrides_of(options)
    if options.name is None:
        if overrides:
            raise LabError("--set needs data to look at", "for example lossbook data mine.csv --set data.decimal=comma")
        _list(as_json=options.json)
    elif options.json:
        found = described(options.name, store_of(options), overrides, most=MOST_LISTED)
        print(json_text(_as_values(found)))
    else:
        _show(described(options.name, store_of(options), overrides, most=MOST_DESCRIBED))
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
                known.append(_as_values(described(name, None, {}, most=MOST_LISTED)))
            else:
                rows.append(_row(name, load(data_of(name), 0)))
        except LabError as error:
            known.append(as_values(Portrait(name, 0, (), problem=str(error))) | {"rows": None})
            rows.append((name, "–", "–", "–", error.hint or error.problem))
    if as_json:
        print(json_text(known))
    else:
        print(table(["data set", "rows", "features", "task", "target"], rows, right=(1, 2)))


def _row(name: str, loaded: Table) -> tuple[str, str, str, str, str]:
    target = counted(len(loaded.classes), "class") if loaded.classes else ", ".join(loaded.target_names)
    unit = f" ({loaded.unit})" if loaded.unit else ""
    return name, str(loaded.rows), str(len(loaded.feature_names)), loaded.task, target + unit


def _show(found: Described) -> None:
    """Print a data set's card, what it looks like, and its settings; of a file only what it looks like."""
    colours = has_colours(sys.stdout, os.environ)
    width = shutil.get_terminal_size((PIPE_WIDTH, 24)).columns if sys.stdout.isatty() else PIPE_WIDTH
    if found.set_name:
        print("\n".join(safe(line, 1_000) for line in card(found.set_name).splitlines()) + "\n")
    print(shown(page(found.portrait, width, greys=colours), colours=colours))
    for setting in found.settings:
        value = "auto" if setting["value"] is None else setting["value"]
        print(f"data.{setting['key']} = {value}  {setting['help']}")


def _as_values(found: Described) -> dict[str, Any]:
    """Return what is known of the data as plain values."""
    text = card(found.set_name) if found.set_name else f"# {found.title}\n"
    return as_values(found.portrait) | {"settings": found.settings, "card": text}
