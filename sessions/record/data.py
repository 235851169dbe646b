"""What is known of a study's data: the settings of a sweep may each read others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.events import DataRead


def joined(known: Iterable[DataRead], seen: DataRead) -> list[DataRead]:
    """Return what was said of the data, each of them once.

    Workers read the same data for some of the settings each, and whoever is first says so first.
    """
    found = {_apart(one): one for one in known}
    before = found.get(_apart(seen))
    found[_apart(seen)] = seen if before is None else _of_both(before, seen)
    return list(found.values())


def in_order(said: Iterable[DataRead], setting: int) -> list[DataRead]:
    """Return what was said of the data: first those of a setting, then by the settings that read them."""
    return sorted(said, key=lambda one: (bool(one.read_for) and setting not in one.read_for, one.read_for[:1]))


def _apart(one: DataRead) -> DataRead:
    return replace(one, read_for=(), warnings=())


def _of_both(first: DataRead, second: DataRead) -> DataRead:
    settings = tuple(sorted({*first.read_for, *second.read_for}))
    return replace(first, read_for=settings, warnings=tuple(dict.fromkeys((*first.warnings, *second.warnings))))
