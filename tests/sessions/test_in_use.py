"""A page that another program trains is called that, not one without runs; a branch's title says what is true of it."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from engine import tables
from engine.course import Turn
from engine.events import Branched
from sessions import codec, lock
from sessions.branching import branch_of
from sessions.page import Page
from sessions.record import Intervention, Record, RunRecord
from tui.cli import main

EXPERIMENT = tables.from_tables({"data": {"name": "wine"}, "training": {"epochs": 20}})


@pytest.fixture
def held(tmp_path):
    """A page that has no runs yet, and is being trained."""
    path = tmp_path / "page.toml"
    path.write_text(codec.write_page(Page(EXPERIMENT, "A page", record=Record("training"))))
    taken = lock.acquire(path, "trained")
    yield path
    taken.release()


COMMANDS = {
    "verify": [],
    "branch": ["--at", "0", "--set", "model.dropout=0.5"],
    "replay": ["--plain"],
    "predict": ["wine"],
    "export": ["--to", "pytorch"],
    "compare": ["page"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_who_trains_a_page_is_said(held, capsys, command):
    status = main(["--sessions", str(held.parent), command, "page", *COMMANDS[command]])
    said = capsys.readouterr().err
    assert (status, said.count("\n")) == (2, 1)
    assert f"is being trained by process {os.getpid()}" in said


def record(*turns):
    branch = Branched("root", tuple(turn.epoch for turn in turns), tuple(turn.settings for turn in turns))
    runs = (RunRecord("run", epoch=20, epochs=20, updates_per_epoch=2, status="finished"),)
    return Record("finished", runs, branch=branch if turns else None)


def test_a_branch_is_called_by_the_turns_that_it_has():
    first, _ = branch_of(Page(EXPERIMENT, "base", record=record()), "base", 10, {"model.dropout": 0.3})
    assert first.title == "base · dropout 0.3 from epoch 10"
    turn = Turn(10, {"model.dropout": 0.3})
    parent = Page(EXPERIMENT, first.title, record=record(turn))
    later, _ = branch_of(parent, "b", 15, {"training.learning_rate": 0.05})
    assert later.title == "base · dropout 0.3 from epoch 10 · learning_rate 0.05 from epoch 15"
    earlier, course = branch_of(parent, "b", 5, {"training.learning_rate": 0.05})
    assert earlier.title == "base · learning_rate 0.05 from epoch 5"
    assert [one.epoch for one in course.turns] == [5]


@pytest.mark.parametrize("runs", [(), (99,), (0, 99)])
def test_a_change_in_runs_that_a_page_does_not_have_is_passed_over(runs):
    changed = Intervention(runs, 1, "learning_rate", 0.5)
    page = Page(EXPERIMENT, "base", record=replace(record(), interventions=(changed,)))
    _, course = branch_of(page, "base", 10, {"model.dropout": 0.3})
    assert [change.runs for change in course.changes] == ([(0,)] if 0 in runs else [])
