"""Minima of smooth convex functions, by L-BFGS."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np

from engine.arrays import Floats

Function = Callable[[Floats], tuple[float, Floats]]
"""From a point to value and gradient: (n,) → (1, (n,))."""

KEPT = 10
SUFFICIENT = 1e-4
HALVINGS = 30


def minimum(function: Function, start: Floats, tolerance: float, most: int) -> tuple[Floats, int]:
    """Return the point at which no slope is steeper than `tolerance`, or that `most` steps reach, and the steps.

    (n,) → (n,), and `most` only where the slopes are still steeper.

    Steps are −H g, H being made of the last ten changes of point and gradient by the two-loop recursion (Nocedal &
    Wright 2006, Algorithm 7.4); each is halved until it gains at least 1e-4 of what the slope promises. That a change
    of the gradient points the way of the step, which H needs, is certain where a function is strictly convex.
    """
    point = start
    value, gradient = function(point)
    changes: deque[tuple[Floats, Floats, float]] = deque(maxlen=KEPT)
    for steps in range(most):
        if float(np.abs(gradient).max()) <= tolerance:
            return point, steps
        direction = _downhill(gradient, changes)
        slope = float(gradient @ direction)
        length = 1.0 if changes else min(1.0, 1.0 / float(np.linalg.norm(gradient)))
        for _ in range(HALVINGS):
            there = point + length * direction
            next_value, next_gradient = function(there)
            if next_value <= value + SUFFICIENT * length * slope:
                break
            length /= 2
        else:
            return point, steps  # rounding alone is left to gain
        step, change = there - point, next_gradient - gradient
        along = float(step @ change)
        if along > 0:
            changes.append((step, change, 1 / along))
        point, value, gradient = there, next_value, next_gradient
    return point, most


def _downhill(gradient: Floats, changes: deque[tuple[Floats, Floats, float]]) -> Floats:
    """Return −H g: (n,) → (n,)."""
    direction = -gradient
    if not changes:
        return direction
    shares = []
    for step, change, inverse in reversed(changes):
        share = inverse * float(step @ direction)
        direction -= share * change
        shares.append(share)
    _, change, inverse = changes[-1]
    direction /= inverse * float(change @ change)
    for (step, change, inverse), share in zip(changes, reversed(shares), strict=True):
        direction += (share - inverse * float(change @ direction)) * step
    return direction
