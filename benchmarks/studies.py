"""Whole studies: folds × restarts against scikit-learn and joblib, two workers against one, planning, and memory.

    python benchmarks/studies.py [--rounds 3] [--epochs 20] [--case NAME] [--json FILE]

Times are from the plan to the end of the study, with workers that have been started before; both sides train as many
epochs on the same rows of the same folds, on all cores, one BLAS thread a process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

FOLDS, RESTARTS = 5, 20
GOALS = {"scikit-learn / lossbook": 5.0, "one worker / two workers": 1.7, "planning_seconds": 0.5}
DIGITS = {
    "baselines": False,
    "restarts": RESTARTS,
    "data": {"name": "digits"},
    "model": {"hidden": [32]},
    "validation": {"method": "k-fold", "k": FOLDS, "refit": False},
}


def experiment_of(epochs: int, **tables: Any) -> Any:
    """Return 64-32-10 on digits, Adam 1e-3, batch 64."""
    from engine.tables import from_tables

    return from_tables({**DIGITS, "training": {"epochs": epochs}, **tables})


async def seconds_of(pool: Any, experiment: Any) -> tuple[float, list[float]]:
    """Return how long a study takes and the accuracies of its runs."""
    from engine.events import RunEnded
    from engine.study import Study

    started = time.perf_counter()
    accuracies = []
    async for batch in Study(experiment, pool).events():
        accuracies += [e.validation["accuracy"] for e in batch if isinstance(e, RunEnded) and e.validation]
    return time.perf_counter() - started, accuracies


def one_of_scikit_learn(rows: Any, seed: int, epochs: int) -> float:
    """Train one fold from one seed and return its accuracy."""
    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import StandardScaler

    features, labels, train, validation = rows
    scaler = StandardScaler().fit(features[train])
    model = MLPClassifier(
        (32,), solver="adam", learning_rate_init=1e-3, batch_size=64, alpha=0.0, max_iter=epochs, tol=0.0,
        n_iter_no_change=epochs + 1, random_state=seed,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(scaler.transform(features[train]), labels[train])
    assert model.n_iter_ == epochs
    return float((model.predict(scaler.transform(features[validation])) == labels[validation]).mean())


def folds_and_restarts(rounds: int, epochs: int) -> dict[str, Any]:
    """Compare with the same loop over scikit-learn's networks, spread by joblib over all cores."""
    from joblib import Parallel, delayed
    from sklearn.datasets import load_digits

    from engine import prepare
    from engine.plan import plan
    from engine.pool import Pool

    experiment = experiment_of(epochs)
    _, jobs = prepare.read_one(experiment, plan(experiment))
    features, labels = load_digits(return_X_y=True)
    tasks = [((features, labels, job.train, job.validation), job.restart) for job in jobs]
    times: dict[str, list[float]] = {"lossbook": [], "scikit-learn": []}
    accuracy = {}

    async def ours() -> None:
        async with Pool() as pool:
            cold, _ = await seconds_of(pool, experiment_of(1))
            times["lossbook, first study of a process"] = [cold]
            with Parallel(n_jobs=-1) as parallel:
                parallel(delayed(one_of_scikit_learn)(rows, seed, 1) for rows, seed in tasks[:8])
                for _ in range(rounds):
                    seconds, found = await seconds_of(pool, experiment)
                    times["lossbook"].append(seconds)
                    accuracy["lossbook"] = statistics.fmean(found)
                    started = time.perf_counter()
                    scores = parallel(delayed(one_of_scikit_learn)(rows, seed, epochs) for rows, seed in tasks)
                    times["scikit-learn"].append(time.perf_counter() - started)
                    accuracy["scikit-learn"] = statistics.fmean(scores)

    asyncio.run(ours())
    ratios = [theirs / mine for mine, theirs in zip(times["lossbook"], times["scikit-learn"], strict=True)]
    return {
        "runs": len(tasks),
        "epochs": epochs,
        "seconds": {name: round(statistics.median(values), 3) for name, values in times.items()},
        "accuracy": {name: round(value, 4) for name, value in accuracy.items()},
        "scikit-learn / lossbook": round(statistics.median(ratios), 2),
    }


def workers(rounds: int, epochs: int) -> dict[str, Any]:
    """Compare two workers with one, in turn."""
    from engine.pool import Pool

    experiment = experiment_of(5 * epochs)
    times: dict[int, list[float]] = {1: [], 2: []}

    async def both() -> None:
        async with Pool(1) as one, Pool(2) as two:
            for pool in (one, two):
                await seconds_of(pool, experiment_of(1))
            for _ in range(rounds):
                for count, pool in ((1, one), (2, two)):
                    times[count].append((await seconds_of(pool, experiment))[0])

    load = os.getloadavg()[0]
    asyncio.run(both())
    ratios = [alone / together for alone, together in zip(times[1], times[2], strict=True)]
    return {
        "epochs": 5 * epochs,
        "load before": round(load, 2),
        "seconds": {str(count): round(statistics.median(values), 3) for count, values in times.items()},
        "one worker / two workers": round(statistics.median(ratios), 2),
    }


def planning(rounds: int, epochs: int) -> dict[str, Any]:
    """Measure how long 10,000 runs take from an experiment's tables to pieces for workers."""
    from engine.plan import plan
    from engine.sharing import pieces
    from engine.tables import from_tables

    sweep = {"training.learning_rate": [n / 1e4 for n in range(1, 101)], "model.hidden": [[n] for n in range(1, 21)]}
    tables = {**DIGITS, "restarts": 1, "training": {"epochs": epochs}, "sweep": sweep}
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        experiment = from_tables(tables)
        specs = plan(experiment)
        shared = pieces(experiment, specs, 2)
        times.append(time.perf_counter() - started)
    return {"runs": len(specs), "pieces": len(shared), "planning_seconds": round(statistics.median(times), 3)}


def memory(_: int, epochs: int) -> dict[str, Any]:
    """Measure the most memory that each worker and this process held, for studies of more and more runs."""
    from engine.pool import Pool

    async def peak(runs: int, widths: int) -> dict[str, float]:
        rates = [n / 1e4 for n in range(1, runs // FOLDS // widths + 1)]
        sweep = {"training.learning_rate": rates, "model.hidden": [[32 - n] for n in range(widths)]}
        experiment = experiment_of(epochs, restarts=1, sweep=sweep)
        async with Pool(2) as pool:
            await seconds_of(pool, experiment)
            held = [peak_of(process) for process in pool.process_ids]
        return {"workers": round(max(held), 1), "this process": round(peak_of(os.getpid()), 1)}

    counts = (100, 400, 1_600)
    return {
        shapes: {f"{runs} runs, MB": asyncio.run(peak(runs, widths)) for runs in counts}
        for shapes, widths in (("one shape", 1), ("20 widths", 20))
    }


def peak_of(process: int) -> float:
    """Return the most memory that a process has held, in MB."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


CASES: dict[str, Callable[[int, int], dict[str, Any]]] = {
    "folds and restarts": folds_and_restarts,
    "workers": workers,
    "planning": planning,
    "memory": memory,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=20)
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
