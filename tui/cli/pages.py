"""`lossbook list` and `lossbook show`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine import tables
from sessions import codec, places
from sessions.page import Page
from sessions.record import Record
from sessions.report import as_json, summarize
from sessions.store import Entry, Store
from tui.cli.json_text import json_text
from tui.cli.tables import every_run, problems, study_table, table
from tui.numbers import figure, value_text
from tui.text import safe


def store_of(options: argparse.Namespace) -> Store:
    """Return the folder of pages that the options name."""
    return Store(Path(options.sessions) if "sessions" in options else None)


def list_pages(options: argparse.Namespace) -> int:
    """Print all pages, newest first."""
    store = store_of(options)
    for line in store.recover():
        print(f"lossbook: {line}", file=sys.stderr)
    entries = [*store.entries()]
    if options.json:
        print(json_text([_brief(entry) for entry in entries]))
        return 0
    if not entries:
        print(f"no pages in {safe(str(store.folder), 500)} yet: open `lossbook`, or write a file with `lossbook new`")
        return 0
    rows = [_row(entry) for entry in entries]
    print(table(["page", "title", "status", "runs", "validation loss", "metric"], rows, right=(3,)))
    return 0


def show_page(options: argparse.Namespace) -> int:
    """Print one page."""
    path = store_of(options).find(options.session)
    page = codec.read_page(path)
    if options.json:
        print(json_text(as_json(path, page)))
        return 0
    print(safe(page.title or path.stem))
    if page.created:
        print(f"{page.created:%Y-%m-%d %H:%M} · {(page.record or Record()).status}")
    if page.warning:
        print(f"! {page.warning}")
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


def _brief(entry: Entry) -> dict[str, object]:
    if entry.page is None:
        return {"session": str(entry.path), "status": None, "problem": entry.problem}
    whole = as_json(entry.path, entry.page)
    return {key: whole[key] for key in ("session", "title", "status", "summary", "test_looks")} | {
        "created": entry.page.created.isoformat() if entry.page.created else None
    }


def _row(entry: Entry) -> tuple[str, ...]:
    if entry.page is None:
        return entry.path.stem, f"cannot be read: {entry.problem}", "", "", "", ""
    record = entry.page.record
    if record is None:
        return entry.path.stem, entry.page.title, "not run", "", "", ""
    summary = summarize(record)
    loss = summary.get("validation.loss", summary.get("train.loss"))
    metric = next((name for name in ("validation.accuracy", "validation.mae", "train.mae") if name in summary), None)
    said = f"{metric.split('.')[1]} {figure(summary[metric]['mean'])}" if metric else ""
    return (
        entry.path.stem,
        entry.page.title,
        record.status,
        str(len(record.runs)),
        figure(loss["mean"]) if loss else "–",
        said,
    )
