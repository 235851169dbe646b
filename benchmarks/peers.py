"""Steps a second against scikit-learn, PyTorch and JAX: the same data, shapes, batches, optimizer and threads.

    python benchmarks/peers.py [--rounds 5] [--seconds 0.4] [--json FILE]

Every contender takes whole training steps on batches of its own gathered rows: forward, loss, gradient, Adam. Rounds
go through all contenders in turn, so that a noisy neighbour slows all of them; the figures are medians of the rounds.
What is not installed is left out with a note. Threads are fixed before NumPy is loaded.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

CASES = {
    "2-4-2-1, batch 10": ((2, 4, 2, 1), 10, 1_000, 1),
    "56-100-100-100-1, batch 32": ((56, 100, 100, 100, 1), 32, 5_000, 1),
    "64-128-10, batch 64": ((64, 128, 10), 64, 1_437, 1),
    "784-256-10, batch 256": ((784, 256, 10), 256, 20_000, 2),
}
STACKS = (20, 100)
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
GOALS = {
    ("2-4-2-1, batch 10", 1): {"scikit-learn": 6.0, "PyTorch": 10.0},
    ("2-4-2-1, batch 10", 20): {"scikit-learn": 60.0, "JAX": 1.0},
    ("2-4-2-1, batch 10", 100): {"scikit-learn": 100.0, "JAX": 1.0},
    ("56-100-100-100-1, batch 32", 1): {"scikit-learn": 3.0, "PyTorch": 3.5},
    ("64-128-10, batch 64", 1): {"scikit-learn": 3.0, "PyTorch": 3.5},
    ("784-256-10, batch 256", 1): {"scikit-learn": 1.2, "PyTorch": 1.2},
}
Stepper = Callable[[float], float]
"""Trains for about so many seconds and returns steps a second."""


def data(widths: tuple[int, ...], rows: int):
    """Return inputs, targets and whether these are classes: random numbers, since speed does not depend on them."""
    import numpy as np

    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((rows, widths[0])).astype(np.float32)
    classes = widths[-1] > 1
    targets = rng.integers(0, widths[-1], rows) if classes else inputs[:, :1] + rng.standard_normal((rows, 1))
    return inputs, targets, classes


def lossbook(widths: tuple[int, ...], batch: int, rows: int, runs: int) -> Stepper:
    """Return a stack of runs at work, data to update."""
    import numpy as np

    from engine.batches import Feed
    from engine.data.dataset import Dataset
    from engine.data.sources import Line
    from engine.experiment import Data, Experiment, Model, Training
    from engine.jobs import Job
    from engine.stack import Stack

    inputs, targets, classes = data(widths, rows)
    dataset = Dataset(
        name="made",
        inputs=inputs,
        centre=np.zeros(widths[0]),
        targets=np.eye(widths[-1])[targets] if classes else targets,
        labels=targets if classes else None,
        feature_names=tuple(map(str, range(widths[0]))),
        target_names=("y",),
        classes=tuple(map(str, range(widths[-1]))) if classes else (),
        dates=None,
        unit="",
        grid=(),
        split="random",
        lags=(),
        times=np.arange(rows),
        sha256="",
    )
    experiment = Experiment(Data(Line()), Model(widths[1:-1]), Training(batch_size=batch))
    every, none = np.arange(rows), np.arange(0)
    stack = Stack([Job(run, experiment, run, 0, 0, 10**6, every, none, none) for run in range(runs)], Feed(dataset))

    def step(seconds: float) -> float:
        steps, started = 0, time.perf_counter()
        while (now := time.perf_counter()) - started < seconds or steps == 0:
            with np.errstate(all="ignore"):
                for one in stack.batches.epoch(stack.shuffles):
                    stack.step(*one)
                    steps += 1
        return steps * runs / (now - started)

    return step


def scikit_learn(widths: tuple[int, ...], batch: int, rows: int) -> Stepper:
    """Return its perceptron at work: float32, no penalty, no early end."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    inputs, targets, classes = data(widths, rows)
    warnings.simplefilter("ignore", ConvergenceWarning)
    kind = MLPClassifier if classes else MLPRegressor
    per_epoch = -(-rows // batch)

    def step(seconds: float) -> float:
        # `fit` alone can train several epochs; its preparations are left out by the difference of two lengths.
        epochs = max(2, round(step.rate * seconds / per_epoch))
        took = []
        for length in (1, 1 + epochs):
            network = kind(
                hidden_layer_sizes=widths[1:-1],
                batch_size=batch,
                max_iter=length,
                alpha=0.0,
                tol=0.0,
                n_iter_no_change=10**9,
            )
            started = time.perf_counter()
            network.fit(inputs, targets if classes else targets.ravel())
            took.append(time.perf_counter() - started)
        step.rate = epochs * per_epoch / (took[1] - took[0])
        return step.rate

    step.rate = per_epoch * 4 / 0.4
    return step


def pytorch(widths: tuple[int, ...], batch: int, rows: int, threads: int) -> Stepper:
    """Return the same network in eager mode, its rows shuffled once an epoch."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    inputs, targets, classes = data(widths, rows)
    x = torch.from_numpy(inputs)
    y = torch.from_numpy(targets) if classes else torch.from_numpy(targets).float()
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), nn.ReLU()]
    network = nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(network.parameters())
    loss = nn.CrossEntropyLoss() if classes else nn.MSELoss()

    def step(seconds: float) -> float:
        steps, started = 0, time.perf_counter()
        while (now := time.perf_counter()) - started < seconds or steps == 0:
            order = torch.randperm(rows)
            shuffled, wanted = x[order], y[order]
            for start in range(0, rows, batch):
                optimizer.zero_grad()
                loss(network(shuffled[start : start + batch]), wanted[start : start + batch]).backward()
                optimizer.step()
                steps += 1
        return steps / (now - started)

    return step


def jax(widths: tuple[int, ...], batch: int, rows: int, runs: int) -> Stepper:
    """The compiled limit: `vmap` over the runs of a `scan` over an epoch's batches."""
    import jax as library
    import jax.numpy as jnp

    inputs, targets, classes = data(widths, rows)
    wanted = jnp.eye(widths[-1])[targets] if classes else jnp.asarray(targets, dtype=jnp.float32)
    x = jnp.asarray(inputs)
    keys = library.random.split(library.random.PRNGKey(0), runs)
    pairs = list(pairwise(widths))

    def start(key):
        layers = [
            (library.random.normal(k, pair) * (2 / pair[0]) ** 0.5, jnp.zeros(pair[1]))
            for k, pair in zip(library.random.split(key, len(pairs)), pairs, strict=True)
        ]
        zeros = library.tree.map(jnp.zeros_like, layers)
        return layers, zeros, zeros, 0.0

    def value(layers, a, b):
        for weights, bias in layers[:-1]:
            a = jnp.maximum(a @ weights + bias, 0)
        out = a @ layers[-1][0] + layers[-1][1]
        if classes:
            return -(library.nn.log_softmax(out) * b).sum(axis=1).mean()
        return ((out - b) ** 2).sum(axis=1).mean()

    def one(state, indices):
        layers, m, v, t = state
        gradient = library.grad(value)(layers, x[indices], wanted[indices])
        t = t + 1
        m = library.tree.map(lambda old, g: 0.9 * old + 0.1 * g, m, gradient)
        v = library.tree.map(lambda old, g: 0.999 * old + 0.001 * g * g, v, gradient)
        layers = library.tree.map(
            lambda w, a, b: w - 0.001 * (a / (1 - 0.9**t)) / (jnp.sqrt(b / (1 - 0.999**t)) + 1e-8), layers, m, v
        )
        return (layers, m, v, t), None

    whole = rows // batch

    def epoch(state, key):
        order = library.random.permutation(key, rows)[: whole * batch].reshape(whole, batch)
        return library.lax.scan(one, state, order)[0]

    many = library.jit(library.vmap(epoch))
    state = many(library.vmap(start)(keys), keys)
    library.block_until_ready(state)

    def step(seconds: float) -> float:
        nonlocal state
        steps, started = 0, time.perf_counter()
        while (now := time.perf_counter()) - started < seconds or steps == 0:
            state = library.block_until_ready(many(state, keys))
            steps += whole
        return steps * runs / (now - started)

    return step


def contenders(case: str) -> Iterator[tuple[str, Stepper]]:
    """Yield who takes part in a case, and how; the stacks are contenders too."""
    widths, batch, rows, threads = CASES[case]
    yield "lossbook", lossbook(widths, batch, rows, 1)
    if widths[0] < 50:
        for runs in STACKS:
            yield f"lossbook, stack of {runs}", lossbook(widths, batch, rows, runs)
    makers: dict[str, Callable[[], Stepper]] = {
        "scikit-learn": lambda: scikit_learn(widths, batch, rows),
        "PyTorch": lambda: pytorch(widths, batch, rows, threads),
    }
    if widths[0] < 50:
        makers |= {f"JAX, stack of {runs}": lambda runs=runs: jax(widths, batch, rows, runs) for runs in STACKS}
    for name, make in makers.items():
        try:
            yield name, make()
        except ImportError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)


def measure(case: str, rounds: int, seconds: float) -> dict[str, float]:
    """Return each contender's steps a second and run: the median of several rounds in turn."""
    steppers = dict(contenders(case))
    seen: dict[str, list[float]] = {name: [] for name in steppers}
    for _ in range(rounds + 1):
        for name, step in steppers.items():
            seen[name].append(step(seconds))
    return {name: statistics.median(rates[1:]) for name, rates in seen.items()}  # the first round warms up


def in_process_of_its_own(case: str, rounds: int, seconds: float) -> dict[str, float]:
    """Measure a case where the number of threads is fixed before any library is loaded."""
    threads = str(CASES[case][3])
    environment = os.environ | dict.fromkeys(THREADS, threads) | {"JAX_PLATFORMS": "cpu"}
    if threads == "1":
        environment["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    command = [sys.executable, __file__, "--case", case, "--rounds", str(rounds), "--seconds", str(seconds)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout)


def ratios(case: str, rates: dict[str, float]) -> Iterator[tuple[str, float, float | None]]:
    """Yield (what is compared, how many times as fast a run is, the goal)."""
    for runs in (1, *STACKS):
        mine = rates.get("lossbook" if runs == 1 else f"lossbook, stack of {runs}")
        if mine is None:
            continue
        stacked = "" if runs == 1 else f", stack of {runs}"
        for peer in ("scikit-learn", "PyTorch", "JAX"):
            theirs = rates.get(f"JAX, stack of {runs}" if peer == "JAX" else peer)
            if theirs is not None:
                yield f"{case}{stacked} / {peer}", mine / theirs, GOALS.get((case, runs), {}).get(peer)


def main() -> None:
    """Measure every case in a process of its own and print what is how many times as fast."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.4)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--case", choices=CASES, help="measure one case in this process and print its rates as JSON")
    options = parser.parse_args()
    if options.case:
        print(json.dumps(measure(options.case, options.rounds, options.seconds)))
        return
    found = {}
    for case in CASES:
        rates = in_process_of_its_own(case, options.rounds, options.seconds)
        for name, rate in rates.items():
            print(f"{case:30} {name:26} {rate:>12,.0f} steps/s a run")
        for what, ratio, goal in ratios(case, rates):
            verdict = "" if goal is None else f"  ≥ {goal:g} {'✓' if ratio >= goal else '✗'}"
            print(f"    {what:56} {ratio:8.2f} ×{verdict}")
            found[what] = {"ratio": ratio, "goal": goal}
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
