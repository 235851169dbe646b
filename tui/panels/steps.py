"""What the arrows do to a setting, without a screen."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

from engine.errors import KeyProblem
from engine.fields import fields_of, group_in
from tui.panels.form import Draft, Row

LARGEST = 1e300
"""Beyond it there are no steps: the next power of ten would be no number any more."""


def stepped(row: Row, direction: int) -> Any:
    """Return the value one step up or down: the next choice, the next of 1–2–5 on a log scale, or one more."""
    if row.swept:
        raise KeyProblem(row.key, "has several values", "enter edits the list, backspace ends the sweep")
    if row.choices:
        place = row.choices.index(row.value) if row.value in row.choices else 0
        return row.choices[(place + direction) % len(row.choices)]
    value = row.value
    group = group_in(row.info.type)
    if group is not None:
        return _stepped_group(row, group, direction)
    if isinstance(value, date):
        return date.fromordinal(min(max(value.toordinal() + direction, 1), date.max.toordinal()))
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > LARGEST:
        raise KeyProblem(row.key, "has no next value", "press enter to type one")
    spec = row.info.spec
    moved = _next_125(value, direction) if spec.scale == "log" and value > 0 else value + direction * _unit(row)
    if isinstance(value, int):
        moved = round(moved) if round(moved) != value else value + direction
    else:
        moved = float(f"{moved:.15g}")
    for bound, nearest_to in ((spec.at_least, max), (spec.at_most, min)):
        moved = moved if bound is None else nearest_to(moved, type(value)(bound))
    return moved if spec.holds(moved) else value


def _stepped_group(row: Row, group: type[Any], direction: int) -> Draft | None:
    """Return the table with its first number one step up or down; below the lowest there is none."""
    value = row.value
    first, *others = fields_of(group)
    if first.spec.scale != "log":
        keys = ", ".join(info.key for info in (first, *others))
        raise KeyProblem(row.key, "has no next value", f"press enter to type {keys} and their values")
    if value is None:
        return {first.key: first.default} if direction > 0 else None
    current = value.get(first.key, first.default)
    moved = max(round(_next_125(current, direction)), 0)
    return {**value, first.key: moved} if first.spec.holds(moved) else None


def _unit(row: Row) -> float:
    if isinstance(row.value, int):
        return 1
    return 0.05 if row.info.spec.below is not None or row.info.spec.at_most is not None else 0.1


def _next_125(value: float, direction: int) -> float:
    """Return the next of …, 1, 2, 5, 10, … above or below a value."""
    exponent = math.floor(math.log10(value))
    ladder = [mantissa * 10.0**power for power in range(exponent - 1, exponent + 2) for mantissa in (1, 2, 5)]
    if direction > 0:
        return next(rung for rung in ladder if rung > value * (1 + 1e-9))
    return next(rung for rung in reversed(ladder) if rung < value * (1 - 1e-9))
