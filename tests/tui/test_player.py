"""A replay's position, speed and pause, without a screen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import LabError
from sessions.curve import Curve
from sessions.record import Record, RunRecord
from sessions.tape import LEAST_SECONDS, Tape
from tui.player import FASTEST, SLOWEST, Player

EPOCHS = 20


def tape(seconds=0.5):
    curve = Curve(range(1, EPOCHS + 1), [1 / epoch for epoch in range(1, EPOCHS + 1)])
    run = RunRecord(
        "run",
        status="finished",
        epoch=EPOCHS,
        epochs=EPOCHS,
        parameters=3,
        updates_per_epoch=1,
        updates=EPOCHS,
        seconds=seconds,
        train_curves={"loss": curve},
        train={"loss": 1 / EPOCHS},
    )
    return Tape(Record("finished", (run,)))


def test_it_ends_with_the_record_it_came_from_and_holds_there():
    player = Player(tape())
    player.tick(1e9)
    assert player.over
    assert not player.playing
    assert player.record == tape().record
    assert "end" in player.says()


def test_speed_one_is_the_pace_of_the_study_but_never_a_blink():
    player = Player(tape(seconds=0.5))
    player.tick(LEAST_SECONDS / 2)
    assert player.position == pytest.approx(len(player.tape) / 2)
    slow = Player(tape(seconds=60.0))
    slow.tick(30.0)
    assert slow.position == pytest.approx(len(slow.tape) / 2)
    fast = Player(tape(seconds=60.0), speed=4.0)
    fast.tick(15.0)
    assert fast.position == pytest.approx(len(fast.tape))


def test_a_pause_holds_it():
    player = Player(tape())
    player.toggle()
    player.tick(5.0)
    assert player.position == 0
    assert player.says().startswith("‖")
    player.toggle()
    player.tick(5.0)
    assert player.position > 0


def test_at_the_end_it_starts_again():
    player = Player(tape())
    player.tick(1e9)
    player.toggle()
    assert (player.position, player.playing) == (0.0, True)
    assert player.record == Record()


SEEKS = st.lists(st.floats(-5, EPOCHS + 10) | st.integers(-5, EPOCHS + 10), max_size=12)


@given(SEEKS)
def test_the_record_depends_on_the_position_alone(places):
    player = Player(tape())
    for place in places:
        player.seek(place)
        assert 0 <= player.position <= len(player.tape)
        assert player.record == player.tape.at(int(player.position))


@given(st.lists(st.floats(0, 2), max_size=20))
def test_time_only_moves_it_on(passed):
    player, before = Player(tape()), 0.0
    for seconds in passed:
        player.tick(seconds)
        assert player.position >= before
        before = player.position
        assert player.record == player.tape.at(int(player.position))


@given(st.lists(st.sampled_from([0.5, 2.0]), max_size=40))
def test_the_speed_stays_within_reason(factors):
    player = Player(tape())
    for factor in factors:
        player.faster(factor)
    assert SLOWEST <= player.speed <= FASTEST


@pytest.mark.parametrize(("speed", "says"), [(1.0, "1×"), (4.0, "4×"), (0.25, "1/4×")])
def test_the_speed_in_words(speed, says):
    assert player_says(speed).split(" · ")[0] == f"▶ replay {says}"


# --- marks and epochs -------------------------------------------------------------------------------------------------

NOTES = "epoch 3: one\n@12 two\n@12 three"


def marked(**fields):
    """A run that is best at epoch 7, and a refit, played with notes."""
    whole = tape().record.runs[0]
    run = replace(whole, best_epoch=7, validation_curves=whole.train_curves)
    refit = replace(whole, label="refit", role="refit")
    return Player.of(Tape(Record("finished", (run, refit))), NOTES, **fields)


def test_marks_are_gone_through_and_the_one_in_hand_is_said():
    player = marked()
    said = []
    while player.to_mark(1):
        assert not player.playing
        said.append(player.says().partition(" · ")[2])
    assert said == [
        "epoch 3/20 · n one",
        "epoch 7/20 · b best",
        "epoch 12/20 · n two; n three",
        "refit, epoch 0/20 · r the refit begins",
    ]
    assert [player.to_mark(-1) for _ in range(4)] == [True, True, True, False]
    assert player.in_hand[0].says == "one"
    player.seek(0)
    assert player.in_hand == ()
    assert player.says() == "‖ replay 1× · at the start"


def test_the_mark_in_hand_is_the_last_that_was_reached():
    player = marked()
    player.go_to("11")
    assert [one.letter for one in player.in_hand] == ["b"]
    assert player.passed == 2
    player.seek(len(player.tape))
    assert [one.letter for one in player.in_hand] == ["r"]


@pytest.mark.parametrize(
    ("typed", "epochs"), [("0", (0, 0)), (" 7 ", (7, 0)), ("20", (20, 0)), ("refit 5", (20, 5)), ("REFIT  0", (20, 0))]
)
def test_an_epoch_is_gone_to_exactly(typed, epochs):
    player = marked()
    player.go_to(typed)
    runs = player.record.runs
    assert (runs[0].epoch, runs[1].epoch if len(runs) > 1 else 0) == epochs
    assert not player.playing


@pytest.mark.parametrize("typed", ["", "x", "-1", "21", "refit", "refit 21", "9" * 40, "1.5"])
def test_what_is_no_epoch_is_told_and_nothing_moves(typed):
    player = marked()
    player.seek(5)
    with pytest.raises(LabError):
        player.go_to(typed)
    assert player.position == 5
    with pytest.raises(LabError, match="no refit"):
        Player.of(tape()).go_to("refit 1")


@given(st.integers(0, EPOCHS))
def test_fuller_curves_are_taken_up_at_the_same_epoch(epoch):
    whole = tape().record
    thin = replace(whole.runs[0], train_curves={"loss": whole.runs[0].train_curves["loss"].thinned(5)})
    player = Player.of(Tape(replace(whole, runs=(thin,))))
    player.go_to(str(epoch))
    shown = player.record.runs[0].epoch
    player.take(Tape(whole))
    assert player.record.runs[0].epoch == shown
    assert len(player.record.runs[0].train_curves.get("loss", ())) == shown
    player.seek(10**6)
    player.take(Tape(whole))
    assert player.over


def player_says(speed):
    return Player(tape(), speed).says()
