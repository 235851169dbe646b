"""Keys under `[record]` that this version does not know: a later one wrote them, and they are not to be lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from engine.events import BaselineMeasured, DataRead, EnvironmentSeen
from sessions.inline import toml_key
from sessions.origin import Place, Unknown
from sessions.record import CURVES, Intervention, RunRecord


def _keys(kind: type[Any]) -> frozenset[str]:
    return frozenset(field.name for field in fields(kind))


PARTS = {
    "data": _keys(DataRead),
    "environment": _keys(EnvironmentSeen),
    "branch": frozenset(("parent", "parent_created", "turns")),
}
LISTS = {
    "other_data": _keys(DataRead),
    "interventions": _keys(Intervention),
    "baselines": _keys(BaselineMeasured),
    "runs": _keys(RunRecord),
}
HEAD = frozenset(
    {
        *("status", "experiment", "history", "refit_reason", "chosen", "chosen_by", "test_rows", "test_looks"),
        *("looks_before", "settings", "base_dir", "salvaged", "checksum"),
        *PARTS,
        *LISTS,
    }
)
CURVE = frozenset(("epochs", "values"))


def unknown_in(record: Mapping[str, Any]) -> Unknown:
    """Return the keys of a `[record]` table that are not known, by the table in which they stand."""
    found: dict[Place, dict[str, Any]] = {}
    for place, table, known in _tables(record):
        if more := [key for key in table if key not in known]:
            found[place] = {toml_key(key): table[key] for key in more}
    for number, run in enumerate(record.get("runs", [])):
        for part in CURVES:
            for name, curve in run.get(part, {}).items():
                for key in (key for key in curve if key not in CURVE):
                    # A curve has no table of its own, so its keys are written in that of its run.
                    dotted = f"{part}.{toml_key(name)}.{toml_key(key)}"
                    found.setdefault(("runs", number), {})[dotted] = curve[key]
    return found


def _tables(record: Mapping[str, Any]) -> Iterator[tuple[Place, Mapping[str, Any], frozenset[str]]]:
    yield (), record, HEAD
    for name, known in PARTS.items():
        yield (name,), record.get(name, {}), known
    for name, known in LISTS.items():
        for place, table in enumerate(record.get(name, [])):
            yield (name, place), table, known
