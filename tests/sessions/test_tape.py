"""A tape: what was known after any number of beats is what folding their events gives; epochs and their places."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from sessions.curve import Curve
from sessions.record import Intervention, Record, RunRecord, fold
from sessions.replay import bare_beats, beats
from sessions.tape import Tape

NAMES = st.sampled_from([("loss",), ("loss", "mae")])
ENDS = ["finished", "stopped", "diverged", "failed"]


@st.composite
def runs(draw, label, role="candidate"):
    """A run with points at some epochs, whatever became of it."""
    epochs = sorted(draw(st.sets(st.integers(1, 12), max_size=8)))
    status = draw(st.sampled_from([*ENDS, "interrupted"]))
    names = draw(NAMES)
    value = draw(st.floats(-9, 9))
    curves = {name: Curve(epochs, [value / epoch for epoch in epochs]) for name in names if epochs}
    last = epochs[-1] if epochs else 0
    over = status in {"finished", "stopped", "diverged"}
    return RunRecord(
        label,
        role,
        status=status,
        epoch=last + draw(st.integers(0, 2)) * (status == "stopped"),
        epochs=draw(st.sampled_from([12, 20])),
        parameters=draw(st.sampled_from([0, 3, 4])),
        updates_per_epoch=draw(st.integers(1, 3)),
        updates=last,
        seconds=draw(st.floats(0, 100)),
        best_epoch=last or None,
        train_curves=curves,
        validation_curves=curves if draw(st.booleans()) else {},
        train={"loss": value} if over else None,
        again=draw(st.sampled_from(["", "died"])),
    )


@st.composite
def records(draw):
    """A record of runs with points at different epochs, changes on their way, and perhaps a refit."""
    found = [draw(runs(f"run {number}")) for number in range(draw(st.integers(1, 4)))]
    if draw(st.booleans()):
        found.append(draw(runs("refit", "refit")))
    places = st.integers(0, len(found) - 1)
    changes = [
        Intervention((place,), draw(st.integers(0, 40)), "learning_rate", 0.5)
        for place in sorted(draw(st.lists(places, max_size=3)))
    ]
    return Record(draw(st.sampled_from(ENDS)), tuple(found), interventions=tuple(changes), chosen=0)


@settings(max_examples=150)
@given(records())
def test_the_record_at_any_place_is_what_folding_the_beats_up_to_there_gives(record):
    tape = Tape(record)
    folded = Record()
    whole = list(beats(record))
    assert len(whole) == len(tape)
    for position, beat in enumerate(whole, start=1):
        folded = fold(beat.events, folded)
        assert tape.at(position) == folded
    assert tape.at(0) == tape.at(-3) == Record()
    assert tape.at(len(tape) + 5) == tape.at(len(tape))


@given(records())
def test_every_change_is_said_once_and_in_its_order(record):
    at_the_end = Tape(record).at(10**9)
    refit = len(record.candidates)
    by_part = sorted(record.interventions, key=lambda one: one.runs[0] >= refit)
    assert list(at_the_end.interventions) == by_part


@given(records())
def test_an_epoch_is_found_where_it_ended(record):
    tape = Tape(record)
    for role in {run.role for run in record.runs}:
        for epoch in range(tape.last_epoch(role) + 1):
            position = tape.position_of(epoch, role)
            assert tape.where(position)[0] == role
            assert tape.where(position)[1] >= epoch
            before = tape.beats[position - 2] if position > 1 else None
            assert before is None or before.role != role or before.epoch < epoch
        assert tape.position_of(10**6, role) <= len(tape)


@given(records())
def test_beats_without_figures_are_the_same_beats(record):
    for bare, whole in zip(bare_beats(record), beats(record), strict=True):
        assert (bare.epoch, bare.role, bare.measured) == (whole.epoch, whole.role, whole.measured)
        assert set(map(type, bare.events)) <= set(map(type, whole.events))


def test_what_is_cut_from_a_tape_can_grow_and_leaves_the_tape_alone():
    curve = Curve(range(1, 9), range(8))
    record = Record("finished", (RunRecord("a", status="finished", epoch=8, epochs=8, train_curves={"loss": curve}),))
    part = Tape(record).at(5).runs[0].train_curves["loss"]
    assert len(part) == 4
    longer = part.with_points([5], [99.0])
    assert longer.last == 99.0
    assert curve == Curve(range(1, 9), range(8))
    assert Tape(replace(record, runs=record.runs)).at(9).runs[0].train_curves["loss"] == curve
