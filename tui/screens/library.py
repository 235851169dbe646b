"""The library: the saved pages, to find, read, replay, tidy up and go on from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, TypeAlias

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Input, Static
from textual.worker import get_current_worker

from engine.errors import LabError
from sessions import codec
from sessions.bin import Bin
from sessions.in_use import who_trains
from sessions.index import Index
from sessions.listed import Listed
from sessions.tidying import change_tags, rename
from tui.background import beside
from tui.commands import LIBRARY, bindings
from tui.desk import Desk
from tui.numbers import counted
from tui.screens.ask import AskScreen, PickScreen
from tui.screens.footer import KeysFooter
from tui.screens.page_rows import said_of
from tui.screens.pages_table import PagesTable
from tui.screens.preview import Preview
from tui.shelf import Shelf
from tui.text import safe

WIDE = 110
"""From so many columns on the preview lies beside the table, else below it."""
AT_ONCE = 200
"""So many pages that the index does not know are read before they are shown."""
REST_SECONDS = 0.08
"""So long the cursor rests on a page before that is read."""
SEARCH = "words, tag:T data:NAME verdict:V status:S; enter goes to the pages, esc clears"

Wanted: TypeAlias = tuple[str, Path]
"""What should be done with which page: ("open", path) or ("replay", path)."""


class LibraryScreen(Screen[Wanted | None]):
    """Ends with what a person wants of a page, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LIBRARY)]

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
        self._table.show(shown, shelf.order, backwards=shelf.backwards, stay_on=stay_on)
        count = counted(len(shelf), "page")
        parts = [f"{len(shown):,} of {count}" if shelf.asked.strip() else count]
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

    def on_pages_table_chosen(self) -> None:
        """Open the page."""
        self.action_open()

    def action_open(self) -> None:
        """End with the page to open."""
        self._end_with("open")

    def action_replay(self) -> None:
        """End with the page to replay."""
        self._end_with("replay")

    def _end_with(self, what: str) -> None:
        entry = self._table.entry
        if entry is None:
            return
        if entry.problem:
            self._warn(entry.problem, "This page cannot be read")
        elif self._in_bin:
            self._warn("bring it back first (u)")
        elif what == "replay" and not entry.runs:
            who = who_trains(entry.path)
            self._warn(f"{entry.name} {who}: its runs are not on the page yet" if who else "this page holds no runs")
        else:
            self.dismiss((what, entry.path))

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

    def action_rename(self) -> None:
        """Give the page another title."""
        entry = self._readable()
        if entry is None:
            return

        def take(title: str | None) -> None:
            if title is not None:
                self._do(lambda: rename(entry.path, title), entry)

        self.app.push_screen(AskScreen("title", entry.title), take)

    def action_tags(self) -> None:
        """Give the page tags or take some away."""
        entry = self._readable()
        if entry is None:
            return

        def change(said: str) -> Path:
            wanted = [tag.strip() for tag in said.split(",") if tag.strip()]
            change_tags(entry.path, wanted, set(entry.tags) - set(wanted))
            return entry.path

        def take(said: str | None) -> None:
            if said is not None:
                self._do(lambda: change(said), entry)

        self.app.push_screen(AskScreen("tags, with commas between them", ", ".join(entry.tags)), take)

    def _readable(self) -> Listed | None:
        """Return the page under the cursor where it can be changed."""
        entry = self._table.entry
        if entry is not None and (entry.problem or self._in_bin):
            self._warn(entry.problem or "bring it back first (u)")
            return None
        return entry

    def action_delete(self) -> None:
        """Move the page to the bin."""
        entry = self._table.entry
        if entry is None:
            return
        if self._in_bin:
            self._warn("it is in the bin; `lossbook bin --empty` deletes for good")
            return

        def put() -> None:
            self._deleted.append(self._bin.put(entry.path).stem)

        places = list(self._table.entries)
        follows = places[places.index(entry) + 1 :] or places[-2:-1]
        self._do(put, entry, follows[0].file if follows else None)

    def action_restore(self) -> None:
        """Bring back the page under the cursor in the bin, or what was deleted last."""
        entry = self._table.entry
        if self._in_bin and entry is not None:
            self._do(lambda: self._bin.restore(entry.name), stay_on=entry.file)
        elif not self._in_bin and self._deleted:
            self._do(lambda: self._bin.restore(self._deleted.pop()))
        else:
            self._warn("nothing was deleted here; b shows the bin")

    def action_bin(self) -> None:
        """Show what is in the bin, or the pages again."""
        self._in_bin = not self._in_bin
        self._head("reading …")
        self._read()

    @work(group="change")
    async def _do(
        self, change: Callable[[], Path | None], entry: Listed | None = None, stay_on: str | None = None
    ) -> None:
        """Change a page beside the screen's work, then show the pages as they are."""
        now = entry.path if entry is not None else None
        try:
            if entry is not None:
                # The lab may have this page, and its lock.
                self._desk.step_aside(entry.path)
            now = await beside(change)
            if entry is not None and now is None:
                self.notify("in the bin: u brings it back, b shows the bin", markup=False)
        except LabError as error:
            self._complain(error)
        if entry is not None:
            self._follow(entry.path, now)
        self._read(now.name if now is not None else stay_on)

    def _follow(self, path: Path, now: Path | None) -> None:
        try:
            self._desk.follow(path, now)
        except LabError as error:
            self._complain(error)

    def _complain(self, error: LabError) -> None:
        self.notify(safe(str(error), 300), severity="error", timeout=10, markup=False)

    def _warn(self, text: str, title: str = "") -> None:
        self.notify(safe(text, 300), title=title, severity="warning", markup=False)

    def action_back(self) -> None:
        """Leave the search, the bin, or the library."""
        if self._search.display:
            self._search.value = ""
            self._search.display = False
            self._table.focus()
        elif self._in_bin:
            self.action_bin()
        else:
            self.dismiss(None)
