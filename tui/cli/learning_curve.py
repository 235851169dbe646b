"""`lossbook study learning-curve FILE`: the experiment with fewer and more training rows, kept on a page."""

from __future__ import annotations

import argparse
from dataclasses import replace

from engine.errors import KeyProblem, LabError
from engine.experiment import Experiment
from engine.learning_curve import POINTS, learning_curve
from sessions import codec
from sessions.growth import said_of_growth
from sessions.page import Page
from tui.cli.experiments import blame, overrides_of, settled
from tui.cli.pages import store_of
from tui.cli.run import Job, train_all
from tui.text import safe

NAME = "learning-curve"
SAYS = (
    "An experiment with fewer and more training rows, on the same held-out rows: would more data help? The epochs stay."
)
MOST_POINTS = 20


def run(options: argparse.Namespace) -> int:
    """Train the curve of a file's experiment."""
    if options.file is None:
        raise LabError(f"{NAME} needs an experiment", f"lossbook study {NAME} FILE")
    overrides = overrides_of(options)
    points = _points(overrides.pop("points", str(POINTS)))
    store = store_of(options)
    path = store.find(options.file)
    page = codec.read_page(path, overrides)
    experiment = settled(page, path, overrides)
    if "seed" not in overrides and options.seed:
        experiment = replace(experiment, seed=options.seed)
    try:
        whole = learning_curve(experiment, points)
    except KeyProblem as error:
        raise LabError(blame(path, error.key, str(error), overrides)) from error
    title = f"{page.title or experiment.data.label}: learning curve"
    kept = replace(page, title=title, experiment=_as_written(page.experiment, whole), record=None)

    def conclude(page: Page) -> list[str]:
        said = said_of_growth(page)
        return [safe(said, 300)] if said else []

    return train_all([Job(path, overrides, kept, whole, conclude=conclude)], store, options)


def _points(text: str) -> int:
    value = codec.value_of(text)
    if isinstance(value, bool) or not isinstance(value, int) or not 2 <= value <= MOST_POINTS:
        raise LabError(f"must be a whole number from 2 to {MOST_POINTS}, not {text[:40]!r}", where="--set points")
    return value


def _as_written(written: Experiment, whole: Experiment) -> Experiment:
    """Return the experiment as its file names its data, with the curve's sweep."""
    return replace(written, seed=whole.seed, sweep=whole.sweep, validation=whole.validation)
