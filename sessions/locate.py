"""The line of a key in a TOML text: tomllib tells it for a syntax error, but not for a key that makes no sense."""

from __future__ import annotations

import re

from sessions.texts import without_long_texts

HEADER = re.compile(r"^\s*\[\[?\s*(?P<name>[^\]]+?)\s*\]\]?\s*(#.*)?$")
KEY = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
ASSIGNMENT = re.compile(rf"^\s*(?P<name>{KEY}(?:\s*\.\s*{KEY})*)\s*=")
LONGEST_KEY = 1_000
PART = re.compile(r""""([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+)""")


def line_of(text: str, key: str) -> int | None:
    """Return the line, from 1, where a dotted key is assigned, else where its table begins; None without either."""
    wanted = tuple(re.sub(r"\[\d+\]$", "", part) for part in key.split("."))
    table: tuple[str, ...] = ()
    table_line = None
    for number, whole in enumerate(without_long_texts(text).split("\n"), start=1):
        # Of a very long line the key is what matters, and a pattern goes through its beginning more than once.
        line = whole[:LONGEST_KEY]
        header = HEADER.match(line)
        assignment = ASSIGNMENT.match(line)
        if header:
            table = _parts(header["name"])
            if table == wanted:
                return number
            if table == wanted[:-1]:
                table_line = number
        elif assignment:
            name = (*table, *_parts(assignment["name"]))
            # `early_stopping = { patience = 0 }` holds the key that was meant one level deeper.
            if name == wanted[: len(name)]:
                return number
    return table_line


def _parts(dotted: str) -> tuple[str, ...]:
    """Return the parts of a key; those of a sweep's are dotted in quotes."""
    names = [double or single or bare for double, single, bare in PART.findall(dotted)]
    return tuple(part for name in names for part in name.split("."))
