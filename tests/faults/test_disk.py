"""Every I/O call of saving, of the journal and of a whole recorded study, failing in turn: nothing saved is lost."""

from __future__ import annotations

import asyncio
import errno
import itertools
import os
from datetime import datetime

import pytest
from disk import CODES, Disk, strays_in
from making import open_files, study

from engine.data.sources import Line
from engine.errors import LabError
from engine.events import EpochEnded, StudyEnded, StudyStarted
from engine.experiment import Data, Experiment, Training
from engine.plan import plan
from sessions import codec, files, journal, recorder
from sessions.archive import read_weights
from sessions.beside import journal_of
from sessions.journal import Journal
from sessions.page import Page
from sessions.record import fold
from sessions.recorder import Recorder
from sessions.store import Store

OLD, NEW = b"the old page\n", b"the new page\n" * 2_000
NOW = datetime(2026, 11, 22, 10, 15)
FOR_EVER = 10**9
LASTING = {"once": lambda number: number, "from then on": lambda _: FOR_EVER}
KINDS = [*CODES, None]
"""None is a short write."""


def name_of(code):
    return "short" if code is None else errno.errorcode[code]


@pytest.fixture
def disk(monkeypatch):
    # What a disk does is played here: to wait for the real one would take most of the time.
    monkeypatch.setattr(os, "fsync", os.fstat)
    return Disk(monkeypatch)


def assert_told(error, code):
    """One line that says what is wrong, where and what to do."""
    text = str(error)
    assert os.strerror(code) in error.problem
    assert error.where
    assert error.hint
    assert "\n" not in text


# --- one file ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lasting", LASTING)
@pytest.mark.parametrize("code", KINDS, ids=name_of)
@pytest.mark.parametrize("existed", [True, False], ids=["again", "first"])
def test_whichever_call_of_a_save_fails(tmp_path, disk, code, lasting, existed):
    with disk.broken():
        files.save(tmp_path / "measured", OLD)
        files.save(tmp_path / "measured", NEW)
    before, seen = open_files(), set()
    for number in range(1, len(disk.calls) + 1):
        path = tmp_path / str(number) / "page.toml"
        path.parent.mkdir()
        if existed:
            files.save(path, b"older")
            files.save(path, OLD)
        with disk.broken(number, LASTING[lasting](number), code):
            try:
                files.save(path, NEW)
            except LabError as error:
                assert code is not None
                assert_told(error, code)
                saved = False
            else:
                saved = True
        seen |= set(disk.failed)
        now = path.read_bytes() if path.exists() else None
        assert now == NEW if saved else now in {OLD if existed else None, NEW}
        backup = path.with_name("page.toml.bak")
        assert not existed or backup.read_bytes() in {b"older", OLD}
        if "unlink" not in disk.failed:
            assert not strays_in(path.parent)
        # The disk works again.
        files.save(path, NEW + b"!")
        assert path.read_bytes() == NEW + b"!"
        assert not strays_in(path.parent)
    assert open_files() == before
    if code is not None:
        assert seen >= {"open", "fdopen", "file.write", "file.flush", "fsync", "replace", "unlink", "close"}
        assert seen >= {"link"} or not existed


def test_a_file_that_cannot_be_deleted_is_told(tmp_path, disk):
    path = tmp_path / "page.toml"
    files.save(path, OLD)
    with disk.broken(1, 1, errno.EROFS), pytest.raises(LabError) as caught:
        files.remove(path)
    assert_told(caught.value, errno.EROFS)
    files.remove(path)
    assert list(tmp_path.iterdir()) == []


# --- the journal ------------------------------------------------------------------------------------------------------

EVENTS = [EpochEnded((0, 1), epoch, {"loss": (1 / epoch, 2 / epoch)}, {}, 0.5) for epoch in range(1, 9)]
BATCHES = [EVENTS[:1], EVENTS[1:4], EVENTS[4:5]]


def write_batches(written):
    """Append batch after batch; return how many events have been acknowledged, and what was told."""
    acknowledged, told, given = 0, [], 0
    for batch in BATCHES:
        given += len(batch)
        try:
            written.append(batch)
        except LabError as error:
            told.append(error)
        else:
            acknowledged = given
            assert not written.behind
    return acknowledged, told


@pytest.mark.parametrize("lasting", LASTING)
@pytest.mark.parametrize("code", KINDS, ids=name_of)
def test_whichever_call_of_the_journal_fails(tmp_path, disk, code, lasting):
    with disk.broken():
        measured = Journal(tmp_path / "x.journal")
        opening = len(disk.calls)
        write_batches(measured)
        measured.close()
    before = open_files()
    for number in range(1, len(disk.calls) + 3):
        path = tmp_path / f"{number}.journal"
        with disk.broken(number, LASTING[lasting](number), code):
            try:
                written = Journal(path)
            except LabError as error:
                assert number <= opening
                assert_told(error, code)
                continue
            acknowledged, told = write_batches(written)
        for error in told:
            assert_told(error, code)
        said = list(journal.read(path))
        assert said == EVENTS[: len(said)]
        assert len(said) >= acknowledged
        # The disk works again: nothing that was given is lost behind half a line.
        written.append(EVENTS[5:7])
        assert list(journal.read(path)) == EVENTS[:7]
        assert not journal.hear(path).unread
        written.append(EVENTS[7:])
        written.close()
        assert list(journal.read(path)) == EVENTS
    assert open_files() == before


def test_what_waits_for_the_disk_is_written_when_the_journal_is_closed(tmp_path, disk):
    written = Journal(tmp_path / "x.journal")
    with disk.broken(1, FOR_EVER, errno.ENOSPC):
        assert len(write_batches(written)[1]) == len(BATCHES)
    assert written.behind
    written.close()
    assert list(journal.read(written.path)) == EVENTS[:5]


def test_a_disk_that_takes_nothing_without_a_word_is_not_tried_for_ever(tmp_path, monkeypatch):
    written = Journal(tmp_path / "x.journal")
    monkeypatch.setattr(os, "write", lambda *_: 0)
    with pytest.raises(LabError):
        written.append(EVENTS)
    monkeypatch.undo()
    written.append([])
    assert list(journal.read(written.path)) == EVENTS
    written.close()


def test_a_journal_that_cannot_be_deleted_is_left_to_the_next_start(tmp_path, disk):
    written = Journal(tmp_path / "x.journal")
    written.append(EVENTS)
    with disk.broken(1, FOR_EVER, errno.EROFS):
        written.remove()
    assert list(journal.read(written.path)) == EVENTS


# --- a whole study ----------------------------------------------------------------------------------------------------

EXPERIMENT = Experiment(Data(Line(rows=30)), training=Training(epochs=4), restarts=2)


@pytest.fixture(scope="module")
def said():
    started = StudyStarted(tuple(s.label for s in plan(EXPERIMENT)), (1, 2), (1, 1), (1, 1), 4)
    return [started, *study(EXPERIMENT)[1], StudyEnded("finished")]


def keep_study(store, said):
    """Record a study, saving after every other event; return the recorder, its problems, and whether all is saved."""
    seconds = itertools.count(step=1)
    keeper = Recorder(store, Page(EXPERIMENT, "A page"), NOW, lambda: float(next(seconds)))
    told = [keeper.problem]

    async def train():
        for event in said:
            keeper.take([event])
            told.append(keeper.problem)
            await keeper.keep()
            told.append(keeper.problem)

    asyncio.run(train())
    return keeper, [problem for problem, _ in itertools.groupby(told)], keeper.finish()


def fail_a_study(tmp_path, disk, said, monkeypatch, cases):
    """Let a call of a study fail in each case (number, last, code), and look at what is left."""
    monkeypatch.setattr(recorder, "SAVE_SECONDS", 4.0)
    for number, last, code in cases:
        store = Store(tmp_path / f"{number}-{code}-{last}")
        store.folder.mkdir()
        with disk.broken(number, last, code):
            try:
                keeper, told, saved = keep_study(store, said)
            except LabError as error:
                refused = error.problem
            else:
                refused = ""
        if refused:
            assert "the folder cannot be made" in refused, "nothing but this keeps a study from beginning"
            continue
        problems = [problem for problem in told if problem]
        assert not any("\n" in problem or "Traceback" in problem for problem in problems)
        if not saved:
            assert keeper.problem
            assert os.strerror(code) in keeper.problem
        assert keeper.record == fold(said), "it goes on in memory"
        # The disk works again: what is in memory is saved, and so it is after a restart.
        if not saved:
            assert keeper.save()
            assert keeper.problem == ""
        if keeper.held is not None:
            keeper.held.release()
        store.recover()
        assert codec.read_page(keeper.path).record == fold(said)
        assert len(read_weights(keeper.path, 1)) > 0
        assert not journal_of(keeper.path).exists()
        assert not strays_in(store.folder)


def calls_of_a_study(tmp_path, disk, said, monkeypatch):
    monkeypatch.setattr(recorder, "SAVE_SECONDS", 4.0)
    store = Store(tmp_path / "measured")
    store.folder.mkdir()
    with disk.broken():
        keep_study(store, said)
    return len(disk.calls)


@pytest.mark.parametrize("lasting", LASTING)
def test_whichever_call_of_a_study_fails(tmp_path, disk, said, monkeypatch, lasting):
    count = calls_of_a_study(tmp_path, disk, said, monkeypatch)
    # Every fourth call each; the slow test takes all of them, in every way.
    turns = zip(range(1 + 2 * list(LASTING).index(lasting), count + 1, 4), itertools.cycle(CODES), strict=False)
    cases = [(number, LASTING[lasting](number), code) for number, code in turns]
    fail_a_study(tmp_path, disk, said, monkeypatch, cases)


@pytest.mark.slow
@pytest.mark.parametrize("lasting", LASTING)
@pytest.mark.parametrize("code", KINDS, ids=name_of)
def test_whichever_call_of_a_study_fails_in_every_way(tmp_path, disk, said, monkeypatch, code, lasting):
    count = calls_of_a_study(tmp_path, disk, said, monkeypatch)
    cases = [(number, LASTING[lasting](number), code) for number in range(1, count + 1)]
    fail_a_study(tmp_path, disk, said, monkeypatch, cases)
    print(f"{len(cases)} calls of a study failed with {name_of(code)}, {lasting}: nothing lost")


def test_a_study_tells_once_that_the_disk_fails_and_once_that_it_works_again(tmp_path, monkeypatch, said):
    keeper = Recorder(Store(tmp_path), Page(EXPERIMENT, "A page"), NOW, lambda: 0.0)
    real, told = os.write, []

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for number, event in enumerate(said):
        monkeypatch.setattr(os, "write", full if 2 <= number < 6 else real)
        keeper.take([event])
        told.append(keeper.problem)
    assert [bool(problem) for problem, _ in itertools.groupby(told)] == [False, True, False]
    assert list(journal.read(journal_of(keeper.path))) == said
    assert keeper.finish()


def test_whichever_call_of_a_recovery_fails(tmp_path, disk, said):
    def left_behind(name):
        store = Store(tmp_path / name)
        keeper = Recorder(store, Page(EXPERIMENT, "A page"), NOW, lambda: 0.0)
        keeper.take(said[:-1])
        keeper._journal.close()
        keeper.held.release()
        (store.folder / ".x.toml.0123abcd.tmp").write_bytes(b"half a pa")
        return store, keeper.path

    store, _ = left_behind("measured")
    with disk.broken():
        store.recover()
    for number, code in zip(range(1, len(disk.calls) + 1), itertools.cycle(CODES), strict=False):
        store, path = left_behind(str(number))
        with disk.broken(number, number, code):
            try:
                told = store.recover()
            except LabError as error:
                told = [str(error)]
        assert all("\n" not in line for line in told)
        store.recover()
        page = codec.read_page(path)
        assert [run.epoch for run in page.record.runs] == [4, 4]
        assert not page.warning
        assert not journal_of(path).exists()
        assert not strays_in(store.folder)
