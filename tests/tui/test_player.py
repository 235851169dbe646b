"""A replay's position, speed and pause, without a screen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def player_says(speed):
    return Player(tape(), speed).says()
