"""What a worker does with a job, in this process: bad experiments, turns, and what a person does meanwhile."""

from __future__ import annotations

import queue
from dataclasses import replace
from datetime import date

import pytest
from making import bits_by_run, study

from engine.control import Pause, Resume, Step, Stop, Train
from engine.data.sources import Births, Line, Wine, Xor
from engine.events import DataRead, EnvironmentSeen, EpochEnded, Paused, RunEnded, RunsFailed
from engine.experiment import Data, Experiment, Model, Training, ValidationPlan
from engine.losses import CrossEntropy
from engine.plan import RunSpec, plan
from engine.tables import to_tables
from engine.validations import Holdout, KFold, NoValidation
from engine.worker import work

WHOLE = ValidationPlan(NoValidation())
FOLDS = Experiment(Data(Line(rows=53)), Model((4,)), Training(epochs=3, batch_size=8), ValidationPlan(KFold(4)))


def job(experiment):
    return Train(to_tables(experiment), plan(experiment))


BAD = {
    "validation.k": Experiment(Data(Xor(rows=20)), validation=ValidationPlan(KFold(17))),
    "data.test_from": Experiment(Data(Wine(), test_from=date(2013, 1, 1))),
    "data.lags": Experiment(Data(Births())),
    "data.split": Experiment(Data(Line(), split="stratified")),
    "data.test": Experiment(Data(Xor(rows=20), split="random", test=0.01)),
    "validation.share": Experiment(Data(Line(rows=5), test=0), validation=ValidationPlan(Holdout(0.01))),
    "training.loss": Experiment(Data(Line()), training=Training(loss=CrossEntropy())),
    "choose_by": Experiment(Data(Line()), choose_by="accuracy"),
}


@pytest.mark.parametrize("key", BAD)
def test_an_experiment_that_cannot_be_is_told_with_its_key(key):
    task = job(BAD[key])
    (event,) = [event for event in work(task, queue.SimpleQueue()) if not isinstance(event, EnvironmentSeen)]
    assert isinstance(event, RunsFailed)
    assert event.bad_input
    assert event.key == key
    assert event.problem
    assert event.runs == tuple(spec.index for spec in task.runs)


def test_a_refit_that_cannot_be_is_told_before_the_folds_train():
    # 142 rows are three batches of 47 and a last one of a single row; no fold has such a batch.
    experiment = Experiment(
        Data(Wine()), Model((8,), normalization="batch"), Training(batch_size=47), ValidationPlan(KFold(5))
    )
    (event,) = work(job(experiment), queue.SimpleQueue())
    assert (event.key, event.bad_input) == ("model.normalization", True)
    assert "142 training rows" in event.problem
    folds_alone = replace(experiment, validation=ValidationPlan(KFold(5), refit=False))
    assert any(isinstance(event, EpochEnded) for event in work(job(folds_alone), queue.SimpleQueue()))


def test_more_folds_than_rows_of_numbers():
    experiment = Experiment(Data(Line(rows=10), test=0), validation=ValidationPlan(KFold(11)))
    (event,) = work(job(experiment), queue.SimpleQueue())
    assert (event.key, event.bad_input) == ("validation.k", True)
    assert "10 rows" in event.problem


def test_tables_that_are_no_experiment():
    task = Train({"data": {"name": "xor"}, "training": {"epoch": 3}}, (RunSpec(0, "run"),))
    (event,) = work(task, queue.SimpleQueue())
    assert (event.key, event.bad_input, event.runs) == ("training.epoch", True, (0,))
    assert "epochs" in event.hint


def test_it_says_where_it_is_and_what_it_read():
    said = list(work(job(FOLDS), queue.SimpleQueue()))
    (environment,) = [event for event in said if isinstance(event, EnvironmentSeen)]
    assert environment.threads == 1
    (data,) = [event for event in said if isinstance(event, DataRead)]
    assert (data.name, data.rows, data.features, data.outputs, data.task) == ("line", 53, 2, 1, "regression")
    assert len(data.sha256) == 64


def test_stacks_take_turns_so_that_all_folds_are_seen_to_grow():
    said = [event for event in work(job(FOLDS), queue.SimpleQueue()) if isinstance(event, EpochEnded)]
    # 42 rows in four folds: 10 or 11 validate, so there are two stacks.
    assert len({event.runs for event in said}) == 2
    assert [event.epoch for event in said] == [1, 1, 2, 2, 3, 3]
    assert bits_by_run(list(work(job(FOLDS), queue.SimpleQueue()))) == bits_by_run(study(FOLDS)[1])


def test_a_held_worker_waits_for_commands_and_goes_on_to_the_same_bits():
    commands = queue.SimpleQueue()
    commands.put(Pause())
    said, steps = [], 0
    for event in work(job(FOLDS), commands):
        said.append(event)
        if isinstance(event, Paused) and sum(isinstance(e, Paused) for e in said) % 2 == 0:
            # All stacks are held: only now is anything read, or this would wait for ever.
            steps += 1
            commands.put(Step() if steps < 3 else Resume())
    assert steps == 3
    assert [event.epoch for event in said if isinstance(event, Paused)] == [0, 0, 1, 1, 2, 2]
    assert bits_by_run(said) == bits_by_run(study(FOLDS)[1])


def test_a_stop_ends_all_runs():
    commands = queue.SimpleQueue()
    said = []
    for event in work(job(FOLDS), commands):
        if isinstance(event, EpochEnded) and not any(isinstance(e, EpochEnded) for e in said):
            commands.put(Stop())
        said.append(event)
    ends = [event for event in said if isinstance(event, RunEnded)]
    assert [end.status for end in ends] == ["stopped"] * 4
    assert all(end.epochs < 3 and end.test is None for end in ends)


def test_an_error_of_another_kind_is_not_hidden(monkeypatch):
    monkeypatch.setattr("engine.prepare.read", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        list(work(job(FOLDS), queue.SimpleQueue()))


def test_too_little_memory_is_told(monkeypatch):
    def hungry(*_):
        raise MemoryError

    monkeypatch.setattr("engine.prepare.read", hungry)
    (event,) = work(job(FOLDS), queue.SimpleQueue())
    assert isinstance(event, RunsFailed)
    assert not event.bad_input
    assert event.runs == (0, 1, 2, 3)
