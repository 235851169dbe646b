"""`lossbook list`: the pages of the notebook, those that are wanted, in the order that is wanted."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sessions.finding import CANNOT, Wanted, in_order, parse, status_of, text_of
from sessions.index import entries_of
from sessions.listed import Listed
from sessions.record import Record
from sessions.report import finite
from tui.cli.json_text import json_text
from tui.cli.line import ChangingLine
from tui.cli.pages import store_of
from tui.cli.tables import table
from tui.numbers import counted, figure
from tui.progress import bar
from tui.text import safe

METRICS = ("validation.accuracy", "validation.mae", "train.mae")


def list_pages(options: argparse.Namespace) -> int:
    """Print the pages, by default all and the one that was saved last first."""
    store = store_of(options)
    for line in store.recover():
        print(f"lossbook: {safe(line, 500)}", file=sys.stderr)
    entries = _read(store.folder)
    wanted = _wanted(options)
    found = [entry for entry in entries if wanted.takes(entry, text_of(entry))] if wanted else entries
    found = in_order(found, options.sort, backwards=options.reverse)
    if options.json:
        print(json_text([brief(entry) for entry in found]))
    elif found:
        print(as_table(found))
    else:
        print(_none_in(store.folder) if not entries else f"none of {counted(len(entries), 'page')} is like that")
    return 0


def _read(folder: Path) -> list[Listed]:
    """Return all pages; where many of them are new, a terminal hears how far it is."""
    line = ChangingLine()
    due = time.monotonic() + line.seconds

    def tell(read: int, wanted: int) -> None:
        nonlocal due
        if line.on_terminal and time.monotonic() >= due:
            due = time.monotonic() + line.seconds
            line.show(f"reading {counted(wanted, 'page')} {bar(read / wanted)}")

    try:
        return entries_of(folder, tell)
    finally:
        line.end()


def _wanted(options: argparse.Namespace) -> Wanted:
    said = parse(" ".join(options.words))
    asked = [(field, getattr(options, field)) for field in ("data", "verdict", "status")]
    given = [("tag", tag) for tag in options.tag] + [(field, value) for field, value in asked if value is not None]
    return Wanted(said.words, (*said.fields, *((field, value.casefold(), True) for field, value in given)))


def _none_in(folder: Path) -> str:
    return f"no pages in {safe(str(folder), 500)} yet: open `lossbook`, or write a file with `lossbook new`"


def as_table(entries: Sequence[Listed]) -> str:
    """Return pages as a table; tags and verdicts where one of them has any."""
    header = ["page", "title", "status", "runs", "validation loss", "metric"]
    rows = [_row(entry) for entry in entries]
    for name, cells in (
        ("verdict", [entry.verdict for entry in entries]),
        ("tags", [", ".join(entry.tags) for entry in entries]),
    ):
        if any(cells):
            header.append(name)
            rows = [[*row, cell] for row, cell in zip(rows, cells, strict=True)]
    return table(header, rows, right=(3,))


def brief(entry: Listed) -> dict[str, Any]:
    """Return a page in brief as plain values for JSON."""
    if entry.problem:
        return {"session": str(entry.path), "status": None, "problem": entry.problem}
    plain: dict[str, Any] = finite(
        {
            "session": str(entry.path),
            "title": entry.title,
            "status": entry.status or Record().status,
            "summary": entry.summary,
            "test_looks": entry.test_looks,
            "created": entry.created or None,
            "tags": entry.tags,
            "data": entry.data,
            "task": entry.task or None,
            "runs": entry.runs,
            "choose_by": entry.choose_by,
            "verdict": entry.verdict or None,
            "notes": entry.notes,
            "parent": entry.parent or None,
        }
    )
    return plain


def _row(entry: Listed) -> list[str]:
    if entry.problem:
        return [entry.name, f"{CANNOT}: {entry.problem.removeprefix(f'{CANNOT}: ')}", "", "", "", ""]
    if not entry.status:
        return [entry.name, entry.title, status_of(entry), "", "", ""]
    name = next((name for name in METRICS if name in entry.summary), None)
    metric = f"{name.split('.')[1]} {figure(entry.mean(name))}" if name else ""
    return [entry.name, entry.title, entry.status, str(entry.runs), figure(entry.loss), metric]
