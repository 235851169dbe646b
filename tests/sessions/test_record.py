"""The record as a pure fold of a study's events."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import any_events, study

from engine import events
from engine.data.sources import Line
from engine.errors import LabError
from engine.events import (
    Changed,
    EpochEnded,
    JobEnded,
    Paused,
    RefitPlanned,
    Resumed,
    RunEnded,
    RunsFailed,
    RunsStarted,
    StudyEnded,
    StudyStarted,
)
from engine.experiment import Data, Experiment, Model, Training, ValidationPlan
from engine.plan import plan
from engine.validations import KFold
from sessions.record import Intervention, Record, fold, reduce
from sessions.recovery import interrupted

EXPERIMENT = Experiment(Data(Line(rows=50)), Model((3,)), Training(epochs=4), ValidationPlan(KFold(2)), restarts=2)


def started(labels=("a", "b")):
    places = tuple(range(1, len(labels) + 1))
    return StudyStarted(tuple(labels), places, (1,) * len(labels), (1,) * len(labels), 9)


def end(run, status="finished", **more):
    values = {
        "epochs": 2,
        "best_epoch": 1,
        "updates": 6,
        "seconds": 0.5,
        "train": {"loss": 0.1},
        "validation": None,
        "test": None,
        "coefficients": None,
        "weights": "",
        "sha256": "ab",
    }
    return RunEnded(run, status, **values | more)


def whole_study():
    specs = plan(EXPERIMENT)
    first = StudyStarted(
        tuple(s.label for s in specs),
        tuple(s.restart + 1 for s in specs),
        tuple(s.repeat + 1 for s in specs),
        tuple(s.fold + 1 for s in specs),
        4,
    )
    return [first, *study(EXPERIMENT)[1], StudyEnded("finished")]


def test_replaying_the_same_events_gives_an_equal_record():
    said = whole_study()
    record = fold(said)
    assert record == fold(said)
    # Through lines, as a journal and a replay hold them; and in pieces.
    assert record == fold(events.decode(events.encode(event)) for event in said)
    assert record == fold(said[7:], fold(said[:7]))
    assert record.status == "finished"
    assert [run.status for run in record.runs] == ["finished"] * 4
    assert [len(run.train_curves["loss"]) for run in record.runs] == [4] * 4
    assert [(run.fold, run.restart) for run in record.runs] == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_a_record_stays_as_it_was_while_others_grow_from_it():
    said = whole_study()
    records, copies = [Record()], [Record()]
    for event in said:
        records.append(reduce(records[-1], event))
        copies.append(copy.deepcopy(records[-1]))
    # A branch grows from the middle as well.
    fold(said[6:9], records[5])
    assert records == copies


def test_the_course_of_a_run():
    record = fold([started()])
    assert (record.status, [run.status for run in record.runs]) == ("training", ["waiting"] * 2)
    record = reduce(record, RunsStarted((0, 1), 7, 30, 10, 5, 3, 9))
    run = record.runs[1]
    assert (run.status, run.parameters, run.train_rows, run.validation_rows, run.test_rows) == (
        "training",
        7,
        30,
        10,
        5,
    )
    record = reduce(record, EpochEnded((1, 0), 1, {"loss": (0.5, 0.7)}, {"loss": (0.6, 0.8)}, 3.0))
    assert [run.train_curves["loss"].last for run in record.runs] == [0.7, 0.5]
    assert [run.validation_curves["loss"].last for run in record.runs] == [0.8, 0.6]
    assert [(run.epoch, run.updates, run.seconds) for run in record.runs] == [(1, 3, 1.5)] * 2
    record = reduce(record, Paused((0,), 1, 3))
    assert (record.status, record.runs[0].status) == ("training", "paused")
    assert reduce(record, Paused((1,), 1, 3)).status == "paused"
    record = reduce(record, Resumed((0,)))
    assert (record.status, record.runs[0].status) == ("training", "training")
    record = reduce(record, Changed((0, 1), 3, "learning_rate", 0.5))
    assert record.interventions == (Intervention((0, 1), 3, "learning_rate", 0.5),)
    record = reduce(record, end(0))
    assert (record.runs[0].status, record.runs[0].best_epoch, record.runs[0].sha256) == ("finished", 1, "ab")
    record = reduce(record, RunsFailed((1,), "it broke", "try again"))
    assert (record.runs[1].status, record.runs[1].problem) == ("failed", "it broke; try again")
    assert not record.over
    assert reduce(record, StudyEnded("finished")).over
    assert reduce(record, JobEnded()) == record


def test_a_diverged_run_says_why():
    record = fold([started(), end(0, "diverged", train={"loss": float("nan")})])
    assert "no longer a number after epoch 2" in record.runs[0].problem


def test_the_refit_comes_after_the_runs_and_is_no_candidate():
    record = fold([started(), RefitPlanned(2, "refit", 9, "as every fold"), end(2, test={"loss": 1.0})])
    assert record.refit.test == {"loss": 1.0}
    assert [run.label for run in record.candidates] == ["a", "b"]
    assert record.refit_reason == "as every fold"


READ = [
    events.DataRead("d", 9, features, 1, "regression", "", "ab", warnings, "cd", settings)
    for features, warnings, settings in ((1, ("a",), (0, 3)), (2, (), (1,)), (2, ("b",), (4,)), (3, ("a", "c"), (2,)))
]


@given(st.permutations(READ), st.integers(0, 4), st.integers(0, 4))
def test_the_data_are_those_of_the_setting_that_the_test_rows_see(said, before, setting):
    begun = fold([StudyStarted(("a",) * 5, (1,) * 5, (1,) * 5, (1,) * 5, 9, ({},) * 5, tuple(range(5)))])
    known = fold(said[before:], fold(said[:before], begun))
    whole = [(0, 3), (1, 4), (2,)]
    assert [one.read_for for one in known.all_data] == whole
    assert set(known.warnings) == {"a", "b", "c"}
    for chosen in (events.SettingChosen(setting, "loss"), RefitPlanned(5, "refit", 9, "", setting)):
        ended = fold([chosen], known)
        assert setting in ended.data.read_for
        assert [one.read_for for one in ended.other_data] == [one for one in whole if setting not in one]
        assert fold([replace(READ[0], read_for=(0,))], ended) == ended


def test_an_experiment_that_cannot_be_is_told_once_for_all_runs():
    bad = RunsFailed((0, 1), "data.k is wrong", "", bad_input=True, key="data.k")
    assert fold([started(), bad]).bad_input == "data.k is wrong"
    assert fold([started(), bad]).runs[0].bad_key == "data.k"
    assert fold([started(), replace(bad, runs=(0,))]).bad_input == ""
    assert fold([started(), replace(bad, bad_input=False)]).bad_input == ""


UNKNOWN = [
    RunsStarted((2,), 1, 1, 1, 1, 1, 1),
    EpochEnded((0, 2), 1, {"loss": (1.0, 1.0)}, {}, 0.0),
    end(2),
    end(-1),
    RunsFailed((2,), "x", ""),
    Paused((-1,), 0, 0),
    Resumed((7,)),
]


@pytest.mark.parametrize("event", UNKNOWN, ids=lambda event: type(event).__name__)
def test_an_event_of_an_unknown_run_is_refused(event):
    with pytest.raises(LabError, match="there are 2"):
        reduce(fold([started()]), event)


@given(st.lists(any_events(), max_size=8))
def test_any_events_give_a_record_or_a_lab_error(said):
    record = fold([started()])
    for event in said:
        if isinstance(event, StudyStarted) or (isinstance(event, EpochEnded) and event.train | event.validation):
            continue  # tuples of unequal lengths: no engine says them
        try:
            record = reduce(record, event)
        except LabError:
            continue
    assert isinstance(record, Record)


def test_what_nobody_ended_is_called_interrupted():
    record = fold([started("abc"), RunsStarted((0, 1), 1, 1, 1, 1, 1, 9), end(0), Paused((1,), 1, 1)])
    left = interrupted(record)
    assert left.status == "interrupted"
    assert [run.status for run in left.runs] == ["finished", "interrupted", "interrupted"]
    assert left.over
    assert interrupted(left) is left
    over = reduce(record, StudyEnded("finished"))
    assert interrupted(over) is over
