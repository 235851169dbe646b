"""`lossbook predict`: a page's kept network, applied to new rows."""

from __future__ import annotations

import argparse
import asyncio
import base64
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from engine.data import SOURCES
from engine.errors import LabError, nearest
from engine.events import Predicted
from engine.experiment import Experiment
from engine.plan import RunSpec
from engine.pool import Pool
from sessions import codec
from sessions.archive import read_weights
from sessions.export import save_new
from sessions.export.cells import table
from sessions.in_use import require_runs
from sessions.result import result_of
from sessions.specs import spec_of
from tui.cli.experiments import settled
from tui.cli.pages import store_of
from tui.text import masked, safe


def predict(options: argparse.Namespace) -> int:
    """Print the outputs of a network for the rows of a file, as CSV."""
    store = store_of(options)
    path = store.find(options.session)
    page = codec.read_page(path)
    require_runs(path, page, ended=True)
    run = result_of(page) if options.run is None else options.run - 1
    runs = page.record.runs if page.record else ()
    spec = spec_of(page, run)
    weights = read_weights(path, run, runs[run].sha256)
    rows, is_file = _rows(options.file)
    found = asyncio.run(_ask(settled(page, path, {}), spec, weights, rows, is_file=is_file))
    text = as_csv(found)
    unit = f", in {found.unit}" if found.unit else ""
    status = "" if runs[run].status == "finished" else f" ({runs[run].status})"
    said = [f"run {run + 1} of {len(runs)}: {runs[run].label}{status} predicts {', '.join(found.targets)}{unit}"]
    for line in [*said, *found.notes]:
        print(f"lossbook: {safe(line, 500)}", file=sys.stderr)
    if options.out is None:
        sys.stdout.write(text)
        return 0
    contents = [(Path(options.out).expanduser(), text.encode())]
    for written in save_new(contents, force=options.force, pages=store.folder):
        print(f"wrote {safe(str(written), 500)}", file=sys.stderr)
    return 0


def _rows(name: str) -> tuple[str, bool]:
    """Return the path of a file, from the root, and True; or the name of a data set, and False."""
    path = Path(name).expanduser()
    known = [source for source in SOURCES if source != "file"]
    if "/" not in name and name in known and not path.exists():
        return name, False
    if "/" not in name and "." not in name and not path.exists():
        raise LabError("there is no such file, and no data set of that name", nearest(name, known), where=name)
    return str(path.absolute()), True


async def _ask(experiment: Experiment, spec: RunSpec, weights: str, rows: str, *, is_file: bool) -> Predicted:
    async with Pool(1) as pool:
        return await pool.predict(experiment, spec, weights, rows, is_file=is_file)


def as_csv(found: Predicted) -> str:
    """Return predictions as CSV: the row's number, its date if it has one, then a target a column.

    Of classes it is the class that is most likely, and each one's number under `TARGET=CLASS`.
    """
    numbers = np.frombuffer(base64.b64decode(found.numbers), dtype="<i8")
    values = np.frombuffer(base64.b64decode(found.values), dtype="<f8").reshape(len(numbers), -1)
    header = ["row", *(["date"] if found.dates else []), *found.targets]
    header += [f"{found.targets[0]}={name}" for name in found.classes]
    return table(header, _lines(found, numbers.tolist(), values), masked)


def _lines(found: Predicted, numbers: list[int], values: np.ndarray) -> Iterator[list[Any]]:
    for place, (number, row) in enumerate(zip(numbers, values, strict=True)):
        cells: list[Any] = [None if value != value else value for value in row.tolist()]  # noqa: PLR0124 - nan
        if found.classes:
            lost = None in cells
            cells = [None if lost else found.classes[int(row.argmax())], *cells]
        yield [number, *([found.dates[place]] if found.dates else []), *cells]
