"""Pages as lossbook writes them, read sooner than tomllib reads them, with the same result.

What stands above the runs goes through tomllib; the runs, which are nearly all of a large page, are read line by line
here. Whatever is not exactly as lossbook writes it is left to tomllib, a line or the whole text: that a text has this
layout is found by reading it, never taken from its word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, TypeAlias

from engine.errors import LabError
from sessions.record import CURVES

Table: TypeAlias = dict[str, Any]

RUNS = "[[record.runs]]"
KEY = "[A-Za-z0-9_-]+"
WHOLE = "-?(?:0|[1-9][0-9]{0,17})"
NUMBER = rf"(?:{WHOLE}(?:\.[0-9]+)?(?:e[+-]?[0-9]{{1,3}})?|nan|-?inf)"
PLAIN = re.compile(rf"({KEY}) = (?:(\"[^\"\\\x00-\x1f\x7f]*\")|(true|false)|({NUMBER}))")
NAME = rf'(?:{KEY}|"[^"\\\x00-\x1f\x7f]*")'
FIGURES = re.compile(rf"({KEY}) = \{{ ({NAME} = {NUMBER}(?:, {NAME} = {NUMBER})*) \}}")
FIGURE = re.compile(rf"({NAME}) = ({NUMBER})(?:, )?")
NUMBERS = re.compile(rf"({'|'.join(CURVES)})\.({KEY})\.(epochs|values) = (\[.*\])")
LONGEST = 5_000
"""Characters of a line that tomllib is asked about by itself."""
MOST_ASKED, MOST_CHARACTERS = 10_000, 500_000
"""Lines that it is asked about, and how many characters these may have together."""
MOST_LINES, MOST_POINTS = 1_500_000, 4_000_000
"""A page of 20,000 runs comes near them; more would keep a person waiting, and is left to tomllib's guard to refuse."""


class _DoubtError(Exception):
    """The text is not as lossbook writes it."""


def read(text: str, loads: Callable[[str], Table]) -> Table | None:
    """Return what `loads`, a guarded `tomllib.loads`, makes of a text; None where it has to be asked itself."""
    text = text.replace("\r\n", "\n")
    start = text.find(f"\n{RUNS}\n", max(0, text.rfind("\n[record]\n"))) + 1
    if not start or "\r" in text or text.count("\n", start) > MOST_LINES:
        return None
    try:
        # A whole text by itself: so the runs begin where a line begins a statement, and not in a longer text or list.
        tables = loads(text[:start] + RUNS)
        record = tables["record"]
        if not isinstance(record, dict) or record["runs"] != [{}]:
            return None
        record["runs"] = _Reader(loads).read(text[start:])
    except (_DoubtError, LabError):
        return None
    return tables


class _Reader:
    """Reads the runs of a page; a _DoubtError means that they are not as lossbook writes them."""

    def __init__(self, loads: Callable[[str], Table]) -> None:
        self._loads = loads
        self._asked = self._characters = self._points = 0
        self._run: Table = {}
        self._curves: dict[str, Table] = {}
        """Of the run, by part: those that stand on lines of their own."""
        self._epochs: dict[str, list[int]] = {}
        """By their text: most curves of a page have their points at the same epochs."""

    def read(self, text: str) -> list[Table]:
        """Return the tables of a text that begins with the heading of one."""
        runs: list[Table] = []
        for line in text.split("\n"):
            if line == RUNS:
                self._run, self._curves = {}, {}
                runs.append(self._run)
            elif found := PLAIN.fullmatch(line):
                self._put(found[1], _plain(found))
            elif found := NUMBERS.fullmatch(line):
                self._take_numbers(found)
            elif found := FIGURES.fullmatch(line):
                pairs = FIGURE.findall(found[2])
                figures = {key.strip('"'): _number(number) for key, number in pairs}
                if len(figures) < len(pairs):
                    raise _DoubtError
                self._put(found[1], figures)
            elif line:
                self._take_line(line)
        return runs

    def _put(self, key: str, value: Any) -> None:
        if key in self._run:
            raise _DoubtError
        self._run[key] = value

    def _take_numbers(self, found: re.Match[str]) -> None:
        part, name, kind, text = found.groups()
        if part not in self._curves:
            self._curves[part] = {}
            self._put(part, self._curves[part])
        curve = self._curves[part].setdefault(name, {})
        if kind in curve:
            raise _DoubtError
        if kind == "epochs":
            if text not in self._epochs:
                self._epochs[text] = self._counted(text)
            curve[kind] = self._epochs[text].copy()
        else:
            curve[kind] = self._counted(text)

    def _counted(self, text: str) -> list[Any]:
        numbers = _numbers(text)
        self._points += len(numbers)
        if self._points > MOST_POINTS:
            raise _DoubtError
        return numbers

    def _take_line(self, line: str) -> None:
        """Take a line of another kind, such as a comment or a text with escapes, if it is a statement by itself."""
        self._asked += 1
        self._characters += len(line)
        too_much = self._asked > MOST_ASKED or self._characters > MOST_CHARACTERS or len(line) > LONGEST
        if too_much or line.lstrip().startswith("["):
            raise _DoubtError
        for key, value in self._loads(line).items():
            self._put(key, value)


def _plain(found: re.Match[str]) -> Any:
    _, string, truth, number = found.groups()
    if string is not None:
        return string[1:-1]
    return _number(number) if number is not None else truth == "true"


def _number(text: str) -> int | float:
    return int(text) if text.isdigit() or text[1:].isdigit() else float(text)


def _numbers(text: str) -> list[Any]:
    """Return the numbers of a list: what JSON takes for a finite number, TOML takes for the same."""
    if "N" in text or "I" in text:
        # JSON's own names of them, as Python reads it, are none in TOML.
        raise _DoubtError
    text = text.replace("nan", "NaN").replace("inf", "Infinity")
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        raise _DoubtError from None
    if not {type(value) for value in values} <= {int, float}:
        raise _DoubtError
    found: list[Any] = values
    return found
