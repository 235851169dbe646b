"""The learning curve: an experiment with fewer and more training rows, to see whether more data would help.

It is a sweep over `data.train_rows`. Smaller sets of rows are parts of larger ones, and every size is judged on the
same held-out rows: what is seen is the effect of the rows, not of another draw. The epochs stay as they are, so fewer
rows also mean fewer updates.
"""

from __future__ import annotations

from dataclasses import replace

from engine import prepare
from engine.errors import KeyProblem
from engine.experiment import Experiment
from engine.plan import plan
from engine.sweep import Sweep
from engine.validations import NoValidation

POINTS = 6
FEWEST = 10
"""Fewer rows say more about luck than about rows."""


def sizes(most: int, points: int = POINTS) -> tuple[int, ...]:
    """Return numbers of rows up to `most`, each about twice the one before, ascending and distinct."""
    halves = (round(most / 2**step) for step in range(points))
    return tuple(sorted({max(size, min(FEWEST, most)) for size in halves}))


def learning_curve(experiment: Experiment, points: int = POINTS) -> Experiment:
    """Return the experiment with a sweep over the numbers of its training rows, read from the data.

    No refit follows: nothing is chosen that the test rows should judge.

    Raises
    ------
    LabError
        Where it has a sweep already or no rows that validate, or its data cannot be read.
    """
    if experiment.sweep:
        raise KeyProblem("sweep", "stands beside the learning curve, which is a sweep itself", "leave it out")
    if isinstance(experiment.validation.method, NoValidation):
        raise KeyProblem(
            "validation.method", 'cannot be "none": rows that validate make the curve', 'set "holdout" or "k-fold"'
        )
    _, jobs = prepare.read_one(experiment, plan(experiment))
    found = sizes(min(len(job.train) for job in jobs), points)
    if len(found) < 2:
        raise KeyProblem("data", f"leaves {found[-1]} rows to train on, too few for a curve", "choose more rows")
    sweep = Sweep((("data.train_rows", found),))
    return replace(experiment, sweep=sweep, validation=replace(experiment.validation, refit=False))
