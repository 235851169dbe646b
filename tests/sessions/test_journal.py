"""The journal: every prefix reads as a beginning of what was written, every damage as a part of it, in order."""

from __future__ import annotations

import errno
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import any_events

from engine.errors import LabError
from engine.events import EpochEnded, RunsStarted, StudyEnded, StudyStarted
from sessions import journal
from sessions.journal import Journal

EVENTS = [
    StudyStarted(("a\nb", "é\x1b中"), (1, 1), (1, 1), (1, 2), 3),
    RunsStarted((0, 1), 7, 30, 10, 5, 3, 3),
    *(EpochEnded((0, 1), epoch, {"loss": (float("nan"), 1 / epoch)}, {}, 0.5) for epoch in (1, 2, 3)),
    StudyEnded("finished"),
]


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    path = tmp_path_factory.mktemp("journal") / "x.journal"
    written = Journal(path)
    written.append(EVENTS[:2])
    written.append([])
    written.append(EVENTS[2:])
    written.close()
    return path.read_bytes()


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("scratch") / "x.journal"


def read(path, content):
    path.write_bytes(content)
    return [repr(event) for event in journal.read(path)]


def begins(said):
    return said == [repr(event) for event in EVENTS[: len(said)]]


def test_what_is_appended_is_read(content, scratch):
    assert read(scratch, content) == [repr(event) for event in EVENTS]
    assert content.count(b"\n") == len(EVENTS)


def test_every_prefix_reads_as_a_beginning(content, scratch):
    for length in range(len(content) + 1):
        said = read(scratch, content[:length])
        assert begins(said)
        assert len(said) == content[:length].count(b"\n")


def test_every_single_bit_flip_is_noticed(content, scratch):
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        said = read(scratch, bytes(damaged))
        number = content[:place].count(b"\n")
        # The byte between two lines belongs to both.
        ends = 2 if content[place : place + 1] == b"\n" else 1
        assert said == [repr(event) for event in [*EVENTS[:number], *EVENTS[number + ends :]]]
        heard = journal.hear(scratch)
        # What has run together at the end is one line, of which nobody knows that it was two.
        assert heard.unread == (1 if number + ends >= len(EVENTS) else ends)
        assert heard.is_damaged or place == len(content) - 1


@settings(max_examples=200)
@given(data=st.data())
def test_any_damage_reads_as_a_part_in_order(content, scratch, data):
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 6))):
        kind, place = data.draw(
            st.tuples(st.sampled_from(["flip", "cut", "insert", "repeat"]), st.integers(0, len(damaged)))
        )
        stop = min(len(damaged), place + data.draw(st.integers(0, 200)))
        if kind == "flip" and place < len(damaged):
            damaged[place] ^= data.draw(st.integers(1, 255))
        elif kind == "cut":
            del damaged[place:stop]
        elif kind == "insert":
            damaged[place:place] = data.draw(st.binary(max_size=20))
        else:
            damaged[place:place] = damaged[place:stop]
    said, whole = read(scratch, bytes(damaged)), iter([repr(event) for event in EVENTS])
    assert all(event in whole for event in said)
    if bytes(damaged) == content[: len(damaged)] and damaged.endswith(b"\n"):
        return
    assert bytes(damaged) in (content, b"") or journal.hear(scratch).unread or begins(said)


def test_lines_out_of_turn_are_passed_over_and_missing_ones_counted(content, scratch):
    lines, whole = content.splitlines(keepends=True), [repr(event) for event in EVENTS]
    assert read(scratch, b"".join([*lines[:2], lines[1], *lines[2:]])) == whole
    assert journal.hear(scratch).unread == 1
    assert read(scratch, b"".join([lines[0], *lines[3:]])) == [whole[0], *whole[3:]]
    assert journal.hear(scratch).unread == 2
    assert read(scratch, b"".join([*lines[:2], lines[4], lines[2], lines[5]])) == [*whole[:2], *whole[4:]]
    assert read(scratch, b"".join(lines[1:])) == whole[1:]
    assert journal.hear(scratch).is_damaged


@given(said=st.lists(any_events(), max_size=6))
@settings(max_examples=25)
def test_any_events_are_read_as_they_were_written(said, tmp_path_factory):
    path = tmp_path_factory.mktemp("j") / "x.journal"
    written = Journal(path)
    written.append(said)
    written.close()
    assert [repr(event) for event in journal.read(path)] == [repr(event) for event in said]


def test_what_is_appended_is_there_before_it_is_synced(tmp_path):
    written = Journal(tmp_path / "x.journal")
    written.append(EVENTS[:2])
    assert len(list(journal.read(written.path))) == 2
    written.close()


def test_it_is_synced_once_a_second(tmp_path, monkeypatch):
    now, synced = [0.0], []
    monkeypatch.setattr(os, "fsync", synced.append)
    written = Journal(tmp_path / "x.journal", lambda: now[0])
    now[0] = 0.9
    assert not written.sync_due()
    now[0] = 1.0
    assert written.sync_due()
    written.sync()
    assert len(synced) == 1
    assert not written.sync_due()
    written.close()


def test_a_name_that_is_taken_is_a_lab_error_and_stays(tmp_path):
    path = tmp_path / "x.journal"
    path.write_bytes(b"precious")
    with pytest.raises(LabError):
        Journal(path)
    assert path.read_bytes() == b"precious"


def test_a_journal_is_private_and_leaves_with_its_writer(tmp_path):
    before = os.umask(0)
    try:
        written = Journal(tmp_path / "x.journal")
    finally:
        os.umask(before)
    assert written.path.stat().st_mode & 0o777 == 0o600
    written.remove()
    assert not written.path.exists()
    written.remove()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_in_the_middle_of_a_line_leaves_a_beginning(tmp_path, monkeypatch, code):
    written = Journal(tmp_path / "x.journal")
    written.append(EVENTS[:2])
    real, calls = os.write, []

    def failing(descriptor, content):
        calls.append(1)
        if len(calls) > 1:
            raise OSError(code, os.strerror(code))
        return real(descriptor, content[:40])

    monkeypatch.setattr(os, "write", failing)
    with pytest.raises(LabError) as caught:
        written.append(EVENTS[2:])
    monkeypatch.undo()
    assert str(written.path) in caught.value.where
    assert len(list(journal.read(written.path))) == 2
    # The disk works again: what waited is not lost.
    written.close()
    assert len(list(journal.read(written.path))) == len(EVENTS)


def test_a_short_write_is_continued(tmp_path, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, content: real(descriptor, content[:7]))
    written = Journal(tmp_path / "x.journal")
    written.append(EVENTS)
    written.close()
    assert len(list(journal.read(written.path))) == len(EVENTS)
