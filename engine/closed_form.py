"""Linear least squares in closed form: the weights that training approaches, in one step.

Three ways to the same minimum, which differ in the digits they keep. Where the fit is close, a rounding ε grows to
about κ·ε in the weights, κ being the condition number of the design; once XᵀX is formed it grows to κ²·ε (Golub & Van
Loan 2013, Matrix Computations, §5.3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from engine.arrays import Array, Floats, Integers
from engine.errors import LabError, nearest

Solver = Literal["qr", "normal", "svd"]
SOLVERS: tuple[Solver, ...] = get_args(Solver)


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """The weights that minimize the squares, and how far their digits can be trusted."""

    weights: Floats
    """(columns, outputs), float64; the last row is the intercept."""
    condition: float
    """Largest over smallest singular value of the matrix that was solved; infinite where its columns are dependent."""
    rank: int
    """How many columns are independent in float64."""


def solve(inputs: Floats, targets: Floats, solver: Solver, ridge: float = 0.0) -> Solution:
    """Return the w that minimizes ‖X w − y‖² + ridge · ‖w without the intercept‖².

    X is `inputs` (rows, columns), whose last column is the ones of the intercept; y is `targets` (rows, outputs). Both
    sums are plain sums: a penalty on the mean square of n rows is a ridge n times as large. With a ridge the matrix
    that is solved has columns − 1 further rows √ridge · I (Hoerl & Kennard 1970). "qr" and "normal" want independent
    columns; of many minima "svd" returns the one whose weights, the intercept's included, have the smallest norm.

    Raise a LabError for a number that is not finite, and where the solver cannot answer.
    """
    if solver not in SOLVERS:
        raise LabError(f"there is no solver {solver!r}", nearest(solver, SOLVERS))
    design, goals = _with_ridge(_checked(inputs, "inputs"), _checked(targets, "targets"), ridge)
    rows, columns = design.shape
    scaled, exponents = _scaled(design)
    rank = int(np.linalg.matrix_rank(scaled))
    if rank < columns and solver != "svd":
        raise LabError(
            f"the {columns} columns, the intercept's among them, have rank {rank} in {rows} rows:"
            f' many weights fit equally well, and solver = "{solver}" needs exactly one',
            'use solver = "svd", or add weight_decay',
        )
    # What overflows is refused below; NumPy need not warn of it as well.
    with np.errstate(over="ignore", invalid="ignore"):
        match solver:
            case "qr":
                weights = _by_qr(design, goals)
            case "normal":
                weights = _by_normal_equations(design, goals)
            case "svd":
                weights = _by_singular_values(scaled, exponents, goals, rank)
    if not np.isfinite(weights).all():
        raise LabError("the weights are larger than float64 can hold", "standardize the data")
    # The smallest singular value of dependent columns is rounding alone, and to divide by it would look like knowledge.
    condition = math.inf if rank < columns else float(np.linalg.cond(design))
    return Solution(weights, condition, rank)


def _checked(values: Array, name: str) -> Floats:
    """Return the values as float64, or refuse them: (rows, columns) → (rows, columns)."""
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 2 or not len(numbers):
        raise LabError(f"the {name} have shape {numbers.shape}", "least squares needs a table of one row or more")
    finite = np.isfinite(numbers)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        raise LabError(
            f"the {name} hold {numbers[row, column]:g} in row {row + 1}, column {column + 1}",
            "every number must be finite",
        )
    return numbers


def _with_ridge(design: Floats, targets: Floats, ridge: float) -> tuple[Floats, Floats]:
    """Append the rows of the penalty: (rows, columns) → (rows + columns − 1, columns), and zeros to the targets."""
    if not 0 <= ridge < math.inf:
        raise LabError(f"the ridge must be a number of at least 0, not {ridge:g}", "0 is plain least squares")
    if ridge == 0:
        return design, targets
    penalty = np.sqrt(ridge) * np.eye(design.shape[1])[:-1]
    return np.concatenate([design, penalty]), np.concatenate([targets, np.zeros((len(penalty), targets.shape[1]))])


def _scaled(design: Floats) -> tuple[Floats, Integers]:
    """Return the columns with their largest entries between ½ and 1, and the exponents of 2 that were taken out.

    Rank is told from the scaled columns, by the cutoff eps · max(rows, columns) of the largest singular value that
    `np.linalg.matrix_rank` has by default. Units are then no reason to call columns dependent: the singular values of
    NIST's Filip span 1.8e15 as they are, beyond any sensible cutoff, but 5.7e9 once scaled, and all eleven count.
    """
    # By powers of two, which round nothing. Equal norms are the next best to the best scaling (van der Sluis 1969), and
    # equal largest entries are close to them.
    exponents = np.frexp(np.abs(design).max(axis=0))[1].astype(np.int64)
    return np.ldexp(design, -exponents), exponents


def _by_qr(design: Floats, targets: Floats) -> Floats:
    """Solve R w = Qᵀy, where X = QR by Householder's reflections: (columns, outputs).

    Columns are not scaled, since reflections round each column by its own size; scaled by powers of two they would give
    the same bits.
    """
    # No iterative refinement. With 80-bit residuals (Björck 1967) it would bring Longley from 12 digits to 14 but Filip
    # nothing, whose powers are rounded before they get here; where long double is no longer than double it costs a
    # digit, so that figures would depend on the machine.
    q, r = np.linalg.qr(design)
    # NumPy has no triangular solve, but the LU factors of an upper triangle are I and itself: it is back substitution.
    return np.asarray(np.linalg.solve(r, q.T @ targets))


def _by_normal_equations(design: Floats, targets: Floats) -> Floats:
    """Solve XᵀX w = Xᵀy by Cholesky's L Lᵀ = XᵀX, as textbooks do: (columns, outputs).

    Neither scaled nor refined: it is here to be seen losing twice the digits.
    """
    gram = design.T @ design
    if not np.isfinite(gram).all():
        raise LabError("XᵀX is larger than float64 can hold", "standardize the data")
    try:
        lower = np.linalg.cholesky(gram)
    except np.linalg.LinAlgError:
        raise LabError(
            "Cholesky fails: in float64 XᵀX is not positive definite, its condition number being the square"
            f" of X's {np.linalg.cond(design):.1e}",
            'use solver = "qr" or "svd", standardize the data, or add weight_decay',
        ) from None
    return np.asarray(np.linalg.solve(lower.T, np.linalg.solve(lower, design.T @ targets)))


def _by_singular_values(scaled: Floats, exponents: Integers, targets: Floats, rank: int) -> Floats:
    """Return V Σ⁻¹ Uᵀy of the first `rank` singular values, in the columns' own units: (columns, outputs)."""
    left, singular, right = np.linalg.svd(scaled, full_matrices=False)
    shortest = right[:rank].T @ (left[:, :rank].T @ targets / singular[:rank, None])
    back = -exponents[:, None]
    weights = np.ldexp(shortest, back)
    if rank < scaled.shape[1]:
        # Shortest among the scaled weights is not shortest among these: what lies in the null space of X is taken out.
        null = np.linalg.qr(right[:rank].T, mode="complete").Q[:, rank:]
        basis = np.linalg.qr(np.ldexp(null, back)).Q
        weights -= basis @ (basis.T @ weights)
    return np.asarray(weights)
