"""Pages: how soon a large one is written and read, against JSON and CSV of its figures; and what the journal costs.

    python benchmarks/sessions.py [--rounds 5] [--epochs 60] [--case NAME] [--json FILE]

A page is written and read as the app does it: with checksums, atomically, its full curves beside it. The journal is
measured in its own CPU time, and by training the same study with it and without it, in turn.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

# This file has the name of the package that it measures.
sys.path[:] = [place for place in sys.path if Path(place).resolve() != Path(__file__).resolve().parent]
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

GOALS = {
    "load_seconds": 0.3,
    "save_seconds": 0.3,
    "journal_share": 0.02,
    "replay_frames_a_second": 10,
    "seek_seconds": 0.05,
}
MINUTES, FRAMES = 20, 12
NOW = datetime(2026, 11, 25)
STUDY = {
    "baselines": False,
    "restarts": 4,
    "data": {"name": "digits"},
    "model": {"hidden": [32]},
    "validation": {"method": "k-fold", "k": 5, "refit": False},
}


def page_of(runs: int, epochs: int) -> Any:
    """Return a page with loss, accuracy and f1 on training and validation rows after every epoch of every run."""
    import numpy as np

    from engine.tables import from_tables
    from sessions.curve import Curve
    from sessions.page import Page
    from sessions.record import Record, RunRecord

    rng = np.random.default_rng(0)
    made = []
    for run in range(runs):
        curves = []
        for rows in (1_150, 287):
            falling = np.exp(-np.arange(epochs) / epochs)
            accuracy = rng.integers(rows // 2, rows, epochs) / rows
            columns = {
                "loss": rng.random(epochs) * falling,
                "accuracy": accuracy,
                "f1": accuracy - rng.random(epochs) / 9,
            }
            curves.append({name: Curve.of(np.arange(1, epochs + 1), values) for name, values in columns.items()})
        train, validation = curves
        made.append(
            RunRecord(
                f"fold {run % 5 + 1}/5 · restart {run // 5 + 1}/{runs // 5}",
                restart=run // 5 + 1, fold=run % 5 + 1, status="finished", epoch=epochs, epochs=epochs,
                parameters=2_410, train_rows=1_150, validation_rows=287, updates_per_epoch=18, updates=18 * epochs,
                seconds=1.0 / (run + 1),
                best_epoch=1 + int(rng.integers(epochs)), train_curves=train, validation_curves=validation,
                train={name: curve.last for name, curve in train.items()},
                validation={name: curve.last for name, curve in validation.items()}, sha256="ab" * 32,
            )
        )  # fmt: skip
    return Page(from_tables(STUDY | {"restarts": runs // 5}), "a page", record=Record("finished", tuple(made)))


def timed(work: Callable[..., Any], *given: Any) -> tuple[float, float, Any]:
    """Return how long something takes, by the clock and in CPU time, and what it gives."""
    clock, processor = time.perf_counter(), time.process_time()
    result = work(*given)
    return time.perf_counter() - clock, time.process_time() - processor, result


def page(rounds: int, runs: int, epochs: int) -> dict[str, Any]:
    """Save and load a page; the peers write and read all its figures."""
    from sessions import codec
    from sessions.archive import save_archive, with_history
    from sessions.store import Store

    whole = page_of(runs, epochs)
    figures = {
        f"{run}.{part}.{name}": curve.values.tolist()
        for run, record in enumerate(whole.record.runs)
        for part, curves in (("train", record.train_curves), ("validation", record.validation_curves))
        for name, curve in curves.items()
    }
    rows = [list(figures), *map(list, zip(*figures.values(), strict=True))]
    times: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path, peer, sheet = (Path(folder) / name for name in ("page.toml", "peer.json", "peer.csv"))

        def save() -> None:
            Store(path.parent).save(path, whole)
            save_archive(path, whole.record, {})

        def write_csv() -> None:
            with sheet.open("w", newline="") as file:
                csv.writer(file).writerows(rows)

        def read_csv() -> Any:
            with sheet.open(newline="") as file:
                names, *lines = csv.reader(file)
                return dict(zip(names, zip(*(map(float, line) for line in lines), strict=True), strict=True))

        thin = None
        steps: dict[str, Callable[[], Any]] = {
            "save": save,
            "load": lambda: codec.read_page(path),
            "load the full curves too": lambda: with_history(path, thin),
            "json: write": lambda: peer.write_text(json.dumps(figures)),
            "json: read": lambda: json.loads(peer.read_text()),
            "csv: write": write_csv,
            "csv: read": read_csv,
        }
        for _ in range(rounds):
            for name, step in steps.items():
                clock, processor, result = timed(step)
                times.setdefault(name, []).append((clock, processor))
                thin = result.record if name == "load" else thin
                assert name != "load the full curves too" or result == whole.record
        sizes = {
            file.name: round(file.stat().st_size / 1e6, 1) for file in Path(folder).iterdir() if file.suffix != ".bak"
        }
    return {
        "values": len(figures) * epochs,
        "MB": sizes,
        "seconds": {name: round(statistics.median(clock for clock, _ in found), 3) for name, found in times.items()},
        "CPU seconds": {name: round(statistics.median(cpu for _, cpu in found), 3) for name, found in times.items()},
    }


def journal(rounds: int, epochs: int) -> dict[str, Any]:
    """Train a study with a journal and without one, in turn, and add up the CPU time that the journal takes."""
    import asyncio

    from engine.pool import Pool
    from engine.study import Study
    from engine.tables import from_tables
    from sessions.journal import Journal
    from sessions.record import Record, fold

    experiment = from_tables(STUDY | {"training": {"epochs": epochs}})
    own = {"append": 0.0, "sync": 0.0, "events": 0.0}

    async def train(pool: Any, kept: Journal | None) -> float:
        record, started = Record(), time.perf_counter()
        async for batch in Study(experiment, pool).events():
            if kept is not None:
                own["append"] += timed(kept.append, batch)[1]
                own["events"] += len(batch)
                if kept.sync_due():
                    own["sync"] += timed(kept.sync)[1]
            record = fold(batch, record)
        return time.perf_counter() - started

    async def both() -> list[tuple[float, float]]:
        found = []
        async with Pool() as pool:
            await train(pool, None)
            for number in range(rounds):
                with tempfile.TemporaryDirectory() as folder:
                    kept = Journal(Path(folder) / "page.journal")
                    pair = {}
                    # Whoever comes second finds the machine as the first has left it.
                    for journalled in (True, False) if number % 2 else (False, True):
                        pair[journalled] = await train(pool, kept if journalled else None)
                    kept.remove()
                found.append((pair[True], pair[False]))
        return found

    load = os.getloadavg()[0]
    pairs = asyncio.run(both())
    with_it = sum(with_it for with_it, _ in pairs)
    cores = os.cpu_count() or 1
    return {
        "epochs": epochs,
        "events a study": round(own["events"] / rounds),
        "load before": round(load, 2),
        "seconds with a journal, without": [round(statistics.median(times), 3) for times in zip(*pairs, strict=True)],
        "with / without": round(statistics.median(with_it / without for with_it, without in pairs), 3),
        "journal's CPU seconds a study": round((own["append"] + own["sync"]) / rounds, 4),
        "journal's CPU / all cores' time while training": round((own["append"] + own["sync"]) / with_it / cores, 4),
        "journal's CPU / time while training": round((own["append"] + own["sync"]) / with_it, 4),
    }


def replay(rounds: int, _: int) -> dict[str, Any]:
    """Play a page of 50 runs, 2,000 epochs, in the app at 120×40, at 1× and 64×, at its usual twelve frames a second.

    The study is one of 20 minutes: at 64× it plays for 19 seconds. A frame is everything that the app's process does
    for it, layout and painting included; a seek is timed to the end of its frame's drawing, before it is painted.
    """
    import asyncio

    return asyncio.run(_replay(rounds))


async def _replay(rounds: int) -> dict[str, Any]:
    import asyncio
    import random

    from sessions.store import Store
    from tui.app import Lossbook
    from tui.screens.replay import ReplayScreen

    whole = page_of(50, 2_000)
    runs = tuple(replace(run, seconds=MINUTES * 60 / 50) for run in whole.record.runs)
    draw = random.Random(0)
    found: dict[str, Any] = {"load before": round(os.getloadavg()[0], 2)}
    with tempfile.TemporaryDirectory() as folder:
        app = Lossbook(Store(Path(folder)))
        async with app.run_test(size=(120, 40)):
            screen = ReplayScreen(replace(whole, record=replace(whole.record, runs=runs)), FRAMES)
            await app.push_screen(screen)
            player, shown = screen._player, screen._show
            drawn: list[float] = []

            def watched() -> None:
                drawn.append(timed(shown)[0])

            screen._show = watched
            player.playing = False
            speeds: dict[str, list[tuple[float, float, float]]] = {"1×": [], "64×": []}
            for _ in range(rounds):
                for name, speed in (("1×", 1.0), ("64×", 64.0)):
                    player.speed, player.playing = speed, True
                    player.seek(len(player.tape) / 4)
                    drawn.clear()
                    clock, processor, _ = await _timed(asyncio.sleep(4.0))
                    player.playing = False
                    speeds[name].append((len(drawn) / clock, processor / len(drawn), max(drawn)))
            for name, rows in speeds.items():
                frames, cpu, longest = (statistics.median(values) for values in zip(*rows, strict=True))
                found[name] = {
                    "frames a second": round(frames, 1),
                    "CPU ms a frame": round(1e3 * cpu, 1),
                    "longest drawing, ms": round(1e3 * longest, 1),
                }
            seeks, records = [], []
            for _ in range(20 * rounds):
                player.seek(draw.randrange(len(player.tape)))
                records.append(timed(lambda: player.record))
                seeks.append(timed(shown))
    for name, times in (("seek: the record there", records), ("seek: its frame too", seeks)):
        clock, cpu = (_quantiles([time[kind] for time in times]) for kind in (0, 1))
        found[name] = {"ms": clock, "CPU ms": cpu}
    return found


async def _timed(work: Any) -> tuple[float, float, Any]:
    clock, processor = time.perf_counter(), time.process_time()
    result = await work
    return time.perf_counter() - clock, time.process_time() - processor, result


def _quantiles(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    ninetieth = ordered[9 * len(ordered) // 10]
    return {"median": round(1e3 * statistics.median(ordered), 1), "90 %": round(1e3 * ninetieth, 1)}


CASES: dict[str, Callable[[int, int], dict[str, Any]]] = {
    "a page of 50 runs, 2,000 epochs": lambda rounds, _: page(rounds, 50, 2_000),
    "a page of 10,000 runs, 12 epochs": lambda rounds, _: page(min(rounds, 3), 10_000, 12),
    "journal": journal,
    "replay": replay,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--case", choices=list(CASES), action="append", help="only this one (may be repeated)")
    parser.add_argument("--json", metavar="FILE", help="keep the figures")
    options = parser.parse_args()
    found = {name: CASES[name](options.rounds, options.epochs) for name in options.case or CASES}
    text = json.dumps({"goals": GOALS, **found}, indent=2)
    print(text)
    if options.json:
        Path(options.json).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
