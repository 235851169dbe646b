"""How quick the notebook's screen is, and what it costs: run `python benchmarks/screen.py` on a quiet machine.

Everything is measured from outside, in a real pseudo terminal, with the notebook training five folds of digits; only
the event loop's lag is measured within (watched.py). Prints each figure beside its goal; `--json FILE` keeps them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from terminal import Terminal, paints

LOSSBOOK = (sys.executable, "-P", "-m", "tui")
HERE = Path(__file__).parent
SIZES = {(80, 24): (28, 3_000), (120, 40): (34, 6_000)}
"""Columns and rows of the terminal: the columns of the panels, and the most bytes a second with a live plot."""
DOWN, UP = b"\x1b[B", b"\x1b[A"
EXPERIMENT = """\
title = "five folds of digits"
[data]
name = "digits"
[model]
hidden = [32]
[training]
epochs = {epochs}
[validation]
method = "k-fold"
refit = false
"""


@dataclass(frozen=True)
class Figure:
    """Something measured, and what it should be: at most the goal, or at least where `least`."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    least: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached, None without one."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.least else self.value <= self.goal


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--quick", action="store_true", help="a tenth of the repetitions, to see whether it works")
    options = parser.parse_args()
    share = 0.1 if options.quick else 1.0
    figures = []
    for figure in measure(share):
        figures.append(figure)
        print(line(figure), flush=True)
    if options.json:
        about = {
            "machine": platform.machine(),
            "cores": len(os.sched_getaffinity(0)),
            "python": platform.python_version(),
        }
        body = {**about, "figures": [asdict(figure) | {"met": figure.met} for figure in figures]}
        options.json.write_text(json.dumps(body, indent=1), encoding="utf-8")
    return 0 if all(figure.met is not False for figure in figures) else 1


def line(figure: Figure) -> str:
    """Return a figure and its goal as one line."""
    goal = "" if figure.goal is None else f"{'≥' if figure.least else '≤'} {figure.goal:g} {figure.unit}"
    sign = {None: "", True: "✓", False: "✗"}[figure.met]
    return f"{figure.name:<58}{figure.value:>10,.3g} {figure.unit:<8}{goal:>14} {sign}"


def measure(share: float) -> Iterator[Figure]:
    """Yield the figures as they come; `share` of the full number of repetitions."""

    def times(count: int) -> int:
        return max(3, round(count * share))

    yield Figure("lossbook --help, median", median(help_seconds, times(15)), "s", 0.15)
    yield Figure("first screen at 80×24, median", median(first_screen_seconds, times(7)), "s", 0.8)
    rate, headless, in_app = training_speeds(times(3), epochs=max(50, round(800 * share)))
    yield Figure("training speed in the app / headless", 100 * in_app / headless, "%", 95, least=True)
    # A plot that fills in half a minute changes more from frame to frame than a slower one; keys need longer.
    half_a_minute, epochs = round(rate * 30), round(rate * 90)
    for size, (panels, most) in SIZES.items():
        name = f"{size[0]}×{size[1]}"
        with opened(size) as (terminal, _):
            yield Figure(f"{name}: bytes until the first screen is at rest", until_rest(terminal), "B")
            yield Figure(f"{name}: bytes in 3 s while nothing happens", terminal.listen_for(3), "B", 0)
            yield Figure(f"{name}: bytes for a key that moves the focus", bytes_for_a_key(terminal, times(20)), "B")
        with opened(size, half_a_minute) as (terminal, _):
            train(terminal)
            terminal.listen_for(2)
            seconds = max(3.0, 15 * share)
            yield Figure(f"{name}: live plot, 5 frames a second", terminal.listen_for(seconds) / seconds, "B/s", most)
        with opened(size, epochs) as (terminal, _):
            train(terminal)
            terminal.listen_for(2)
            waits = keys_to_paints(terminal, times(220), panels, size[1])
            yield from latencies(f"{name}: key to paint while training", waits, {0.5: None, 0.95: None, 0.99: 50})
        lags = loop_lags(size, epochs, max(3.0, 15 * share))
        yield from latencies(f"{name}: the event loop's lag while training", lags, {0.5: None, 0.99: None})
    size = (80, 24)
    with opened(size, epochs, bytes_per_second=20_000) as (terminal, _):
        train(terminal)
        terminal.listen_for(5)
        waits = keys_to_paints(terminal, times(60), SIZES[size][0], size[1])
        yield from latencies("80×24 at 20 kB/s: key to paint while training", waits, {0.5: None, 0.95: 300})


def latencies(name: str, seconds: Sequence[float], goals: Mapping[float, float | None]) -> Iterator[Figure]:
    """Yield quantiles in milliseconds, each with its goal."""
    for share, goal in goals.items():
        yield Figure(
            f"{name}, {'median' if share == 0.5 else f'{share:.0%}'}", 1000 * quantile(seconds, share), "ms", goal
        )


def median(measured: Callable[[], float], count: int) -> float:
    """Return the median of several measurements."""
    return statistics.median(measured() for _ in range(count))


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * len(ordered)))]


@contextmanager
def opened(
    size: tuple[int, int],
    epochs: int | None = None,
    command: Sequence[str] = LOSSBOOK,
    bytes_per_second: float | None = None,
) -> Iterator[tuple[Terminal, Path]]:
    """Open the notebook on a folder of its own, with the page of the five folds in it where `epochs` says so."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if epochs is not None:
            (folder / "folds.toml").write_text(EXPERIMENT.format(epochs=epochs), encoding="utf-8")
        terminal = Terminal([part.replace("FOLDER", name) for part in command], size, folder, bytes_per_second)
        try:
            yield terminal, folder
        finally:
            terminal.end()


def train(terminal: Terminal) -> None:
    """Open the page from the library and train it until curves grow."""
    until_rest(terminal)
    for keys in (b"o", b"\r", b"r"):
        terminal.press(keys)
        until_rest(terminal, 0.4 if keys != b"r" else 0.1)
    seen = len(terminal.said)
    terminal.until(lambda said: b"epochs/s" in said, max(0, seen - 50_000))


def until_rest(terminal: Terminal, seconds: float = 1.0) -> int:
    """Listen until nothing has come for a while; return how many bytes came."""
    before = len(terminal.said)
    terminal.until(lambda said: len(said) > 0, before)
    while terminal.listen(seconds):
        pass
    return len(terminal.said) - before


def bytes_for_a_key(terminal: Terminal, count: int) -> float:
    """Move up and down in a panel while nothing else happens; return the median of the bytes that come for a key."""
    sent = []
    for number in range(count):
        terminal.press(UP if number % 2 else DOWN)
        sent.append(terminal.listen_for(0.3))
    return statistics.median(sent)


def keys_to_paints(terminal: Terminal, count: int, panels: int, rows: int) -> list[float]:
    """Move up and down in a panel at random moments; return the seconds from each key to its first paint there."""
    chance = random.Random(7)
    panel = range(1, panels + 1), range(2, rows - 2)
    waits = []
    for number in range(count):
        terminal.listen_for(chance.uniform(0.03, 0.25))
        before = len(terminal.said)
        sent = terminal.press(UP if number % 2 else DOWN)
        waits.append(terminal.until(lambda said: paints(said, *panel), before) - sent)
    return waits


def loop_lags(size: tuple[int, int], epochs: int, seconds: float) -> list[float]:
    """Return how late, in seconds, what was due in the event loop came while a study trained."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "lags.json"
        command = (sys.executable, str(HERE / "watched.py"), str(out), "FOLDER")
        with opened(size, epochs, command) as (terminal, _):
            train(terminal)
            terminal.listen_for(seconds)
        lags: list[float] = json.loads(out.read_text(encoding="utf-8"))
    return lags


def help_seconds() -> float:
    """Return how long `lossbook --help` takes."""
    script = Path(sys.executable).with_name("lossbook")
    command = [str(script), "--help"] if script.exists() else [*LOSSBOOK, "--help"]
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def first_screen_seconds() -> float:
    """Return the time from the start of the program until heading, panels and footer are painted."""
    with opened((80, 24)) as (terminal, _):
        wanted = (b"Lossbook", b"1 Data", b"4 Validation", b" Run")
        return terminal.until(lambda said: all(part in said for part in wanted)) - terminal.started


def training_speeds(count: int, epochs: int) -> tuple[float, float, float]:
    """Return the epochs a second of all runs in the first headless study, and the medians headless and in the app."""
    headless, in_app = [], []
    for _ in range(count):
        headless.append(5 * epochs / headless_seconds(epochs))
        with opened((80, 24), epochs) as (terminal, folder):
            until_rest(terminal)
            for keys in (b"o", b"\r"):
                terminal.press(keys)
                until_rest(terminal, 0.4)
            terminal.press(b"r")
            in_app.append(5 * epochs / study_seconds(folder, lambda t=terminal: t.listen_for(0.005)))
    return headless[0] / 5, statistics.median(headless), statistics.median(in_app)


def headless_seconds(epochs: int) -> float:
    """Return how long the study takes without a screen."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "folds.txt").write_text(EXPERIMENT.format(epochs=epochs), encoding="utf-8")
        sessions = folder / "sessions"
        command = [*LOSSBOOK, "--sessions", str(sessions), "run", "./folds.txt"]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return study_seconds(sessions, lambda: time.sleep(0.005))
        finally:
            process.wait(60)


def study_seconds(folder: Path, wait: Callable[[], object]) -> float:
    """Return the time from the first epoch in the journal until the journal is gone: the study is over and saved."""
    while not any(b"EpochEnded" in path.read_bytes() for path in folder.glob("*.journal")):
        wait()
    started = time.perf_counter()
    while any(folder.glob("*.journal")):
        wait()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
