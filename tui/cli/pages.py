"""`lossbook show`: one page."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine import tables
from sessions import codec, places
from sessions.moments import told_by_hand
from sessions.page import Page
from sessions.record import Record
from sessions.report import as_json
from sessions.store import Store
from tui.cli.json_text import json_text
from tui.cli.tables import every_run, problems, study_table, table
from tui.numbers import value_text
from tui.text import safe


def store_of(options: argparse.Namespace) -> Store:
    """Return the folder of pages that the options name."""
    return Store(Path(options.sessions) if "sessions" in options else None)


def show_page(options: argparse.Namespace) -> int:
    """Print one page."""
    path = store_of(options).find(options.session)
    page = codec.read_page(path)
    if options.json:
        print(json_text(as_json(path, page)))
        return 0
    print(safe(page.title or path.stem))
    if page.created:
        print(f"{page.created:%Y-%m-%d %H:%M} · {safe((page.record or Record()).status)}")
    if page.warning:
        print(f"! {safe(page.warning, 1_000)}")
    for line in told_by_hand(page.record or Record()):
        print(safe(line, 1_000))
    print()
    print(settings_table(page))
    if page.record is not None and page.record.runs:
        print()
        whole = every_run if options.runs else study_table
        print(whole(page.record, page.experiment.choose_by))
        for line in problems(page.record):
            print(f"! {line}")
    if page.notes:
        print()
        print("\n".join(safe(line, 1_000) for line in page.notes.splitlines()))
    return 0


def settings_table(page: Page) -> str:
    """Return the experiment as a table of keys and values."""
    rows = []
    for key, value in tables.to_tables(page.experiment).items():
        pairs = value.items() if isinstance(value, dict) else [("", value)]
        rows += [(f"{key}.{name}" if name else key, value_text(item)) for name, item in pairs]
    if places.is_relative(page.experiment):
        rows.append((places.KEY, page.base_dir))
    return table(["setting", "value"], rows)
