"""The baselines of a study, measured on the same rows as its runs."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from engine import prepare
from engine.arrays import Integers
from engine.baselines.base import BASELINES, Baseline, Fitted, Fold
from engine.batches import Feed
from engine.errors import LabError
from engine.evaluation import CHUNK, sample
from engine.events import Columns, Figures
from engine.experiment import Experiment
from engine.jobs import Job, loss_of
from engine.metrics import tally
from engine.plan import RunSpec, settled, wants_refit
from engine.reader import Reader
from engine.results import columns_of

Cut = tuple[Integers, Integers]
"""Training rows, and rows that judge what they taught; the latter may be none."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one baseline reaches. Figures have the names and units of a run's."""

    name: str
    """As it is registered."""
    says: str
    """What it is, in words, with the rows it was fitted on where these are a sample."""
    train: Columns = field(default_factory=dict)
    """One figure a fold, on the fold's training rows (at most 10,000) and the labels they show."""
    validation: Columns = field(default_factory=dict)
    """One figure a fold; empty where no rows validate."""
    whole: Figures | None = None
    """On the training rows of the fit that is tested; None where none is."""
    test: Figures | None = None
    """On the test rows; None where they are not looked at."""
    fitted_rows: tuple[int, ...] = ()
    """How many training rows each fold's fit saw."""
    left_out: str = ""
    """Why there are no figures, in words; empty where there are."""


def of_study(
    experiment: Experiment,
    specs: Sequence[RunSpec],
    known: Container[str] = (),
    reader: Reader | None = None,
    *,
    tests: bool = True,
) -> Iterator[Measured]:
    """Read the data and yield the baselines of the planned runs of one setting, one by one, but those that are known.

    Each fold is measured once, however many restarts it has. Where the study looks at the test rows, so does each
    baseline, having seen the rows of the run that does: the refit's, unless they are no `tests`, or else the only
    fold's. No network looks here.

    Raises
    ------
    LabError
        Where the data, the split or the loss cannot be.
    """
    runs = list(specs)
    if tests and wants_refit(experiment):
        setting, settings = runs[0].setting, runs[0].settings
        runs.append(RunSpec(len(runs), "refit", "refit", setting=setting, settings=settings))
    feed, jobs = prepare.read_one(experiment, runs, reader)
    folds: dict[tuple[int, int], Cut] = {}
    tested: Job | None = None
    for spec, job in zip(runs, jobs, strict=True):
        if spec.role != "refit":
            folds.setdefault((job.repeat, job.fold), (job.train, job.validation))
        if len(job.test):
            tested = tested or job
    one = settled(experiment, runs[0])
    yield from measure(one, feed, list(folds.values()), (tested.train, tested.test) if tested else None, known)


def measure(
    experiment: Experiment, feed: Feed, cuts: Sequence[Cut], test: Cut | None = None, known: Container[str] = ()
) -> Iterator[Measured]:
    """Yield each baseline that such data can have and that is not known, on every cut and, if there is one, the test's.

    A cut is (training rows, validation rows), that of the test (training rows, test rows). What a baseline reaches
    depends neither on the other baselines nor on the other cuts.
    """
    loss = loss_of(experiment, feed.dataset.task)
    folds = [Fold(feed, train, loss) for train, _ in cuts]
    last = _alike(folds, test[0]) or Fold(feed, test[0], loss) if test is not None and len(test[1]) else None
    for name in BASELINES:
        baseline = BASELINES[name]()
        if name not in known and baseline.applies(feed.dataset):
            try:
                yield _measured(name, baseline, folds, [held for _, held in cuts], last, test[1] if test else None)
            except (LabError, np.linalg.LinAlgError) as error:
                yield Measured(name, name, left_out=str(error))
            except MemoryError:
                yield Measured(name, name, left_out="there is not enough memory")


def _alike(folds: Sequence[Fold], train: Integers) -> Fold | None:
    """Return the fold with these training rows: what is fitted on them need not be fitted twice."""
    return next((fold for fold in folds if np.array_equal(fold.train, train)), None)


@np.errstate(all="ignore")
def _measured(  # noqa: PLR0917 - all of them are one question
    name: str,
    baseline: Baseline,
    folds: Sequence[Fold],
    held_out: Sequence[Integers],
    last: Fold | None,
    test: Integers | None,
) -> Measured:
    train, validation, fits = [], [], []
    whole = tested = None
    for fold, held in zip(folds, held_out, strict=True):
        fitted = baseline.fit(fold)
        fits.append(fitted)
        train.append(_on_training_rows(fold, fitted))
        validation.append(_figures(fold, fitted, held))
        if fold is last and test is not None:
            whole, tested = train[-1], _figures(fold, fitted, test)
    if last is not None and whole is None and test is not None:
        fitted = baseline.fit(last)
        fits.append(fitted)
        whole, tested = _on_training_rows(last, fitted), _figures(last, fitted, test)
    if not all(validation) and any(len(held) for held in held_out):
        raise LabError("a fold has no row to validate it on")
    return Measured(
        name,
        fits[0].says if fits else name,
        columns_of(train),
        columns_of(validation) if all(validation) else {},
        whole,
        tested or None,
        tuple(fitted.fitted_rows for fitted in fits[: len(folds)]),
    )


def _on_training_rows(fold: Fold, fitted: Fitted) -> Figures:
    rows = fold.train if fitted.measured is None else fitted.measured
    return _figures(fold, fitted, sample(rows), taught=True)


def _figures(fold: Fold, fitted: Fitted, rows: Integers, *, taught: bool = False) -> Figures:
    """Return loss and metrics on some rows, without those for which there is no prediction; empty where none is left.

    Against the true targets, or those that training rows show (`taught`).
    """
    sums = tally(fold.dataset.task, fold.loss, 1, fold.feed.outputs)
    measured = 0
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        outputs = fitted.predict(chunk)
        there = ~np.isnan(outputs).any(axis=1)
        chunk, outputs = chunk[there], outputs[there]
        if len(chunk):
            measured += len(chunk)
            targets = fold.taught(chunk) if taught else fold.dataset.targets[chunk]
            sums.add(outputs[None], targets[None])
    if not measured:
        return {}
    figures = {name: float(values[0]) for name, values in sums.figures().items()}
    # As of a network: one NaN, whatever its sign, and no metric where the loss is no number.
    lost = math.isnan(figures["loss"])
    return {name: math.nan if lost or math.isnan(value) else value for name, value in figures.items()}
