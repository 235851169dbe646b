"""TOML of one line: tomli-w would give each number of a list, and each table, a line of its own."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

import tomli_w

from engine.events import Figures
from sessions.texts import clean

PLAIN = re.compile(r"[ !#-\[\]-~\u00a1-\u2027]*")
"""A text that stands in quotes as it is; of others tomli-w knows what has to be escaped."""
BARE = re.compile(r"[A-Za-z0-9_-]+")


def inline_table(plain: Mapping[str, Any]) -> str:
    """Return a table on one line."""
    return f"{{ {', '.join(f'{toml_key(key)} = {inline(value)}' for key, value in clean(plain).items())} }}"


def inline_figures(figures: Figures) -> str:
    """Return figures as a table on one line."""
    return f"{{ {', '.join(f'{toml_key(key)} = {number(value)}' for key, value in figures.items())} }}"


def inline(value: Any) -> str:
    """Return a plain value on one line."""
    if isinstance(value, Mapping):
        return inline_table(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(inline, value))}]"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, str) and PLAIN.fullmatch(value):
        return f'"{value}"'
    return tomli_w.dumps({"v": clean(value)}).partition(" = ")[2].strip()


def numbers(values: list[float] | list[int]) -> str:
    """Return a list of numbers; each reads back to the same bits."""
    return json.dumps(values).replace("NaN", "nan").replace("Infinity", "inf")


def number(value: float) -> str:
    """Return a float in TOML, by the shortest text that reads back to the same bits."""
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return repr(float(value))


def toml_key(name: str) -> str:
    """Return a key, quoted where it must be: a column may be called anything."""
    return name if BARE.fullmatch(name) else tomli_w.dumps({clean(name): 0}).rpartition(" = ")[0]
