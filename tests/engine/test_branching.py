"""A branch: the same run up to an epoch, another setting from there on, to the same bits however it is come by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import bits_by_run, dataset, ended, train

from engine import events, trainer
from engine.batches import Feed
from engine.course import Course, Turn, turned
from engine.data.sources import Line
from engine.errors import KeyProblem
from engine.events import Changed, Checkpoint, RunsStarted
from engine.experiment import Data, EarlyStopping, Experiment, Model, Training
from engine.jobs import Job
from engine.optimizers import OPTIMIZERS, Adam, Sgd
from engine.schedules import Cosine

FEED = Feed(dataset(30, 3, 1))
NONE = np.arange(0)
PER_EPOCH = 3


@pytest.fixture(autouse=True)
def _checkpoints_at_any_price(monkeypatch):
    monkeypatch.setattr(trainer, "CHECKPOINT_SHARE", 0)


def jobs_of(runs=2, epochs=6, **training):
    experiment = Experiment(
        Data(Line()), Model((5,)), Training(batch_size=8, epochs=epochs, **{"optimizer": Adam(), **training})
    )
    rows = np.arange(30)
    return [Job(run, experiment, run, 0, 0, epochs, rows[:24], rows[24:], NONE) for run in range(runs)]


def branch(jobs, epoch, settings, **course):
    return train(jobs, FEED, course=Course(turns=(Turn(epoch, settings),), **course))


def upto(bits, epoch):
    return {
        run: [part for part in parts if isinstance(part[0], int) and part[0] <= epoch] for run, parts in bits.items()
    }


IN_TRAINING = {
    "training.learning_rate": 0.05,
    "training.weight_decay": 0.1,
    "training.l1": 0.1,
    "training.clip": 0.01,
    "training.max_norm": 0.05,
    "training.schedule": "cosine",
    "training.beta1": 0.3,
    "training.augment": ["noise"],
    "training.batch_size": 5,
    "model.dropout": 0.4,
}


@pytest.mark.parametrize("key", IN_TRAINING)
def test_only_what_follows_the_epoch_is_another(key):
    parent = bits_by_run(train(jobs_of(), FEED))
    child = bits_by_run(branch(jobs_of(), 3, {key: IN_TRAINING[key]}))
    assert upto(child, 3) == upto(parent, 3)
    assert all(child[run] != parent[run] for run in parent)
    alone = {
        run: said for job in jobs_of() for run, said in bits_by_run(branch([job], 3, {key: IN_TRAINING[key]})).items()
    }
    assert alone == child


@settings(deadline=None)
@given(
    name=st.sampled_from([name for name in OPTIMIZERS if OPTIMIZERS[name].iterates]),
    epoch=st.integers(0, 6),
    rate=st.floats(1e-4, 0.2),
)
def test_a_branch_in_the_learning_rate_is_a_person_who_changes_it_there(name, epoch, rate):
    jobs = jobs_of(optimizer=OPTIMIZERS[name]())
    changes = (Changed((0, 1), epoch * PER_EPOCH, "learning_rate", rate),)
    changed = bits_by_run(train(jobs, FEED, course=Course(changes=changes)))
    assert bits_by_run(branch(jobs, epoch, {"training.learning_rate": rate})) == changed


@pytest.mark.parametrize("key", IN_TRAINING)
def test_a_branch_goes_on_from_any_checkpoint(key):
    settings = {key: IN_TRAINING[key]}
    whole = branch(jobs_of(), 3, settings, checkpoint_seconds=1e-9)
    expected = bits_by_run(whole)
    said = [events.decode(events.encode(event)) for event in whole if isinstance(event, Checkpoint)]
    assert [one.epoch for one in said] == [1, 2, 3, 4, 5, 6]
    for one in said:
        gone_on = bits_by_run(branch(jobs_of(), 3, settings, checkpoints=(one,)))
        left = {
            run: [p for p in parts if not isinstance(p[0], int) or p[0] > one.epoch] for run, parts in expected.items()
        }
        assert gone_on == left


def test_a_branch_of_a_branch_has_both_turns():
    turns = (Turn(2, {"training.learning_rate": 0.05}), Turn(4, {"model.dropout": 0.3}))
    whole = train(jobs_of(), FEED, course=Course(turns=turns, checkpoint_seconds=1e-9))
    first = bits_by_run(branch(jobs_of(), 2, turns[0].settings))
    both = bits_by_run(whole)
    assert upto(both, 4) == upto(first, 4)
    assert all(both[run] != first[run] for run in first)
    for one in (event for event in whole if isinstance(event, Checkpoint)):
        gone_on = bits_by_run(train(jobs_of(), FEED, course=Course((one,), turns=turns)))
        assert {run: parts[-1] for run, parts in gone_on.items()} == {run: parts[-1] for run, parts in both.items()}


def test_a_branch_may_train_longer():
    said = branch(jobs_of(epochs=4), 4, {"training.epochs": 9})
    assert bits_by_run(said) == bits_by_run(train(jobs_of(epochs=9), FEED))


def test_a_refit_of_chosen_epochs_keeps_their_number():
    jobs = [replace(job, epochs=5) for job in jobs_of(epochs=8)]
    (started,) = [e for e in branch(jobs, 2, {"training.epochs": 20}) if isinstance(e, RunsStarted)]
    assert started.epochs == 5


def test_a_branch_that_stops_early_looks_for_a_best_epoch_of_its_own():
    said = branch(jobs_of(epochs=40), 3, {"training.early_stopping": {"patience": 2, "min_delta": 1e9}})
    assert {(end.status, end.epochs) for end in ended(said).values()} == {("finished", 6)}
    assert all(end.best_epoch > 3 for end in ended(said).values())


def test_runs_that_have_ended_before_it_stay_as_they_are():
    jobs = jobs_of(epochs=9, early_stopping=EarlyStopping(2, 1e9))
    settings = {"training.learning_rate": 0.5}
    assert bits_by_run(branch(jobs, 7, settings)) == bits_by_run(train(jobs, FEED))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("data.name", "wine"), ("model.hidden", [3]), ("training.loss", "huber"), ("training.optimizer", "sgd"),
        ("training.reduction", "sum"), ("training.threads", 2), ("seed", 3), ("validation.k", 3),
        ("training.nonsense", 1),
        ("training.learning_rate", -1.0), ("training.learning_rate", "fast"),
    ],
)  # fmt: skip
def test_what_cannot_change_on_the_way_is_refused_by_its_name(key, value):
    experiment = jobs_of()[0].experiment
    with pytest.raises(KeyProblem) as caught:
        turned(experiment, {key: value})
    assert key.rpartition(".")[2] in str(caught.value)


def test_batches_of_another_size_are_refused_under_a_schedule():
    experiment = jobs_of(optimizer=Sgd(), schedule=Cosine())[0].experiment
    with pytest.raises(KeyProblem, match="schedule"):
        turned(experiment, {"training.batch_size": 5})
