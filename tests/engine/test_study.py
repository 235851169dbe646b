"""A study's own decisions, with a pool that only pretends: what follows the runs, and how the whole is called."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from engine.control import Pause, Stop
from engine.data.sources import Wine
from engine.events import RefitPlanned, RunEnded, RunsFailed, StudyEnded, StudyStarted
from engine.experiment import Data, EarlyStopping, Experiment, Training, ValidationPlan
from engine.sharing import MOST_MEASURED
from engine.study import Study
from engine.sweep import Sweep
from engine.validations import Holdout, KFold

FOLDS = Experiment(Data(Wine()), training=Training(epochs=7), validation=ValidationPlan(KFold(3)))


def end(run, status):
    return RunEnded(run, status, 7, 3, 9, 0.1, {"loss": 1.0}, None, None, None, "", "")


class PretendedPool:
    """Says for each call of `train` what it was told to say."""

    def __init__(self, *acts):
        self.acts = list(acts)
        self.trained, self.measured = [], []
        self.commands = []

    async def train(self, _experiment, specs, _course, baselines=None):
        self.trained.append([spec.label for spec in specs])
        self.measured.append(baselines)
        for batch in self.acts.pop(0):
            yield batch

    def send(self, command):
        self.commands.append(command)


def course(experiment, pool, command_after=None, command=None):
    async def listen():
        study, said = Study(experiment, pool), []
        async for batch in study.events():
            said += batch
            if command_after is not None and command_after in said:
                study.send(command)
        return said

    return asyncio.run(listen())


def test_folds_are_followed_by_a_refit():
    pool = PretendedPool([[end(0, "finished")], [end(1, "finished"), end(2, "finished")]], [[end(3, "finished")]])
    said = course(FOLDS, pool)
    assert pool.trained == [["fold 1/3", "fold 2/3", "fold 3/3"], ["refit"]]
    assert isinstance(said[0], StudyStarted)
    (planned,) = [event for event in said if isinstance(event, RefitPlanned)]
    assert (planned.run, planned.epochs) == (3, 7)
    assert said.index(planned) > said.index(end(2, "finished"))
    assert said[-1] == StudyEnded("finished")


def test_a_refit_trains_for_the_median_of_the_best_epochs_where_folds_may_stop_early():
    training = Training(epochs=90, early_stopping=EarlyStopping(5))
    experiment = Experiment(Data(Wine()), training=training, validation=ValidationPlan(KFold(4)))
    ends = [replace(end(run, "finished"), best_epoch=best) for run, best in enumerate((30, 4, 11))]
    pool = PretendedPool([ends[:1], [*ends[1:], replace(end(3, "diverged"), best_epoch=80)]], [[end(4, "finished")]])
    (planned,) = [event for event in course(experiment, pool) if isinstance(event, RefitPlanned)]
    assert planned.epochs == 11


@pytest.mark.parametrize(
    ("best", "ended", "epochs", "says"),
    [
        ((2, 3, 7, 8), (7, 8, 12, 13), 5, "5 epochs, the median of the folds' best"),
        ((2, 3, 6, 8), (7, 8, 11, 13), 5, "5 epochs, the median of the folds' best, 4.5, rounded up"),
        ((4, 4, 4, 4), (9, 9, 9, 9), 4, "4 epochs, the median of the folds' best"),
        ((30, 88, 90, 90), (35, 90, 90, 90), 89, "89 epochs, the median of the folds' best"),
        ((88, 90, 87, 86), (90, 90, 90, 90), 90, "all 90 epochs, as every fold, of which none was stopped early"),
    ],
)
def test_the_median_of_the_best_epochs_is_taken_where_a_fold_was_stopped_early(best, ended, epochs, says):
    training = Training(epochs=90, early_stopping=EarlyStopping(5))
    experiment = Experiment(Data(Wine()), training=training, validation=ValidationPlan(KFold(4)))
    ends = [
        replace(end(run, "finished"), best_epoch=one, epochs=last)
        for run, (one, last) in enumerate(zip(best, ended, strict=True))
    ]
    (planned,) = [e for e in course(experiment, PretendedPool([ends], [[]])) if isinstance(e, RefitPlanned)]
    assert (planned.epochs, planned.reason) == (epochs, says)


@pytest.mark.parametrize(
    ("statuses", "refit", "whole"),
    [
        (["finished", "diverged", "finished"], "finished", "finished"),
        (["finished"] * 3, "diverged", "diverged"),
        (["finished"] * 3, None, "failed"),
        (["diverged"] * 3, None, "diverged"),
        (["diverged", "failed", "failed"], None, "diverged"),
        (["failed"] * 3, None, "failed"),
    ],
)
def test_how_a_study_with_a_refit_is_called(statuses, refit, whole):
    failed = [RunsFailed((run,), "x", "") for run, status in enumerate(statuses) if status == "failed"]
    first = [end(run, status) for run, status in enumerate(statuses) if status != "failed"] + failed
    pool = PretendedPool([first], [[end(3, refit) if refit else RunsFailed((3,), "x", "")]])
    said = course(FOLDS, pool)
    assert said[-1] == StudyEnded(whole)
    assert any(isinstance(event, RefitPlanned) for event in said) == ("finished" in statuses)


def test_a_stop_keeps_the_refit_from_starting_even_where_some_run_has_finished():
    pool = PretendedPool([[end(0, "finished")], [end(1, "stopped"), end(2, "stopped")]])
    said = course(FOLDS, pool, end(0, "finished"), Stop())
    assert len(pool.trained) == 1
    assert said[-1] == StudyEnded("stopped")
    assert Stop() in pool.commands


def test_a_pause_reaches_the_pool_and_keeps_nothing_from_starting():
    pool = PretendedPool([[end(run, "finished")] for run in range(3)], [[end(3, "finished")]])
    said = course(FOLDS, pool, end(0, "finished"), Pause())
    assert set(pool.commands) == {Pause()}
    assert len(pool.trained) == 2
    assert said[-1] == StudyEnded("finished")


def test_a_study_without_folds_has_no_refit_unless_it_is_asked_for():
    for asked, calls in ((None, 1), (False, 1), (True, 2)):
        pool = PretendedPool([[end(0, "finished")]], [[end(1, "finished")]])
        course(Experiment(Data(Wine()), validation=ValidationPlan(Holdout(), refit=asked)), pool)
        assert len(pool.trained) == calls


def measured_settings(pool):
    return [spec.setting for spec in pool.measured[0].runs]


def test_baselines_are_measured_on_all_runs_also_where_a_study_goes_on():
    ends = {0: end(0, "finished"), 2: end(2, "finished")}
    pool, again = (PretendedPool([[end(1, "finished")]], [[end(3, "finished")]]) for _ in range(2))
    course(FOLDS, pool)
    asyncio.run(exhaust(Study(FOLDS, again, ends, measured=[(0, "constant")])))
    assert again.trained == [["fold 2/3"], ["refit"]]
    assert [measure and len(measure.runs) for measure in again.measured] == [3, None]
    assert (pool.measured[0].known, again.measured[0].known) == ((), ((0, "constant"),))


def test_a_study_of_which_only_baselines_are_left_measures_them():
    alone = replace(FOLDS, validation=replace(FOLDS.validation, refit=False))
    pool = PretendedPool([[]])
    said = asyncio.run(exhaust(Study(alone, pool, {run: end(run, "finished") for run in range(3)})))
    assert (pool.trained, len(pool.measured[0].runs)) == ([[]], 3)
    assert said == [StudyEnded("finished")]
    unwanted = Study(replace(alone, baselines=False), PretendedPool(), {run: end(run, "finished") for run in range(3)})
    assert asyncio.run(exhaust(unwanted)) == [StudyEnded("finished")]


@pytest.mark.parametrize(
    ("sweep", "settings"),
    [
        ({"training.learning_rate": (0.1, 0.2), "model.hidden": ((4,), (8,))}, [0]),
        ({"data.train_rows": (20, 30, 40), "training.learning_rate": (0.1, 0.2)}, [0, 2, 4]),
        ({"training.learning_rate": (0.1, 0.2), "data.train_rows": (20, 30)}, [0, 1]),
        ({"seed": (1, 2)}, [0, 1]),
        ({"validation.k": (2, 3)}, [0, 1]),
        ({"training.loss": ("squared", "hinge")}, [0, 1]),
        ({"data.train_rows": tuple(range(20, 20 + 2 * MOST_MEASURED))}, list(range(MOST_MEASURED))),
    ],
)
def test_settings_with_other_rows_or_another_loss_have_baselines_of_their_own(sweep, settings):
    experiment = replace(FOLDS, sweep=Sweep(tuple(sweep.items())), choose_by="accuracy")
    pool = PretendedPool([[]])
    course(experiment, pool)
    assert list(dict.fromkeys(measured_settings(pool))) == settings


async def exhaust(work):
    return [event async for batch in work.events() for event in batch]
