"""The library: the saved pages, to read, replay and go on from."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, TypeAlias

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import DataTable, Input, Static
from textual.worker import get_current_worker

from sessions.record import Record
from sessions.report import summarize
from sessions.store import Entry, Store
from tui.commands import LIBRARY, bindings
from tui.numbers import counted, figure
from tui.screens.footer import KeysFooter
from tui.screens.run_lines import SIGNS, widths
from tui.text import safe

COLUMNS = ("saved", "title", "data", "status", "runs", "val. loss", "page")


Wanted: TypeAlias = tuple[str, Path]
"""What should be done with which page: ("open", path) or ("replay", path)."""


class LibraryScreen(Screen[Wanted | None]):
    """Ends with what a person wants of a page, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LIBRARY)]

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._entries: list[Entry] = []
        self._shown: list[Entry] = []
        self._table: DataTable[Text] = DataTable(id="pages", cursor_type="row")
        self._search = Input(placeholder="filter: words of title, data, status or name; esc leaves", compact=True)
        self._search.cursor_blink = False
        self._heading = Static(id="heading", markup=False)
        self._said = Static(id="hint", markup=False)

    def compose(self) -> ComposeResult:
        """Return the search, the table and what a row says."""
        yield self._heading
        yield self._search
        yield self._table
        yield self._said
        yield KeysFooter()

    def on_mount(self) -> None:
        """Read the folder beside the screen's work: there may be many pages."""
        self._search.display = False
        self._table.focus()
        self._head("reading the pages …")
        self._read()

    def _head(self, count: str) -> None:
        folder = safe(str(self._store.folder), 120)
        self._heading.update(Content.assemble(("Library", "bold"), f"  {count}  ", (folder, "$text-muted")))

    @work(thread=True)
    def _read(self) -> None:
        worker = get_current_worker()
        entries = []
        for entry in self._store.entries():
            if worker.is_cancelled:
                return
            entries.append(entry)
        self.app.call_from_thread(self._take, entries)

    def _take(self, entries: list[Entry]) -> None:
        self._entries = entries
        self._show()

    def _show(self) -> None:
        words = self._search.value.casefold().split()
        self._shown = [entry for entry in self._entries if all(word in _haystack(entry) for word in words)]
        # A DataTable measures columns only once it is idle, and what it has drawn before stays cut off.
        rows = [_row(entry) for entry in self._shown]
        self._table.clear(columns=True)
        for name, width in zip(COLUMNS, widths([COLUMNS, *rows]), strict=True):
            self._table.add_column(Text(name), width=width)
        for row in rows:
            self._table.add_row(*(Text(cell, no_wrap=True) for cell in row))
        count = counted(len(self._entries), "page")
        self._head(f"{len(self._shown)} of {count}" if words else count)
        none = "nothing has these words" if self._entries else "no page yet: train something in the lab"
        self._said.update(Content("" if self._shown else none))

    def on_input_changed(self) -> None:
        """Filter as a person types."""
        self._show()

    def on_input_submitted(self) -> None:
        """Go to the pages that are left."""
        self._table.focus()

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Say why a page cannot be read."""
        if 0 <= event.cursor_row < len(self._shown):
            entry = self._shown[event.cursor_row]
            notes = entry.page.notes.strip().partition("\n")[0] if entry.page else entry.problem
            self._said.update(Content(safe(f"enter opens · {notes or entry.path.name}", 300)))

    def on_data_table_row_selected(self) -> None:
        """Open the page."""
        self.action_open()

    def action_open(self) -> None:
        """End with the page to open."""
        self._end_with("open")

    def action_replay(self) -> None:
        """End with the page to replay."""
        self._end_with("replay")

    def _end_with(self, what: str) -> None:
        row = self._table.cursor_row
        if not 0 <= row < len(self._shown):
            return
        entry = self._shown[row]
        if entry.page is None:
            self.notify(safe(entry.problem, 300), title="This page cannot be read", severity="warning", markup=False)
        elif what == "replay" and not (entry.page.record and entry.page.record.runs):
            self.notify("this page holds no runs", severity="warning")
        else:
            self.dismiss((what, entry.path))

    def action_filter(self) -> None:
        """Type what to look for."""
        self._search.display = True
        self._search.focus()

    def action_back(self) -> None:
        """Leave the search, or the library."""
        if self._search.display:
            self._search.value = ""
            self._search.display = False
            self._table.focus()
        else:
            self.dismiss(None)


def _row(entry: Entry) -> tuple[str, ...]:
    stem = safe(entry.path.stem, 60)
    page = entry.page
    if page is None:
        return "", "cannot be read", "", SIGNS["failed"], "", "", stem
    record = page.record or Record()
    summary = summarize(record)
    loss = summary.get("validation.loss")
    return (
        f"{page.created:%Y-%m-%d %H:%M}" if page.created else "",
        safe(page.title, 40),
        page.experiment.data.label,
        SIGNS.get(record.status, record.status),
        str(len(record.runs)),
        figure(loss["mean"]) if loss else "–",
        stem,
    )


def _haystack(entry: Entry) -> str:
    return " ".join(_row(entry)).casefold()
