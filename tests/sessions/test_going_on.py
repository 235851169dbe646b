"""A study that goes on and is stopped again has lost nothing of what was there before."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from making import study

from engine.data.sources import Line
from engine.events import EpochEnded, RunEnded, RunsStarted, StudyEnded, StudyStarted
from engine.experiment import Data, Experiment, Training
from engine.plan import plan
from sessions import codec
from sessions.again import furthest, left_of
from sessions.archive import known_weights, save_archive
from sessions.page import Page
from sessions.record import Intervention, fold
from sessions.recorder import Recorder
from sessions.store import Store

EXPERIMENT = Experiment(Data(Line(rows=30)), training=Training(epochs=6), restarts=2, baselines=False)
NOW = datetime(2026, 11, 25, 10)


@pytest.fixture(scope="module")
def said():
    started = StudyStarted(tuple(s.label for s in plan(EXPERIMENT)), (1, 2), (1, 1), (1, 1), 6)
    return [started, *study(EXPERIMENT)[1], StudyEnded("finished")]


def stopped(said, epoch):
    """The events of a study whose second run was stopped after an epoch."""

    def cut(event):
        if isinstance(event, RunEnded) and event.run == 1:
            return replace(event, status="stopped", epochs=epoch, updates=epoch, test=None)
        return StudyEnded("stopped") if isinstance(event, StudyEnded) else event

    late = [e for e in said if isinstance(e, EpochEnded) and e.epoch > epoch and 1 in e.runs]
    return [cut(event) for event in said if event not in late]


@pytest.fixture
def page(tmp_path, said):
    """The path of a page whose second run was stopped after four epochs, its weights beside it."""
    path = tmp_path / "page.toml"
    events = stopped(said, 4)
    record = fold(events)
    Store(tmp_path).save(path, Page(EXPERIMENT, "A page", record=record))
    save_archive(path, record, {event.run: event.weights for event in events if isinstance(event, RunEnded)})
    return path


def go_on(path, batches):
    """Go on with a page, hear some events, and be stopped."""
    known = codec.read_page(path)
    keeper = Recorder(Store(path.parent), known, NOW, path=path)
    keeper.go_on(left_of(known), known.record)
    for batch in batches:
        keeper.take(batch)
    assert keeper.finish()


def start_of(said, run):
    return [event for event in said if isinstance(event, RunsStarted) and run in event.runs]


@pytest.mark.parametrize("epochs", [0, 1, 3])
def test_what_was_there_stays_until_it_is_passed(page, said, epochs):
    before, weights = codec.read_page(page), known_weights(page, codec.read_page(page).record)
    assert [run.epoch for run in before.record.runs] == [6, 4]
    news = [event for event in said if isinstance(event, EpochEnded) and event.epoch <= epochs]
    for _ in range(2):
        go_on(page, [start_of(said, 1), news])
        after = codec.read_page(page)
        assert after.record.runs == before.record.runs
        assert known_weights(page, after.record) == weights
    assert after.warning == ""


def test_what_came_further_takes_its_place(page, said):
    news = [event for event in said if isinstance(event, EpochEnded) and event.epoch <= 5]
    go_on(page, [start_of(said, 1), news])
    runs = codec.read_page(page).record.runs
    assert [(run.status, run.epoch) for run in runs] == [("finished", 6), ("interrupted", 5)]


def test_what_is_done_takes_its_place(page, said):
    ends = [event for event in said if isinstance(event, RunEnded | StudyEnded)]
    go_on(page, [start_of(said, 1), [event for event in said if isinstance(event, EpochEnded)], ends])
    assert codec.read_page(page).record.runs == fold(said).runs


def test_what_a_person_did_goes_with_the_runs_that_are_kept(said):
    before, now = fold(stopped(said, 4)), fold(stopped(said, 2))
    before = replace(before, interventions=(Intervention((0, 1), 3, "learning_rate", 0.5),))
    now = replace(now, interventions=(Intervention((0, 1), 1, "learning_rate", 0.1),))
    kept = furthest(before, now)
    assert kept.runs[1] is before.runs[1]
    assert kept.interventions == (
        Intervention((1,), 3, "learning_rate", 0.5),
        Intervention((0,), 1, "learning_rate", 0.1),
    )
