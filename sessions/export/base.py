"""What every export format offers, and what it is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from engine.registry import Registry
from sessions.page import Page
from sessions.record import Record


class Renderer(Protocol):
    """What only the layer above can do: draw a record's curves, and make texts from outside safe to look at."""

    def text(self, record: Record, metric: str, *, log: bool) -> str:
        """Return the curves as lines of characters."""
        ...

    def svg(self, record: Record, metric: str, *, log: bool, title: str) -> str:
        """Return the curves as an SVG file."""
        ...

    def visible(self, text: str) -> str:
        """Return a text with a visible sign in the place of each character that could steer a terminal or hide."""
        ...

    def figure(self, value: float | None) -> str:
        """Return a number in the digits that a person reads."""
        ...

    def json(self, value: Any) -> str:
        """Return plain values as one line of JSON."""
        ...


@dataclass(frozen=True, slots=True)
class Subject:
    """A page that is exported, and how."""

    path: Path
    page: Page
    renderer: Renderer
    run: int | None = None
    """Which run, counted from 0, where a format takes a single one; None for the one that is the result."""
    final: bool = False
    """Whether the figures at the end are wanted instead of the curves."""
    metric: str | None = None
    """What is drawn; None for the loss."""
    log: bool = False
    """Whether it is drawn on a logarithmic axis."""

    @property
    def record(self) -> Record:
        """The record; an empty one of a page that nobody has trained."""
        return self.page.record or Record()


@dataclass(frozen=True, slots=True)
class Exported:
    """What a format makes of a page."""

    text: str
    said: tuple[str, ...] = ()
    """What a person should know, a line each."""
    beside: bytes | None = None
    """A second file without which the first is of no use."""


class Format(Protocol):
    """A way to write a page down for others."""

    suffix: ClassVar[str]
    """How the file's name ends."""
    heeds: ClassVar[frozenset[str]]
    """The fields of a subject, `run`, `final`, `metric` and `log`, that make a difference to it."""
    beside: ClassVar[str | None]
    """How the name of a second file ends, which stands in place of the first one's `suffix`; None without one."""

    def export(self, subject: Subject) -> Exported:
        """Return the page in this format.

        Raises
        ------
        LabError
            Where the page cannot be had in it.
        """
        ...


EXPORTS: Registry[Format] = Registry("export format")
