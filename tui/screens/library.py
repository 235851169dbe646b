"""The library: the saved pages, to find, read, replay, tidy up and go on from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from engine.errors import LabError
from sessions.in_use import who_trains
from sessions.listed import Listed
from sessions.tidying import change_tags, rename
from tui.background import beside
from tui.commands import LIBRARY, bindings
from tui.screens.ask import AskScreen
from tui.screens.compare import CompareScreen
from tui.screens.library_view import LibraryView


class LibraryScreen(LibraryView):
    """What a person does in the library."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LIBRARY)]

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

    def action_mark(self) -> None:
        """Mark the page under the cursor for a comparison, or take its mark away, and go on to the next."""
        entry = self._readable()
        if entry is None:
            return
        if not entry.runs:
            self._warn("this page holds no runs to compare")
            return
        self._shelf.mark(entry.file)
        self._show(entry.file)
        self._table.action_move(1)

    def action_compare(self) -> None:
        """Lay the marked pages over each other; one that is alone beside the page under the cursor."""
        entry, marked = self._table.entry, list(self._shelf.marked)
        if len(marked) == 1 and entry is not None and entry.runs and entry.file not in marked:
            marked.append(entry.file)
        if len(marked) < 2:
            self._warn("space marks pages; = lays them over each other")
        else:
            self.app.push_screen(CompareScreen([self._folder / file for file in marked]))

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
