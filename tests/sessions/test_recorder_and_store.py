"""From events to a page in a folder, through full disks and kills; and what the folder is asked."""

from __future__ import annotations

import asyncio
import base64
import errno
import os
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import study

from engine.data.sources import Line, Xor
from engine.errors import LabError
from engine.events import EpochEnded, RunEnded, RunsStarted, StudyEnded, StudyStarted
from engine.experiment import Data, Experiment, Training
from engine.plan import plan
from sessions import codec, files, lock
from sessions.beside import journal_of
from sessions.index import entries_of
from sessions.journal import Journal
from sessions.lock import Taken
from sessions.page import Page
from sessions.record import fold
from sessions.recorder import SAVE_SECONDS, Recorder
from sessions.store import Store, slug

NOW = datetime(2026, 11, 22, 10, 15)
EXPERIMENT = Experiment(Data(Line(rows=30)), training=Training(epochs=4), restarts=2)
STARTED = StudyStarted(tuple(s.label for s in plan(EXPERIMENT)), (1, 2), (1, 1), (1, 1), 4)


@pytest.fixture(scope="module")
def said():
    return [STARTED, *study(EXPERIMENT)[1], StudyEnded("finished")]


@pytest.fixture(name="store")
def _store(tmp_path):
    return Store(tmp_path / "sessions")


def recorder(store, clock=lambda: 0.0, title="A page"):
    return Recorder(store, Page(EXPERIMENT, title, notes="notes"), NOW, clock)


def full(*_, **__):
    raise LabError("the journal cannot be written: No space left on device", where="x")


def no_space(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def kill(keeper):
    """End a recorder as the end of its process does."""
    keeper._journal.close()
    keeper.held.forget()


def names(store):
    return sorted(path.name for path in store.folder.iterdir() if not path.name.endswith(".bak"))


def test_a_study_becomes_a_page_with_its_weights(store, said):
    keeper = recorder(store)
    assert names(store) == [f"a-page-20261122-101500.{kind}" for kind in ("journal", "lock", "toml")]
    assert codec.read_page(keeper.path).record.status == "training"
    for event in said:
        record = keeper.take([event])
    assert record == keeper.record == fold(said)
    assert keeper.finish()
    assert keeper.problem == ""
    assert names(store) == ["a-page-20261122-101500.npz", "a-page-20261122-101500.toml"]
    page = codec.read_page(keeper.path)
    assert (page.record, page.experiment, page.created, page.notes) == (fold(said), EXPERIMENT, NOW, "notes")
    assert page.warning == ""
    with np.load(keeper.path.with_suffix(".npz"), allow_pickle=False) as kept:
        assert sorted(kept.files) == ["run_0_final", "run_1_final"]
        for event in said:
            if isinstance(event, RunEnded):
                assert kept[f"run_{event.run}_final"].tobytes() == base64.b64decode(event.weights)
    assert store.recover() == []


def test_a_study_that_is_left_is_called_interrupted(store, said):
    keeper = recorder(store)
    keeper.take(said[:4])
    keeper.finish()
    page = codec.read_page(keeper.path)
    assert page.record.status == "interrupted"
    assert {run.status for run in page.record.runs} == {"interrupted"}
    assert names(store) == ["a-page-20261122-101500.toml"]


def test_a_page_is_saved_every_minute_and_the_journal_synced_every_second(store, said, monkeypatch):
    now, synced = [0.0], []
    keeper = recorder(store, lambda: now[0])
    monkeypatch.setattr(Journal, "sync", lambda _: synced.append(now[0]))
    keeper.take(said[:4])
    for now[0] in (0.5, 1.5, SAVE_SECONDS - 1):
        asyncio.run(keeper.keep())
    assert codec.read_page(keeper.path).record.runs == ()
    assert synced == [1.5, SAVE_SECONDS - 1]
    now[0] = SAVE_SECONDS
    asyncio.run(keeper.keep())
    assert codec.read_page(keeper.path).record == fold(said[:4])
    monkeypatch.undo()
    keeper.finish()


# --- disks that fail --------------------------------------------------------------------------------------------------


def test_a_full_disk_under_the_journal_is_told_and_the_study_goes_on(store, said, monkeypatch):
    keeper = recorder(store)
    keeper.take(said[:2])
    monkeypatch.setattr(Journal, "append", full)
    keeper.take(said[2:4])
    assert "No space left" in keeper.problem
    monkeypatch.undo()
    assert keeper.take(said[4:]) == fold(said)
    assert keeper.finish()
    assert codec.read_page(keeper.path).record == fold(said)


def test_a_journal_that_fell_behind_never_overwrites_the_page(store, said, monkeypatch):
    keeper = recorder(store)
    keeper.take(said[:2])
    monkeypatch.setattr(Journal, "append", full)
    keeper.take(said[2:])
    monkeypatch.undo()
    assert keeper.finish()
    store.recover()
    assert codec.read_page(keeper.path).record == fold(said)


def test_a_damaged_journal_never_takes_a_page_back_behind_its_last_save(store, said):
    keeper = recorder(store)
    keeper.take(said[:5])
    assert keeper.save()
    kill(keeper)
    path = journal_of(keeper.path)
    content = bytearray(path.read_bytes())
    content[len(content) // 4] ^= 1
    path.write_bytes(content)
    store.recover()
    before = {run.label: run.epoch for run in fold(said[:5]).runs}
    after = {run.label: run.epoch for run in codec.read_page(keeper.path).record.runs}
    assert after == before


def test_a_disk_that_cannot_sync_is_told_and_the_study_goes_on(store, said, monkeypatch):
    now = [0.0]
    keeper = recorder(store, lambda: now[0])
    keeper.take(said[:2])
    now[0] = 2.0
    monkeypatch.setattr(os, "fsync", no_space)
    asyncio.run(keeper.keep())
    assert "No space left" in keeper.problem
    monkeypatch.undo()
    assert keeper.take(said[2:]) == fold(said)
    assert keeper.finish()


def test_a_page_that_cannot_be_saved_keeps_its_journal(store, said, monkeypatch):
    keeper = recorder(store)
    keeper.take(said)
    monkeypatch.setattr(os, "fsync", no_space)
    assert not keeper.finish()
    assert "No space left" in keeper.problem
    monkeypatch.undo()
    assert journal_of(keeper.path).exists()
    assert store.recover() == ["a-page-20261122-101500: recovered to epoch 4"]
    assert codec.read_page(keeper.path).record == fold(said)
    assert not journal_of(keeper.path).exists()


@pytest.mark.parametrize("still_full", [True, False])
def test_a_save_that_comes_after_the_end_keeps_no_lock(store, said, monkeypatch, still_full):
    """As of a person whose key waited for the end's own save."""
    keeper = recorder(store)
    keeper.take(said)
    with monkeypatch.context() as patch:
        patch.setattr(files, "_write_through", no_space)
        assert not keeper.finish(keep_lock=True)
        assert not keeper.held.is_held
        if still_full:
            assert not keeper.save()
    if not still_full:
        assert keeper.save()
    lock.acquire(keeper.path, "edited").release()
    assert codec.read_page(keeper.path).record.status == ("training" if still_full else "finished")


def test_a_save_between_the_end_and_its_caller_leaves_the_lock_to_the_caller(store, said):
    keeper = recorder(store)
    keeper.take(said)
    assert keeper.finish(keep_lock=True)
    assert keeper.save()
    with pytest.raises(Taken):
        lock.acquire(keeper.path, "edited")
    keeper.held.release()


def test_a_disk_that_is_full_from_the_start_is_told_and_the_study_runs(store, said, monkeypatch):
    store.folder.mkdir(parents=True)
    monkeypatch.setattr(os, "fsync", no_space)
    keeper = recorder(store)
    assert "No space left" in keeper.problem
    assert keeper.take(said) == fold(said)
    asyncio.run(keeper.keep())
    assert not keeper.finish()
    monkeypatch.undo()
    assert keeper.save()
    assert keeper.problem == ""
    assert codec.read_page(keeper.path).record == fold(said)


def test_weights_that_cannot_be_saved_are_told_and_the_page_is_there(store, said, monkeypatch):
    keeper = recorder(store)
    keeper.take(said)
    real = files.save
    monkeypatch.setattr(files, "save", lambda path, content: full() if path.suffix == ".npz" else real(path, content))
    assert not keeper.finish()
    assert codec.read_page(keeper.path).record == fold(said)


# --- recovery ---------------------------------------------------------------------------------------------------------


def test_what_a_killed_program_left_is_recovered_to_its_last_event(store, said):
    keeper = recorder(store)
    events = [event for event in said if not isinstance(event, RunEnded | StudyEnded)]
    keeper.take(events)
    kill(keeper)
    assert store.recover() == ["a-page-20261122-101500: recovered to epoch 4"]
    page = codec.read_page(keeper.path)
    assert page.record.status == "interrupted"
    for run, whole in zip(page.record.runs, fold(events).runs, strict=True):
        assert (run.status, run.epoch, run.train_curves) == ("interrupted", 4, whole.train_curves)
    assert (page.title, page.notes, page.experiment) == ("A page", "notes", EXPERIMENT)
    assert names(store) == ["a-page-20261122-101500.toml"]
    assert store.recover() == []


def test_every_moment_of_a_kill_is_recovered(store, said):
    keeper = recorder(store)
    keeper.take(said)
    kill(keeper)
    path, page = journal_of(keeper.path), keeper.path.read_bytes()
    content = path.read_bytes()
    for length in range(0, len(content), 97):
        path.write_bytes(content[:length])
        keeper.path.write_bytes(page)
        assert len(store.recover()) == 1
        assert not path.exists()
        whole = content[:length].count(b"\n")
        record = codec.read_page(keeper.path).record
        assert [run.epoch for run in record.runs] == [run.epoch for run in fold(said[:whole]).runs]
        assert record.over


def test_a_journal_in_use_is_not_taken(store, said):
    keeper = recorder(store)
    keeper.take(said[:4])
    assert store.recover() == []
    assert journal_of(keeper.path).exists()
    assert codec.read_page(keeper.path).record.status == "training"
    keeper.take(said[4:])
    assert keeper.finish()
    assert codec.read_page(keeper.path).record == fold(said)


@pytest.mark.parametrize("page", [None, b"", b"\xff", b"[data]\nname = 'nothing'"], ids=repr)
def test_a_journal_whose_page_cannot_be_read_stays_and_is_told(store, said, page):
    keeper = recorder(store)
    keeper.take(said[:4])
    kill(keeper)
    good = Recorder(store, Page(EXPERIMENT, "Other"), NOW, lambda: 0.0)
    good.take(said[:4])
    kill(good)
    keeper.path.unlink()
    if page is not None:
        keeper.path.write_bytes(page)
    told = store.recover()
    assert len(told) == 2
    assert "could not be recovered" in told[0]
    assert "recovered to epoch" in told[1]
    assert journal_of(keeper.path).exists()


def test_a_journal_of_runs_that_nobody_planned_stays_and_is_told(store):
    keeper = recorder(store)
    keeper._journal.append([STARTED, RunsStarted((5,), 1, 1, 1, 1, 1, 1)])
    kill(keeper)
    (told,) = store.recover()
    assert "could not be recovered" in told
    assert journal_of(keeper.path).exists()


def test_a_folder_that_does_not_exist_has_nothing_to_recover(tmp_path):
    assert Store(tmp_path / "none").recover() == []
    assert entries_of(tmp_path / "none") == []


# --- the folder -------------------------------------------------------------------------------------------------------


def test_pages_of_one_second_get_names_of_their_own(store):
    keepers = [recorder(store) for _ in range(3)]
    assert len({keeper.path for keeper in keepers}) == 3
    assert keepers[1].path.name == "a-page-20261122-101500-2.toml"
    for keeper in keepers:
        keeper.finish()


@given(st.text(st.characters(), max_size=200))
def test_a_title_is_never_a_path(title):
    stem = slug(title.encode("utf-8", "replace").decode())
    assert stem
    assert not set(stem) & set("/\\\0.~ \n\x1b:*?")
    assert len(stem.encode()) <= 80
    assert not stem.startswith("-")


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("A week of births", "a-week-of-births"),
        ("../../etc/passwd", "etc-passwd"),
        ("一周的出生", "一周的出生"),
        ("", "page"),
        ("\x1b[31m", "31m"),
        ("...", "page"),
        ("ＦＵＬＬ", "full"),
    ],
)
def test_the_names_of_some_titles(title, stem):
    assert slug(title) == stem


def test_pages_are_listed_newest_first_and_a_bad_one_hides_no_other(store):
    keepers = [recorder(store, title=f"Page {number}") for number in range(3)]
    for number, keeper in enumerate(keepers):
        keeper.finish()
        os.utime(keeper.path, (number, number))
    (store.folder / "bad.toml").write_bytes(b"\xff")
    (store.folder / ".hidden.toml").write_bytes(b"\xff")
    os.utime(store.folder / "bad.toml", (1.5, 1.5))
    entries = entries_of(store.folder)
    assert [entry.path.stem.partition("-2026")[0] for entry in entries] == ["page-2", "bad", "page-1", "page-0"]
    assert [bool(entry.problem) for entry in entries] == [False, True, False, False]
    assert "UTF-8" in entries[1].problem


def test_a_page_is_found_by_its_name_or_as_a_file(store, tmp_path, monkeypatch):
    keeper = recorder(store)
    keeper.finish()
    monkeypatch.chdir(tmp_path)
    assert store.find("a-page-20261122-101500") == keeper.path
    assert store.find("a-page-20261122-101500.toml") == keeper.path
    assert str(store.find("some/where")) == "some/where"
    with pytest.raises(LabError, match="did you mean a-page-20261122-101500"):
        store.find("a-page-20261122-101501")
    with pytest.raises(LabError, match="none is saved yet"):
        Store(tmp_path / "none").find("x")


def test_the_folder_is_the_variables_or_the_platforms(monkeypatch, tmp_path):
    monkeypatch.setenv("LOSSBOOK_SESSIONS", str(tmp_path))
    assert Store().folder == tmp_path
    monkeypatch.delenv("LOSSBOOK_SESSIONS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert Store().folder.parts[-2:] == ("lossbook", "sessions")


def test_a_page_without_events_stays_an_experiment(store):
    path = store.new_path(Page(Experiment(Data(Xor())), "x"), NOW)
    store.save(path, Page(Experiment(Data(Xor())), "x"))
    assert codec.read_page(path) == Page(Experiment(Data(Xor())), "x")


def test_events_in_one_batch_or_many_give_one_page(store, said):
    pages = []
    for size in (1, 3, len(said)):
        keeper = recorder(store)
        for start in range(0, len(said), size):
            keeper.take(said[start : start + size])
        keeper.finish()
        pages.append(codec.read_page(keeper.path))
    assert pages[0] == pages[1] == pages[2]
    assert sum(isinstance(event, EpochEnded) for event in said) == 4
