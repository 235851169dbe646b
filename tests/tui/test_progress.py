"""How far, how fast, how long still: from records and a clock that is handed in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.record import Intervention, Record, RunRecord
from tui.progress import WINDOW_SECONDS, Pace, Progress, done, standing

STATUSES = ["waiting", "training", "paused", "finished", "stopped", "diverged", "failed", "interrupted"]


def record(*runs, status="training"):
    return Record(status, tuple(RunRecord("run", status=s, epoch=e, epochs=n) for s, e, n in runs))


def test_a_run_that_is_over_needs_no_more_epochs():
    assert done(record(("finished", 30, 100), ("training", 20, 100), ("waiting", 0, 100))) == (50, 230)
    assert done(record()) == (0, 0)


@given(
    st.lists(st.tuples(st.sampled_from(STATUSES), st.integers(0, 50), st.integers(50, 90)), max_size=5), st.floats(0, 9)
)
def test_the_share_lies_between_nothing_and_all(runs, now):
    progress = Pace().look(record(*runs), now)
    assert 0 <= progress.share <= 1
    assert progress.epoch <= progress.epochs or not runs


def test_the_rate_is_of_one_run_and_the_rest_of_all():
    pace = Pace()
    assert pace.look(record(("training", 0, 100), ("training", 0, 100)), 10.0).rate is None
    later = pace.look(record(("training", 20, 100), ("training", 30, 100)), 12.0)
    assert later == Progress(epoch=20, epochs=100, share=0.25, rate=12.5, seconds_left=6.0)


def test_nothing_is_said_of_the_rate_too_early():
    pace = Pace()
    pace.look(record(("training", 0, 100)), 0.0)
    assert pace.look(record(("training", 9, 100)), 0.29).rate is None
    assert pace.look(record(("training", 9, 100)), 0.3).rate == pytest.approx(30)


def test_a_slow_start_is_forgotten():
    pace, epoch = Pace(), 0
    for tick in range(20):
        epoch += 1 if tick < 10 else 100
        progress = pace.look(record(("training", epoch, 10_000)), float(tick))
    assert progress.rate == pytest.approx(100)
    assert len(pace._seen) <= WINDOW_SECONDS + 2


def test_a_pause_does_not_slow_the_rate():
    pace = Pace()
    pace.look(record(("training", 0, 1_000)), 0.0)
    assert pace.look(record(("training", 100, 1_000)), 1.0).rate == pytest.approx(100)
    assert pace.look(record(("paused", 100, 1_000), status="paused"), 500.0).rate is None
    assert pace.look(record(("training", 100, 1_000)), 1_000.0).rate is None
    assert pace.look(record(("training", 150, 1_000)), 1_000.5).rate == pytest.approx(100)


@pytest.mark.parametrize(
    ("progress", "says"),
    [
        (Progress(3, 10, 0.3), "epoch 3/10"),
        (Progress(34, 100, 0.34, 12.4, 5.3), "epoch 34/100 · 12 epochs/s · 5.3 s left"),
        (Progress(34, 100, 0.34, 3.25, 185), "epoch 34/100 · 3.2 epochs/s · 3:05 left"),
        (Progress(5_000, 10_000, 0.5, 12_345.6, 0.4), "epoch 5000/10000 · 12,346 epochs/s · 0.4 s left"),
    ],
)
def test_in_words(progress, says):
    assert progress.says() == says


def test_where_a_study_stands_is_said_in_words():
    assert standing(Record(), Pace(), 0.0) == ("nothing trained yet", None)
    assert standing(Record("training", loading=0.5), Pace(), 0.0) == ("reading the data", 0.5)
    assert standing(record(("training", 20, 100)), Pace(), 0.0) == ("▶ epoch 20/100", 0.2)
    over = record(("finished", 100, 100), status="finished")
    assert standing(over, Pace(), 0.0, "a-page") == ("finished · page a-page", None)
    swept = replace(over, settings=({"seed": 1}, {"seed": 2}))
    assert standing(swept, Pace(), 0.0, "a-page")[0] == "finished · w: settings or curves · page a-page"


def test_a_changed_learning_rate_is_said_while_the_study_goes():
    run = RunRecord("run", status="training", epoch=3, epochs=9)
    changes = tuple(Intervention((0,), update, "learning_rate", value) for update, value in ((5, 0.02), (7, 0.005)))
    record = Record("training", (run,), interventions=changes)
    assert standing(record, Pace(), 0.0)[0] == "▶ learning rate 0.005 · epoch 3/9"
    over = replace(record, status="stopped")
    assert "learning rate" not in standing(over, Pace(), 0.0)[0]
