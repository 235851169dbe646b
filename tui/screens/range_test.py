"""The learning-rate range test, over the lab: what the loss does as the rate rises, and which rate to try."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.errors import LabError
from tui import insight
from tui.controller import Controller
from tui.plots.chart import PlotData
from tui.plots.curves import plot_of_rates
from tui.plots.loss_plot import LossPlot
from tui.text import safe


class RangeTestScreen(ModalScreen[float | None]):
    """Ends with the rate to take into the panels, or None where a person only looked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f,q", "dismiss(None)", "Close"),
        Binding("enter", "take", "Take it"),
    ]

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self._controller = controller
        self._suggested: float | None = None
        self._words = Static(markup=False, classes="words")
        self._plot = LossPlot(PlotData(empty="five starts train a little while the rate rises …"))

    def compose(self) -> ComposeResult:
        """Return the plot under what it says."""
        with Vertical(id="range-test"):
            yield self._words
            yield self._plot
            yield Static(Content("enter takes the rate into the panels · esc closes"), classes="keys")

    def on_mount(self) -> None:
        """Begin the test."""
        self._words.update(Content("Which learning rate?"))
        self.run_worker(self._test(), exclusive=True)

    async def _test(self) -> None:
        try:
            seen = await self._controller.try_rates()
        except LabError as error:
            self._words.update(Content(safe(f"✗ {error}", 400)))
            self._plot.show(PlotData(empty="no rate was tried"))
            return
        self._suggested = seen.suggested
        self._words.update(Content(insight.verdict_on_rates(seen)))
        self._plot.show(plot_of_rates(seen))

    def action_take(self) -> None:
        """End with the suggestion."""
        self.dismiss(self._suggested)
