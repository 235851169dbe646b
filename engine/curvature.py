"""Where a network stands on its loss: the slope, the most and the least curved direction, and what to call it.

A Hessian is never built: its product with a vector is a difference of two gradients, and Lanczos' method finds the
extreme eigenvalues from a few dozen such products.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.arrays import Floats

Place = Literal["minimum", "saddle", "plateau", "slope", "nowhere"]
Gradient = Callable[[Floats], Floats]
"""From all parameters, (P,), to the loss's gradient there, float64."""

STEP = 6e-6
"""The cube root of float64's precision, where a central difference errs least."""
MOST_STEPS = 80
FLAT = 0.01
STILL = 1e-4
NEGATIVE = 1e-3
NOTHING = 1e-10


@dataclass(frozen=True, slots=True)
class Curvature:
    """The extreme eigenvalues of a Hessian, each with how far it may be off, and the place that they make."""

    lowest: float
    highest: float
    error: float
    gradient_norm: float
    place: Place


def product(gradient: Gradient, at: Floats, vector: Floats) -> Floats:
    """Return the Hessian at `at` times a vector, by a central difference of gradients: (P,) twice → (P,)."""
    length = float(np.linalg.norm(vector))
    if length == 0:
        return np.zeros_like(vector)
    step = STEP * (1 + float(np.linalg.norm(at))) / length
    return np.asarray((gradient(at + step * vector) - gradient(at - step * vector)) / (2 * step))


def extremes(
    times: Callable[[Floats], Floats], size: int, rng: np.random.Generator, most: int = MOST_STEPS
) -> tuple[float, float, float]:
    """Return the lowest and the highest eigenvalue of a symmetric matrix, and how far either may be off.

    Lanczos' method with every new direction made orthogonal to all before it (Golub & Van Loan, Matrix Computations,
    chapter 10); the bound is the usual one, |β · last entry of the eigenvector|.
    """
    steps = min(size, most)
    basis = np.zeros((steps, size))
    alphas, betas = np.zeros(steps), np.zeros(steps)
    vector = rng.standard_normal(size)
    vector /= np.linalg.norm(vector)
    taken = 0
    for step in range(steps):
        basis[step] = vector
        image = times(vector)
        alphas[step] = vector @ image
        taken = step + 1
        known = basis[:taken]
        # Twice: one pass leaves rounding that grows into copies of eigenvalues already found.
        for _ in range(2):
            image = image - known.T @ (known @ image)
        betas[step] = np.linalg.norm(image)
        if betas[step] <= 1e-12 * max(1e-300, float(np.abs(alphas[:taken]).max())):
            break
        vector = image / betas[step]
    tridiagonal = np.diag(alphas[:taken]) + np.diag(betas[: taken - 1], 1) + np.diag(betas[: taken - 1], -1)
    values, vectors = np.linalg.eigh(tridiagonal)
    off = 0.0 if taken == size else float(betas[taken - 1] * np.abs(vectors[-1, [0, -1]]).max())
    return float(values[0]), float(values[-1]), off


def look(loss: float, gradient: Gradient, at: Floats, rng: np.random.Generator) -> Curvature:
    """Return where the parameters `at`, (P,), stand on a loss that is `loss` there.

    - plateau: neither slope nor curvature changes the loss by 1 % over a way as long as the parameters;
    - slope: the parabola along the gradient still promises a ten-thousandth of the loss;
    - saddle: it does not, but some direction curves down, by a thousandth of the most curved one or more;
    - minimum: no direction is found that curves down;
    - nowhere: weights, loss or curvature are no finite numbers.

    `loss` is in multiples of the targets' deviations, so that one below `NOTHING` is rounding and no way down from it.
    """
    slope = gradient(at)
    norm = float(np.linalg.norm(slope))
    lowest, highest, error = extremes(lambda vector: product(gradient, at, vector), len(at), rng)
    if not math.isfinite(norm + lowest + highest + loss):
        return Curvature(lowest, highest, error, norm, "nowhere")
    loss = max(loss, NOTHING)
    reach = max(float(np.linalg.norm(at)), 1e-12)
    steepest = max(abs(lowest), abs(highest))
    if norm * reach + 0.5 * steepest * reach**2 < FLAT * loss:
        place: Place = "plateau"
    elif steepest == 0 or 0.5 * norm**2 / steepest > STILL * loss:
        place = "slope" if norm > 0 else "plateau"
    elif lowest < -NEGATIVE * steepest:
        place = "saddle"
    else:
        place = "minimum"
    return Curvature(lowest, highest, error, norm, place)
