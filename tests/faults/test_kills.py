"""SIGKILL at random moments: every page opens, nothing acknowledged is lost, nothing is left lying about."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from disk import strays_in
from terminal import LOSSBOOK

from engine.data.sources import Line
from engine.experiment import Data, Experiment
from sessions import codec, journal
from sessions.journal import Journal
from sessions.page import Page
from sessions.record import Record, fold
from sessions.recorder import Recorder
from sessions.store import Store
from tui.cli import main

DRIVER = Path(__file__).with_name("driver.py")
NOTE = struct.Struct("<dq")
SEED = 20261126
WORKERS_SECONDS = 2.0
MOST_LOST_SECONDS = 1.0
LATEST_SECONDS = 0.25
"""After the first epoch."""
# Three folds and a sweep in several pieces; some runs end early, so that weights and ends are written as well.
EXPERIMENT = """\
title = "killed"
baselines = false
[data]
name = "wine"
[model]
hidden = [4]
[training]
epochs = {epochs}
[validation]
method = "k-fold"
k = 3
[sweep]
"training.batch_size" = [16, 64]
"""
EPOCHS = (40, 400, 1_000_000)


class Driver:
    """The program, ready to be started in an instant."""

    def __init__(self):
        # Its modules are the checkout's, its `tests/faults` must not come first.
        command = [sys.executable, "-P", str(DRIVER)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, wanted):
        self.process.stdin.write(json.dumps(wanted) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def start(self, folder, *arguments, save_seconds=60.0, naive=False):
        """Start the program with a folder of pages; its notes and its words go to `FOLDER.notes` and `FOLDER.log`."""
        where = {"notes": f"{folder}.notes", "log": f"{folder}.log"}
        options = {"save_seconds": save_seconds, "naive": naive}
        return self.ask({"arguments": ["--sessions", str(folder), *arguments], **where, **options})

    def wait(self):
        return self.ask("wait")

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)


@pytest.fixture(scope="module")
def driver():
    driver = Driver()
    yield driver
    driver.close()


def workers_started_by(pid):
    """Return the processes that have been told that `pid` is their parent, whoever is it now."""
    mark = f"LOSSBOOK_PARENT={pid}\0".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        # A process that has ended has none; nor is another person's ours to read.
        with contextlib.suppress(OSError):
            if mark in path.read_bytes() + b"\0":
                found.append(int(path.parent.name))
    return found


def seconds_until_gone(pid):
    """Wait for the workers of a process that has been killed, and return how long that took.

    Within two seconds; but on a machine that is busy with others, what counts is what they still did.
    """
    began, before = time.monotonic(), {}
    while workers := workers_started_by(pid):
        seconds = time.monotonic() - began
        for worker in workers:
            did = cpu_seconds(worker)
            assert seconds < WORKERS_SECONDS or did - before.setdefault(worker, did) < 0.5, "a worker goes on"
        assert seconds < 10 * WORKERS_SECONDS, "a worker is left"
        time.sleep(0.01)
    return time.monotonic() - began


def cpu_seconds(pid):
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def notes_of(folder):
    """Return the program's own notes: (when, how many epochs it has acknowledged)."""
    path = Path(f"{folder}.notes")
    raw = path.read_bytes() if path.exists() else b""
    return [NOTE.unpack_from(raw, place) for place in range(0, len(raw) - NOTE.size + 1, NOTE.size)]


def epochs_of(record):
    return sum(run.epoch for run in record.runs)


@dataclass
class Figures:
    """What came of many kills."""

    kills: int = 0
    while_training: int = 0
    while_saving: int = 0
    finished: int = 0
    epochs: int = 0
    lost: int = 0
    late: float = 0.0
    """How much later than it should the last kill came."""
    silent: list[float] = field(default_factory=list)
    workers: list[float] = field(default_factory=list)

    def __str__(self):
        silent = sorted(self.silent) or [0.0]
        return (
            f"{self.kills} kills, {self.while_training} while it trained, {self.while_saving} with a save on its way,"
            f" {self.finished} after its end; {self.epochs:,} epochs acknowledged, {self.lost} lost; before the kill"
            f" {statistics.median(silent):.3f} s unacknowledged (median), {silent[-1]:.3f} s at most; workers gone"
            f" after {max(self.workers, default=0.0):.2f} s at most"
        )


def kill_once(driver, folder, chance, figures, *, naive=False, early=0.1):
    """Start a study, kill it at a random moment, and return its process id, the moment, and how it ended.

    `early` is the share of kills that come before training has begun.
    """
    folder.mkdir()
    experiment = folder.with_suffix(".experiment.toml")
    experiment.write_text(EXPERIMENT.format(epochs=chance.choice(EPOCHS)))
    save_seconds = 60.0 if chance.random() < 0.25 else chance.uniform(0.01, 0.1)
    arguments = ["run", str(experiment), "--workers", chance.choice("112")]
    pid = driver.start(folder, *arguments, save_seconds=save_seconds, naive=naive)
    if chance.random() < early:
        # At its start: there may be a page yet or none.
        time.sleep(chance.uniform(0, 0.3))
    else:
        give_up = time.monotonic() + 30
        while not any(epochs for _, epochs in notes_of(folder)):
            assert time.monotonic() < give_up, Path(f"{folder}.log").read_text()
            time.sleep(0.005)
        asleep, wanted = time.monotonic(), chance.uniform(0, LATEST_SECONDS)
        time.sleep(wanted)
        # A machine that is busy with others wakes nobody in time.
        figures.late = max(0.0, time.monotonic() - asleep - wanted)
    os.kill(pid, signal.SIGKILL)
    when = time.time()
    status = driver.wait()
    figures.kills += 1
    figures.finished += status != -signal.SIGKILL
    figures.while_saving += bool(strays_in(folder))
    return pid, when, status


def check(folder, pid, when, status, figures):
    """Look at everything that a kill may not take away. The program is started again in between."""
    figures.workers.append(seconds_until_gone(pid))
    notes = notes_of(folder)
    acknowledged = max((epochs for _, epochs in notes), default=0)
    journaled = {path.with_suffix(".toml"): fold(journal.read(path)) for path in folder.glob("*.journal")}
    assert main(["--sessions", str(folder), "list"]) == 0
    assert not list(folder.glob("*.journal")), "what was left behind has not been recovered"
    assert not strays_in(folder), "a temporary file is left"
    pages = {path: codec.read_page(path) for path in folder.glob("*.toml")}
    assert len(pages) <= 1
    assert pages or not notes, "the page is gone"
    for path, page in pages.items():
        record = page.record
        assert not page.warning
        assert record.over, f"its status is still {record.status}"
        assert epochs_of(record) >= acknowledged, "acknowledged epochs are lost"
        before = journaled.get(path, Record())
        assert epochs_of(record) >= epochs_of(before)
        for run, then in zip(record.runs, before.runs, strict=False):
            for name, curve in then.train_curves.items():
                known = dict(run.train_curves[name])
                assert all(known.get(epoch, value) == value for epoch, value in curve)
            assert run.status == then.status or then.status not in {"finished", "diverged", "stopped"}
        figures.lost += max(0, acknowledged - epochs_of(record))
    figures.epochs += acknowledged
    if status == -signal.SIGKILL and acknowledged:
        figures.while_training += 1
        silent = when - notes[-1][0]
        figures.silent.append(silent)
        assert silent <= MOST_LOST_SECONDS + figures.late, f"{silent:.2f} s of training were not acknowledged"


def kill_again_and_again(driver, folder, times, seed, capsys, *, naive=False, restarts=False, early=0.1):
    """Kill so many times; return the figures, and of each kill that the check does not pass the reason."""
    figures, failures = Figures(), []
    for number in range(times):
        chance = random.Random(f"{seed}-{number}")
        here = folder / str(number)
        pid, when, status = kill_once(driver, here, chance, figures, naive=naive, early=early)
        try:
            if restarts and chance.random() < 0.3:
                # The start that recovers is killed, too.
                pid_of_list = driver.start(here, "list")
                time.sleep(chance.uniform(0, 0.05))
                os.kill(pid_of_list, signal.SIGKILL)
                driver.wait()
            check(here, pid, when, status, figures)
        except AssertionError as error:
            failures.append(f"seed {seed}-{number}: {error}")
        else:
            shutil.rmtree(here)
        capsys.readouterr()
    return figures, failures


def test_kills_lose_nothing(driver, tmp_path, capsys):
    figures, failures = kill_again_and_again(driver, tmp_path, 20, SEED, capsys, early=0.3)
    assert not failures, "\n".join([str(figures), *failures])
    assert figures.while_training >= 10, figures


def test_a_naive_writer_does_not_pass(driver, tmp_path, capsys):
    figures, failures = kill_again_and_again(driver, tmp_path, 2, SEED, capsys, naive=True)
    assert failures, figures


@pytest.mark.slow
def test_a_thousand_kills_lose_nothing(driver, tmp_path, capsys):
    figures, failures = kill_again_and_again(driver, tmp_path, 1_000, SEED + 1, capsys, restarts=True)
    with capsys.disabled():
        print(f"\n{figures}")
    assert not failures, "\n".join(failures)
    assert figures.while_saving >= 20, figures


@pytest.mark.slow
def test_a_naive_writer_fails_in_every_way(driver, tmp_path, capsys):
    figures, failures = kill_again_and_again(driver, tmp_path, 100, SEED + 2, capsys, naive=True)
    with capsys.disabled():
        print(f"\na naive writer: {figures}; {len(failures)} of them failed the check")
    # One that saves many times a second is found out only where it is killed between two saves, or within one.
    assert len(failures) >= 20


@pytest.mark.slow
def test_the_program_as_it_is_started_by_a_person(tmp_path):
    """Without the driver: the command itself, killed, and `lossbook list` after it."""
    for number in range(20):
        folder = tmp_path / str(number)
        experiment = tmp_path / f"{number}.toml"
        experiment.write_text(EXPERIMENT.format(epochs=1_000_000))
        command = [*LOSSBOOK, "--sessions", str(folder)]
        with subprocess.Popen([*command, "run", str(experiment)], stderr=subprocess.DEVNULL) as process:
            time.sleep(random.Random(f"{SEED}-{number}").uniform(0.3, 2.0))
            process.kill()
        seconds_until_gone(process.pid)
        done = subprocess.run([*command, "list"], capture_output=True, text=True, check=False)
        assert done.returncode == 0
        assert "Traceback" not in done.stderr
        if folder.exists():
            assert not list(folder.glob("*.journal"))
            assert not strays_in(folder)
            for path in folder.glob("*.toml"):
                assert codec.read_page(path).record.over


@pytest.mark.parametrize("moment", ["before its page", "before its journal"])
def test_a_study_killed_as_it_begins_is_not_called_training_for_ever(tmp_path, monkeypatch, moment):
    """A moment too short to be met by chance: one of a thousand kills did."""
    store, page = Store(tmp_path), Page(Experiment(Data(Line(rows=30))), "A page")

    def killed(*_):
        os._exit(9)

    pid = os.fork()
    if pid == 0:
        monkeypatch.setattr(*((Store, "save") if moment == "before its page" else (Journal, "__init__")), killed)
        Recorder(store, page, datetime(2026, 11, 22, 10, 15))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    store.recover()
    pages = [codec.read_page(path) for path in store.paths()]
    assert len(pages) == (moment == "before its journal")
    assert all(page.record.status == "interrupted" for page in pages)
    assert not strays_in(tmp_path)
    assert store.recover() == []
