"""`lossbook find-rate`: the learning-rate range test of an experiment."""

from __future__ import annotations

import argparse
import asyncio

from engine.errors import KeyProblem
from engine.events import RatesTried
from engine.experiment import Experiment
from engine.pool import Pool
from sessions import codec
from sessions.report import finite
from tui import insight
from tui.cli import complain
from tui.cli.experiments import blame, overrides_of, settled
from tui.cli.json_text import json_text
from tui.cli.pages import store_of
from tui.plots.chart import compose
from tui.plots.curves import plot_of_rates

WIDTH, HEIGHT = 79, 18


def find_rate(options: argparse.Namespace) -> int:
    """Do the range test of one file or page and print what is seen."""
    path = store_of(options).find(options.file)
    overrides = overrides_of(options)
    page = codec.read_page(path, overrides)
    try:
        seen = asyncio.run(_try_rates(settled(page, path, overrides)))
    except KeyProblem as error:
        return complain(blame(path, error.key, str(error), overrides))
    if options.json:
        print(json_text(_as_json(seen)))
        return 0
    print(insight.verdict_on_rates(seen))
    print()
    print(compose(plot_of_rates(seen), WIDTH, HEIGHT).cells.text())
    return 0


async def _try_rates(experiment: Experiment) -> RatesTried:
    async with Pool(1) as pool:
        return await pool.try_rates(experiment)


def _as_json(seen: RatesTried) -> object:
    starts = [
        {"before": before, "losses": losses} for before, losses in zip(seen.before, seen.losses.values(), strict=True)
    ]
    return finite({"suggested": seen.suggested, "rates": seen.rates, "starts": starts})
