"""The learning rate of what trains, as a person changes it on the way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import LabError
from engine.events import Branched
from engine.tables import from_tables
from sessions.record import Intervention, Record, RunRecord
from tui.rate import HIGHEST, LOWEST, changed_rate, rate_of

PLAIN = {"data": {"name": "wine"}, "training": {"learning_rate": 0.01}}


def record(epoch=20, changes=(), branch=None):
    run = RunRecord("run", status="training", epoch=epoch, updates_per_epoch=10)
    made = tuple(Intervention((0,), update, key, value) for update, key, value in changes)
    return Record("training", (run,), interventions=made, branch=branch)


def test_it_is_the_experiments_then_what_was_said_last():
    assert rate_of(from_tables(PLAIN), record()) == 0.01
    assert rate_of(from_tables(PLAIN), Record()) == 0.01
    changes = [(50, "learning_rate", 0.02), (50, "learning_rate", 0.04), (60, "something", 9.0)]
    assert rate_of(from_tables(PLAIN), record(changes=changes)) == 0.04


@pytest.mark.parametrize(("epoch", "now"), [(3, 0.02), (10, 0.5), (20, 0.25)])
def test_a_branch_has_the_rate_of_its_turn_from_there_on(epoch, now):
    branch = Branched("p", (10,), ({"training.learning_rate": 0.5},))
    known = [(20, "learning_rate", 0.02), (150, "learning_rate", 0.25)]
    changes = [change for change in known if change[0] <= epoch * 10]
    assert rate_of(from_tables(PLAIN), record(epoch, changes, branch)) == now


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"sweep": {"training.learning_rate": [0.1, 0.2]}}, "rates of their own"),
        ({"sweep": {"training.optimizer": ["adam", "sgd"]}}, "rates of their own"),
        ({"data": {"name": "line"}, "training": {"optimizer": "closed-form"}}, "no learning rate"),
    ],
)
def test_where_there_is_no_one_rate_it_is_told(more, says):
    with pytest.raises(LabError, match=says):
        rate_of(from_tables({"data": {"name": "wine"}} | more), record())


@given(st.floats(LOWEST, HIGHEST), st.sampled_from([0.5, 2.0]))
def test_it_stays_within_its_bounds(before, factor):
    if LOWEST <= before * factor <= HIGHEST:
        assert changed_rate(before, factor) == before * factor
    else:
        with pytest.raises(LabError, match="it stays between"):
            changed_rate(before, factor)
