"""The ledger of test looks: how often the same test rows have been looked at, over all pages of the notebook.

Every look after which something is changed and looked at again makes the test rows a little more like validation rows.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

from engine.events import Figures
from engine.optimism import expected_optimism
from sessions import index_file
from sessions.listed import Listed, Stamp
from sessions.record import Record

HEAD = re.compile(r"^\[record\]\n(?P<head>(?:[^\[\n][^\n]*\n)*)", re.MULTILINE)
ROWS = re.compile(r'^test_rows = "(?P<rows>[0-9a-f]+)"$', re.MULTILINE)
LOOKS = re.compile(r"^test_looks = (?P<looks>[0-9]{1,6})$", re.MULTILINE)
MOST_BYTES = 64 << 20
NOTHING = ("", 0)


def looks_of(record: Record) -> int:
    """Return how many networks of a page were measured on its test rows."""
    return sum(run.test is not None for run in record.runs)


def looks_in(folder: Path, test_sha256: str, *, but: Path) -> int:
    """Return how often the other pages of a folder have looked at the test rows of this name.

    Only the head of each record counts: what it says of itself is enough, and a page that cannot be read has no say. It
    is taken from the index where that was made from the very file.
    """
    if not test_sha256:
        return 0
    known = index_file.load(folder)
    said = (_known_or_said(path, known.get(path.name)) for path in folder.glob("*.toml") if path != but)
    return sum(looks for rows, looks in said if rows == test_sha256)


def _known_or_said(path: Path, entry: Listed | None) -> tuple[str, int]:
    try:
        status = path.lstat()
    except OSError:
        return NOTHING
    if entry is not None and entry.stamp == Stamp.of(status):
        return entry.ledger_rows, entry.ledger_looks
    return said_in(path)


def said_in(path: Path) -> tuple[str, int]:
    """Return which test rows the head of a page's record names and how often it has looked at them.

    ("", 0) where it names none, or the file is a link or cannot be read.
    """
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
            return NOTHING
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return NOTHING
    # The last one: notes may hold what looks like a record.
    found = next(reversed([*HEAD.finditer(text)]), None)
    rows = ROWS.search(found["head"]) if found else None
    looks = LOOKS.search(found["head"]) if found else None
    return (rows["rows"], int(looks["looks"])) if rows and looks else NOTHING


def optimism(record: Record) -> tuple[str, float, float] | None:
    """Return a metric, its value on the test rows, and how much the best of all looks flatters it, at most.

    None where there was one look, or where the spread of the rows' errors is not known. The standard error of an
    accuracy a over n rows is √(a(1 − a)/n); that of a mean absolute error √((RMSE² − MAE²)/n), for a single target.
    """
    looks = record.looks_before + looks_of(record)
    run = next((run for run in reversed(record.runs) if run.test and run.test_rows), None)
    if looks < 2 or run is None or run.test is None:
        return None
    found = _standard_error(run.test, run.test_rows, record.data.outputs if record.data else 1)
    if found is None:
        return None
    metric, error = found
    return metric, run.test[metric], expected_optimism(looks, error)


def _standard_error(test: Figures, rows: int, outputs: int) -> tuple[str, float] | None:
    if "accuracy" in test:
        metric, variance = "accuracy", test["accuracy"] * (1 - test["accuracy"])
    elif "mae" in test and "rmse" in test and outputs == 1:
        # A product of large numbers is infinite, where a power of them is an error.
        metric, variance = "mae", test["rmse"] * test["rmse"] - test["mae"] * test["mae"]
    else:
        return None
    return (metric, math.sqrt(max(0.0, variance) / rows)) if math.isfinite(variance) else None


def said_of_looks(record: Record, figure: str = "{:.3g}") -> str:
    """Return in a sentence how often the test rows have been looked at; empty where they have not."""
    own, before = looks_of(record), record.looks_before
    if not own:
        return ""
    rows = next(run.test_rows for run in record.runs if run.test is not None)
    looks = own + before
    if looks == 1:
        return f"the first look at these {rows:,} test rows"
    where = "on this page" if not before else "in this notebook"
    said = f"{looks} looks at these {rows:,} test rows {where}"
    flattered = optimism(record)
    if flattered is None:
        return said
    metric, _, by = flattered
    way = "lower" if metric == "mae" else "higher"
    return f"{said}: the best of so many may look {figure.format(by)} {way} in {metric} than it is"


def before(folder: Path, record: Record, path: Path) -> int:
    """Return the looks of other pages at a record's test rows; none where it has not looked itself."""
    if record.data is None or not looks_of(record):
        return 0
    try:
        return looks_in(folder, record.data.test_sha256, but=path)
    except OSError:
        return 0
