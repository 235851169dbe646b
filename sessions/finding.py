"""Which pages of a library are wanted, and in which order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from engine.errors import LabError, nearest
from sessions.listed import Listed

CANNOT, NOT_RUN = "cannot be read", "not run"


def status_of(entry: Listed) -> str:
    """Return where a page stands, in a word or three."""
    return CANNOT if entry.problem else entry.status or NOT_RUN


def _moment(entry: Listed) -> Any:
    when = entry.when
    # What has no time zone is compared as it stands.
    return when.replace(tzinfo=UTC) if when is not None and when.tzinfo is None else when


FIELDS: dict[str, Callable[[Listed], tuple[str, ...]]] = {
    "tag": lambda entry: entry.tags,
    "data": lambda entry: (entry.data,),
    "verdict": lambda entry: (entry.verdict,),
    "status": lambda entry: (status_of(entry),),
    "task": lambda entry: (entry.task,),
}
"""By what pages are filtered beside words; each gives what a page has of it."""
TERM = re.compile(r'(?P<field>[a-z]+):(?:"(?P<whole>[^"]*)"|(?P<start>\S*))|(?P<word>\S+)')

Key = Callable[[Listed], Any]
ORDERS: dict[str, tuple[Key, bool]] = {
    "saved": (lambda entry: entry.stamp and entry.stamp.modified, True),
    "created": (_moment, True),
    "title": (lambda entry: entry.title.casefold() or None, False),
    "data": (lambda entry: entry.data.casefold() or None, False),
    "status": (status_of, False),
    "runs": (lambda entry: entry.runs or None, True),
    "loss": (lambda entry: entry.loss, False),
    "verdict": (lambda entry: entry.verdict or None, False),
    "looks": (lambda entry: entry.test_looks or None, True),
    "name": (lambda entry: entry.name.casefold(), False),
}
"""By what pages are sorted: the key, None where a page has none, and whether the largest comes first."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Words that a page must have, and values of fields: (field, value, whether it is the whole value)."""

    words: tuple[str, ...] = ()
    fields: tuple[tuple[str, str, bool], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.fields)

    def takes(self, entry: Listed, text: str) -> bool:
        """Tell whether a page is wanted; `text` is what `text_of` makes of it."""
        return all(word in text for word in self.words) and all(
            any(value == wanted or (not whole and value.startswith(wanted)) for value in _folded(entry, field))
            for field, wanted, whole in self.fields
        )


def parse(text: str) -> Wanted:
    """Return what a line asks for: `births tag:week data:"mnist-1d"`. In quotes a value is meant whole."""
    words, fields = [], []
    for found in TERM.finditer(text.casefold()):
        if found["field"] in FIELDS:
            whole = found["whole"] is not None
            fields.append((found["field"], found["whole"] if whole else found["start"], whole))
        else:
            words.append(found[0])
    return Wanted(tuple(words), tuple(fields))


def text_of(entry: Listed) -> str:
    """Return in what words are looked for."""
    parts = (entry.title, entry.data, status_of(entry), entry.verdict, *entry.tags, entry.notes, entry.name)
    return "\n".join(parts).casefold()


def in_order(entries: Iterable[Listed], by: str, *, backwards: bool = False) -> list[Listed]:
    """Return pages in an order, those without the figure last whichever way it goes.

    Raises
    ------
    LabError
        For an order that there is not.
    """
    if by not in ORDERS:
        raise LabError(f"pages cannot be sorted by {by!r}", nearest(by, list(ORDERS)))
    key, falling = ORDERS[by]
    keyed = [(key(entry), entry) for entry in entries]
    having = [pair for pair in keyed if pair[0] is not None]
    having.sort(key=lambda pair: pair[0], reverse=falling != backwards)
    return [entry for _, entry in having] + [entry for value, entry in keyed if value is None]


def values_of(entries: Iterable[Listed], field: str) -> dict[str, int]:
    """Return the values of a field and how many pages have each, the most frequent first."""
    counts: dict[str, int] = {}
    for entry in entries:
        for value in FIELDS[field](entry):
            if value:
                counts[value] = counts.get(value, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _folded(entry: Listed, field: str) -> Iterable[str]:
    return (value.casefold() for value in FIELDS[field](entry))
