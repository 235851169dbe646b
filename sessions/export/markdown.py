"""Texts, tables and blocks of Markdown in which nothing from outside is taken for markup."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

SIGNS = re.compile(r"[\\`*\[\]|~$#!^]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
"""What is markup; an underline within a word is none."""
ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
LINKS = re.compile(r"(?i)\b(https?|ftp|mailto|www)([:.])")
TICKS = re.compile(r"`+")
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Categories of what steers a terminal or hides: control, format, surrogate, private and unassigned characters."""


def escaped(text: str) -> str:
    """Return a text on one line that Markdown, and HTML made of it, show as it is."""
    line = _visible(" ".join(text.split()))
    # Addresses would become links by themselves: what a title says is no place to go to.
    return LINKS.sub(r"\1&#8203;\2", SIGNS.sub(r"\\\g<0>", line.translate(ENTITIES)))


def table(header: Sequence[str], rows: Sequence[Sequence[str]], right: int = 1) -> str:
    """Return rows of escaped texts under a header; columns from number `right` on are aligned to the right."""
    marks = ["---:" if place >= right else "---" for place in range(len(header))]
    lines = [[*map(escaped, header)], marks, *([escaped(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def block(text: str) -> str:
    """Return lines that are shown as they are, within a fence that nothing in them can close."""
    text = "\n".join(map(_visible, text.split("\n")))
    longest = max((len(found) for found in TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _visible(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(_sign(one) if unicodedata.category(one) in HIDDEN else one for one in line)


def _sign(character: str) -> str:
    return chr(0x2400 + ord(character)) if character < " " else "\ufffd"
