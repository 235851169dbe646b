"""`lossbook inspect`: where a run stands on its loss, and what its layers and units do."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses

from engine.events import Inspected
from engine.experiment import Experiment
from engine.plan import RunSpec
from engine.pool import Pool
from sessions import codec
from sessions.archive import read_weights
from sessions.report import finite
from sessions.specs import spec_of
from tui import insight
from tui.cli.experiments import settled
from tui.cli.json_text import json_text
from tui.cli.pages import store_of
from tui.cli.tables import table
from tui.text import safe


def inspect(options: argparse.Namespace) -> int:
    """Look into one run of a page and print what is seen."""
    path = store_of(options).find(options.session)
    page = codec.read_page(path)
    runs = page.record.runs if page.record else ()
    run = len(runs) - 1 if options.run is None else options.run - 1
    spec = spec_of(page, run)
    weights = read_weights(path, run, runs[run].sha256)
    seen = asyncio.run(_look(settled(page, path, {}), spec, weights))
    if options.json:
        print(json_text(finite(dataclasses.asdict(seen) | {"label": runs[run].label})))
        return 0
    print(f"{safe(runs[run].label)}: {insight.verdict(seen)}")
    print(insight.evidence(seen))
    print()
    print(table((*insight.LAYERS, ""), insight.layer_rows(seen), right=(1, 2, 3)))
    if seen.dead:
        print()
        print(table(insight.UNITS, insight.unit_rows(seen), right=(1, 2, 3)))
    print()
    print(insight.LEGEND)
    return 0


async def _look(experiment: Experiment, spec: RunSpec, weights: str) -> Inspected:
    async with Pool(1) as pool:
        return await pool.inspect(experiment, spec, weights)
