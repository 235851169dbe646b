"""Pages beside each other: their curves in one plot, and what `lossbook compare` says of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Static

from engine.errors import LabError
from sessions import codec
from sessions.archive import with_known_history
from sessions.in_use import require_runs
from sessions.page import Page
from sessions.record import Record
from tui.background import beside
from tui.commands import COMPARISON, bindings
from tui.compared import Compared
from tui.plots.chart import PlotData
from tui.plots.curves import metrics_of
from tui.plots.loss_plot import LossPlot
from tui.plots.overlay import plot_of_pages
from tui.portrait.lines import Line, line, wrapped
from tui.screens.footer import KeysFooter
from tui.screens.line_view import LineView
from tui.screens.page_choice import PageChoiceScreen
from tui.screens.stage import LOGARITHMIC
from tui.text import safe

WIDE = 110
"""From so many columns on the words stand beside the plot, else below it."""


class CompareScreen(Screen[None]):
    """Shows saved pages beside the first of them; more can be added."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMPARISON)]

    def __init__(self, paths: Sequence[Path]) -> None:
        """Compare the pages of these files, two or more, once they are read."""
        super().__init__()
        self._paths = list(paths)
        self._compared: Compared | None = None
        self._metric = "loss"
        self._log = False
        self._heading = Static(Content.assemble(("Compare", "bold")), id="heading", markup=False)
        self._plot = LossPlot(PlotData(empty="reading the pages …"))
        self._words = LineView(lambda _: ())

    def compose(self) -> ComposeResult:
        """Return the plot and what is said of the pages."""
        yield self._heading
        with Container(id="comparison"):
            yield self._plot
            yield self._words
        yield KeysFooter()

    def on_mount(self) -> None:
        """Read the pages."""
        self._read()

    def on_resize(self, event: Resize) -> None:
        """Put the words where there is room for them."""
        self.set_class(event.size.width >= WIDE, "wide")

    def _read(self) -> None:
        self.run_worker(self._compare(tuple(self._paths)), exclusive=True)

    async def _compare(self, paths: tuple[Path, ...]) -> None:
        try:
            self._compared = await beside(lambda: Compared.of([path.stem for path in paths], list(map(_whole, paths))))
        except LabError as error:
            problem = f"✗ {error}"
            self._words.show(lambda width: wrapped(problem, width, "problem"))
            self._plot.show(PlotData(empty="nothing to compare"))
            return
        self._show()

    def _show(self) -> None:
        compared = self._compared
        if compared is None:
            return
        named = zip(compared.names, compared.stems, strict=True)
        said = "  ".join(f"{name} {safe(stem, 40)}" for name, stem in named)
        self._heading.update(Content.assemble(("Compare", "bold"), f"  {said}"))
        log = self._log and self._metric in LOGARITHMIC
        self._plot.show(plot_of_pages(compared.pages, compared.names, metric=self._metric, log=log))
        self._words.show(lambda width: _lines(compared, width))

    # Commands

    def action_add(self) -> None:
        """Choose one more page."""

        def take(path: Path | None) -> None:
            if path is not None:
                self._paths.append(path)
                self._read()

        folder = self._paths[0].parent
        self.app.push_screen(PageChoiceScreen("Compare with which page?", folder, set(self._paths)), take)

    def action_log(self) -> None:
        """Draw the loss linear or logarithmic."""
        self._log = not self._log
        self._show()

    def action_metric(self) -> None:
        """Draw the next metric that the first page has."""
        if self._compared is not None:
            names = metrics_of(self._compared.pages[0].record or Record())
            here = names.index(self._metric) if self._metric in names else -1
            self._metric = names[(here + 1) % len(names)]
            self._show()

    def action_scroll(self, by: int) -> None:
        """Scroll the words by some lines."""
        self._words.scroll_relative(y=by, animate=False, immediate=True, force=True)

    def action_back(self) -> None:
        """Leave the comparison."""
        self.dismiss(None)


def _whole(path: Path) -> Page:
    page = codec.read_page(path)
    require_runs(path, page)
    return page if page.record is None else replace(page, record=with_known_history(path, page.record))


def _lines(compared: Compared, width: int) -> list[Line]:
    # Its parts are safe; a table may be wider than the window.
    return [line(row) for row in compared.text(max(20, width)).split("\n")]
