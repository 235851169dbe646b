"""A look into one run's network, over the lab; while the run trains, one look after another."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.errors import LabError
from engine.events import Inspected
from tui import insight
from tui.controller import Controller
from tui.text import safe

NAME, NUMBER = 20, 11
"""Widths of the columns."""
COLUMNS = 4
"""Of a table without a bar."""
GOING = frozenset({"training", "paused"})
AGAIN_SECONDS = 1.0
"""How long after a look at a run that trains the next one begins."""


class InspectionScreen(ModalScreen[None]):
    """Says where a run stands and what its layers do; a worker beside those that train looks meanwhile."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,i,q,enter", "dismiss(None)", "Close"),
        Binding("right", "turn(1)", "Next run"),
        Binding("left", "turn(-1)", "Run before"),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown", "scroll(10)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
    ]

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self._controller = controller
        self._run = 0
        self._text = Static(markup=False)
        self._page = VerticalScroll(id="inspection", can_focus=False)

    def compose(self) -> ComposeResult:
        """Return the page of figures."""
        with self._page:
            yield self._text

    def on_mount(self) -> None:
        """Look into the result where there is one, else into what trains."""
        runs = self._controller.record.runs
        training = [place for place, run in enumerate(runs) if run.status in GOING]
        self._run = training[0] if training else len(runs) - 1
        self.action_turn(0)

    def action_turn(self, by: int) -> None:
        """Look into another run."""
        self._run = (self._run + by) % len(self._controller.record.runs)
        self._text.update(Content(f"looking into {safe(self._label, 60)} …"))
        self.run_worker(self._look(), exclusive=True)

    def action_scroll(self, by: int) -> None:
        """Scroll by some lines."""
        self._page.scroll_relative(y=by, animate=False, immediate=True)

    @property
    def _label(self) -> str:
        return self._controller.record.runs[self._run].label

    async def _look(self) -> None:
        while True:
            try:
                seen = await self._controller.inspect(self._run)
            except LabError as error:
                self._text.update(Content(safe(f"✗ {error}", 400)))
                return
            run = self._controller.record.runs[self._run]
            now = f" · epoch {run.epoch}" + (", training" if run.status == "training" else "")
            self._text.update(as_content(self._label + (now if run.status in GOING else ""), seen))
            if run.status != "training":
                return
            await asyncio.sleep(AGAIN_SECONDS)


def as_content(label: str, seen: Inspected) -> Content:
    """Return all that was seen, for a screen."""
    parts: list[str | tuple[str, str]] = [
        (f"{safe(label, 60)}\n\n", "bold"),
        f"{insight.verdict(seen)}\n",
        (f"{insight.evidence(seen)}\n\n", "$foreground-muted"),
        *_table(insight.LAYERS, insight.layer_rows(seen)),
    ]
    if seen.dead:
        parts += ["\n", *_table(insight.UNITS, insight.unit_rows(seen))]
    parts.append((f"\n{insight.LEGEND}\n← → other runs · ↑ ↓ scroll · esc closes", "$foreground-muted"))
    return Content.assemble(*parts)


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str | tuple[str, str]]:
    return [(_line(header), "$text-primary"), *(_line(row) for row in rows)]


def _line(cells: tuple[str, ...]) -> str:
    name, *numbers = cells
    *numbers, bar = numbers if len(cells) > COLUMNS else (*numbers, "")
    return f"{name:<{NAME}}" + "".join(f"{number:>{NUMBER}}" for number in numbers) + f" {bar}\n"
