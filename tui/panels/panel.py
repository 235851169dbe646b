"""A panel: a title, and the settings of one table below it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.panels import form, sweeps
from tui.panels.field import Field, More
from tui.panels.form import MORE, PANELS, Draft, Row
from tui.text import safe


class Panel(Vertical):
    """One of the four panels. Closed, it says in a line what it holds."""

    def __init__(self, place: int, draft: Draft) -> None:
        super().__init__(id=f"panel-{place}")
        self.place = place
        self._title = Static(classes="title", markup=False)
        self._draft = draft
        self._every = False
        self._made = self._runs_made(draft)
        """What a sweep makes: said where validation is chosen."""
        self._fields = [_field(row) for row in form.usual_rows(draft, place, every=False)]

    def compose(self) -> ComposeResult:
        """Return the title and the fields."""
        yield self._title
        yield from self._fields

    def on_mount(self) -> None:
        """Write the title."""
        self._retitle()

    async def show(self, draft: Draft) -> None:
        """Show another draft; rows that stay keep their widget, and with it the focus."""
        self._draft = draft
        self._made = self._runs_made(draft)
        rows = form.usual_rows(draft, self.place, every=self._every)
        if [row.key for row in rows] == [field.row.key for field in self._fields]:
            for field, row in zip(self._fields, rows, strict=True):
                field.show(row)
        else:
            await self._replace(rows)
        self._retitle()

    async def on_more_toggled(self, message: More.Toggled) -> None:
        """Show the rarer settings too, or hide them again."""
        message.stop()
        self._every = not self._every
        await self.show(self._draft)

    async def _replace(self, rows: tuple[Row, ...]) -> None:
        kept = {field.row.key: field for field in self._fields}
        wanted = {row.key for row in rows}
        for key, field in kept.items():
            if key not in wanted:
                await field.remove()
        self._fields = []
        before: Static | Field = self._title
        for row in rows:
            field = kept.get(row.key) or _field(row)
            if row.key in kept:
                field.show(row)
            else:
                await self.mount(field, after=before)
            self._fields.append(field)
            before = field

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields, from top to bottom."""
        return tuple(self._fields)

    def open(self, *, opened: bool) -> None:
        """Show the fields, or only what they say together."""
        if self.has_class("closed") == opened:
            self.set_class(not opened, "closed")
            self._retitle()

    def _runs_made(self, draft: Draft) -> str:
        return sweeps.size_of(draft).rpartition(" = ")[2] if PANELS[self.place][0] == "validation" else ""

    def _retitle(self) -> None:
        name = f"{self.place + 1} {PANELS[self.place][1]}"
        said = form.summary(self._draft, self.place) if self.has_class("closed") else self._made
        self._title.update(
            Content.assemble((name, "bold"), "  ", safe(said, 60)) if said else Content(name).stylize("bold"),
            layout=False,
        )


def _field(row: Row) -> Field:
    return More(row) if row.info.key == MORE else Field(row)


class Panels(VerticalScroll, can_focus=False):
    """The four panels. Where the screen is too low for all of them, only the one with the focus is open."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(id="panels")
        self._panels = [Panel(place, draft) for place in range(len(PANELS))]
        self._accordion = False

    def compose(self) -> ComposeResult:
        """Return the panels."""
        yield from self._panels

    async def show(self, draft: Draft) -> None:
        """Show another draft."""
        for panel in self._panels:
            await panel.show(draft)

    def go_to(self, place: int) -> None:
        """Open a panel and give it the focus."""
        self._open(place)
        self._panels[place].fields[0].focus()

    def fold(self, *, accordion: bool) -> None:
        """Open all panels, or only the one with the focus."""
        self._accordion = accordion
        focused = self.screen.focused
        holding = [panel.place for panel in self._panels if focused is not None and panel in focused.ancestors]
        self._open(holding[0] if holding else 0)

    def on_field_left(self, message: Field.Left) -> None:
        """Give the focus to a neighbour, opening its panel where that is closed."""
        message.stop()
        everywhere = [(panel, field) for panel in self._panels for field in panel.fields]
        here = next(number for number, (_, field) in enumerate(everywhere) if field is message.field)
        panel, field = everywhere[min(max(here + message.by, 0), len(everywhere) - 1)]
        self._open(panel.place)
        field.focus()

    def on_descendant_focus(self) -> None:
        """Mark the panel that the focus has come to, and open it."""
        focused = self.screen.focused
        for panel in self._panels:
            panel.set_class(focused is not None and panel in focused.ancestors, "focused")
        if self._accordion:
            self.fold(accordion=True)

    def on_descendant_blur(self) -> None:
        """Take the mark away where the focus leaves the panels; a class that goes and comes would restyle them all."""
        focused = self.screen.focused
        if focused is None or self not in focused.ancestors:
            for panel in self._panels:
                panel.remove_class("focused")

    def _open(self, place: int) -> None:
        for panel in self._panels:
            panel.open(opened=not self._accordion or panel.place == place)
