"""What a person types into a setting, as its value: without a screen."""

from __future__ import annotations

import math
import re
from typing import Any, get_args, get_origin

from engine.errors import KeyProblem, nearest
from engine.fields import alternatives, convert, fields_of, group_in
from tui.panels import sweeps
from tui.panels.form import AUTOMATIC, Draft, Row, as_text

TRUTHS = {"yes": True, "true": True, "no": False, "false": False}


def parse(row: Row, text: str) -> Any:
    """Return what a person typed as a value of the setting; None for an empty text, the default.

    Several values, with `|` between them, become a tuple: they are to be tried one after another.

    Raises
    ------
    KeyProblem
        Where it cannot be read as one.
    """
    parts = sweeps.parts_of(text, row.info.type)
    if len(parts) > 1 and row.table != sweeps.TABLE:
        return tuple(_single(row, part) for part in parts)
    return _single(row, parts[0] if parts else "")


def _single(row: Row, text: str) -> Any:
    """Return one value, a list where it has several items."""
    value = _parse(row, text)
    return list(value) if isinstance(value, tuple) else value


def _parse(row: Row, text: str) -> Any:
    typed = text.strip()
    if typed.casefold() in {"", AUTOMATIC} or (row.info.optional and typed.casefold() == row.info.spec.absent):
        return None
    for choice in row.choices:
        if choice is not None and typed.casefold() in {as_text(choice).casefold(), str(choice).casefold()}:
            return choice
    if row.choices:
        raise KeyProblem(row.key, f"cannot be {typed!r}", nearest(typed, [as_text(choice) for choice in row.choices]))
    kinds = alternatives(row.info.type)
    if any(get_origin(kind) is tuple for kind in kinds):
        return _parse_list(row, typed, kinds)
    group = group_in(row.info.type)
    if group is not None:
        return _parse_group(row, typed, group)
    if str in kinds:
        return convert(typed, row.info.type, row.key)
    value = _number(typed)
    if int in kinds and isinstance(value, float) and value.is_integer():
        value = int(value)  # 1e3 is a whole number to whoever types it
    return convert(typed if value is None else value, row.info.type, row.key)


def _parse_list(row: Row, typed: str, kinds: tuple[Any, ...]) -> Any:
    if any(get_args(kind)[:1] == (str,) for kind in kinds):
        # Names of columns, and blanks may be part of them.
        names = [name.strip() for name in re.split(r"[,;]", typed.strip("[]")) if name.strip()]
        one = len(names) == 1 and str in kinds and not typed.startswith("[")
        return convert(names[0] if one else names, row.info.type, row.key)
    words = [] if typed.casefold() == "none" else re.findall(r"[^\s,;\[\]]+", typed)
    if len(words) == 1 and re.fullmatch(r"\d+(-\d+)+", words[0]):
        words = words[0].split("-")  # 64-32-10 is how networks are written
    values: list[Any] = [word if (number := _number(word)) is None else number for word in words]
    if len(values) == 1 and int in kinds and "," not in typed and "[" not in typed:
        return convert(values[0], row.info.type, row.key)
    return list(convert(values, row.info.type, row.key))


def _parse_group(row: Row, typed: str, group: type[Any]) -> Draft:
    """Return the table that was typed: `patience 10, min delta 0.1`, or bare values in the order of its keys."""
    infos = fields_of(group)
    rest, table = typed, {}
    for info in infos:
        name = re.escape(info.key).replace("_", "[_ ]")
        found = re.search(rf"(?:^|[\s,;]){name}\s*=?\s*([^\s,;=]+)", rest, re.IGNORECASE)
        if found:
            table[info.key] = _value(found[1])
            rest = rest[: found.start()] + " " + rest[found.end() :]
    words = re.findall(r"[^\s,;=]+", rest)
    left = [info.key for info in infos if info.key not in table]
    if len(words) > len(left) or not (words or table):
        raise KeyProblem(row.key, f"cannot be {typed!r}", f"type {', '.join(info.key for info in infos)} and values")
    table |= {key: _value(word) for key, word in zip(left, words, strict=False)}
    convert(table, row.info.type, row.key)
    return {info.key: table[info.key] for info in infos if info.key in table}


def _value(word: str) -> Any:
    if word.casefold() in TRUTHS:
        return TRUTHS[word.casefold()]
    number = _number(word)
    return word if number is None else number


def _number(word: str) -> int | float | None:
    try:
        return int(word)
    except ValueError:
        pass
    try:
        value = float(word)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
