"""Tables as CSV that no spreadsheet executes.

A cell that begins with =, +, -, @ or a tab is a formula to a spreadsheet, and a formula can send the table away or
start a program (https://owasp.org/www-community/attacks/CSV_Injection). An apostrophe before it makes it a text.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from engine.plan import shown_setting

STARTS = "=+-@"
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
BREAKS = re.compile(r"[;|\t\r\n]")
"""What some spreadsheets end a cell at, even within quotes that do not stand at a cell's start."""


def defused(text: str) -> str:
    """Return a text that a spreadsheet takes for a text, wherever it thinks that a cell begins.

    What is a number stays one. Spaces and quotes before a formula do not hide it.
    """
    if NUMBER.fullmatch(text):
        return text
    starts = [0, *(found.end() for found in BREAKS.finditer(text))]
    pairs = zip(starts, [*starts[1:], None], strict=True)
    return "".join(("'" if _is_formula(text[start:]) else "") + text[start:stop] for start, stop in pairs)


def _is_formula(rest: str) -> bool:
    """Tell whether what is left of a text begins like a formula."""
    if rest.startswith(("\t", "\r", "\n")):
        return True
    first = next((character for character in rest if not _is_padding(character)), "")
    # Full-width signs are signs too to some.
    return bool(first) and unicodedata.normalize("NFKC", first)[0] in STARTS


def _is_padding(character: str) -> bool:
    """Tell whether a spreadsheet may leave a character away: spaces, quotes, what does not show."""
    return character in "\"'`´“”„‘’«»" or character.isspace() or unicodedata.category(character)[0] in {"C", "Z"}


def table(header: Sequence[str], rows: Iterable[Sequence[Any]], visible: Callable[[str], str]) -> str:
    """Return a table as CSV, quoted as RFC 4180 says, with a mere newline after each row.

    Numbers have all their digits, None is an empty cell, texts are made `visible` and defused.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_text(name, visible) for name in header])
    writer.writerows([_cell(value, visible) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: Any, visible: Callable[[str], str]) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(float(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return str(int(value))
    return _text(value if isinstance(value, str) else shown_setting(value), visible)


def _text(text: str, visible: Callable[[str], str]) -> str:
    return defused(visible(text))
