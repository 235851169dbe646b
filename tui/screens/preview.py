"""What the page under the cursor holds: its curves, its settings and the first lines of its notes."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Container

from sessions.listed import Listed
from sessions.page import Page
from sessions.record import Record
from tui.numbers import counted, value_text
from tui.panels.form import sparse
from tui.plots.chart import PlotData
from tui.plots.curves import plot_of
from tui.plots.loss_plot import LossPlot
from tui.portrait.lines import BLANK, Line, line, wrapped
from tui.screens.line_view import LineView
from tui.screens.run_lines import SIGNS

MOST_NOTES = 6
"""Lines of notes that are shown."""


class Preview(Container):
    """A plot and words. Hand it what was read with `show`."""

    def __init__(self) -> None:
        super().__init__(id="preview")
        self._plot = LossPlot()
        self._words = LineView(lambda _: ())

    def compose(self) -> ComposeResult:
        """Return the plot and the words."""
        yield self._plot
        yield self._words

    def show(self, entry: Listed | None, page: Page | None) -> None:
        """Show a page that was read; None where there is none, or it cannot be read."""
        problem = entry.problem if entry is not None else ""
        if page is None:
            self._plot.show(PlotData(empty="no page" if not problem else "nothing to draw"))
            self._words.show(lambda width: wrapped(problem, width, "problem", most=500))
            return
        record = page.record or Record()
        self._plot.show(plot_of(record, empty="no run yet"))
        self._words.show(lambda width: words_of(page, width))

    @property
    def text(self) -> str:
        """The words as plain text."""
        return self._words.text


def words_of(page: Page, width: int) -> list[Line]:
    """Return what a page is about: where it stands, its tags and notes, and the settings that are not the defaults."""
    record = page.record or Record()
    epochs = max((run.epoch for run in record.runs), default=0)
    stands = [SIGNS.get(record.status, record.status)] if page.record else ["not run"]
    stands += [counted(len(record.runs), "run"), counted(epochs, "epoch")] if record.runs else []
    lines = wrapped(page.title, width, "title")
    lines += wrapped(" · ".join(stands), width)
    if page.warning:
        lines += wrapped(f"! {page.warning}", width, "problem")
    if page.tags:
        lines += wrapped("# " + ", ".join(page.tags), width, "family-2")
    noted = [row for row in page.notes.splitlines() if row.strip()]
    for row in noted[:MOST_NOTES]:
        lines += wrapped(row, width, "title", "  ")
    if len(noted) > MOST_NOTES:
        lines.append(line("…"))
    lines.append(BLANK)
    for name, values in sparse(page.experiment).items():
        if isinstance(values, dict):
            said = " · ".join(f"{key} {value_text(value)}" for key, value in values.items())
            lines += wrapped(f"{name}: {said}", width, indent="  ") if said else []
        else:
            lines += wrapped(f"{name} {value_text(values)}", width)
    return lines
