"""`lossbook inspect`: where a run stands on its loss, and what its layers and units do."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import math

from engine.launch import Pool
from sessions import codec
from sessions.weights import read_weights, spec_of
from tui import insight
from tui.cli.pages import store_of
from tui.cli.tables import table


def inspect(options: argparse.Namespace) -> int:
    """Look into one run of a page and print what is seen."""
    path = store_of(options).find(options.session)
    page = codec.read_page(path)
    runs = page.record.runs if page.record else ()
    run = len(runs) - 1 if options.run is None else options.run - 1
    spec, weights = spec_of(page, run), read_weights(path, run)
    seen = asyncio.run(Pool(1).inspect(page.experiment, spec, weights))
    if options.json:
        print(json.dumps(_finite(dataclasses.asdict(seen) | {"label": runs[run].label}), allow_nan=False))
        return 0
    print(f"{runs[run].label}: {insight.verdict(seen)}")
    print(insight.evidence(seen))
    print()
    print(table(insight.LAYERS, insight.layer_rows(seen), right=(1, 2, 3)))
    if seen.dead:
        print()
        print(table(insight.UNITS, insight.unit_rows(seen), right=(1, 2, 3)))
    print()
    print(insight.LEGEND)
    return 0


def _finite(value: object) -> object:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
