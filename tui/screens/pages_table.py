"""The table of pages. Only the lines that are in sight are made, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from sessions.listed import Listed
from tui.screens.page_rows import columns_for, header_of, line_of

MARK = "•"


class Shown(NamedTuple):
    """A page in a line, whether the cursor is on it, and whether it is marked."""

    entry: Listed
    is_here: bool
    is_marked: bool


class PagesTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Pages one a line under a header that stays, one of them under the cursor.

    A DataTable takes seconds to take 5,000 rows in, and again for each letter of a filter.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"pages--header", "pages--cursor", "pages--problem"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "leap(-1)", show=False),
        Binding("pagedown", "leap(1)", show=False),
        Binding("home", "edge(0)", show=False),
        Binding("end", "edge(1)", show=False),
    ]

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another page, or on none."""

        entry: Listed | None

    class Chosen(Message):
        """The page under the cursor was clicked again."""

    def __init__(self) -> None:
        super().__init__(id="pages")
        self._entries: Sequence[Listed] = ()
        self._cursor = 0
        self.was_moved = False
        """Whether a person has chosen where the cursor stands."""
        self._marked: frozenset[str] = frozenset()
        self._order = ("saved", False)
        self._told: Listed | None = None

    @property
    def entry(self) -> Listed | None:
        """The page under the cursor."""
        return self._entries[self._cursor] if self._entries else None

    @property
    def entries(self) -> Sequence[Listed]:
        """All pages that are shown, in their order."""
        return self._entries

    def show(
        self,
        entries: Sequence[Listed],
        order: str,
        *,
        backwards: bool,
        stay_on: str | None = None,
        marked: Sequence[str] = (),
    ) -> None:
        """Show pages, some of them marked; the cursor stays on the file `stay_on`, or goes to the first."""
        before = [self._shown_at(y) for y in range(self.size.height)]
        self._entries, self._order, self._marked = entries, (order, backwards), frozenset(marked)
        places = (place for place, entry in enumerate(entries) if entry.file == stay_on)
        self._cursor = next(places, 0) if stay_on is not None else 0
        self.virtual_size = Size(self.size.width, len(entries) + 1)
        self._follow()
        for y, shown in enumerate(before):
            if shown != self._shown_at(y):
                self.refresh(Region(0, y, self.size.width, 1))
        self._tell()

    def go_to(self, place: int) -> None:
        """Put the cursor on a page by its place."""
        self.was_moved = True
        before, self._cursor = self._cursor, max(0, min(place, len(self._entries) - 1))
        if self._cursor != before:
            self._follow()
            for line in (before, self._cursor):
                self.refresh(Region(0, line + 1 - round(self.scroll_offset.y), self.size.width, 1))
            self._tell()

    def action_move(self, by: int) -> None:
        """Some pages on or back."""
        self.go_to(self._cursor + by)

    def action_leap(self, by: int) -> None:
        """A window on or back, less a line to go on from."""
        self.go_to(self._cursor + by * max(1, self.size.height - 2))

    def action_edge(self, end: int) -> None:
        """To the first or the last."""
        self.go_to(end * len(self._entries))

    def on_click(self, event: Click) -> None:
        """Go to what is clicked; clicked again it is chosen."""
        place = event.y - 1 + round(self.scroll_offset.y)
        if event.y < 1 or place >= len(self._entries):
            return
        if place == self._cursor:
            self.post_message(self.Chosen())
        self.go_to(place)

    def on_resize(self) -> None:
        """Draw for the new width."""
        self.virtual_size = Size(self.size.width, len(self._entries) + 1)
        self._follow()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return a line of the window: the header first, then the pages that are scrolled to."""
        width = self.size.width
        order, backwards = self._order
        columns = columns_for(width, order)
        shown = self._shown_at(y)
        if shown is None:
            return Strip.blank(width, self.rich_style)
        if not isinstance(shown, Shown):
            header = header_of(columns, order, backwards=backwards)
            return _strip(header, self.get_component_rich_style("pages--header"), width)
        text = line_of(shown.entry, columns)
        return _strip(MARK + text[1:] if shown.is_marked else text, self._style(shown), width)

    @property
    def text(self) -> str:
        """All pages as plain text, in the columns that are shown."""
        columns = columns_for(self.size.width, self._order[0])
        return "\n".join(line_of(entry, columns) for entry in self._entries)

    def _shown_at(self, y: int) -> Shown | tuple[str, bool] | None:
        """Return what stands in a line of the window: the order as its header says it, a page, or nothing."""
        if y == 0:
            return self._order
        place = y - 1 + round(self.scroll_offset.y)
        if place >= len(self._entries):
            return None
        entry = self._entries[place]
        return Shown(entry, place == self._cursor, entry.file in self._marked)

    def _style(self, shown: Shown) -> Style:
        if shown.is_here:
            return self.get_component_rich_style("pages--cursor")
        return self.get_component_rich_style("pages--problem") if shown.entry.problem else self.rich_style

    def _follow(self) -> None:
        """Scroll so that the cursor is in sight, below the header."""
        room = max(1, self.size.height - 1)
        top = round(self.scroll_offset.y)
        wanted = min(max(top, self._cursor - room + 1), self._cursor)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, immediate=True, force=True)
            self.refresh()

    def _tell(self) -> None:
        if self.entry is not self._told:
            self._told = self.entry
            self.post_message(self.Highlighted(self.entry))


def _strip(text: str, style: Style, width: int) -> Strip:
    return Strip([Segment(text, style)]).adjust_cell_length(width, style)
