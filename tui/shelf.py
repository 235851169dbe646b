"""The library without a screen: which of its pages are shown, in which order. The screen only draws it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sessions.finding import TERM, in_order, parse, text_of, values_of
from sessions.listed import Listed

ORDERS = ("saved", "created", "title", "data", "status", "runs", "loss", "verdict", "name")
PICKED = ("data", "tag", "verdict", "status")
"""By what the pages can be filtered from a list."""


class Shelf:
    """Pages, an order and a filter. All of 5,000 pages are gone through for each letter of a filter: 5 ms."""

    def __init__(self) -> None:
        self.order = ORDERS[0]
        self.backwards = False
        self.asked = ""
        """The filter as it was typed."""
        self.marked: list[str] = []
        """The files of the pages that are to be compared, in the order in which they were marked."""
        self._all: list[Listed] = []
        self._texts: list[str] = []

    def __len__(self) -> int:
        return len(self._all)

    def take(self, entries: Iterable[Listed]) -> None:
        """Take pages in the place of those before."""
        self._all = in_order(entries, self.order, backwards=self.backwards)
        self._texts = [text_of(entry) for entry in self._all]
        here = {entry.file for entry in self._all}
        self.marked = [file for file in self.marked if file in here]

    def mark(self, file: str) -> None:
        """Mark a page, or take its mark away."""
        if file in self.marked:
            self.marked.remove(file)
        else:
            self.marked.append(file)

    def still_of(self, paths: Iterable[Path]) -> list[Listed]:
        """Return those pages that have one of these paths: until they are read again they stay where they are."""
        wanted = set(paths)
        return [entry for entry in self._all if entry.path in wanted]

    def sort(self, order: str, *, backwards: bool = False) -> None:
        """Put the pages into another order."""
        self.order, self.backwards = order, backwards
        self.take(self._all)

    @property
    def next_order(self) -> str:
        """The order that follows on this one."""
        return ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]

    def shown(self) -> list[Listed]:
        """Return the pages that the filter takes, in order."""
        wanted = parse(self.asked)
        if not wanted:
            return self._all
        return [entry for entry, text in zip(self._all, self._texts, strict=True) if wanted.takes(entry, text)]

    def choices(self) -> list[tuple[str, str]]:
        """Return what can be picked to filter by: a filter's term, and in words with how many pages have it."""
        return [
            (f'{field}:"{value}"', f"{field}: {value} ({count:,})")
            for field in PICKED
            for value, count in values_of(self._all, field).items()
        ]

    def with_term(self, term: str) -> str:
        """Return the filter with a term in the place of an earlier one of its field."""
        field = term.partition(":")[0]
        terms = [found[0] for found in TERM.finditer(self.asked)]
        kept = [one for one in terms if one != term and (field == "tag" or not one.startswith(f"{field}:"))]
        return " ".join([*kept, term])
