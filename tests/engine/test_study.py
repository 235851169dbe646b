"""A study's own decisions, with a pool that only pretends: what follows the runs, and how the whole is called."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from engine.control import Pause, Stop
from engine.data.sources import Wine
from engine.events import RefitPlanned, RunEnded, RunsFailed, StudyEnded, StudyStarted
from engine.experiment import Data, EarlyStopping, Experiment, Training, ValidationPlan
from engine.study import Study
from engine.validations import Holdout, KFold

FOLDS = Experiment(Data(Wine()), training=Training(epochs=7), validation=ValidationPlan(KFold(3)))


def end(run, status):
    return RunEnded(run, status, 7, 3, 9, 0.1, {"loss": 1.0}, None, None, None, "", "")


class PretendedPool:
    """Says for each call of `train` what it was told to say."""

    def __init__(self, *acts):
        self.acts = list(acts)
        self.trained = []
        self.commands = []

    async def train(self, _experiment, specs, _course):
        self.trained.append([spec.label for spec in specs])
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
