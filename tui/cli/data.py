"""`lossbook data`: the data sets that come along, and what is in one."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from engine import tables
from engine.data import SOURCES, Table, card
from engine.data.dataset import load
from engine.data.formats import csv_file
from engine.data.formats.sheet import Column
from engine.data.sources.base import start_of
from engine.errors import LabError
from engine.fields import fields_of
from tui.cli.tables import table
from tui.numbers import figure
from tui.text import safe

MOST_COLUMNS = 20
WORDS = 5


def data(options: argparse.Namespace) -> int:
    """List all data sets, or describe one."""
    if options.name is None:
        known = [described for name in SOURCES if name != "file" and (described := _described_if_here(name))]
        if options.json:
            print(json.dumps(known, ensure_ascii=False))
        else:
            rows = [(d["name"], str(d["rows"]), str(len(d["columns"])), d["task"], _target(d)) for d in known]
            print(table(["data set", "rows", "features", "task", "target"], rows, right=(1, 2)))
        return 0
    described = describe(options.name)
    if options.json:
        print(json.dumps(described, ensure_ascii=False))
        return 0
    print(safe(described["card"], 10_000) if "\n" not in described["card"] else _lines(described["card"]))
    rows = [
        (c["name"], *map(figure, (c["minimum"], c["mean"], c["maximum"])), str(c["missing"]), _said_of(c))
        for c in (*described["columns"][:MOST_COLUMNS], *described["targets"])
    ]
    print(table(["column", "minimum", "mean", "maximum", "missing", ""], rows, right=(1, 2, 3, 4)))
    if len(described["columns"]) > MOST_COLUMNS:
        print(f"… and {len(described['columns']) - MOST_COLUMNS} columns more")
    for note in described["notes"]:
        print(f"! {safe(note, 1_000)}")
    for name, count in described["classes"].items():
        print(f"class {safe(name)}: {count} rows")
    for setting in described["settings"]:
        default = "auto" if setting["default"] is None else setting["default"]
        print(f"data.{setting['key']} = {default}  {setting['help']}")
    return 0


def _described_if_here(name: str) -> dict[str, Any] | None:
    try:
        return describe(name)
    except LabError:
        return None


def describe(name: str) -> dict[str, Any]:
    """Return what is known of a data set as plain values; a generated one with its default settings."""
    if name == "file" or "/" in name or "." in name:
        return _describe_file(Path(name))
    source = SOURCES[name]
    settings = {"name": name, **start_of(name).get("data", {}), "lags": 0}
    loaded = load(tables.from_tables({"data": settings}).data, 0)
    classes = np.bincount(loaded.targets, minlength=len(loaded.classes)).tolist() if loaded.classes else []
    return {
        "name": name,
        "rows": loaded.rows,
        "task": loaded.task,
        "columns": _columns(loaded.feature_names, loaded.features),
        "targets": [] if loaded.classes else _columns(loaded.target_names, loaded.targets),
        "target": list(loaded.target_names),
        "unit": loaded.unit,
        "classes": dict(zip(loaded.classes, classes, strict=True)),
        "dates": _span(loaded),
        "settings": [
            {"key": info.key, "default": _plain(info.default), "help": info.spec.help} for info in fields_of(source)
        ],
        "notes": [],
        "card": card(name),
    }


def _describe_file(path: Path) -> dict[str, Any]:
    """Return what the columns of a person's own table hold, whatever is to be predicted from them."""
    sheet = csv_file.read(path)
    return {
        "name": str(path),
        "rows": sheet.rows,
        "task": None,
        "columns": [_column(column) for column in sheet.columns],
        "targets": [],
        "target": [sheet.columns[-1].name],
        "unit": "",
        "classes": {},
        "dates": None,
        "settings": [],
        "notes": [f"{sheet.rows} rows; the target is the last column unless data.target names another", *sheet.notes],
        "card": f"# {path.name}\n",
    }


def _column(column: Column) -> dict[str, Any]:
    described: dict[str, Any] = {"name": column.name, "type": column.kind, "missing": column.missing}
    if column.kind == "number":
        numbers = column.values[~np.isnan(column.values)]
        return described | {"minimum": numbers.min(), "mean": numbers.mean(), "maximum": numbers.max()}
    words = column.vocabulary
    said = f"{len(words)}: {', '.join(words[:WORDS])}" + (" …" if len(words) > WORDS else "")
    return described | {"minimum": None, "mean": None, "maximum": None} | ({"words": said} if words else {})


def _columns(names: tuple[str, ...], values: Any) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "type": "number",
            "minimum": float(np.nanmin(column)),
            "mean": float(np.nanmean(column)),
            "maximum": float(np.nanmax(column)),
            "missing": int(np.isnan(column).sum()),
        }
        for name, column in zip(names, np.asarray(values).T, strict=True)
    ]


def _span(loaded: Table) -> list[str] | None:
    return None if loaded.dates is None else [str(loaded.dates[0]), str(loaded.dates[-1])]


def _target(described: dict[str, Any]) -> str:
    if described["classes"]:
        return f"{len(described['classes'])} classes"
    return ", ".join(described["target"]) + (f" ({described['unit']})" if described["unit"] else "")


def _said_of(column: dict[str, Any]) -> str:
    return str(column.get("words") or ("" if column["type"] == "number" else f"{column['type']}s"))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _lines(text: str) -> str:
    return "\n".join(safe(line, 1_000) for line in text.splitlines()) + "\n"
