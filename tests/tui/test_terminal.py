"""The notebook in a real terminal: signals, a terminal that goes away, what is left behind, and what is sent."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import tomllib
from pathlib import Path

import pytest
import tomli_w
from notebook import HOSTILE, STEERING, pages_in, saved_page
from terminal import CURSOR_SHOWN, LEFT_SCREEN, LOSSBOOK, Terminal, gone_within, workers_of

from engine import tables
from sessions import codec
from sessions.page import Page

SECONDS = 8.0
"""Within which it must have ended, on a slow machine."""
FIVE_FOLDS = {
    "baselines": False,
    "data": {"name": "digits"},
    "model": {"hidden": [32]},
    "training": {"epochs": 1_000_000},
    "validation": {"method": "k-fold"},
}


def page_to_train(folder):
    folder.mkdir(exist_ok=True)
    path = folder / "five.toml"
    path.write_text(codec.write_page(Page(tables.from_tables(FIVE_FOLDS), "five folds")), encoding="utf-8")
    return path


def start_training(terminal):
    """Open the page with five folds and train it until all of them have grown; return the workers."""
    terminal.until_shown("nothing trained yet", "press r")
    terminal.press("o")
    terminal.until_shown("Library", "five folds")
    terminal.press("\r")
    terminal.until_shown("nothing trained yet", "k-fold")
    terminal.press("r")
    terminal.until_shown("▶ training", "epochs/s")
    workers = workers_of(terminal.pid)
    assert workers
    return workers


def assert_nothing_is_lost(folder, workers):
    assert gone_within(SECONDS, workers), "a worker is left"
    assert not [path.name for path in folder.iterdir() if path.suffix in {".journal", ".tmp"}]
    (page,) = [page for page in pages_in(folder) if page.record is not None]
    assert not page.warning
    assert page.record.status == "interrupted"
    assert len(page.record.runs) == 5
    assert any(len(run.train_curves["loss"]) >= 1 for run in page.record.runs if run.train_curves)


def end_by_signal(folder, number):
    page_to_train(folder)
    with Terminal([], folder) as terminal:
        workers = start_training(terminal)
        os.kill(terminal.pid, number)
        assert terminal.ended_within(SECONDS) == 128 + number
        assert LEFT_SCREEN in terminal.said
        assert CURSOR_SHOWN in terminal.said[terminal.said.rindex(LEFT_SCREEN) - 200 :]
        assert b"Traceback" not in terminal.said
    assert_nothing_is_lost(folder, workers)


def end_by_closing(folder, preexec=None):
    page_to_train(folder)
    with Terminal([], folder, preexec=preexec) as terminal:
        workers = start_training(terminal)
        terminal.close()
        assert terminal.ended_within(SECONDS) is not None, "it goes on without a terminal"
    assert_nothing_is_lost(folder, workers)


def ignore_hangup():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_saves_and_restores_the_terminal(tmp_path, number):
    end_by_signal(tmp_path, number)


def test_a_closed_terminal_saves(tmp_path):
    end_by_closing(tmp_path)


def test_a_closed_terminal_saves_under_nohup(tmp_path):
    end_by_closing(tmp_path, ignore_hangup)


def test_an_idle_notebook_under_nohup_ends_with_its_terminal(tmp_path):
    with Terminal([], tmp_path, preexec=ignore_hangup) as terminal:
        terminal.until_shown("press r")
        before = cpu_seconds(terminal.pid)
        terminal.close()
        status = terminal.ended_within(SECONDS)
        assert status is not None, f"it goes on, after {cpu_seconds(terminal.pid) - before:.1f} s of work"


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.slow
@pytest.mark.parametrize("repetition", range(20))
@pytest.mark.parametrize("end", ["SIGTERM", "SIGHUP", "closed", "closed under nohup"])
def test_ends_again_and_again(tmp_path, end, repetition):
    if end.startswith("SIG"):
        end_by_signal(tmp_path, signal.Signals[end])
    else:
        end_by_closing(tmp_path, ignore_hangup if "nohup" in end else None)


def test_a_killed_notebook_leaves_no_worker_and_is_recovered(tmp_path):
    page_to_train(tmp_path)
    with Terminal([], tmp_path) as terminal:
        workers = start_training(terminal)
        os.kill(terminal.pid, signal.SIGKILL)
        assert terminal.ended_within(SECONDS) == -signal.SIGKILL
    assert gone_within(SECONDS, workers), "a worker is left"
    assert list(tmp_path.glob("*.journal"))
    with Terminal([], tmp_path) as terminal:
        terminal.until_shown("recovered to epoch")
        terminal.press("q")
        assert terminal.ended_within(SECONDS) == 0
    assert_nothing_is_lost(tmp_path, workers)


def test_quitting_twice_while_it_trains_saves(tmp_path):
    page_to_train(tmp_path)
    with Terminal([], tmp_path) as terminal:
        workers = start_training(terminal)
        terminal.press("q")
        terminal.until_shown("press q again")
        terminal.press("q")
        assert terminal.ended_within(SECONDS) == 0
        assert LEFT_SCREEN in terminal.said
        assert CURSOR_SHOWN in terminal.said
    assert_nothing_is_lost(tmp_path, workers)


def test_nothing_is_sent_while_nothing_happens_and_little_for_a_key(tmp_path):
    with Terminal([], tmp_path) as terminal:
        terminal.until_shown("press r")
        quiet(terminal, 0.8)
        before = len(terminal.said)
        quiet(terminal, 1.5)
        assert bytes(terminal.said[before:]) == b""
        # A key that moves the focus paints the two settings, and what the new one means: not the whole screen.
        for key in ("\x1b[B", "\x1b[A"):
            before = len(terminal.said)
            terminal.press(key)
            terminal.until(lambda before=before: len(terminal.said) > before, "painted")
            quiet(terminal, 0.3)
            assert len(terminal.said) - before < 3_000


def quiet(terminal, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        terminal.listen(0.1)


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_terminal_that_cannot_draw_gets_one_line(tmp_path, term):
    with Terminal([], tmp_path, TERM=term) as terminal:
        assert terminal.ended_within(SECONDS) == 2
        (line,) = terminal.said.decode().splitlines()
        assert term in line
        assert "TERM" in line


@pytest.mark.parametrize("arguments", [[], ["replay", "one"]])
def test_without_a_terminal_there_is_one_line(tmp_path, arguments):
    if arguments:
        saved_page(tmp_path, "one")
        arguments = [*arguments, "--speed", "10000"]
    done = without_terminal(tmp_path, *arguments)
    if arguments:
        assert done.returncode == 0, "a replay then prints its lines"
        assert "epoch 20" in done.stdout
    else:
        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1
        assert "needs a terminal" in done.stderr


def test_nothing_hostile_is_ever_sent(tmp_path):
    saved = saved_page(tmp_path, "one")
    body = tomllib.loads(saved.read_text())
    saved.unlink()
    pages = batched([*HOSTILE.values()], 4)
    for number, payloads in enumerate(pages):
        text = "".join(payloads)
        body |= {"title": text, "notes": f"{text}\n{text}", "tags": [*payloads]}
        (tmp_path / f"{number} {text.replace('/', '')}.toml").write_text(tomli_w.dumps(body), encoding="utf-8")
    with Terminal([], tmp_path, size=(120, 40)) as terminal:
        terminal.until_shown("press r")
        for number in range(len(pages)):
            terminal.press("o")
            terminal.until_shown(f"{len(pages)} pages")
            terminal.press("\x1b[B" * number + "\r")
            terminal.until(lambda: "Library" not in terminal.text and "fold 3/3" in terminal.text, "open")
        terminal.press("v")
        terminal.until_shown("▶ replay")
        terminal.press("\x1b")
        terminal.until(lambda: "replay" not in terminal.text, "back in the lab")
        terminal.press("n\x1b[200~" + " ".join(HOSTILE.values()).replace("\x1b", "") + "\x1b[201~")
        quiet(terminal, 0.5)
        assert_nothing_hostile(bytes(terminal.said))
        os.kill(terminal.pid, signal.SIGTERM)
        terminal.ended_within(SECONDS)
    for arguments in (["list"], ["show", next(tmp_path.glob("0 *")).stem]):
        done = without_terminal(tmp_path, *arguments)
        assert done.returncode == 0
        assert not STEERING.intersection(done.stdout) - {"\n"}, ascii(done.stdout)


def without_terminal(folder, *arguments):
    command = [*LOSSBOOK, "--sessions", str(folder), *arguments]
    return subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True)


def batched(items, size):
    return [items[start : start + size] for start in range(0, len(items), size)]


def assert_nothing_hostile(said):
    for name, payload in HOSTILE.items():
        if STEERING.intersection(payload):
            assert payload.encode() not in said, f"the payload {name!r} was sent as it is"
    # The clipboard, the title, a device's answer: this program asks a terminal for none of them.
    for start in (b"\x1b]52", b"\x1b]0;owned", b"\x1bP", "\x9b".encode(), "\u202e".encode()):
        assert start not in said
