"""What an export is handed: a page with all its curves, pictures of a record, and texts made safe to look at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.errors import LabError
from sessions import files
from sessions.archive import with_history
from sessions.export import Subject, exported, save_new
from sessions.page import Page
from sessions.record import Record
from tui.cli.json_text import json_text
from tui.numbers import figure
from tui.plots.chart import compose
from tui.plots.curves import plot_of
from tui.plots.svg import svg_of
from tui.text import masked

WIDTH, HEIGHT = 79, 20
EXPORTS = "exports"
EMPTY = "this page has no curves"


def with_all_curves(path: Path, page: Page) -> tuple[Page, str]:
    """Return a page with its curves in full, or as it is with a line that says why they are not to be had."""
    if page.record is None:
        return page, ""
    try:
        return replace(page, record=with_history(path, page.record)), ""
    except LabError as error:
        return page, f"the curves have only some of their epochs: {error}"


def write_report(folder: Path, path: Path, page: Page) -> list[Path]:
    """Write a page's report and its plot into the folder `exports` of the pages, under names that nothing has yet.

    Returns the files; LabError where there is nothing to report, or they cannot be written.
    """
    whole, _ = with_all_curves(path, page)
    subject = Subject(path, whole, Picture())
    made = [exported(subject, name) for name in ("md", "svg")]
    exports = folder / EXPORTS
    files.make_folder(exports)
    stem, count = path.stem, 1
    while any((exports / f"{stem}{form.suffix}").exists() for form, _ in made):
        count += 1
        stem = f"{path.stem}-{count}"
    return save_new([(exports / f"{stem}{form.suffix}", export.text.encode()) for form, export in made])


class Picture:
    """Draws for `sessions.export`: only what lies up here knows plots and terminals."""

    def text(self, record: Record, metric: str, *, log: bool) -> str:
        """Return the curves as lines of characters, in braille."""
        plot = plot_of(record, metric=metric, log=log, empty=EMPTY)
        lines = compose(plot, WIDTH, HEIGHT).cells.text().splitlines()
        return "\n".join(line.rstrip() for line in lines)

    def svg(self, record: Record, metric: str, *, log: bool, title: str) -> str:
        """Return the curves as an SVG file."""
        return svg_of(replace(plot_of(record, metric=metric, log=log, empty=EMPTY), title=title))

    def visible(self, text: str) -> str:
        """Return a text with a visible sign in the place of each hidden character; ends of lines and tabs stay."""
        return masked(text)

    def figure(self, value: float | None) -> str:
        """Return a number in four digits."""
        return figure(value)

    def json(self, value: Any) -> str:
        """Return plain values as one line of JSON."""
        return json_text(value)
