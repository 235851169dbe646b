"""One writer a page: in races, after kills, through forks, with and without the kernel's locks, on other machines."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from making import open_files

from engine.errors import LabError
from sessions import files, lock
from sessions.beside import lock_of
from sessions.identity import Identity, this_process
from sessions.lock import Taken

PATIENCE = 30.0
WORKER = """
import errno, fcntl, sys, time
from pathlib import Path
from engine.errors import LabError
from sessions import lock

if sys.argv[1] == "file":
    def none(*_):
        raise OSError(errno.ENOSYS, "none")
    fcntl.flock = none
print("on", flush=True)
held = None
for line in sys.stdin:
    what, at, path = line.rstrip().split(" ", 2)
    if what == "give":
        held.release()
        print("gave", flush=True)
    elif what == "count":
        page = Path(path)
        for _ in range(int(at)):
            while True:
                try:
                    held = lock.acquire(page, "trained")
                    break
                except lock.Taken:
                    time.sleep(0.0003)
            number = int(page.read_text())
            page.write_text(str(number + 1))
            held.release()
        print("counted", flush=True)
    else:
        while time.monotonic() < float(at):
            pass
        try:
            held = lock.acquire(Path(path), "trained")
        except lock.Taken as taken:
            print("taken", flush=True)
        else:
            print("got", flush=True)
"""
METHODS = ["flock", "file"]


class Worker:
    """Another process that locks pages when it is told to."""

    def __init__(self, method="flock"):
        command = [sys.executable, "-c", WORKER, method]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.says() == "on"

    def ask(self, what, path, at=0.0):
        self.process.stdin.write(f"{what} {at} {path}\n")
        self.process.stdin.flush()

    def says(self):
        return self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


@pytest.fixture(name="page")
def _page(tmp_path):
    path = tmp_path / "a-page.toml"
    path.write_text("x")
    return path


@pytest.fixture(name="method", params=METHODS)
def _method(request, monkeypatch):
    """Run a test with the kernel's locks, and on a file system that has none."""
    if request.param == "file":
        monkeypatch.setattr(fcntl, "flock", unsupported)
    return request.param


def unsupported(*_):
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))


def content_of(page):
    return json.loads(lock_of(page).read_text())


def fake(page, **changed):
    """Put a lock there as another process would have left it."""
    identity = {key: getattr(this_process(), key) for key in ("host", "boot", "space", "process", "started")}
    since = datetime.now().astimezone().replace(hour=10, minute=12, second=0, microsecond=0)
    said = {"user": lock._user(), "since": since.isoformat(), "doing": "trained", "by_file": False}
    said |= {key: value for key, value in changed.items() if key in said}
    identity |= {key: value for key, value in changed.items() if key in identity}
    lock_of(page).write_text(json.dumps(said | {"identity": identity}))


# --- what it is -------------------------------------------------------------------------------------------------------


def test_a_lock_says_who_has_it_and_goes_with_its_release(page, method):
    before = open_files()
    held = lock.acquire(page, "trained")
    said, here = content_of(page), this_process()
    assert said["identity"] == {
        "host": os.uname().nodename,
        "process": os.getpid(),
        "started": here.started,
        "boot": here.boot,
        "space": here.space,
    }
    assert (said["doing"], said["by_file"]) == ("trained", method == "file")
    assert here.started > 0
    assert not os.get_inheritable(held._descriptor)
    with pytest.raises(Taken, match=rf"is being trained by process {os.getpid()} on {here.host} since \d\d:\d\d"):
        lock.acquire(page, "edited")
    held.now_being("edited")
    with pytest.raises(Taken, match="is being edited by process"):
        lock.acquire(page, "edited")
    held.release()
    held.release()
    assert not lock_of(page).exists()
    assert open_files() == before
    lock.acquire(page, "trained").release()


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_a_lock_is_private_whatever_the_umask(page, method, umask):
    before = os.umask(umask)
    try:
        held = lock.acquire(page, "trained")
    finally:
        os.umask(before)
    assert stat.S_IMODE(lock_of(page).stat().st_mode) == 0o600
    held.release()


def test_a_lock_of_yesterday_says_the_day(page):
    yesterday = datetime.now().astimezone() - timedelta(days=1)
    fake(page, host="hostA", boot="other", process=4711, since=yesterday.isoformat(), user="ann")
    with pytest.raises(Taken, match=f"ann's process 4711 on hostA since {yesterday:%Y-%m-%d %H:%M}"):
        lock.acquire(page, "edited")


# --- races ------------------------------------------------------------------------------------------------------------


def race(folder, method, times):
    """Let two processes go for one page at the same moment, again and again; what an owner left lies there or not."""
    with Worker(method) as one, Worker(method) as other:
        for number in range(times):
            page = folder / f"page-{number % 3}.toml"
            if number % 2:
                fake(page, process=2**22 + 5, by_file=method == "file")
            at = time.monotonic() + 0.005
            for worker in (one, other):
                worker.ask("take", page, at)
            said = [one.says(), other.says()]
            assert sorted(said) == ["got", "taken"], (number, said)
            winner = one if said[0] == "got" else other
            winner.ask("give", page)
            assert winner.says() == "gave"
            assert not list(folder.glob("*.lock*")), number


@pytest.mark.parametrize("method", METHODS)
def test_of_two_processes_exactly_one_writes(tmp_path, method):
    race(tmp_path, method, 20)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_of_two_processes_exactly_one_writes_200_times(tmp_path, method):
    race(tmp_path, method, 200)


@pytest.mark.parametrize("method", METHODS)
def test_two_never_write_at_once_while_the_file_comes_and_goes(page, method):
    page.write_text("0")
    with Worker(method) as one, Worker(method) as other:
        for worker in (one, other):
            worker.ask("count", page, 60)
        assert [one.says(), other.says()] == ["counted", "counted"]
    assert page.read_text() == "120"
    assert not lock_of(page).exists()


def test_a_file_that_its_owner_takes_away_before_it_is_locked_is_not_taken_for_the_lock(page, monkeypatch):
    fake(page)
    real, other = fcntl.flock, []

    def late(descriptor, how):
        if not other:
            other.append(None)
            lock_of(page).unlink()
            other[0] = lock.acquire(page, "edited")
        return real(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with pytest.raises(Taken, match="is being edited"):
        lock.acquire(page, "trained")
    other[0].release()


# --- ends -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_a_killed_owner_is_no_obstacle(page, method, monkeypatch):
    if method == "file":
        monkeypatch.setattr(fcntl, "flock", unsupported)
    with Worker(method) as worker:
        worker.ask("take", page)
        assert worker.says() == "got"
        with pytest.raises(Taken, match=f"process {worker.process.pid} "):
            lock.acquire(page, "edited")
        worker.process.send_signal(signal.SIGKILL)
        # Not waited for: until its parent asks it is a zombie, whose number is still taken.
        give_up = time.monotonic() + PATIENCE
        while True:
            try:
                held = lock.acquire(page, "edited")
                break
            except Taken:
                assert time.monotonic() < give_up
                time.sleep(0.01)
    held.release()
    assert not lock_of(page).exists()


def test_a_child_that_inherits_the_file_neither_keeps_nor_frees_the_page(page):
    held = lock.acquire(page, "trained")
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        # The child of a fork: whatever it does, it must not run the tests on.
        try:
            held.release()
            lives = lock_of(page).exists()
            try:
                lock.acquire(page, "edited")
            except Taken:
                os.write(writes, b"taken" if lives else b"gone")
            time.sleep(PATIENCE)
        finally:
            os._exit(0)
    try:
        assert os.read(reads, 10) == b"taken"
        with pytest.raises(Taken):
            lock.acquire(page, "edited")
        # As its parent's kill would: the descriptor is closed, nothing else is done. The child still lives.
        os.close(held._descriptor)
        held._descriptor = -1
        lock.acquire(page, "edited").release()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reads)
        os.close(writes)


def test_a_program_that_is_started_does_not_inherit_the_lock(page):
    held = lock.acquire(page, "trained")
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as other:
        os.close(held._descriptor)
        held._descriptor = -1
        lock.acquire(page, "edited").release()
        other.kill()


def test_a_release_leaves_the_lock_of_the_next_owner(page):
    held = lock.acquire(page, "trained")
    lock_of(page).unlink()
    following = lock.acquire(page, "edited")
    held.release()
    assert content_of(page)["doing"] == "edited"
    following.release()


# --- what is left, here and elsewhere ---------------------------------------------------------------------------------


def test_where_the_kernel_locks_what_this_host_left_is_followed(page):
    for changed in ({"process": 2**22 + 5}, {"started": 1}, {"boot": "an earlier one"}, {"host": "renamed"}):
        fake(page, **changed)
        lock.acquire(page, "trained").release()
    assert not lock_of(page).exists()


def test_without_the_kernels_locks_only_a_process_that_is_known_to_be_gone_is_followed(page, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", unsupported)
    for changed in ({"process": 2**22 + 5}, {"started": 1}):
        fake(page, by_file=True, **changed)
        lock.acquire(page, "trained").release()
    for changed in ({}, {"boot": "an earlier one"}, {"host": "elsewhere"}, {"space": "another container"}):
        fake(page, by_file=True, **({"process": 2**22 + 5} if changed else {}), **changed)
        with pytest.raises(Taken):
            lock.acquire(page, "trained")
    lock_of(page).write_text("")
    with pytest.raises(Taken, match=r"delete a-page\.lock"):
        lock.acquire(page, "trained")


@pytest.mark.parametrize("by_file", [True, False])
def test_a_lock_of_another_host_is_never_stale(page, method, by_file):
    fake(page, host="hostA", boot="other", process=4711, by_file=by_file)
    before = lock_of(page).read_bytes()
    with pytest.raises(Taken) as caught:
        lock.acquire(page, "edited")
    assert caught.value.problem == "is being trained by process 4711 on hostA since 10:12"
    assert caught.value.where == "a-page"
    assert "delete a-page.lock" in caught.value.hint
    assert lock_of(page).read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 100, b"\xff", b"[" * 5_000, b"{}", b"[]", b'"x"', b'{"identity": 5}', b"1" * 9_000],
    ids=lambda content: repr(content[:20]),
)
def test_a_lock_that_says_nonsense_is_none_where_the_kernel_locks(page, content):
    lock_of(page).write_bytes(content)
    held = lock.acquire(page, "trained")
    assert content_of(page)["doing"] == "trained"
    held.release()


def test_an_owner_that_cannot_be_read_is_still_one(page):
    held = lock.acquire(page, "trained")
    os.ftruncate(held._descriptor, 0)
    with pytest.raises(Taken, match="by another lossbook"):
        lock.acquire(page, "edited")
    held.release()


def test_nobody_is_gone_who_cannot_be_asked():
    here = this_process()
    assert not here.is_gone
    assert not Identity("", "", "", 2**22 + 5, 1).is_gone
    assert not Identity(here.host, "", here.space, 2**22 + 5, 1).is_gone
    assert Identity(here.host, here.boot, here.space, 2**22 + 5, 1).is_gone
    assert Identity(here.host, here.boot, here.space, os.getpid(), here.started + 1).is_gone
    assert not Identity(here.host, here.boot, here.space, 1, 0).is_gone


# --- what is in the way -----------------------------------------------------------------------------------------------


def test_a_link_in_place_of_the_lock_is_not_followed(page, tmp_path, method):
    for victim in (tmp_path / "victim", tmp_path / "none"):
        (tmp_path / "victim").write_bytes(b"precious")
        lock_of(page).symlink_to(victim)
        with pytest.raises(LabError, match="symbolic link") as caught:
            lock.acquire(page, "trained")
        assert not isinstance(caught.value, Taken)
        assert (tmp_path / "victim").read_bytes() == b"precious"
        assert not (tmp_path / "none").exists()
        lock_of(page).unlink()


def test_what_is_no_file_is_told_at_once(page, method):
    os.mkfifo(lock_of(page))
    with pytest.raises(LabError, match="no file"):
        lock.acquire(page, "trained")
    lock_of(page).unlink()
    lock_of(page).mkdir()
    with pytest.raises(LabError):
        lock.acquire(page, "trained")


@contextmanager
def failing(monkeypatch, name, code):
    def fail(*_, **__):
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, name, fail)
        yield


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.ENOSPC], ids=errno.errorcode.get)
def test_a_folder_that_takes_no_file_is_told(page, monkeypatch, code, method):
    before = open_files()
    with failing(monkeypatch, "open", code), pytest.raises(LabError) as caught:
        lock.acquire(page, "trained")
    assert os.strerror(code) in caught.value.problem
    assert caught.value.where == str(page.parent)
    assert caught.value.hint == files.ADVICE[code]
    assert open_files() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_folder_that_is_read_only_is_told(page):
    page.parent.chmod(0o500)
    try:
        with pytest.raises(LabError, match="Permission denied"):
            lock.acquire(page, "trained")
    finally:
        page.parent.chmod(0o700)


def test_a_full_disk_locks_where_the_kernel_does_and_leaves_nothing_where_it_does_not(page, monkeypatch, method):
    before = open_files()
    with failing(monkeypatch, "write", errno.ENOSPC):
        if method == "flock":
            held = lock.acquire(page, "trained")
            with pytest.raises(Taken):
                lock.acquire(page, "trained")
            held.release()
        else:
            with pytest.raises(LabError, match="No space left"):
                lock.acquire(page, "trained")
    assert not lock_of(page).exists()
    assert open_files() == before
