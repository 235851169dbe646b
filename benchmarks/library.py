"""A library of 5,000 pages: how soon it is listed, opened and filtered.

    python benchmarks/library.py [--rounds 5] [--case NAME] [--json FILE]

Files are in the system's cache; beside the wall's clock stands how long processors were busy. The app is driven without
a terminal, from a key to the frame that shows what it asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# A file beside this one has the name of the package that it measures.
sys.path[:] = [place for place in sys.path if Path(place).resolve() != Path(__file__).resolve().parent]

GOALS = {"library": {"list_seconds": 0.5, "open_seconds": 0.5, "filter_seconds": 0.05}}
PAGES = 5_000
DATA = ("wine", "births", "digits", "xor", "mnist-1d")
LETTERS = "wine 42"
LONG_AGO = 1_700_000_000
Span = tuple[float, float]


def library(rounds: int) -> dict[str, Any]:
    """Measure how long a folder of pages takes to be read, listed, opened in the app and filtered as a person types."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = make_pages(folder, PAGES)
        found = {
            "build": seconds(lambda: lists(folder), 1, before=lambda: forget(folder)),
            "read": seconds(lambda: lists(folder), rounds),
            "looks": seconds(lambda: count_looks(folder), rounds),
            "list": seconds(lambda: command(folder), rounds),
            "list, no pages": seconds(lambda: command(folder / "none"), rounds),
            **asyncio.run(in_the_app(folder, rounds)),
        }
        index = (folder / ".index.json").stat().st_size
    return {
        "pages": PAGES,
        "kB a page": round(size / PAGES / 1e3, 1),
        "index, MB": round(index / 1e6, 2),
        "load": round(os.getloadavg()[0], 2),
        **{f"{name}_seconds": median(spans) for name, spans in found.items()},
        "filter_seconds, most": max(wall for wall, _ in found["filter"]),
    }


def median(spans: list[Span]) -> dict[str, float]:
    """Return the median of times by the wall's clock, and of those that processors were busy with it."""
    return dict(
        zip(("wall", "cpu"), (round(statistics.median(times), 4) for times in zip(*spans, strict=True)), strict=True)
    )


class Stopwatch:
    """Tells the seconds since it was made, by the wall's clock and of this process and its children."""

    def __init__(self) -> None:
        self._wall, self._busy = time.perf_counter(), self._cpu()

    def __call__(self) -> Span:
        """Return both."""
        return time.perf_counter() - self._wall, self._cpu() - self._busy

    def _cpu(self) -> float:
        return sum(os.times()[:4])


def make_pages(folder: Path, count: int) -> int:
    """Write pages as a student leaves them: five folds and a refit of some tens of epochs; return the bytes of all."""
    from sessions import codec

    made = [codec.write_page(small_page(kind)) for kind in range(len(DATA))]
    total = 0
    for number in range(count):
        title = f"{DATA[number % len(DATA)]} try {number}"
        text = made[number % len(DATA)].replace('"TITLE"', json.dumps(title)).replace('"TAG"', f'"week-{number % 40}"')
        path = folder / f"{title.replace(' ', '-')}-20261122-{number:06}.toml"
        path.write_text(text, encoding="utf-8")
        os.utime(path, (LONG_AGO + number, LONG_AGO + number))
        total += len(text)
    # Of what has changed in the last two seconds nothing is kept.
    time.sleep(2.1)
    return total


def small_page(kind: int) -> Any:
    """Return a page about one of the data sets, with curves of five folds and a refit."""
    from datetime import UTC, datetime

    from engine.events import DataRead
    from engine.tables import from_tables
    from sessions.curve import Curve
    from sessions.page import Page
    from sessions.record import Record, RunRecord

    epochs = 20 + 5 * kind
    name = DATA[kind]
    experiment = from_tables(
        {"data": {"name": name}, "training": {"epochs": epochs}, "validation": {"method": "k-fold", "k": 5}}
    )
    curve = Curve(range(1, epochs + 1), [1 / (1 + epoch) for epoch in range(epochs)])
    figures = {"loss": 0.1 * kind + 0.123456789, "mae": 0.3}
    runs = tuple(
        RunRecord(f"fold {fold}/5", fold=fold, status="finished", epoch=epochs, epochs=epochs, train=figures,
                  validation=figures, train_curves={"loss": curve, "mae": curve},
                  validation_curves={"loss": curve, "mae": curve})
        for fold in range(1, 6)
    )  # fmt: skip
    refit = RunRecord("refit", "refit", status="finished", train=figures, test=figures, train_curves={"loss": curve})
    data = DataRead(name, 100, 4, 1, "regression", "", "00" * 32, (), f"{kind:02}" * 32)
    record = Record("finished", (*runs, refit), data)
    notes = "What I saw: the loss stops to fall after ten epochs.\n\nNext: more units."
    return Page(experiment, "TITLE", datetime(2026, 11, 22, 10, 15, tzinfo=UTC), ("TAG", "course"), notes, record)


def lists(folder: Path) -> None:
    """List a folder in this process."""
    from sessions.index import entries_of

    entries_of(folder)


def forget(folder: Path) -> None:
    """Take the index away."""
    (folder / ".index.json").unlink(missing_ok=True)


def count_looks(folder: Path) -> None:
    """Ask the ledger of looks, as every study does at its end."""
    from sessions.looks import looks_in

    assert looks_in(folder, "01" * 32, but=folder / "none") > 0


def command(folder: Path) -> None:
    """Run `lossbook list` in a process of its own."""
    code = "import sys; from tui.cli import main; sys.exit(main(sys.argv[1:]))"
    subprocess.run(
        [sys.executable, "-c", code, "--sessions", str(folder), "list"], stdout=subprocess.DEVNULL, check=True
    )


async def in_the_app(folder: Path, rounds: int) -> dict[str, list[Span]]:
    """Return the seconds from the key to the pages on the screen, and from each letter of a filter to its frame."""
    from sessions.store import Store
    from tui.app import Lossbook

    app = Lossbook(Store(folder))
    opened, letters = [], []
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(1.0)
        for _ in range(rounds):
            table, span = await seconds_to_open(app)
            opened.append(span)
            # The preview and the footer follow; a person begins to type after them.
            await pilot.pause(0.5)
            app.simulate_key("slash")
            await pilot.pause(0.2)
            for letter in LETTERS:
                letters.append(await seconds_of_letter(app, table, letter))
                await pilot.pause(0.15)
            for key in ("escape", "escape"):
                app.simulate_key(key)
                await pilot.pause(0.2)
    return {"open": opened, "filter": letters}


async def seconds_to_open(app: Any) -> tuple[Any, Span]:
    """Open the library and return its table, and how long it takes until that shows pages."""
    from tui.screens.library import LibraryScreen
    from tui.screens.pages_table import PagesTable

    watch = Stopwatch()
    app.simulate_key("o")
    await until(lambda: isinstance(app.screen, LibraryScreen) and bool(app.screen.query(PagesTable)))
    table = app.screen.query_one(PagesTable)
    await until(lambda: table.entries and not table._repaint_required and not app.screen._dirty_widgets)
    return table, watch()


async def seconds_of_letter(app: Any, table: Any, letter: str) -> Span:
    """Type a letter into the filter and return how long it takes until the pages that are left are drawn."""
    from textual.events import Key

    before = table.entries
    watch = Stopwatch()
    app.post_message(Key("space" if letter == " " else letter, letter))
    await until(lambda: table.entries is not before)
    await until(lambda: not app.screen._dirty_widgets)
    return watch()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, at most ten seconds."""
    give_up = time.perf_counter() + 10
    while not condition():
        assert time.perf_counter() < give_up, "it never came"
        await asyncio.sleep(0.001)


def seconds(work: Callable[[], None], rounds: int, before: Callable[[], None] | None = None) -> list[Span]:
    """Return how long something takes, again and again."""
    spans = []
    for _ in range(rounds):
        if before is not None:
            before()
        watch = Stopwatch()
        work()
        spans.append(watch())
    return spans


CASES: dict[str, Callable[[int], dict[str, Any]]] = {"library": library}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--case", choices=list(CASES), action="append", help="only this one (may be repeated)")
    parser.add_argument("--json", metavar="FILE", help="keep the figures")
    options = parser.parse_args()
    found = {name: CASES[name](options.rounds) for name in options.case or CASES}
    text = json.dumps({"goals": GOALS, **found}, indent=2)
    print(text)
    if options.json:
        Path(options.json).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
