"""Schemas of a page, and the way from each to the next.

A migration is a pure function from the tables of a file, `[record]` included, to those of the next schema. It is never
changed once a version with it is released, so that pages of every age go the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from engine.errors import KeyProblem
from engine.fields import convert

Tables: TypeAlias = dict[str, Any]
Migration: TypeAlias = Callable[[Tables], Tables]

SCHEMA = 1
"""The one that is written."""
MIGRATIONS: Mapping[int, Migration] = {}
"""By the schema from which each leads."""


def schema_of(tables: Tables) -> int:
    """Return the schema that tables say they have, this version's where they do not say; it may be a newer one.

    Raises
    ------
    KeyProblem
        Where it is no schema.
    """
    schema: int = convert(tables.get("schema", SCHEMA), int, "schema")
    if schema < 1:
        raise KeyProblem("schema", f"is {schema}, and the first one is 1", "leave it out of a file that you write")
    return schema


def migrated(tables: Tables, migrations: Mapping[int, Migration] = MIGRATIONS, to: int = SCHEMA) -> Tables:
    """Return tables in the schema `to`; those of a newer one as they are."""
    for schema in range(schema_of(tables), to):
        tables = migrations[schema](tables) | {"schema": schema + 1}
    return tables


def newer(schema: int, known: int = SCHEMA) -> str:
    """Return why a page of a newer schema must not be written over; empty for a page that may be."""
    if schema <= known:
        return ""
    # A number of any length can stand there.
    number = f"{schema}" if schema < 1_000_000 else "a very large number"
    return f"schema {number}, this lossbook knows {known}: opened to read; install a newer one to go on"
