"""Errors that a person can act on."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class LabError(Exception):
    """Says what is wrong, where, and what to do next; shown as one line, never as a traceback."""

    def __init__(self, problem: str, hint: str = "", *, where: str = "") -> None:
        super().__init__(problem, hint, where)
        self.problem = problem
        self.hint = hint
        self.where = where

    def __str__(self) -> str:
        text = f"{self.where}: {self.problem}" if self.where else self.problem
        return f"{text}; {self.hint}" if self.hint else text


class KeyProblem(LabError):  # noqa: N818 - a problem that the student has, not an error of the program
    """A key of an experiment that cannot be: unknown, of a wrong type, out of range, or impossible beside another.

    `key` is dotted (`training.learning_rate`), so that whoever read the file can add the line.
    """

    def __init__(self, key: str, problem: str, hint: str = "", *, where: str = "") -> None:
        super().__init__(f"{key} {problem}", hint, where=where)
        self.key = key


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the hint that names the nearest known word, or all of them where none is near."""
    names = list(known)
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"known are {', '.join(sorted(names))}" if names else "none is known here"
