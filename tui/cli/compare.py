"""`lossbook compare`: pages beside the first one, their differences with intervals, and what they say."""

from __future__ import annotations

import argparse
import textwrap
from datetime import date
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from engine.errors import LabError
from sessions import codec
from sessions.compare import Comparison, compare_pages
from sessions.differing import Setting, differing
from sessions.page import Page
from sessions.pairs import Compared, Spread
from sessions.record import Record
from sessions.report import finite
from tui import comparison as words
from tui.cli.json_text import json_text
from tui.cli.pages import store_of
from tui.cli.tables import table
from tui.numbers import counted, value_text
from tui.text import safe

WIDTH = 79


def compare(options: argparse.Namespace) -> int:
    """Compare each page with the first and print what differs."""
    store = store_of(options)
    if not 2 <= len(options.pages) <= len(ascii_lowercase):
        raise LabError(
            f"{counted(len(options.pages), 'page')} cannot be compared",
            f"name 2 to {len(ascii_lowercase)} of them: lossbook compare SESSION SESSION",
        )
    paths = [store.find(name) for name in options.pages]
    pages = [codec.read_page(path) for path in paths]
    names = list(ascii_lowercase[: len(pages)])
    settings = differing(pages)
    found = {name: compare_pages(pages[0], page, ("a", name)) for name, page in zip(names[1:], pages[1:], strict=True)}
    if options.json:
        heads = zip(names, paths, pages, strict=True)
        report = {
            "sessions": [_head(*head) for head in heads],
            "settings": [_setting(setting) for setting in settings],
            "comparisons": [_as_json(comparison, ("a", name)) for name, comparison in found.items()],
        }
        print(json_text(finite(report)))
        return 0
    print(
        table(
            ["", "page", "title"],
            [(name, path.stem, page.title) for name, path, page in zip(names, paths, pages, strict=True)],
        )
    )
    if settings:
        print()
        print(table(["setting", *names], [_row(setting) for setting in settings]))
    for name, comparison in found.items():
        _print(comparison, ("a", name))
    intervals = sum(bool(comparison.figures and comparison.figures[0].verdict) for comparison in found.values())
    if intervals > 1:
        print()
        print(_wrapped(f"! each of the {intervals} intervals holds with 95 % by itself; that all do is less likely"))
    return 0


def _print(comparison: Comparison, names: words.Names) -> None:
    rows = words.figure_rows(comparison)
    if rows:
        print()
        print(table(["validation", *names, f"{names[1]} - {names[0]}"], rows))
    print()
    print(_wrapped(words.headline(comparison, names)))
    for note in comparison.notes:
        print(_wrapped(f"! {note}"))


def _row(setting: Setting) -> tuple[str, ...]:
    return setting.key, *map(value_text, setting.values)


def _wrapped(text: str) -> str:
    """Return a sentence on lines of at most 79 cells, words whole."""
    return "\n".join(textwrap.wrap(safe(text, 2_000), WIDTH, break_long_words=False, break_on_hyphens=False))


def _head(name: str, path: Path, page: Page) -> dict[str, Any]:
    return {"name": name, "session": str(path), "title": page.title, "status": (page.record or Record()).status}


def _setting(setting: Setting) -> dict[str, Any]:
    values = [value.isoformat() if isinstance(value, date) else value for value in setting.values]
    return {"key": setting.key, "values": values, "part_of": setting.part_of or None}


def _as_json(comparison: Comparison, names: words.Names) -> dict[str, Any]:
    lead = comparison.figures[0] if comparison.figures else None
    return {
        "first": names[0],
        "second": names[1],
        "says": words.headline(comparison, names),
        "figure": f"validation.{lead.metric}" if lead else None,
        "verdict": lead.verdict if lead else None,
        "paired": not comparison.unpaired_by,
        "unpaired_by": [_setting(setting) for setting in comparison.unpaired_by],
        "differing_settings": sum(setting.counts for setting in comparison.settings),
        "figures": {f"validation.{compared.metric}": _figure(compared) for compared in comparison.figures},
        "test": {
            f"test.{name}": {"first": first, "second": second} for name, (first, second) in comparison.test.items()
        },
        "notes": comparison.notes,
    }


def _figure(compared: Compared) -> dict[str, Any]:
    interval = compared.interval
    return {
        "larger_is_better": compared.larger_is_better,
        "first": _spread(compared.first),
        "second": _spread(compared.second),
        "difference": compared.difference,
        "interval": interval.bounds if interval else None,
        "level": interval.level if interval else None,
        "corrected": compared.corrected if interval else None,
        "over": compared.over,
        "train_rows": compared.train_rows,
        "held_out_rows": compared.held_out_rows,
        "pairs": [
            {
                "repeat": pair.repeat,
                "fold": pair.fold,
                "restart": pair.restart or None,
                "first": pair.first,
                "second": pair.second,
                "difference": pair.difference,
            }
            for pair in compared.pairs
        ],
        "left_out": compared.left_out,
        "verdict": compared.verdict,
    }


def _spread(spread: Spread) -> dict[str, Any]:
    return {"mean": spread.mean, "sd": spread.sd, "count": spread.count}
