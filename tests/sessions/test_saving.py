"""Saving: whatever fails and whenever, the old file or the new one is there, whole and private."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from making import open_files

from engine.errors import LabError
from sessions import files

OLD, NEW = b"the old page\n", b"the new page\n" * 20_000
FAULTS = [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS, errno.EACCES]
# Where a fault may come, and whether the old file must then still be the one that is there.
PLACES = {
    "open": (os, "open", 1),
    "chmod": (os, "fchmod", 1),
    "fdopen": (os, "fdopen", 1),
    "sync": (os, "fsync", 1),
    "replace": (Path, "replace", 1),
}


def fail_at(monkeypatch, owner, name, number, code):
    """Let the call of that number fail, and every one after it."""
    real, calls = getattr(owner, name), []

    def failing(*arguments, **named):
        calls.append(1)
        if len(calls) >= number:
            raise OSError(code, os.strerror(code))
        return real(*arguments, **named)

    monkeypatch.setattr(owner, name, failing)
    return calls


def left_over(folder):
    return sorted(path.name for path in folder.iterdir() if path.name not in {"page.toml", "page.toml.bak"})


def test_a_file_is_replaced_and_the_old_one_kept_beside_it(tmp_path):
    path = tmp_path / "page.toml"
    for content in (b"one", b"two", b"three"):
        files.save(path, content)
        assert path.read_bytes() == content
    assert (tmp_path / "page.toml.bak").read_bytes() == b"two"
    assert left_over(tmp_path) == []


@pytest.mark.parametrize("code", FAULTS, ids=errno.errorcode.get)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("existed", [True, False], ids=["again", "first"])
def test_a_fault_leaves_the_old_file_and_no_piece_of_the_new_one(tmp_path, monkeypatch, place, code, existed):
    path = tmp_path / "page.toml"
    if existed:
        files.save(path, OLD)
    calls = fail_at(monkeypatch, *PLACES[place], code)
    with pytest.raises(LabError) as caught:
        files.save(path, NEW)
    monkeypatch.undo()
    assert calls
    assert str(path) in caught.value.where
    assert os.strerror(code) in caught.value.problem
    assert caught.value.hint
    assert (path.read_bytes() if path.exists() else None) == (OLD if existed else None)
    assert left_over(tmp_path) == []
    # And nothing stands in the way of the next save.
    files.save(path, NEW)
    assert path.read_bytes() == NEW


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_disk_that_fails_while_it_is_written(tmp_path, monkeypatch, code):
    path = tmp_path / "page.toml"
    files.save(path, OLD)
    real = os.fdopen

    def full(descriptor, mode):
        file = real(descriptor, mode)

        class Full:
            def __enter__(self):
                return self

            def __exit__(self, *_):
                file.close()

            def write(self, content):
                file.write(content[:5])
                raise OSError(code, os.strerror(code))

        return Full()

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(LabError):
        files.save(path, NEW)
    assert path.read_bytes() == OLD
    assert left_over(tmp_path) == []


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK], ids=errno.errorcode.get)
def test_a_file_system_without_hard_links_still_saves(tmp_path, monkeypatch, code):
    path = tmp_path / "page.toml"
    files.save(path, OLD)
    fail_at(monkeypatch, os, "link", 1, code)
    files.save(path, NEW)
    assert path.read_bytes() == NEW
    assert left_over(tmp_path) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT], ids=errno.errorcode.get)
def test_a_backup_that_cannot_be_made_costs_neither_page_nor_last_backup(tmp_path, monkeypatch, code):
    path = tmp_path / "page.toml"
    files.save(path, b"first")
    files.save(path, OLD)
    fail_at(monkeypatch, os, "link", 1, code)
    try:
        files.save(path, NEW)
    except LabError:
        assert path.read_bytes() == OLD
    else:
        assert path.read_bytes() == NEW
    assert (tmp_path / "page.toml.bak").read_bytes() in {b"first", OLD}
    assert left_over(tmp_path) == []


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC], ids=errno.errorcode.get)
def test_a_folder_that_cannot_be_synced_leaves_a_whole_file(tmp_path, monkeypatch, code):
    path = tmp_path / "page.toml"
    files.save(path, OLD)
    fail_at(monkeypatch, os, "fsync", 2, code)
    with pytest.raises(LabError):
        files.save(path, NEW)
    assert path.read_bytes() in {OLD, NEW}
    assert left_over(tmp_path) == []


def test_no_descriptor_is_left_open_by_a_fault(tmp_path, monkeypatch):
    path = tmp_path / "page.toml"
    files.save(path, OLD)
    before = open_files()
    for place in (PLACES[name] for name in ("open", "chmod", "sync", "replace")):
        fail_at(monkeypatch, *place, errno.EIO)
        with pytest.raises(LabError):
            files.save(path, NEW)
        monkeypatch.undo()
    assert open_files() == before


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o027])
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


def test_files_and_folders_are_their_owners_alone_whatever_the_umask(tmp_path, umask):
    folder = tmp_path / "deep" / "sessions"
    files.make_folder(folder)
    assert mode(folder) == 0o700
    for content in (OLD, NEW):
        files.save(folder / "page.toml", content)
    assert mode(folder / "page.toml") == 0o600
    assert mode(folder / "page.toml.bak") == 0o600


def test_a_umask_that_takes_everything_takes_nothing_of_a_new_folder(tmp_path):
    before = os.umask(0o777)
    try:
        files.make_folder(tmp_path / "deep" / "sessions")
    finally:
        os.umask(before)
    assert mode(tmp_path / "deep") == mode(tmp_path / "deep" / "sessions") == 0o700


def test_a_folder_that_exists_stays_as_it_is(tmp_path):
    tmp_path.chmod(0o755)
    files.make_folder(tmp_path)
    assert mode(tmp_path) == 0o755


def test_a_folder_that_cannot_be_made_is_a_lab_error(tmp_path):
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "file" / "sessions", tmp_path / "file"):
        with pytest.raises(LabError) as caught:
            files.make_folder(folder)
        assert "--sessions" in caught.value.hint


def test_a_link_in_place_of_the_file_is_replaced_and_not_followed(tmp_path):
    victim, path = tmp_path / "victim", tmp_path / "page.toml"
    victim.write_bytes(b"precious")
    path.symlink_to(victim)
    files.save(path, NEW)
    assert victim.read_bytes() == b"precious"
    assert not path.is_symlink()
    assert path.read_bytes() == NEW


def test_a_link_in_place_of_the_backup_is_not_followed(tmp_path):
    victim, path = tmp_path / "victim", tmp_path / "page.toml"
    victim.write_bytes(b"precious")
    files.save(path, OLD)
    (tmp_path / "page.toml.bak").symlink_to(victim)
    files.save(path, NEW)
    assert victim.read_bytes() == b"precious"
    assert (tmp_path / "page.toml.bak").read_bytes() == OLD


def test_a_new_file_takes_no_name_that_is_taken(tmp_path):
    victim, path = tmp_path / "victim", tmp_path / "x.journal"
    path.symlink_to(victim)
    with pytest.raises(FileExistsError):
        files.create(path)
    assert not victim.exists()


def test_a_folder_that_is_gone_or_a_name_too_long_is_a_lab_error(tmp_path):
    for path in (tmp_path / "none" / "page.toml", tmp_path / ("n" * 250 + ".toml")):
        with pytest.raises(LabError):
            files.save(path, NEW)


def test_a_link_in_the_place_of_a_file_becomes_no_backup(tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    path = tmp_path / "page.toml"
    path.symlink_to(victim)
    files.save(path, NEW)
    assert (path.read_bytes(), path.is_symlink(), victim.read_bytes()) == (NEW, False, b"mine")
    assert not files.is_there(tmp_path / "page.toml.bak")
