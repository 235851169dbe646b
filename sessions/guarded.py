"""TOML from outside, looked at before tomllib sees it.

tomllib needs seconds for a key of 40 kB, gives up on 500 levels, and goes through a text value by value and letter by
letter: what would keep a person waiting is refused here, and costs no more than being counted.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

from engine.errors import LabError
from sessions import texts

MOST_DEPTH = 40
MOST_TEXT = 4 << 20
"""Characters in texts and comments."""
MOST_BARE = 8 << 20
"""Characters outside of them."""
MOST_COST = 600_000
"""What tomllib may need, in values, a microsecond each. A page needs a tenth of it beside its runs."""
SIGNS = "\n,=[:"
"""Of a line, a value, a key, a list, and two of a time, which takes three times as long."""
HEADING = re.compile(r"^[ \t]*\[", re.MULTILINE)
HEADING_COST, DOT_COST = 3, 4
LONGEST_SAID = 300
"""Characters of what is said of a text: it may name keys of any length."""
SMALLER = "go back to the .bak file beside it, or take out what is not needed"
COMPARE = "compare with `lossbook new`"


def loads(text: str, where: str, hint: str = COMPARE) -> dict[str, Any]:
    """Return the tables of a TOML text; `where` names it in errors, `hint` says what to do where it is no TOML.

    Raises
    ------
    LabError
        Also where it is too large or too deep to be read in a moment.
    """
    _refuse_large(len(text), MOST_TEXT + MOST_BARE, where)
    bare = texts.without_texts(text)
    if len(text) - len(bare) > MOST_TEXT:
        said = f"has {len(text) - len(bare):,} characters in its texts and comments"
        raise LabError(said, f"at most {MOST_TEXT:,} are read: keep long notes in a file of their own", where=where)
    _refuse_large(len(bare), MOST_BARE, where)
    if _cost(bare) > MOST_COST:
        values = sum(map(bare.count, SIGNS))
        raise LabError(f"has {values:,} values and lines that are not as lossbook writes them", SMALLER, where=where)
    if _depth(bare) > MOST_DEPTH:
        raise LabError(f"is nested deeper than {MOST_DEPTH} levels", "an experiment file has three", where=where)
    try:
        return tomllib.loads(text)
    except (RecursionError, ValueError) as error:
        if "set_int_max_str_digits" in str(error):
            # Python's own advice is for who writes a program.
            raise LabError(
                "is not valid TOML: a whole number in it is too long", "write one of at most 19 digits", where=where
            ) from error
        raise LabError(f"is not valid TOML: {shortened(str(error))}", hint, where=where) from error


def _refuse_large(characters: int, most: int, where: str) -> None:
    if characters > most:
        said = f"has {characters:,} characters that are not as lossbook writes them"
        raise LabError(said, SMALLER, where=where)


def shortened(said: str) -> str:
    """Return what is said of a text on one line, without most of what is very long in it."""
    said = " ".join(said.splitlines())
    return said if len(said) <= LONGEST_SAID else f"{said[:LONGEST_SAID]} … {said[-LONGEST_SAID // 3 :]}"


def _cost(bare: str) -> int:
    """Return what tomllib needs for a text, in values; a heading is more than one, and so is a part of a dotted key."""
    cost = sum(map(bare.count, SIGNS)) + HEADING_COST * len(HEADING.findall(bare))
    if cost + DOT_COST * bare.count(".") > MOST_COST:
        # Only those of keys, not those of numbers.
        before = re.split(r"[=\]]", bare)[:-1]
        cost += DOT_COST * sum(part[max(map(part.rfind, "\n,{[")) + 1 :].count(".") for part in before)
    return cost


def _depth(bare: str) -> int:
    """Return an upper bound of the nesting: the longest dotted key and the most brackets that are open at once."""
    dots = max((run.count(".") for run in re.findall(r"[\w \t.-]+", bare) if "." in run), default=0)
    opened = deepest = 0
    for brackets in re.findall(r"[\[{]+|[\]}]+", bare):
        opened = opened + len(brackets) if brackets[0] in "[{" else max(0, opened - len(brackets))
        deepest = max(deepest, opened)
    return max(dots, deepest)
