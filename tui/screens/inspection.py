"""A look into one run's network, over the lab."""

from __future__ import annotations

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

NAME, NUMBER = 24, 11
"""Widths of the columns."""


class InspectionScreen(ModalScreen[None]):
    """Says where a run stands and what its layers do; a worker looks meanwhile."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,i,q,enter", "dismiss(None)", "Close"),
        Binding("right,down", "turn(1)", "Next run"),
        Binding("left,up", "turn(-1)", "Run before"),
    ]

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self._controller = controller
        self._run = len(controller.record.runs) - 1
        self._text = Static(markup=False)

    def compose(self) -> ComposeResult:
        """Return the page of figures."""
        with VerticalScroll(id="inspection", can_focus=False):
            yield self._text

    def on_mount(self) -> None:
        """Look into the last run."""
        self.action_turn(0)

    def action_turn(self, by: int) -> None:
        """Look into another run."""
        self._run = (self._run + by) % len(self._controller.record.runs)
        self._text.update(Content(f"looking into {safe(self._label, 60)} …"))
        self.run_worker(self._look(), exclusive=True)

    @property
    def _label(self) -> str:
        return self._controller.record.runs[self._run].label

    async def _look(self) -> None:
        try:
            seen = await self._controller.inspect(self._run)
        except LabError as error:
            self._text.update(Content(safe(f"✗ {error}", 400)))
        else:
            self._text.update(as_content(self._label, seen))


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
    parts.append((f"\n{insight.LEGEND}\n← → other runs · esc closes", "$foreground-muted"))
    return Content.assemble(*parts)


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str | tuple[str, str]]:
    return [(_line(header), "$text-primary"), *(_line(row) for row in rows)]


def _line(cells: tuple[str, ...]) -> str:
    name, *numbers = cells
    return f"{name:<{NAME}}" + "".join(f"{number:>{NUMBER}}" for number in numbers) + "\n"
