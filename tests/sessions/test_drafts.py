"""What is on no page yet: kept, given back once, and never one notebook's over another's."""

from __future__ import annotations

import os
import stat

import pytest
from hypothesis import given, settings
from making import experiments

from engine import tables
from engine.errors import LabError
from sessions import lock
from sessions.drafts import Drafts

SETTINGS = {"data": {"name": "wine"}, "model": {"hidden": [8, 4]}, "sweep": {"training.learning_rate": [0.1, 0.01]}}
OTHER = {"data": {"name": "xor"}, "seed": 7}


def kill(drafts):
    """End a notebook as the end of its process does."""
    if drafts._held is not None:
        drafts._held.forget()


def files_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_a_killed_notebook_had_is_given_back_once(tmp_path):
    first = Drafts(tmp_path / "sessions")
    assert first.restore() is None
    assert not (tmp_path / "sessions").exists()
    first.keep(SETTINGS, "two\nlines", str(tmp_path))
    kill(first)
    second, third = Drafts(tmp_path / "sessions"), Drafts(tmp_path / "sessions")
    found = second.restore()
    assert (found.tables, found.page.notes) == (SETTINGS, "two\nlines")
    assert found.page.experiment == tables.from_tables(SETTINGS)
    assert third.restore() is None
    second.keep(OTHER, "", str(tmp_path))
    assert files_in(tmp_path / "sessions") == [".unsaved-1.draft", ".unsaved-1.lock"]
    second.drop()
    assert files_in(tmp_path / "sessions") == []


def test_two_open_notebooks_never_meet_in_one_file(tmp_path):
    first, second = Drafts(tmp_path), Drafts(tmp_path)
    first.keep(SETTINGS, "first", str(tmp_path))
    second.keep(OTHER, "second", str(tmp_path))
    assert len(list(tmp_path.glob("*.draft"))) == 2
    assert Drafts(tmp_path).restore() is None
    kill(first)
    kill(second)
    found = [Drafts(tmp_path) for _ in range(3)]
    notes = [left.page.notes if (left := drafts.restore()) else "" for drafts in found]
    assert sorted(notes) == ["", "first", "second"]


def test_one_that_closed_leaves_its_file_and_no_lock(tmp_path):
    drafts = Drafts(tmp_path)
    drafts.keep(SETTINGS, "", str(tmp_path))
    drafts.close()
    assert files_in(tmp_path) == [".unsaved-1.draft"]
    # A new notebook that brings nothing back does not write over it.
    new = Drafts(tmp_path)
    new.keep(OTHER, "", str(tmp_path))
    assert [path.name for path in sorted(tmp_path.glob("*.draft"))] == [".unsaved-1.draft", ".unsaved-2.draft"]
    new.close()


def test_a_draft_of_another_host_is_left_alone(tmp_path):
    drafts = Drafts(tmp_path)
    drafts.keep(SETTINGS, "", str(tmp_path))
    kill(drafts)
    path = tmp_path / ".unsaved-1.lock"
    path.write_text(path.read_text().replace(os.uname().nodename, "elsewhere").replace('"boot": "', '"boot": "x'))
    assert Drafts(tmp_path).restore() is None


def test_one_that_is_damaged_is_told_once_and_kept(tmp_path):
    (tmp_path / ".unsaved-1.draft").write_bytes(b"\0")
    with pytest.raises(LabError, match=r"it is kept as .*damaged/\.unsaved-1\.draft\.1"):
        Drafts(tmp_path).restore()
    assert (tmp_path / "damaged" / ".unsaved-1.draft.1").read_bytes() == b"\0"
    assert files_in(tmp_path) == ["damaged"]
    assert Drafts(tmp_path).restore() is None


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_it_is_private_whatever_the_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        Drafts(tmp_path / "sessions").keep(SETTINGS, "", str(tmp_path))
    finally:
        os.umask(before)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "sessions").iterdir()} == {0o600}
    assert stat.S_IMODE((tmp_path / "sessions").stat().st_mode) == 0o700


def test_the_same_is_not_written_again(tmp_path, monkeypatch):
    drafts = Drafts(tmp_path)
    drafts.keep(SETTINGS, "", str(tmp_path))
    monkeypatch.setattr("sessions.files.save", None)
    drafts.keep(dict(SETTINGS), "", str(tmp_path))


def test_a_file_beside_where_one_stood_is_found_from_elsewhere(tmp_path, monkeypatch):
    (tmp_path / "own.csv").write_text("a,b\n1,2\n")
    drafts = Drafts(tmp_path)
    drafts.keep({"data": {"name": "file", "file": "own.csv"}}, "", str(tmp_path))
    kill(drafts)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert Drafts(tmp_path).restore().tables["data"]["file"] == str(tmp_path / "own.csv")


def test_where_nothing_can_be_kept_it_is_told(tmp_path, monkeypatch):
    def taken(*_):
        raise LabError("cannot be locked: Read-only file system")

    monkeypatch.setattr(lock, "acquire", taken)
    with pytest.raises(LabError, match="Read-only"):
        Drafts(tmp_path).keep(SETTINGS, "", str(tmp_path))


@settings(max_examples=15)
@given(experiment=experiments())
def test_any_settings_come_back(experiment, tmp_path_factory):
    folder = tmp_path_factory.mktemp("drafts")
    drafts = Drafts(folder)
    drafts.keep(tables.to_tables(experiment), "", "/")
    drafts.close()
    assert Drafts(folder).restore().page.experiment == experiment
