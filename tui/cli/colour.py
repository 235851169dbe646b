"""Lines in the terminal's own colours, where standard output is a terminal that has some."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import IO

from tui.portrait.lines import Line, plain

SGR = {
    "title": "1",
    "axis": "2",
    "train": "36",
    "mark": "32",
    "validation": "33",
    "problem": "31",
    "family-0": "34",
    "family-1": "33",
    "family-2": "32",
    "family-3": "31",
    "family-4": "35",
    "family-5": "36",
}
"""The parameters that switch on the colour of a role; others keep the terminal's."""
FIRST_GREY = 232
"""The darkest of the 24 greys among a terminal's 256 colours."""
GREY = re.compile(r"grey-(\d+)-(\d+)")


def has_colours(stream: IO[str], environment: Mapping[str, str]) -> bool:
    """Tell whether a stream shows colours, and a person wants them (https://no-color.org)."""
    return stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM", "dumb") != "dumb"


def coloured(lines: Iterable[Line]) -> str:
    """Return lines with the colours of their roles."""
    return "\n".join("".join(_switched(run.text, run.role) for run in line) for line in lines)


def _switched(text: str, role: str) -> str:
    grey = GREY.fullmatch(role)
    code = f"38;5;{FIRST_GREY + int(grey[1])};48;5;{FIRST_GREY + int(grey[2])}" if grey else SGR.get(role, "")
    return f"\x1b[{code}m{text}\x1b[0m" if code else text


def shown(lines: Iterable[Line], *, colours: bool) -> str:
    """Return lines for a stream with colours or without."""
    return coloured(lines) if colours else plain(lines)
