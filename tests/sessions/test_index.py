"""The index: whatever happens to the files or to itself, a list says what reading every page would say."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
import time
import zlib
from pathlib import Path
from threading import Thread
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from notebook import HOSTILE, SMALL

from engine import tables
from engine.errors import LabError
from engine.events import DataRead
from sessions import codec, files, index, index_file, looks
from sessions.index import Index, entries_of
from sessions.page import Page
from sessions.record import Record, RunRecord

EVERYTHING = " ".join(HOSTILE.values())
ROWS = ("ab" * 32, "cd" * 32)
EXPERIMENT = tables.from_tables(SMALL)
NAMES = st.sampled_from(["a", "b [b]", "\x1b]52;c;x\x07\udc80", ".hidden"])
LATER = 60 * 10**9


def text_of(title="t", looked=1, rows=ROWS[0], notes="", tags=()):
    runs = tuple(
        RunRecord(f"r{n}", status="finished", validation={"loss": 1.5 + n}, test={"loss": 1.0}, test_rows=9)
        for n in range(looked)
    )
    record = Record("finished", runs, DataRead("d", 9, 2, 1, "regression", "", "00", (), rows))
    return codec.write_page(Page(EXPERIMENT, title, tags=tags, notes=notes, record=record))


TEXT = text_of("TITLE")
LOOKED = text_of("TITLE", 3, ROWS[1])


def made(title, looked):
    base = LOOKED if looked else TEXT
    return base.replace('"TITLE"', json.dumps(title, ensure_ascii=True)).encode("utf-8", "replace")


def settled():
    """Let a minute pass, after which what was read of a file can be kept."""
    return mock.patch.object(index.time, "time_ns", lambda now=time.time_ns: now() + LATER)


def fresh(folder):
    """Every page read, none of it from the index."""
    return {entry.file: entry for entry in (index._fresh(folder, path.name)[0] for path in pages(folder))}


def pages(folder):
    return [path for path in folder.iterdir() if path.name.endswith(".toml") and not path.name.startswith(".")]


def listed(folder):
    with settled():
        entries = entries_of(folder)
    assert len({entry.file for entry in entries}) == len(entries)
    return {entry.file: entry for entry in entries}


class Folder(RuleBasedStateMachine):
    """Anything happens to pages and index; between any two things a list is right."""

    @initialize()
    def make(self):
        self.folder = Path(tempfile.mkdtemp())

    def teardown(self):
        shutil.rmtree(self.folder)

    def path(self, name):
        return self.folder / f"{name}.toml"

    @rule(name=NAMES, title=st.sampled_from(["one", "two", EVERYTHING]), looked=st.booleans())
    def save(self, name, title, looked):
        if not self.path(name).is_dir():
            files.save(self.path(name), made(title, looked))

    @rule(name=NAMES, title=st.sampled_from(["one", "two", "six"]))
    def write_in_place_with_the_same_size_and_time(self, name, title):
        path = self.path(name)
        if path.is_file() and not path.is_symlink():
            before = path.stat()
            # The kernel's clock has a grain, within which nothing is kept.
            while path.stat().st_ctime_ns == before.st_ctime_ns:
                path.write_bytes(made(title, looked=False))
                os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    @rule(name=NAMES, other=NAMES)
    def move(self, name, other):
        if self.path(name).exists() and not self.path(other).is_dir():
            self.path(name).replace(self.path(other))

    @rule(name=NAMES)
    def delete(self, name):
        self.path(name).unlink(missing_ok=True)

    @rule(name=NAMES, seconds=st.integers(0, 2**31))
    def touch(self, name, seconds):
        if self.path(name).is_file():
            os.utime(self.path(name), (seconds, seconds))

    @rule(name=NAMES, place=st.floats(0, 1), byte=st.binary(min_size=1, max_size=3))
    def damage(self, name, place, byte):
        path = self.path(name)
        if path.is_file() and not path.is_symlink():
            content, before = path.read_bytes(), path.stat().st_ctime_ns
            cut = int(place * len(content))
            while path.stat().st_ctime_ns == before:
                path.write_bytes(content[:cut] + byte + content[cut + 1 :])

    @rule(name=NAMES, other=NAMES)
    def link(self, name, other):
        if not os.path.lexists(self.path(name)):
            self.path(name).symlink_to(self.path(other).name)

    @rule(content=st.binary(max_size=40))
    def damage_the_index(self, content):
        path = self.folder / index_file.NAME
        whole = path.read_bytes() if path.exists() else b""
        path.write_bytes(whole[: len(whole) // 2] + content + whole[len(whole) // 2 :])

    @rule()
    def lose_the_index(self):
        (self.folder / index_file.NAME).unlink(missing_ok=True)

    @invariant()
    def a_list_is_what_reading_says(self):
        if not hasattr(self, "folder"):
            return
        # The ledger of looks meets the index as it is, with whatever has changed since.
        for rows in ROWS:
            said = [looks.said_in(path) for path in self.folder.glob("*.toml")]
            wanted = sum(count for those, count in said if those == rows)
            assert looks.looks_in(self.folder, rows, but=self.folder / "none.toml") == wanted
        assert listed(self.folder) == fresh(self.folder)
        # ... and nothing was read that was known.
        with settled(), mock.patch.object(codec, "read_page", side_effect=codec.read_page) as read:
            listed(self.folder)
        unlasting = [path for path in pages(self.folder) if path.is_symlink() or fresh(self.folder)[path.name].problem]
        assert len(unlasting) == read.call_count
        assert not [*self.folder.glob(".*.tmp"), *self.folder.glob(f"{index_file.NAME}.*")]


def test_a_file_that_says_it_is_of_the_future_is_read_once(tmp_path):
    path = tmp_path / "a.toml"
    path.write_bytes(made("one", looked=False))
    os.utime(path, (2**31, 2**31))
    listed(tmp_path)
    with settled(), mock.patch.object(codec, "read_page", side_effect=codec.read_page) as read:
        listed(tmp_path)
    assert read.call_count == 0


TestFolder = Folder.TestCase
TestFolder.settings = settings(
    max_examples=12, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)


class ManyTimes(Folder):
    """The same, for longer."""


TestManyTimes = pytest.mark.slow(ManyTimes.TestCase)
TestManyTimes.settings = settings(
    max_examples=500, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)


def put(folder, name="p", **fields):
    path = folder / f"{name}.toml"
    path.write_text(text_of(**fields), encoding="utf-8")
    return path


def test_an_entry_says_what_the_page_says(tmp_path):
    put(tmp_path, title="births", looked=2, notes="\n first [/]\nsecond", tags=("a", "b"))
    entry = entries_of(tmp_path)[0]
    assert (entry.name, entry.title, entry.tags, entry.notes) == ("p", "births", ("a", "b"), "first [/]")
    assert (entry.data, entry.task, entry.status, entry.runs, entry.test_looks) == (
        "wine",
        "regression",
        "finished",
        2,
        2,
    )
    assert entry.loss == pytest.approx(2.0)
    assert (entry.ledger_rows, entry.ledger_looks) == (ROWS[0], 2)
    assert (entry.created, entry.verdict, entry.parent, entry.problem) == ("", "", "", "")


def test_a_page_of_the_same_size_and_time_is_read_anew(tmp_path):
    path = put(tmp_path, title="one", looked=1)
    assert listed(tmp_path)["p.toml"].title == "one"
    before = path.stat()
    while path.stat().st_ctime_ns == before.st_ctime_ns:
        path.write_text(text_of("two", looked=1, rows=ROWS[1]), encoding="utf-8")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert [looks.looks_in(tmp_path, rows, but=tmp_path / "x") for rows in ROWS] == [0, 1]
    assert listed(tmp_path)["p.toml"].title == "two"


def test_the_ledger_takes_a_page_that_has_not_changed_from_the_index(tmp_path):
    put(tmp_path, looked=3)
    put(tmp_path, "mine", looked=2)
    listed(tmp_path)
    with mock.patch.object(looks, "said_in", side_effect=AssertionError("was read")):
        assert looks.looks_in(tmp_path, ROWS[0], but=tmp_path / "mine.toml") == 3
    put(tmp_path, looked=1)
    (tmp_path / "link.toml").symlink_to("mine.toml")
    assert looks.looks_in(tmp_path, ROWS[0], but=tmp_path / "mine.toml") == 1


def test_what_has_just_changed_is_not_kept(tmp_path):
    path = put(tmp_path)
    entries_of(tmp_path)
    assert index_file.load(tmp_path) == {}
    with settled():
        entries_of(tmp_path)
    assert set(index_file.load(tmp_path)) == {path.name}


def test_a_page_that_changes_while_it_is_read_is_not_kept(tmp_path):
    path = put(tmp_path)
    whole = codec.read_page

    def meanwhile(given):
        page = whole(given)
        files.save(path, text_of("other").encode())
        return page

    with settled(), mock.patch.object(codec, "read_page", meanwhile):
        entries_of(tmp_path)
    assert index_file.load(tmp_path) == {}
    assert entries_of(tmp_path)[0].title == "other"


def test_a_list_that_is_left_in_the_middle_keeps_what_it_has_read(tmp_path):
    for number in range(5):
        put(tmp_path, str(number))
    found = Index(tmp_path)
    assert len(found.unread) == 5
    with settled():
        reading = found.read()
        for _ in range(3):
            next(reading)
    found.keep()
    assert len(index_file.load(tmp_path)) == 3
    again = Index(tmp_path)
    assert (len(again.entries), len(again.unread)) == (3, 2)


def test_the_index_is_private_and_no_link_is_followed(tmp_path):
    put(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    (tmp_path / index_file.NAME).symlink_to(elsewhere)
    before = os.umask(0)
    try:
        listed(tmp_path)
    finally:
        os.umask(before)
    path = tmp_path / index_file.NAME
    assert stat.S_IMODE(path.lstat().st_mode) == 0o600
    assert not path.is_symlink()
    assert elsewhere.read_text() == "mine"


def with_rows(folder, rows):
    body = rows if isinstance(rows, bytes) else json.dumps(rows).encode()
    (folder / index_file.NAME).write_bytes(index_file._head(body) + b"\n" + body)


def good_row(folder):
    (entry,) = listed(folder).values()
    return index_file._row(entry)


@given(data=st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_in_an_index_with_a_right_checksum_is_an_error(tmp_path, data):
    put(tmp_path)
    row = json.loads(json.dumps(good_row(tmp_path)))
    places = [(place, inner) for place, part in enumerate(row) for inner in range(len(part)) if place not in (0, 5)]
    place, inner = data.draw(st.sampled_from(places))
    odd = st.one_of(
        st.none(), st.booleans(), st.floats(), st.text(max_size=3), st.lists(st.integers(), max_size=2), st.integers()
    )
    row[place][inner] = data.draw(odd)
    with_rows(tmp_path, [row])
    entries = entries_of(tmp_path)
    assert [entry.file for entry in entries] == ["p.toml"]
    assert isinstance(entries[0].title, str)


@pytest.mark.parametrize(
    "rows",
    [
        b"",
        b"[",
        b"null",
        b"{}",
        b"[[]]",
        b"[1]",
        b"[" * 100_000,
        b'[["p.toml", [1e999], 0, 0, 0, 0]]',
        b'[["../p.toml", [1, 2, 3, 4], ["","","","","","","","","",""], [0,0,0], [], {}]]',
        b"[" + b"9" * 5_000 + b"]",
        b"\xff\xfe",
    ],
)
def test_an_index_that_makes_no_sense_counts_as_none(tmp_path, rows):
    put(tmp_path, title="true")
    with_rows(tmp_path, rows)
    assert index_file.load(tmp_path) == {}
    assert [entry.title for entry in entries_of(tmp_path)] == ["true"]


def test_a_pipe_or_a_folder_in_the_place_of_the_index_does_no_harm(tmp_path):
    put(tmp_path)
    for make in (os.mkfifo, os.mkdir):
        make(tmp_path / index_file.NAME)
        assert set(listed(tmp_path)) == {"p.toml"}
        path = tmp_path / index_file.NAME
        path.rmdir() if path.is_dir() else path.unlink()


def test_an_index_of_another_number_or_checksum_is_left(tmp_path):
    put(tmp_path)
    listed(tmp_path)
    path = tmp_path / index_file.NAME
    whole = path.read_bytes()
    with mock.patch.object(index_file, "NUMBER", index_file.NUMBER + 1):
        assert index_file.load(tmp_path) == {}
    assert f"{zlib.crc32(whole.partition(bytes([10]))[2]):08x}".encode() in whole
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        assert index_file.load(tmp_path) == {}


def test_a_folder_that_cannot_be_written_is_listed(tmp_path):
    put(tmp_path)
    with mock.patch.object(files, "create", side_effect=PermissionError(13, "no")):
        assert set(listed(tmp_path)) == {"p.toml"}
    with mock.patch.object(os, "scandir", side_effect=PermissionError(13, "no")), pytest.raises(LabError, match="read"):
        entries_of(tmp_path)


def test_a_disk_that_is_full_leaves_the_old_index_and_no_piece(tmp_path):
    put(tmp_path)
    listed(tmp_path)
    before = (tmp_path / index_file.NAME).read_bytes()
    put(tmp_path, "q")
    with mock.patch.object(Path, "replace", side_effect=OSError(28, "full")):
        listed(tmp_path)
    assert (tmp_path / index_file.NAME).read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [index_file.NAME, "p.toml", "q.toml"]


def test_two_that_write_at_once_leave_a_whole_index(tmp_path):
    for number in range(8):
        put(tmp_path, str(number))
    entries = list(listed(tmp_path).values())
    halves = entries[:4], entries[4:]

    def write(half):
        for _ in range(25):
            index_file.save(tmp_path, half)

    writers = [Thread(target=write, args=(half,)) for half in halves]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert len(index_file.load(tmp_path)) in {4, 8}
    assert list(index_file.load(tmp_path).values()) in [list(half) for half in halves]
    assert fresh(tmp_path) == listed(tmp_path)


def test_a_title_of_a_megabyte_is_listed_and_not_kept(tmp_path):
    put(tmp_path, title="x" * 2**20)
    put(tmp_path, "q")
    assert len(listed(tmp_path)["p.toml"].title) == 2**20
    assert set(index_file.load(tmp_path)) == {"q.toml"}
