"""Pages beside the first of them, as text: what `lossbook compare` prints and the app's comparison shows."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from engine.errors import LabError
from sessions.chosen import chosen_page
from sessions.compare import Comparison, compare_pages
from sessions.differing import Setting, differing
from sessions.page import Page
from tui import comparison as words
from tui.cli.tables import table
from tui.numbers import counted, value_text
from tui.text import safe

WIDTH = 79
MOST = len(ascii_lowercase)


@dataclass(frozen=True, slots=True)
class Compared:
    """Pages, each named by a letter, and how each but the first compares with the first."""

    stems: tuple[str, ...]
    """What the pages' files are called."""
    pages: tuple[Page, ...]
    settings: tuple[Setting, ...]
    found: dict[str, Comparison]
    """By letter."""

    @property
    def names(self) -> tuple[str, ...]:
        """The letters."""
        return tuple(ascii_lowercase[: len(self.pages)])

    @classmethod
    def of(cls, stems: Sequence[str], pages: Sequence[Page]) -> Compared:
        """Compare two pages or more.

        Raises
        ------
        LabError
            Where there are too few or too many, or one has no runs.
        """
        if not 2 <= len(pages) <= MOST:
            hint = f"name 2 to {MOST} of them: lossbook compare SESSION SESSION"
            raise LabError(f"{counted(len(pages), 'page')} cannot be compared", hint)
        settings = differing([chosen_page(page) for page in pages])
        others = zip(ascii_lowercase[1:], pages[1:], strict=False)
        found = {name: compare_pages(pages[0], page, ("a", name)) for name, page in others}
        return cls(tuple(stems), tuple(pages), settings, found)

    def text(self, width: int = WIDTH) -> str:
        """Return which pages these are, what differs in their settings, and the figures with what they say."""
        rows = zip(self.names, self.stems, self.pages, strict=True)
        parts = [table(["", "page", "title"], [(name, stem, page.title) for name, stem, page in rows])]
        if self.settings:
            settings = [(setting.key, *map(value_text, setting.values)) for setting in self.settings]
            parts.append(table(["setting", *self.names], settings))
        for name, comparison in self.found.items():
            parts += _parts_of(comparison, ("a", name), width)
        intervals = sum(bool(one.figures and one.figures[0].verdict) for one in self.found.values())
        if intervals > 1:
            said = f"! each of the {intervals} intervals holds with 95 % by itself; that all do is less likely"
            parts.append(wrapped(said, width))
        return "\n\n".join(parts)


def _parts_of(comparison: Comparison, names: words.Names, width: int) -> list[str]:
    rows = words.figure_rows(comparison)
    figures = [table(["validation", *names, f"{names[1]} - {names[0]}"], rows)] if rows else []
    said = [words.headline(comparison, names), *(f"! {note}" for note in comparison.notes)]
    return [*figures, "\n".join(wrapped(sentence, width) for sentence in said)]


def wrapped(text: str, width: int = WIDTH) -> str:
    """Return a sentence on lines of at most so many characters, words whole."""
    return "\n".join(textwrap.wrap(safe(text, 2_000), width, break_long_words=False, break_on_hyphens=False))
