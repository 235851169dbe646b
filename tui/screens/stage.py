"""The stage: plot, runs and the line that says where the study stands. The lab and a replay share it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from sessions.record import Record
from tui.plots.curves import metrics_of, plot_of
from tui.plots.loss_plot import LossPlot
from tui.screens.runs import RunsTable
from tui.text import safe

BAR = 20
SCROLLBAR = 1
TABLE_SECONDS = 1.0
"""Numbers that change faster than this cannot be read, and each costs bytes on the way to the screen."""


class Stage(Vertical):
    """Shows a record as curves and as a table."""

    def __init__(self, empty: str) -> None:
        super().__init__(id="stage")
        self.plot = LossPlot(id="plot")
        self.runs = RunsTable()
        self._empty = empty
        self._record = Record()
        self._log = False
        self._metric = "loss"
        self._table_due = 0.0
        self._table_status = ""

    def compose(self) -> ComposeResult:
        """Return the plot above the table."""
        yield self.plot
        yield self.runs

    def on_mount(self) -> None:
        """Show that there is nothing yet."""
        self._draw()
        self.runs.display = False

    def show(self, record: Record, now: float) -> None:
        """Show a record; the table follows at most once a second while a study goes."""
        self._record = record
        self._draw()
        if now >= self._table_due or record.status != self._table_status:
            self._table_due = now + TABLE_SECONDS
            self._table_status = record.status
            self.runs.display = bool(record.runs)
            self.runs.show(record, self.size.width - SCROLLBAR)

    def toggle_log(self) -> None:
        """Draw the loss linear or logarithmic."""
        self._log = not self._log
        self._draw()

    def next_metric(self) -> str:
        """Draw the next metric and return its name."""
        names = metrics_of(self._record)
        place = names.index(self._metric) if self._metric in names else -1
        self._metric = names[(place + 1) % len(names)]
        self._draw()
        return self._metric

    def _draw(self) -> None:
        metric = self._metric if self._metric in metrics_of(self._record) else "loss"
        # R² and the like may be negative: a logarithm is for the loss and errors.
        log = self._log and metric in {"loss", "mae", "rmse"}
        shown = any(run.train_curves for run in self._record.runs)
        empty = f"no {metric} that can be drawn" if shown else self._empty
        self.plot.show(plot_of(self._record, metric=metric, log=log, empty=empty))


class StatusLine(Static):
    """One line: a bar, and words beside it."""

    def __init__(self) -> None:
        super().__init__(id="status", markup=False)
        self._said: tuple[str, float | None] | None = None

    def say(self, words: str, share: float | None = None) -> None:
        """Show words, after a bar where a share from 0 to 1 is given; nothing is drawn for the same again."""
        if (words, share) == self._said:
            return
        self._said = (words, share)
        parts: list[str | tuple[str, str]] = []
        if share is not None:
            filled = round(BAR * min(max(share, 0.0), 1.0))
            parts += [("━" * filled, "$primary"), ("─" * (BAR - filled), "$text-disabled"), f" {share:4.0%}  "]
        self.update(Content.assemble(*parts, safe(words, 300)), layout=False)
