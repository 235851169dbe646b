"""What a kill or a bad disk has left: recovered, salvaged or left alone, always said, and nothing ever deleted."""

from __future__ import annotations

import json
import os
import random
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import datetime

import pytest
from making import study

from engine.data.sources import Line
from engine.errors import LabError
from engine.events import EpochEnded, RunEnded, RunsStarted, StudyEnded, StudyStarted
from engine.experiment import Data, Experiment, Model, Training
from engine.plan import plan
from sessions import codec, files, lock, quarantine, recovery
from sessions.again import left_of
from sessions.beside import journal_of, lock_of
from sessions.index import entries_of
from sessions.journal import Journal
from sessions.page import Page
from sessions.record import fold
from sessions.recorder import Recorder
from sessions.salvage import LOST, is_damaged, salvage
from sessions.store import Store

NOW = datetime(2026, 11, 22, 10, 15)
EXPERIMENT = Experiment(Data(Line(rows=30)), Model(hidden=(3,)), training=Training(epochs=4), restarts=3)
LABELS = tuple(spec.label for spec in plan(EXPERIMENT))
STARTED = StudyStarted(LABELS, (1, 2, 3), (1, 1, 1), (1, 1, 1), 4)
NOTES = 'first line\n[record]\nstatus = 5\nC:\\x """ and \'so\' on'
NAME = "a-page-20261122-101500"


@pytest.fixture(scope="module", name="said")
def _said():
    return [STARTED, *study(EXPERIMENT)[1], StudyEnded("finished")]


@pytest.fixture(name="store")
def _store(tmp_path):
    return Store(tmp_path / "sessions")


@pytest.fixture(scope="module", name="text")
def _text(said):
    """Return a whole page."""
    return codec.write_page(Page(EXPERIMENT, "A page", NOW, ("tag",), NOTES, fold(said)))


def put(store, content, name=NAME):
    files.make_folder(store.folder)
    path = store.folder / f"{name}.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def killed(store, said, saves=0):
    """Leave a page as a killed program does, after some saves."""
    keeper = Recorder(store, Page(EXPERIMENT, "A page", notes="notes"), NOW, lambda: 0.0)
    keeper.take(said)
    for _ in range(saves):
        assert keeper.save()
    keeper._journal.close()
    keeper.held.forget()
    return keeper.path


def begun(said):
    """Return the events of a study of which no run has ended."""
    return [event for event in said if not isinstance(event, RunEnded | StudyEnded)]


def names(store):
    return sorted(path.name for path in store.folder.iterdir())


def damaged_in(store):
    folder = store.folder / quarantine.FOLDER
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


# --- locks and strays -------------------------------------------------------------------------------------------------


def test_what_a_kill_has_left_is_cleared_away(store, said):
    path = killed(store, begun(said))
    strays = [store.folder / f".{path.name}.00c0ffee.{kind}" for kind in ("tmp", "old")]
    for stray in strays:
        stray.write_bytes(b"half")
    assert lock_of(path).exists()
    assert store.recover() == [f"{NAME}: recovered to epoch 4"]
    assert names(store) == [path.name, f"{path.name}.bak"]
    lock_of(path).write_text("")
    assert store.recover() == []
    assert not lock_of(path).exists()


@pytest.mark.parametrize("by_file", [True, False])
def test_a_page_of_another_host_is_never_recovered(store, said, by_file):
    path = killed(store, begun(said))
    owner = json.loads(lock_of(path).read_text())
    owner["identity"] |= {"host": "elsewhere", "boot": "another"}
    lock_of(path).write_text(json.dumps(owner | {"by_file": by_file}))
    before = {one.name: one.read_bytes() for one in store.folder.iterdir()}
    assert store.recover() == []
    assert {one.name: one.read_bytes() for one in store.folder.iterdir()} == before
    with pytest.raises(lock.Taken, match="on elsewhere since"):
        Recorder(store, codec.read_page(path), NOW, path=path)


RECOVER = """
import sys
from pathlib import Path
from sessions.store import Store
print(len(Store(Path(sys.argv[1])).recover()))
"""


def test_of_two_that_start_at_once_one_recovers(store, said):
    path = killed(store, begun(said))
    command = [sys.executable, "-c", RECOVER, str(store.folder)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert sorted(process.communicate(timeout=30)[0] for process in processes) == ["0\n", "1\n"]
    assert codec.read_page(path).record.status == "interrupted"
    assert not journal_of(path).exists()


SAVE = """
import os, sys
from pathlib import Path
from sessions import files
os.fsync = lambda _: (print("on", flush=True), sys.stdin.read())
files.save(Path(sys.argv[1]), b"new")
"""


def test_the_temporary_file_of_a_save_stays_while_it_lives_and_goes_after_its_kill(store):
    path = put(store, "old")
    with subprocess.Popen(
        [sys.executable, "-c", SAVE, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"on\n"
        store.recover()
        assert len(names(store)) == 2
        process.send_signal(signal.SIGKILL)
        process.wait()
        store.recover()
    assert names(store) == [path.name]


# --- damaged pages ----------------------------------------------------------------------------------------------------


def test_a_page_that_was_damaged_while_it_trained_is_put_together_with_its_journal(store, said):
    path = killed(store, said[:-1], saves=1)
    content = bytearray(path.read_bytes())
    content[content.index(b"[[record.runs]]") + 40] ^= 0x80
    path.write_bytes(content)
    (line,) = store.recover()
    assert f"{NAME}: recovered to epoch 4; the page was damaged and is salvaged" in line
    assert f"damaged/{NAME}.toml.1" in line
    assert damaged_in(store) == {f"{NAME}.toml.1": bytes(content)}
    page = codec.read_page(path)
    assert (page.experiment, page.notes, page.title) == (EXPERIMENT, "notes", "A page")
    assert [run.train for run in page.record.runs] == [run.train for run in fold(said).runs]
    assert page.warning == page.salvaged
    assert f"salvaged from damaged/{NAME}.toml.1: nothing that can be seen is lost" in page.warning
    assert store.recover() == []


@pytest.mark.parametrize("content", [b"", b"\0" * 4_096, b"\xff\xfe" * 50], ids=["empty", "zeros", "noise"])
def test_a_page_of_which_nothing_is_left_comes_from_its_backup_and_its_journal(store, said, content):
    path = killed(store, begun(said), saves=2)
    path.write_bytes(content)
    (line,) = store.recover()
    assert f"recovered to epoch 4; the page was damaged and is as {path.name}.bak has it" in line
    assert damaged_in(store) == {f"{NAME}.toml.1": content}
    page = codec.read_page(path)
    assert page.warning == ""
    assert [run.epoch for run in page.record.runs] == [4, 4, 4]
    assert page.notes == "notes"


def test_a_page_that_is_gone_comes_from_its_backup(store, said):
    path = killed(store, begun(said), saves=2)
    path.unlink()
    (line,) = store.recover()
    assert "was gone" in line
    assert [run.epoch for run in codec.read_page(path).record.runs] == [4, 4, 4]


def test_a_mistake_by_hand_is_no_damage_and_is_left_to_a_person(store, said, text):
    path = put(store, text.replace("epochs = 4", "epochs = 0"))
    lock_of(path).write_text("")
    assert not is_damaged(path)
    (line,) = [*store.recover(), "nothing"][:1]
    assert line == "nothing"
    (entry,) = entries_of(store.folder)
    assert "salvage" not in entry.problem
    assert damaged_in(store) == {}


def test_a_damaged_page_hides_no_other_and_stays_until_it_is_asked_for(store, text):
    path = put(store, text[: len(text) // 2] + "\0" + text[len(text) // 2 :], "bad")
    put(store, text, "good")
    content = path.read_bytes()
    assert store.recover() == []
    problems = {entry.path.stem: entry.problem for entry in entries_of(store.folder)}
    assert problems["good"] == ""
    assert "`lossbook salvage bad` keeps what can be had" in problems["bad"]
    assert path.read_bytes() == content
    assert damaged_in(store) == {}


def test_no_damaged_file_takes_the_place_of_another(store, text):
    for number in (1, 2, 3):
        path = put(store, text.replace("[[record.runs]]", f"[[record.runs]]\nbad{number} =", 1))
        recovery.mend(path)
    assert sorted(damaged_in(store)) == [f"{NAME}.toml.{number}" for number in (1, 2, 3)]
    assert len(set(damaged_in(store).values())) == 3


def test_where_the_damaged_file_cannot_be_kept_it_is_not_touched(store, text):
    path = put(store, text[:-3] + "\0")
    (store.folder / quarantine.FOLDER).write_bytes(b"in the way")
    before = path.read_bytes()
    with pytest.raises((LabError, OSError)):
        recovery.mend(path)
    assert path.read_bytes() == before


def test_a_file_system_without_hard_links_keeps_a_copy(store, text, monkeypatch):
    def none(*_, **__):
        raise OSError(95, "none")

    path = put(store, text[:-3] + "\0")
    before = path.read_bytes()
    monkeypatch.setattr(os, "link", none)
    recovery.mend(path)
    assert damaged_in(store) == {f"{NAME}.toml.1": before}


# --- salvage ----------------------------------------------------------------------------------------------------------


def test_a_page_with_one_damaged_run_keeps_the_others_in_their_places(store, said, text):
    second = starts(text, "[[record.runs]]")[1] + len("[[record.runs]]")
    path = put(store, text[:second] + "\nnot = = toml" + text[second:])
    said_of_it = recovery.mend(path)
    assert "1 of 3 runs is lost" in said_of_it
    page, whole = codec.read_page(path), fold(said)
    assert (page.experiment, page.notes, page.tags, page.created) == (EXPERIMENT, NOTES, ("tag",), NOW)
    assert [run.label for run in page.record.runs] == list(LABELS)
    assert page.record.runs[0] == whole.runs[0]
    assert page.record.runs[2] == whole.runs[2]
    assert page.record.runs[1].status == page.record.status == "interrupted"
    assert "1 of 3 runs is lost" in page.warning
    assert sorted(left_of(page).ends) == [0, 2]
    # The mark is kept with the page, saved again or not.
    store.save(path, codec.read_page(path))
    assert "1 of 3 runs is lost" in codec.read_page(path).warning


def starts(text, word):
    return [place for place in range(len(text)) if text.startswith(word, place)]


def test_every_cut_of_a_page_is_salvaged_as_far_as_it_goes(store, said, text):
    head, data = text.rindex("\n[record]\n"), text.index("[data]")
    whole = fold(said)
    runs = starts(text, "\n[[record.runs]]")
    for length in range(0, len(text), 151):
        path = put(store, text[:length])
        found = salvage(path)
        if length > head:
            assert found.page.experiment == EXPERIMENT, length
            assert found.page.notes == NOTES
            kept = [run for run in found.page.record.runs if run.status == "finished"]
            ended = sum(end <= length for end in [*runs[1:], len(text)])
            assert len(kept) >= ended, length
            assert all(run in whole.runs for run in kept[:ended])
            assert found.unrecorded or ended == 3
        elif length < data:
            assert found is None
        elif found is not None:
            assert found.page.notes == NOTES
            assert found.unrecorded


def test_settings_that_are_lost_are_said(store, text):
    path = put(store, text.replace("epochs = 4", "epo\0chs = 4"))
    found = salvage(path)
    assert found.page.experiment == replace(EXPERIMENT, training=replace(EXPERIMENT.training, epochs=100))
    assert found.lost == (r"the line 'epo\x00chs = 4' is lost",)
    assert found.page.notes == NOTES
    assert len(found.page.record.runs) == 3


def test_notes_that_no_longer_close_are_kept(store, said):
    text = codec.write_page(Page(EXPERIMENT, "A page", NOW, notes="one\ntwo", record=fold(said)))
    assert '\ntwo"""\n' in text
    for broken in ('\ntwo"\n', "\ntwo\\q\n", '\ntw\0o"""\n'):
        found = salvage(put(store, text.replace('\ntwo"""\n', broken)))
        assert found.page.experiment == EXPERIMENT
        assert found.lost
        assert "one\ntw" in found.page.notes or "are lost" in found.lost[0] or "is lost" in found.lost[0]
        assert [run.status for run in found.page.record.runs] == ["finished"] * 3


@pytest.mark.parametrize("times", [40, pytest.param(10_000, marks=pytest.mark.slow)])
def test_any_flipped_bits_are_salvaged_or_told_and_never_silent(store, said, text, times):
    chance, content = random.Random(7), text.encode()
    for _ in range(times):
        damaged = bytearray(content)
        for _ in range(chance.choice((1, 1, 3))):
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        path = put(store, bytes(damaged))
        if is_damaged(path) and (found := salvage(path)) is not None:
            # What still reads as TOML may be another number: the mark that `mend` puts on the page says so.
            expected = [spec.label for spec in plan(found.page.experiment)]
            assert [run.label for run in found.page.record.candidates] == expected
            lost = [run for run in found.page.record.runs if run.problem == LOST]
            assert bool(lost) <= bool(found.unrecorded)
    said_of_it = recovery.mend(put(store, content[:-40]))
    assert "salvaged" in said_of_it
    assert recovery.DOUBT in codec.read_page(store.folder / f"{NAME}.toml").warning


def test_a_page_that_is_run_again_is_salvaged_no_more(store, text):
    path = put(store, text[:-40])
    recovery.mend(path)
    page = codec.read_page(path)
    keeper = Recorder(store, replace(page, record=None), NOW)
    keeper.finish()
    assert codec.read_page(keeper.path).warning == ""


# --- privacy ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_everything_that_is_written_is_its_owners_alone(tmp_path, said, umask):
    before = os.umask(umask)
    try:
        store = Store(tmp_path / "deep" / "er" / "sessions")
        keeper = Recorder(store, Page(EXPERIMENT, "A page"), NOW, lambda: 0.0)
        keeper.take(said[:-1])
        keeper.save()
        modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "deep").rglob("*")}
        assert {path.suffix for path in modes} >= {".toml", ".journal", ".lock", ".bak", ".npz"}
        keeper._journal.close()
        keeper.held.forget()
        keeper.path.write_bytes(b"")
        store.recover()
        modes |= {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "deep").rglob("*")}
    finally:
        os.umask(before)
    assert any(path.parent.name == quarantine.FOLDER for path in modes)
    modes[tmp_path / "deep"] = stat.S_IMODE((tmp_path / "deep").stat().st_mode)
    for path, mode in modes.items():
        assert mode == (0o600 if path.suffix else 0o700), path


# --- journals that are not what they should be ------------------------------------------------------------------------


def test_what_cannot_be_read_of_a_journal_is_kept(store, said):
    path = killed(store, begun(said))
    lines = journal_of(path).read_bytes().splitlines(keepends=True)
    damaged = b"".join([*lines[:3], b"x" + lines[3][1:], *lines[4:]])
    journal_of(path).write_bytes(damaged)
    (told,) = store.recover()
    assert f"the damaged journal is damaged/{NAME}.journal.1" in told
    assert (store.folder / "damaged" / f"{NAME}.journal.1").read_bytes() == damaged
    assert not journal_of(path).exists()


def without(store, said, lost):
    """Recover a journal in which some events' lines are damaged; return the record."""
    path = killed(store, said)
    lines = journal_of(path).read_bytes().splitlines(keepends=True)
    lines = [b"x" + line[1:] if said[number] in lost else line for number, line in enumerate(lines)]
    journal_of(path).write_bytes(b"".join(lines))
    store.recover()
    return codec.read_page(path).record


@pytest.mark.parametrize("kinds", [(StudyStarted, RunEnded), (RunEnded,), (StudyStarted, RunsStarted)])
def test_whatever_a_journal_has_lost_no_run_is_called_what_it_was_not(store, said, kinds):
    lost = [next(event for event in said if isinstance(event, kind)) for kind in kinds]
    record, whole = without(store, said, lost), fold(said)
    assert [run.label for run in record.runs] == list(LABELS)
    for run, full in zip(record.runs, whole.runs, strict=True):
        assert run.train_curves == full.train_curves
        assert run.status in {full.status, "interrupted"}
    assert (record.status == "interrupted") == (RunEnded in kinds)


def test_runs_that_began_again_have_each_epoch_once_where_the_line_that_says_so_is_lost(store, said):
    again = next(event for event in said if isinstance(event, RunsStarted))
    later = [event for event in begun(said) if isinstance(event, EpochEnded) and set(event.runs) == set(again.runs)]
    ones = {run for event in later for run in event.runs}
    twice = [*begun(said), again, *later[:2]]
    path = killed(store, twice)
    lines = journal_of(path).read_bytes().splitlines(keepends=True)
    place = len(begun(said))
    lines[place] = b"x" + lines[place][1:]
    journal_of(path).write_bytes(b"".join(lines))
    store.recover()
    record = codec.read_page(path).record
    for run in ones:
        assert [epoch for epoch, _ in record.runs[run].train_curves["loss"]] == [1, 2]


def test_a_line_that_a_kill_has_cut_off_is_no_damage_to_keep(store, said):
    path = killed(store, begun(said))
    journal_of(path).write_bytes(journal_of(path).read_bytes()[:-9])
    store.recover()
    assert damaged_in(store) == {}


def test_an_experiment_that_is_edited_after_a_kill_does_not_lose_what_its_runs_have_reached(store, said):
    path = killed(store, begun(said))
    text = path.read_text()
    path.write_text(text.replace("restarts = 3", "restarts = 5"))
    assert store.recover() == [f"{NAME}: recovered to epoch 4"]
    page = codec.read_page(path)
    assert [(run.status, run.epoch) for run in page.record.runs] == [("interrupted", 4)] * 3
    assert "edited since it was run" in page.warning
    path.write_text(path.read_text().replace("restarts = 5", "restarts = 3"))
    undone = codec.read_page(path)
    assert undone.warning == ""
    assert left_of(undone) is not None


def test_a_journal_whose_page_has_another_name_says_what_to_do(store, said):
    path = killed(store, begun(said))
    other = path.with_name("other.toml")
    path.rename(other)
    (told,) = store.recover()
    assert told == (
        f"{NAME} could not be recovered: there is no page beside its journal; give the page its name {NAME}.toml again"
        f" where it has another now, or delete {NAME}.journal"
    )
    other.rename(path)
    assert store.recover() == [f"{NAME}: recovered to epoch 4"]


def test_a_page_whose_journal_is_put_aside_does_not_train_for_ever(store, said):
    path = killed(store, begun(said))
    journal_of(path).unlink()
    written = Journal(journal_of(path))
    written.append([replace(said[0], labels=("run",), restarts=(1,), repeats=(1,), folds=(1,))])
    written.close()
    assert "another study's" in store.recover()[0]
    assert codec.read_page(path).record.status == "interrupted"
    assert store.recover() == []


@pytest.mark.parametrize("what", ["runs", "settings", "more epochs"])
def test_a_journal_of_another_study_changes_no_page(store, said, text, what):
    mine = put(store, text, "mine")
    before = mine.read_bytes()
    other = {
        "runs": [replace(said[0], labels=("run",), restarts=(1,), repeats=(1,), folds=(1,))],
        "settings": [replace(said[0], settings=({"training.learning_rate": 0.5},))],
        "more epochs": [
            *begun(said),
            *(replace(event, epoch=event.epoch + 4) for event in said if isinstance(event, EpochEnded)),
        ],
    }[what]
    written = Journal(journal_of(mine))
    written.append(other)
    written.close()
    (told,) = store.recover()
    assert "the journal beside it is another study's, and is damaged/mine.journal.1 now" in told
    assert mine.read_bytes() == before
    assert store.recover() == []
