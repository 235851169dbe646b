"""How often the 95 % intervals of `lossbook compare` hold the truth, where the truth is that nothing differs.

    python benchmarks/coverage.py [--comparisons 2000] [--case NAME] [--seed 0] [--json FILE]

A comparison draws fresh rows y = f(x₁ + x₂) with noise and lets two learners predict y: one sees the first half of the
features, the other the second half. Their expected losses are equal by symmetry, whatever the number of rows, so 0 is
the true difference. Both are trained on the same folds by least squares, which NumPy alone does here; only the interval
is the engine's. Beside it stands the plain paired t interval, which takes folds for independent draws.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from engine.intervals import Interval, corrected_interval, paired_interval

GOAL = 0.93
DIVISIONS = {"5 folds": (5, 1), "10 folds": (10, 1), "5 folds, 2 repeats": (5, 2)}
"""Folds and repeats."""
TOGETHER = 100
"""Comparisons that are simulated at once: bounds the memory."""


@dataclass(frozen=True, slots=True)
class Case:
    """Where rows come from and how a prediction is judged. Each learner sees `features` columns of its own."""

    rows: int
    features: int
    loss: str
    """`squared`; `0-1` and `hinge` of a class, which is drawn with the logistic probability of twice the signal."""
    noise: str = "normal"
    """Or `heavy tails`: three degrees of freedom, so that its variance is finite and its fourth moment is not."""


CASES = {
    "squared, 60 rows": Case(60, 1, "squared"),
    "squared, 1,000 rows": Case(1_000, 1, "squared"),
    "squared, 200 rows, noise with heavy tails": Case(200, 1, "squared", "heavy tails"),
    "squared, 100 rows, 20 features each": Case(100, 20, "squared"),
    "squared, 60 rows, 30 features each": Case(60, 30, "squared"),
    "0-1, 100 rows": Case(100, 1, "0-1"),
    "0-1, 1,000 rows, 5 features each": Case(1_000, 5, "0-1"),
    # What is judged is not what was made small: then the luck of the training rows weighs most.
    "hinge of least squares, 200 rows, 5 features each": Case(200, 5, "hinge"),
}


def drawn(case: Case, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return features (count, rows, 2 · features) and targets (count, rows); classes are −1 and 1."""
    x = rng.standard_normal((count, case.rows, 2 * case.features))
    signal = x.sum(axis=2) / np.sqrt(case.features)
    if case.loss == "squared":
        noise = rng.standard_normal(signal.shape) if case.noise == "normal" else rng.standard_t(3, signal.shape)
        return x, signal + noise
    likely = 1 / (1 + np.exp(-2 * signal))
    return x, np.where(rng.random(signal.shape) < likely, 1.0, -1.0)


def losses(case: Case, train: tuple[np.ndarray, ...], held_out: tuple[np.ndarray, ...]) -> np.ndarray:
    """Return the mean loss on held-out rows of least squares on training rows: (count,)."""
    (x, y), (new_x, new_y) = train, held_out
    x, new_x = (np.concatenate([part, np.ones((*part.shape[:2], 1))], axis=2) for part in (x, new_x))
    products = x.swapaxes(1, 2) @ x
    weights = np.linalg.solve(products, x.swapaxes(1, 2) @ y[..., None])
    outputs = (new_x @ weights)[..., 0]
    judged = {
        "squared": lambda: (outputs - new_y) ** 2,
        "0-1": lambda: (outputs * new_y <= 0).astype(float),
        "hinge": lambda: np.maximum(0, 1 - outputs * new_y),
    }
    return judged[case.loss]().mean(axis=1)


def differences(case: Case, folds: int, repeats: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return the second learner's loss less the first's for each fold of each repeat: (count, repeats · folds)."""
    x, y = drawn(case, count, rng)
    found = []
    for _ in range(repeats):
        order = np.argsort(rng.random(y.shape), axis=1)
        x, y = np.take_along_axis(x, order[..., None], axis=1), np.take_along_axis(y, order, axis=1)
        for held_out in np.array_split(np.arange(case.rows), folds):
            train = np.setdiff1d(np.arange(case.rows), held_out)
            first, second = (
                losses(case, (x[:, train, half], y[:, train]), (x[:, held_out, half], y[:, held_out]))
                for half in (slice(None, case.features), slice(case.features, None))
            )
            found.append(second - first)
    return np.stack(found, axis=1)


def comparisons(case: Case, folds: int, repeats: int, count: int, seed: int) -> Iterator[list[float]]:
    """Yield the differences of one comparison after another."""
    for block, start in enumerate(range(0, count, TOGETHER)):
        rng = np.random.default_rng([seed, block])
        yield from differences(case, folds, repeats, min(TOGETHER, count - start), rng).tolist()


def coverage(name: str, division: str, count: int, seed: int = 0) -> dict[str, float]:
    """Return the shares of corrected and of plain intervals that hold 0."""
    case, (folds, repeats) = CASES[name], DIVISIONS[division]
    held_out = case.rows / folds
    kinds: dict[str, Callable[[list[float]], Interval]] = {
        "corrected": lambda found: corrected_interval(found, case.rows - held_out, held_out),
        "plain": paired_interval,
    }
    held = dict.fromkeys(kinds, 0)
    for found in comparisons(case, folds, repeats, count, seed):
        for kind, interval_of in kinds.items():
            interval = interval_of(found)
            held[kind] += interval.low <= 0 <= interval.high
    return {kind: number / count for kind, number in held.items()}


def main() -> None:
    """Simulate every case under every division, print a table, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--comparisons", type=int, default=2_000, help="a case and division (default 2000)")
    parser.add_argument("--case", choices=[*CASES], help="only this one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="where to keep the figures")
    options = parser.parse_args()
    found: dict[str, dict[str, dict[str, float]]] = {}
    for case in CASES:
        if options.case not in {None, case}:
            continue
        found[case] = {}
        for division in DIVISIONS:
            shares = found[case][division] = coverage(case, division, options.comparisons, options.seed)
            print(
                f"{case:49}  {division:18}  corrected {shares['corrected']:6.1%}"
                f" {'✓' if shares['corrected'] >= GOAL else '✗'}  plain {shares['plain']:6.1%}",
                file=sys.stderr,
            )
    everything = [shares["corrected"] for divisions in found.values() for shares in divisions.values()]
    print(f"least of the corrected: {min(everything):.1%} (goal {GOAL:.0%})", file=sys.stderr)
    text = json.dumps({"comparisons": options.comparisons, "coverage": found}, indent=1)
    if options.json:
        options.json.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
