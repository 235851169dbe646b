"""`lossbook data`: the data sets that come along, and what is in one."""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np

from engine.data import SOURCES, Table, card
from engine.errors import LabError
from engine.fields import fields_of
from engine.streams import Purpose, stream
from tui.cli.tables import table
from tui.numbers import figure
from tui.text import safe

MOST_COLUMNS = 20


def data(options: argparse.Namespace) -> int:
    """List all data sets, or describe one."""
    if options.name is None:
        known = [describe(name) for name in SOURCES]
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
        (c["name"], figure(c["minimum"]), figure(c["mean"]), figure(c["maximum"]), str(c["missing"]))
        for c in (*described["columns"][:MOST_COLUMNS], *described["targets"])
    ]
    print(table(["column", "minimum", "mean", "maximum", "missing"], rows, right=(1, 2, 3, 4)))
    if len(described["columns"]) > MOST_COLUMNS:
        print(f"… and {len(described['columns']) - MOST_COLUMNS} columns more")
    for name, count in described["classes"].items():
        print(f"class {safe(name)}: {count} rows")
    for setting in described["settings"]:
        print(f"data.{setting['key']} = {setting['default']}  {setting['help']}")
    return 0


def describe(name: str) -> dict[str, Any]:
    """Return what is known of a data set as plain values; a generated one with its default settings."""
    if name not in SOURCES:
        if "/" in name or "." in name:
            raise LabError(
                f"{name!r} is a file, and lossbook reads only the data sets that come with it", "see `lossbook data`"
            )
        SOURCES[name]
    source = SOURCES[name]()
    loaded = source.load(stream(0, Purpose.DATA))
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
            {"key": info.key, "default": _plain(info.default), "help": info.spec.help}
            for info in fields_of(SOURCES[name])
        ],
        "card": card(name),
    }


def _columns(names: tuple[str, ...], values: Any) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "type": "number",
            "minimum": float(values[:, place].min()),
            "mean": float(values[:, place].mean()),
            "maximum": float(values[:, place].max()),
            "missing": 0,
        }
        for place, name in enumerate(names)
    ]


def _span(loaded: Table) -> list[str] | None:
    return None if loaded.dates is None else [str(loaded.dates[0]), str(loaded.dates[-1])]


def _target(described: dict[str, Any]) -> str:
    if described["classes"]:
        return f"{len(described['classes'])} classes"
    return ", ".join(described["target"]) + (f" ({described['unit']})" if described["unit"] else "")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _lines(text: str) -> str:
    return "\n".join(safe(line, 1_000) for line in text.splitlines()) + "\n"
