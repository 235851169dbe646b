"""A page of a newer schema than this version knows: what is understood of it is shown, and the rest is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.errors import KeyProblem, LabError
from sessions.page import Page
from sessions.schema import newer, schema_of

MOST_LEFT_OUT = 50
"""Keys that are not understood; with more the page is not understood."""
MOST_NAMED = 5


def read(tables: dict[str, Any], page_of: Callable[[dict[str, Any]], Page]) -> Page:
    """Return what `page_of` understands of tables, as a page to read only; its warning names what it does not.

    Raises
    ------
    LabError
        Where what is left without the keys that are not understood is no experiment.
    """
    said = newer(schema_of(tables))
    left_out: list[str] = []
    while True:
        try:
            page = page_of(tables)
            break
        except KeyProblem as error:
            if len(left_out) == MOST_LEFT_OUT or not _take_out(tables, error.key):
                raise LabError(f"{said.partition(';')[0]}, and {error.problem}", "install a newer one") from error
            left_out.append(error.key)
        except LabError as error:
            # Only a record that cannot be is told without a key.
            if tables.pop("record", None) is None:
                raise
            left_out.append(f"record ({error.problem})")
    named = ", ".join(left_out[:MOST_NAMED]) + (", …" if len(left_out) > MOST_NAMED else "")
    return replace(page, read_only=said, warning=f"not understood: {named}" if named else "")


def _take_out(tables: dict[str, Any], key: str) -> bool:
    """Take a dotted key, or the nearest table above it that is there, out of tables; tell whether there was one."""
    parents: list[tuple[dict[str, Any], str]] = []
    table: Any = tables
    rest = key.partition("[")[0]
    while rest and isinstance(table, dict):
        # The keys of a sweep are dotted themselves.
        part = rest if rest in table else rest.partition(".")[0]
        if part not in table:
            break
        parents.append((table, part))
        table, rest = table[part], rest[len(part) + 1 :]
    if not parents:
        return False
    table, part = parents[-1]
    del table[part]
    return True
