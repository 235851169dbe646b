"""A closed terminal and SIGTERM, for the notebook and for `lossbook run`: the page is saved and the status said."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest
from disk import strays_in
from terminal import LOSSBOOK, Terminal, gone_within, workers_of

from engine import tables
from sessions import codec
from sessions.page import Page

SECONDS = 15.0
"""Within which it must have ended, on a machine that is busy with others."""
SEED = 20261128
ENDLESS = {
    "data": {"name": "digits"},
    "model": {"hidden": [16]},
    "training": {"epochs": 1_000_000},
}
COMMANDS = ("notebook", "run")
ENDS = ("closed", "SIGTERM")
MANY = 60


def experiment_in(folder):
    folder.mkdir()
    path = folder / "endless.toml"
    path.write_text(codec.write_page(Page(tables.from_tables(ENDLESS), "endless")), encoding="utf-8")
    return path


def train(terminal, command, folder):
    """Have it train, and return the workers."""
    if command == "notebook":
        terminal.until_shown("nothing trained yet", "press r")
        terminal.press("o")
        terminal.until_shown("Library", "endless")
        terminal.press("\r")
        terminal.until_shown("nothing trained yet", "digits")
        terminal.press("r")
    terminal.until(lambda: any(b'"EpochEnded"' in path.read_bytes() for path in folder.glob("*.journal")), "trained")
    workers = workers_of(terminal.pid)
    assert workers
    return workers


def end(folder, command, how, chance):
    """Train and end it so; return the seconds that its end took."""
    experiment = experiment_in(folder)
    with Terminal(["run", experiment] if command == "run" else [], folder, command=LOSSBOOK) as terminal:
        workers = train(terminal, command, folder)
        until = time.monotonic() + chance.uniform(0, 0.3)
        while time.monotonic() < until:
            terminal.listen(0.01)
        began = time.monotonic()
        if how == "closed":
            terminal.close()
            expected = 128 + signal.SIGHUP
        else:
            os.kill(terminal.pid, signal.SIGTERM)
            expected = 128 + signal.SIGTERM
        status = terminal.ended_within(SECONDS)
        took = time.monotonic() - began
        assert status == expected, f"its exit status is {status}, not {expected}:\n{terminal.said[-2_000:].decode()}"
        assert b"Traceback" not in terminal.said
    assert gone_within(SECONDS, workers), "a worker is left"
    assert not strays_in(folder)
    assert not list(folder.glob("*.journal"))
    (page,) = [page for path in folder.glob("*.toml") if (page := codec.read_page(path)).record is not None]
    assert not page.warning
    assert page.record.status in {"interrupted", "stopped"}
    assert {run.status for run in page.record.candidates} <= {"interrupted", "stopped"}
    assert any(run.epoch for run in page.record.runs)
    return took


@pytest.mark.parametrize("how", ENDS)
def test_an_end_from_outside_saves(tmp_path, how):
    """Once each of `lossbook run`; tests/tui/test_terminal.py ends the notebook in all these ways."""
    end(tmp_path / "pages", "run", how, random.Random(f"{SEED}-run-{how}"))


@pytest.mark.slow
@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("command", COMMANDS)
def test_sixty_ends_from_outside_save(tmp_path, capsys, command, how):
    times = [
        end(tmp_path / str(number), command, how, random.Random(f"{SEED}-{command}-{how}-many-{number}"))
        for number in range(MANY)
    ]
    with capsys.disabled():
        print(f"\n{MANY} × {command}, {how}: all saved, over after {max(times):.2f} s at most", end="")


def test_under_nohup_a_run_outlives_its_terminal(tmp_path):
    folder = tmp_path / "pages"
    experiment = experiment_in(folder)
    with Terminal(["run", experiment], folder, command=LOSSBOOK, preexec=ignore_hangup) as terminal:
        workers = train(terminal, "run", folder)
        terminal.close()
        (written,) = folder.glob("*.journal")
        size = written.stat().st_size
        give_up = time.monotonic() + SECONDS
        while written.stat().st_size < size + 10_000:
            assert terminal.child.isalive(), "it has ended with its terminal"
            assert time.monotonic() < give_up, "it stands still without its terminal"
            time.sleep(0.02)
        os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.ended_within(SECONDS) == 128 + signal.SIGTERM
    assert gone_within(SECONDS, workers)
    assert not list(folder.glob("*.journal"))


def ignore_hangup():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
