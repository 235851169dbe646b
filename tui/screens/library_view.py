"""The library as it is shown: the pages as they are read, filtered and sorted, and a preview of one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TypeAlias

from textual import work
from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Input, Static
from textual.worker import get_current_worker

from engine.errors import LabError
from sessions import codec
from sessions.bin import Bin
from sessions.index import Index
from sessions.listed import Listed
from tui.background import beside
from tui.desk import Desk
from tui.numbers import counted
from tui.screens.ask import PickScreen
from tui.screens.footer import KeysFooter
from tui.screens.page_rows import said_of
from tui.screens.pages_table import PagesTable
from tui.screens.preview import Preview
from tui.shelf import Shelf
from tui.text import safe

Wanted: TypeAlias = tuple[str, Path]
"""What should be done with which page: ("open", path) or ("replay", path)."""
WIDE = 110
"""From so many columns on the preview lies beside the table, else below it."""
AT_ONCE = 200
"""So many pages that the index does not know are read before they are shown."""
REST_SECONDS = 0.08
"""So long the cursor rests on a page before that is read."""
SEARCH = "words, tag:T data:NAME verdict:V status:S; enter goes to the pages, esc clears"


class LibraryView(Screen[Wanted | None]):
    """The table of pages; ends with what a person wants of one, or None."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._folder = desk.store.folder
        self._bin = Bin(self._folder)
        self._in_bin = False
        self._deleted: list[str] = []
        """Names in the bin of what was deleted here, the last one last."""
        self._shelf = Shelf()
        self._all_came = False
        self._unread = 0
        self._table = PagesTable()
        self._preview = Preview()
        self._search = Input(placeholder=SEARCH, compact=True)
        self._search.cursor_blink = False
        self._heading = Static(id="heading", markup=False)
        self._said = Static(id="hint", markup=False)

    def compose(self) -> ComposeResult:
        """Return the search, the table with its preview and what a row says."""
        yield self._heading
        yield self._search
        with Container(id="shelf"):
            yield self._table
            yield self._preview
        yield self._said
        yield KeysFooter()

    def on_mount(self) -> None:
        """Read the folder beside the screen's work: there may be many pages."""
        self._search.display = False
        self._table.focus()
        self._head("reading the pages …")
        self._read()

    def on_resize(self, event: Resize) -> None:
        """Put the preview where there is room for it."""
        self.set_class(event.size.width >= WIDE, "wide")

    @work(thread=True, exclusive=True, group="read")
    def _read(self, stay_on: str | None = None) -> None:
        """Show what the index knows, then what has to be read, as it comes."""
        worker = get_current_worker()
        try:
            index = Index(self._bin.folder if self._in_bin else self._folder)
        except LabError as error:
            self.app.call_from_thread(self._complain, error)
            return
        try:
            reading = index.read()
            while True:
                self.app.call_from_thread(
                    self._take, index.entries, [index.folder / file for file in index.unread], stay_on
                )
                if not index.unread:
                    return
                for _ in zip(range(AT_ONCE), reading, strict=False):
                    if worker.is_cancelled:
                        return
        finally:
            index.keep()

    def _take(self, entries: list[Listed], unread: list[Path], stay_on: str | None) -> None:
        # While the pages come in for the first time the cursor stands on the first, until somebody moves it.
        here = self._table.entry if self._table.was_moved or self._all_came else None
        self._unread, self._all_came = len(unread), self._all_came or not unread
        self._shelf.take([*entries, *self._shelf.still_of(unread)])
        self._show(stay_on or (here.file if here is not None else None))

    def _show(self, stay_on: str | None = None) -> None:
        shelf = self._shelf
        shown = shelf.shown()
        self._table.show(shown, shelf.order, backwards=shelf.backwards, stay_on=stay_on, marked=shelf.marked)
        count = counted(len(shelf), "page")
        parts = [f"{len(shown):,} of {count}" if shelf.asked.strip() else count]
        parts += [f"{len(shelf.marked)} marked"] if shelf.marked else []
        parts += [f"{self._unread:,} to be read"] if self._unread else []
        parts += [f"by {shelf.order}, backwards" if shelf.backwards else f"by {shelf.order}"] if shown else []
        self._head(" · ".join(parts))
        if not shown:
            none = "the bin is empty" if self._in_bin else "no page yet: train something in the lab"
            none = "reading the pages …" if self._unread else none
            self._said.update(Content("nothing has these words" if len(shelf) else none))

    def _head(self, count: str) -> None:
        where = self._bin.folder if self._in_bin else self._folder
        name = "Bin" if self._in_bin else "Library"
        self._heading.update(Content.assemble((name, "bold"), f"  {count}  ", (safe(str(where), 120), "$text-muted")))

    def on_pages_table_highlighted(self, event: PagesTable.Highlighted) -> None:
        """Say what the page is, and why where it cannot be read."""
        if event.entry is not None:
            lead = "" if event.entry.problem else "u brings it back · " if self._in_bin else "enter opens · "
            self._said.update(Content(lead + said_of(event.entry)))
        self._look_at(event.entry)

    @work(exclusive=True, group="preview")
    async def _look_at(self, entry: Listed | None) -> None:
        if entry is None or entry.problem or not self._preview.display:
            self._preview.show(entry, None)
            return
        await asyncio.sleep(REST_SECONDS)
        try:
            page = await beside(lambda: codec.read_page(entry.path))
        except LabError:
            page = None
        self._preview.show(entry, page)

    def on_input_changed(self) -> None:
        """Filter as a person types."""
        self._shelf.asked = self._search.value
        self._show()

    def on_input_submitted(self) -> None:
        """Go to the pages that are left."""
        self._table.focus()

    def action_filter(self) -> None:
        """Type what to look for."""
        self._search.display = True
        self._search.focus()

    def action_pick(self) -> None:
        """Choose a data set, a tag or a verdict to filter by."""
        choices = self._shelf.choices()

        def take(place: int | None) -> None:
            if place is not None:
                self._search.display = True
                self._search.value = self._shelf.with_term(choices[place][0])

        if choices:
            self.app.push_screen(PickScreen("only pages with", [words for _, words in choices]), take)

    def action_sort(self) -> None:
        """Sort by the next column."""
        self._shelf.sort(self._shelf.next_order)
        self._show()

    def action_reverse(self) -> None:
        """Sort the other way round."""
        self._shelf.sort(self._shelf.order, backwards=not self._shelf.backwards)
        self._show()

    def action_preview(self) -> None:
        """Show the page under the cursor, or leave the room to the table."""
        self._preview.display = not self._preview.display
        self._look_at(self._table.entry)

    def _complain(self, error: LabError) -> None:
        self.notify(safe(str(error), 300), severity="error", timeout=10, markup=False)

    def _warn(self, text: str, title: str = "") -> None:
        self.notify(safe(text, 300), title=title, severity="warning", markup=False)
