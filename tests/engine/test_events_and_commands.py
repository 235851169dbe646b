"""The lines between processes: every event and command survives them, and junk is only ever a LabError."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from making import any_events, events_of, experiments

from engine import control, events
from engine.control import Change, Control, Pause, Resume, Step, Stop, Train
from engine.errors import LabError
from engine.events import Changed, EpochEnded, RunEnded
from engine.plan import RunSpec
from engine.tables import from_tables, to_tables


@pytest.mark.parametrize("name", events.KINDS)
@given(data=st.data())
def test_an_event_survives_its_line(name, data):
    event = data.draw(events_of(name))
    line = events.encode(event)
    assert "\n" not in line
    line.encode("ascii")
    json.loads(line, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    # repr shows NaN as itself, −0.0 as itself, and lists as lists: what == would pass over.
    for again in (events.decode(line), events.decode(line.encode())):
        assert repr(again) == repr(event)


def test_what_is_no_number_survives():
    event = EpochEnded((0, 1, 2), 3, {"loss": (math.nan, math.inf, -math.inf)}, {}, 0.5)
    said = json.loads(events.encode(event))
    assert said["train"]["loss"] == ["nan", "inf", "-inf"]
    loss = events.decode(events.encode(event)).train["loss"]
    assert math.isnan(loss[0])
    assert loss[1:] == (math.inf, -math.inf)
    assert events.decode(events.encode(Changed((0,), 1, "learning_rate", math.inf))).value == math.inf


def test_a_text_that_looks_like_no_number_stays_a_text():
    figures = {"nan": 1.0, "inf": math.nan}
    event = RunEnded(0, "nan", 1, None, 1, 0.0, figures, None, None, {"-inf": -math.inf}, "inf", "nan")
    assert repr(events.decode(events.encode(event))) == repr(event)


JUNK = [
    b"",
    b"null",
    b"[]",
    b"5",
    b'"x"',
    b"{}",
    b'{"event":1}',
    b'{"event":null}',
    b'{"event":[]}',
    b'{"event":{}}',
    b'{"event":"Nothing"}',
    b'{"event":"Paused"}',
    b'{"event":"Paused","oops":1}',
    b'{"event":"JobEnded","x":1}',
    b'{"event":"EpochEnded","runs":[0],"epoch":1,"train":{"loss":["x"]},"validation":{},"seconds":0}',
    b"[" * 100_000,
    b'{"event":' * 50_000,
    b"\xff\xfe",
    b"\x00\x00\x00[",
    b"1" * 5_000,
    b'{"event":"\xff"}',
    b'{"command":1}',
    b'{"command":"Train"}',
    b'{"command":"Train","experiment":{},"runs":5}',
    b'{"command":"Train","experiment":{},"runs":[5]}',
    b'{"command":"Change"}',
    b'{"command":"Pause","x":1}',
    b'{"command":"Train","experiment":{},"runs":[{"x":1}]}',
    b'{"command":[]}',
    b'{"command":' * 50_000,
]


@pytest.mark.parametrize("decode", [events.decode, control.decode], ids=["event", "command"])
@pytest.mark.parametrize("line", JUNK, ids=lambda line: repr(line[:40]))
def test_junk_is_a_problem_that_can_be_shown(decode, line):
    with pytest.raises(LabError) as caught:
        decode(line)
    assert len(str(caught.value)) < 1_000
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("decode", [events.decode, control.decode], ids=["event", "command"])
@given(line=st.binary(max_size=60))
@example(line=b"\xef\xbb\xbf{}")
def test_any_bytes_are_a_problem_that_can_be_shown(decode, line):
    with pytest.raises(LabError):
        decode(line)


@given(event=any_events(), data=st.data())
def test_a_line_cut_short_is_no_event(event, data):
    line = events.encode(event)
    with pytest.raises(LabError):
        events.decode(line[: data.draw(st.integers(0, len(line) - 1))])


SPECS = st.builds(
    RunSpec,
    st.integers(0, 99),
    st.text(max_size=9),
    st.sampled_from(["candidate", "refit"]),
    *[st.integers(0, 99)] * 3,
    st.none() | st.integers(1, 99),
)


@given(experiment=experiments(), specs=st.lists(SPECS, max_size=3))
def test_the_command_to_train_survives_its_line(experiment, specs):
    again = control.decode(control.encode(Train(to_tables(experiment), tuple(specs))))
    assert from_tables(again.experiment) == experiment
    assert again.runs == tuple(specs)


@pytest.mark.parametrize("command", [Pause(), Resume(), Step(), Stop(), Change("learning_rate", 1e-7)])
def test_a_command_survives_its_line(command):
    line = control.encode(command)
    assert "\n" not in line
    assert control.decode(line) == control.decode(line.encode()) == command


def test_every_command_moves_the_version():
    wishes = Control()
    for number, command in enumerate([Pause(), Step(), Change("learning_rate", 1.0), Resume(), Stop()], start=1):
        wishes.heed(command)
        assert wishes.version == number
    assert (wishes.holding, wishes.steps, wishes.stopping) == (False, 1, True)
    with pytest.raises(LabError):
        wishes.heed(Train({}, ()))
