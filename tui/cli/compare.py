"""`lossbook compare`: pages beside the first one, their differences with intervals, and what they say."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from engine.errors import LabError
from sessions import codec
from sessions.chosen import against_chosen
from sessions.compare import Comparison
from sessions.differing import Setting
from sessions.in_use import require_runs
from sessions.page import Page
from sessions.pairs import Compared as Figure
from sessions.pairs import Spread
from sessions.record import Record
from sessions.report import chosen_as_plain, finite
from tui import comparison as words
from tui.cli.json_text import json_text
from tui.cli.pages import store_of
from tui.cli.tables import table
from tui.compared import MOST, Compared, wrapped
from tui.numbers import counted
from tui.text import safe


def compare(options: argparse.Namespace) -> int:
    """Compare each page with the first and print what differs."""
    store = store_of(options)
    if len(options.pages) == 1:
        return _compare_settings(store.find(options.pages[0]), as_json_line=options.json)
    if len(options.pages) > MOST:
        raise LabError(f"{counted(len(options.pages), 'page')} cannot be compared", f"name 2 to {MOST} of them")
    paths = [store.find(name) for name in options.pages]
    pages = [codec.read_page(path) for path in paths]
    for path, page in zip(paths, pages, strict=True):
        require_runs(path, page)
    compared = Compared.of([path.stem for path in paths], pages)
    if not options.json:
        print(compared.text())
        return 0
    report = {
        "sessions": [_head(*head) for head in zip(compared.names, paths, pages, strict=True)],
        "settings": [_setting(setting) for setting in compared.settings],
        "comparisons": [_as_json(comparison, ("a", name)) for name, comparison in compared.found.items()],
    }
    print(json_text(finite(report)))
    return 0


def _compare_settings(path: Path, *, as_json_line: bool) -> int:
    """Compare the settings of one page's sweep with the one that was chosen."""
    page = codec.read_page(path)
    record = page.record or Record()
    if record.chosen is None:
        raise LabError(
            "one page is compared with itself only where it has a sweep that chose a setting",
            "name two pages: lossbook compare SESSION SESSION",
            where=path.stem,
        )
    found = against_chosen(page)
    if as_json_line:
        print(json_text({"session": str(path), **chosen_as_plain(page, found)}))
        return 0
    labels = [words.setting_label(settings) for settings in record.settings]
    print(f"chosen by {safe(record.chosen_by)}: {safe(labels[record.chosen], 200)}\n")
    known = [(label, compared) for label, compared in zip(labels, found, strict=True) if compared is not None]
    known.sort(key=lambda item: item[1].second.mean * (-1 if item[1].larger_is_better else 1))
    rows = [words.setting_row(label, compared) for label, compared in known]
    print(table(["setting", record.chosen_by, "less the chosen one's", "it is"], rows))
    lost = len(record.settings) - 1 - len(known)
    if lost:
        print(f"! {counted(lost, 'setting')} did not finish with a number")
    over = {compared.over for _, compared in known if compared.interval}
    if "folds" in over:
        print(wrapped("! intervals of 95 %, corrected for shared training rows; the best of many is flattered by luck"))
    return 0


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


def _figure(compared: Figure) -> dict[str, Any]:
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
