"""The stage: plot, runs and the line that says where the study stands. The lab and a replay share it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from sessions.parents import Parent
from sessions.record import Record
from tui.plots.chart import Mark, PlotData
from tui.plots.curves import metrics_of, plot_of
from tui.plots.loss_plot import LossPlot
from tui.plots.overlay import over_parent
from tui.screens.runs import RunsTable
from tui.screens.settings import SettingsView
from tui.text import safe

BAR = 20
SCROLLBAR = 1
TABLE_SECONDS = 1.0
"""Numbers that change faster than this cannot be read, and each costs bytes on the way to the screen."""
MANY = 60
"""With more runs their curves are drawn as rarely as the numbers."""
CHEAP = 1_000
"""So many runs are gone through in some hundredths of a second."""
LOGARITHMIC = {"loss", "mae", "rmse"}
"""R² and the like may be negative: a logarithm is for the loss and errors."""


class Stage(Vertical):
    """Shows a record as curves and as a table, or the settings of its sweep."""

    def __init__(self, empty: str) -> None:
        super().__init__(id="stage")
        self.plot = LossPlot(id="plot")
        self.runs = RunsTable()
        self.settings = SettingsView()
        self._empty = empty
        self._record = Record()
        self._log = False
        self._metric = "loss"
        self._figure = ""
        """The figure that settings are compared by, if not the one that chooses among them."""
        self._chooses = "loss"
        self.marks: tuple[Mark, ...] | None = None
        """What the plot points at; None for what it points at by itself."""
        self._under: Parent | None = None
        self._beneath: tuple[tuple[str, bool], PlotData] | None = None
        """The plot of what lies under a branch, and its metric and scale."""
        self._settled = False
        """Whether the settings are shown instead of the curves."""
        self._due = 0.0
        self._plot_due = 0.0
        self._status = ""

    def compose(self) -> ComposeResult:
        """Return the plot above the table, and what takes the place of both."""
        yield self.plot
        yield self.runs
        yield self.settings

    def on_mount(self) -> None:
        """Show that there is nothing yet."""
        self._draw()
        self.runs.display = self.settings.display = False

    def show(self, record: Record, now: float, choose_by: str = "loss", *, at_once: bool = False) -> None:
        """Show a record; numbers follow at most once a second while a study goes, unless they shall `at_once`.

        Where a sweep has come to its end its settings show themselves.
        """
        over, was_over = record.over, self._record.over
        other_study = record.settings is not self._record.settings
        self._record, self._chooses = record, choose_by
        if over != was_over or other_study or len(record.settings) < 2:
            self._swap(settled=over and len(record.settings) > 1)
        ended = at_once or record.status != self._status
        if not self._settled and (ended or now >= self._plot_due):
            # Many curves take long to draw, and are no more readable five times a second.
            self._plot_due = now + self._pace() if len(record.runs) > MANY else 0.0
            self._draw()
        if now >= self._due or ended:
            self._due, self._status = now + self._pace(), record.status
            self._list()

    def lay_over(self, under: Parent | None) -> None:
        """Draw a branch over its parent from now on; None for a page that is no branch, or whose parent is gone."""
        if under is not self._under:
            self._under, self._beneath = under, None
            self._draw()

    def _pace(self) -> float:
        """Return how many seconds numbers stay: longer where there are thousands of runs to go through."""
        return TABLE_SECONDS * max(1.0, len(self._record.runs) / CHEAP)

    def swap(self) -> bool:
        """Show the settings instead of the curves, or the curves again; tell whether there are settings."""
        if len(self._record.settings) > 1:
            self._swap(settled=not self._settled)
        return len(self._record.settings) > 1

    @property
    def shown(self) -> Widget:
        """What a person reads line by line: the table of runs, or the settings."""
        return self.settings if self._settled else self.runs

    def toggle_log(self) -> None:
        """Draw the loss linear or logarithmic."""
        self._log = not self._log
        self._draw()
        self._list()

    def next_metric(self) -> str:
        """Draw the next metric and return its name."""
        names = metrics_of(self._record)
        if self._settled:
            self._figure = _next(names, self._figure or self._chooses)
            self._list()
            return self._figure
        self._metric = _next(names, self._metric)
        self._draw()
        return self._metric

    def _swap(self, *, settled: bool) -> None:
        if settled != self._settled:
            self._settled = settled
            self.plot.display, self.settings.display = not settled, settled
            self._draw()
            self._list()

    def _list(self) -> None:
        """Show what is told in lines."""
        self.runs.display = bool(self._record.runs) and not self._settled
        if self._settled:
            by = self._figure or self._chooses
            self.settings.show(self._record, by, log=self._log and by in LOGARITHMIC)
        else:
            self.runs.show(self._record, self.size.width - SCROLLBAR)

    def _draw(self) -> None:
        if self._settled:
            return
        metric = self._metric if self._metric in metrics_of(self._record) else "loss"
        shown = any(run.train_curves for run in self._record.runs)
        empty = f"no {metric} that can be drawn" if shown else self._empty
        log = self._log and metric in LOGARITHMIC
        plot = plot_of(self._record, metric=metric, log=log, empty=empty, marks=self.marks)
        if self._under is not None:
            if self._beneath is None or self._beneath[0] != (metric, log):
                self._beneath = (metric, log), plot_of(self._under.record or Record(), metric=metric, log=log)
            plot = over_parent(plot, self._beneath[1], self._under)
        self.plot.show(plot)


def _next(names: Sequence[str], name: str) -> str:
    return names[(names.index(name) + 1) % len(names)] if name in names else names[0]


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
