"""What is done to texts on their way into and out of TOML."""

from __future__ import annotations

import re
from typing import Any

# Texts first, so that a `#` or a bracket in one of them is not taken for what it would be outside.
OPAQUE = re.compile(
    r"""
    \"{3}(?:[^"\\]++|\\.|"(?!""))*+\"{3,}  |  '{3}.*?'{3,}  # of several lines
    | "(?:[^"\\\n]++|\\.)*+"  |  '[^'\n]*'                 # of one line
    | \#[^\n]*                                             # a comment
    """,
    re.DOTALL | re.VERBOSE,
)


def clean(value: Any) -> Any:
    """Return a value that TOML in UTF-8 can hold: lone surrogates become visible, tuples lists."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    return [clean(item) for item in value] if isinstance(value, list | tuple) else value


def without_texts(toml: str) -> str:
    """Return a TOML text with its texts and comments emptied, each line where it was."""
    return OPAQUE.sub(lambda found: "\n" * found[0].count("\n"), toml)


def without_long_texts(toml: str) -> str:
    """Return a TOML text without comments and without texts of several lines, each line where it was."""
    return OPAQUE.sub(_kept, toml)


def _kept(found: re.Match[str]) -> str:
    text = found[0]
    if text.startswith(("#", '"""', "'''")):
        return "\n" * text.count("\n")
    return text
