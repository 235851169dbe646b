"""How far a training step is from the matrix products that it cannot do without, and what a stack costs in memory.

    python benchmarks/floor.py [--rounds 7] [--json FILE]

The floor of a step is its products alone, on arrays of the same shapes and strides: one a layer forward, two backward
(one for the first layer). Both are timed in turn in one process a case, with the threads of `peers.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import tracemalloc
from itertools import pairwise
from pathlib import Path

from peers import CASES, THREADS, lossbook

STEP_GOALS = {"784-256-10, batch 256": 1.3}
MEMORY_GOAL = 3.0
SECONDS = 0.3


def products(widths: tuple[int, ...], batch: int):
    """Return a function that does the products of steps for so many seconds and returns how many a second."""
    import numpy as np

    rng = np.random.default_rng(0)
    values = [rng.standard_normal((1, batch, width + 1)).astype(np.float32) for width in widths]
    weights = [rng.standard_normal((1, before + 1, after)).astype(np.float32) for before, after in pairwise(widths)]
    gradients = [np.empty_like(weight) for weight in weights]
    deltas = [1e-3 * value for value in values]

    def rate(seconds: float) -> float:
        steps, started = 0, time.perf_counter()
        while (now := time.perf_counter()) - started < seconds:
            for layer, weight in enumerate(weights):
                np.matmul(values[layer], weight, out=values[layer + 1][..., :-1])
            for layer in reversed(range(len(weights))):
                upstream = deltas[layer + 1][..., :-1]
                np.matmul(values[layer].swapaxes(1, 2), upstream, out=gradients[layer])
                if layer:
                    np.matmul(upstream, weights[layer].swapaxes(1, 2), out=deltas[layer])
            steps += 1
        return steps / (now - started)

    return rate


def distance(case: str, rounds: int) -> float:
    """Return how many times as long as its products a step takes: the median of rounds in turn."""
    widths, batch, rows, _ = CASES[case]
    whole, bare = lossbook(widths, batch, rows, 1), products(widths, batch)
    ratios = [bare(SECONDS) / whole(SECONDS) for _ in range(rounds + 1)]
    return statistics.median(ratios[1:])


def memory(runs: int = 100) -> float:
    """Return what a stack of 64-128-10 has allocated, in multiples of its parameters, moments and activations."""
    widths, batch, rows, _ = CASES["64-128-10, batch 64"]
    lossbook(widths, batch, rows, 1)(0.01)  # what is imported and made once is not a stack's
    tracemalloc.start()
    step = lossbook(widths, batch, rows, runs)
    before_data = tracemalloc.get_traced_memory()[0]
    step(0.01)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    parameters = sum((before + 1) * after for before, after in pairwise(widths))
    needed = 4 * runs * (3 * parameters + batch * sum(widths[1:]))
    print(
        f"stack of {runs}: {peak / 1e6:.1f} MB at its peak, {before_data / 1e6:.1f} MB before the first step",
        file=sys.stderr,
    )
    return peak / needed


def main() -> None:
    """Measure every case in a process of its own, then the memory."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--case", choices=[*CASES, "memory"], help="measure one case in this process")
    options = parser.parse_args()
    if options.case:
        print(memory() if options.case == "memory" else distance(options.case, options.rounds))
        return
    found = {}
    for case in (*CASES, "memory"):
        threads = str(CASES[case][3]) if case in CASES else "1"
        command = [sys.executable, __file__, "--case", case, "--rounds", str(options.rounds)]
        done = subprocess.run(
            command, env=os.environ | dict.fromkeys(THREADS, threads), stdout=subprocess.PIPE, check=True, text=True
        )
        found[case] = float(done.stdout)
        goal = MEMORY_GOAL if case == "memory" else STEP_GOALS.get(case)
        what = "memory of a stack of 100 64-128-10 / what it needs" if case == "memory" else f"{case}: step / products"
        print(
            f"{what:52} {found[case]:6.2f} ×"
            + ("" if goal is None else f"  ≤ {goal} {'✓' if found[case] <= goal else '✗'}")
        )
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
