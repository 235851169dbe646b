"""Least squares in closed form: certified values, exact arithmetic, independent engines, and what is refused.

The numbers in `nist/` and the certified coefficients are the Statistical Reference Datasets Longley and Filip of the
US National Institute of Standards and Technology (https://www.itl.nist.gov/div898/strd/lls/lls.shtml), public domain.
"""

from __future__ import annotations

import csv
import math
from fractions import Fraction
from itertools import accumulate, repeat
from operator import mul
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.closed_form import SOLVERS, solve
from engine.errors import LabError

NIST = Path(__file__).parent / "nist"
# The intercept last, as in a design.
LONGLEY = [
    15.0618722713733,
    -0.358191792925910e-01,
    -2.02022980381683,
    -1.03322686717359,
    -0.511041056535807e-01,
    1829.15146461355,
    -3482258.63459582,
]
FILIP = [
    -0.402962525080404e-04,
    -0.246781078275479e-02,
    -0.670191154593408e-01,
    -1.06221498588947,
    -10.8753180355343,
    -75.1242017393757,
    -354.478233703349,
    -1127.97394098372,
    -2316.37108160893,
    -2772.17959193342,
    -1467.48961422980,
]


def cells(name, number):
    """Return the file's numbers as floats, or exactly as fractions: rows of y, x…"""
    with (NIST / f"{name}.csv").open(newline="") as file:
        return [[number(cell) for cell in row] for row in list(csv.reader(file))[1:]]


def longley(number=float):
    table = cells("longley", number)
    return [[*row[1:], number(1)] for row in table], [row[:1] for row in table], LONGLEY


def filip(number=float):
    table = cells("filip", number)
    powers = [list(accumulate(repeat(x, 10), mul, initial=number(1))) for _, x in table]
    return [row[::-1] for row in powers], [row[:1] for row in table], FILIP


def solved(dataset, solver):
    inputs, targets, _ = dataset()
    return solve(np.array(inputs), np.array(targets), solver)


def exact(design, targets):
    """Return the normal equations' solution in rational numbers, where they lose nothing."""
    columns = list(zip(*design, strict=True))
    sides = [*columns, [y for (y,) in targets]]
    system = [[sum(a * b for a, b in zip(one, other, strict=True)) for other in sides] for one in columns]
    for place in range(len(system)):
        system[place] = [value / system[place][place] for value in system[place]]
        for other in range(len(system)):
            if other != place:
                factor = system[other][place]
                system[other] = [a - factor * b for a, b in zip(system[other], system[place], strict=True)]
    return [float(row[-1]) for row in system]


def digits(found, certified):
    """Return how many digits of the worst coefficient are right: −log₁₀ of its relative error."""
    errors = np.abs(np.ravel(found) - certified) / np.abs(certified)
    return -math.log10(max(errors.max(), 1e-17))


def well_conditioned(rng, rows, columns, outputs):
    """Return features with singular values between 1 and 3 beside a column of ones, and targets."""
    features, mixed = (np.linalg.qr(rng.standard_normal((n, columns - 1))).Q for n in (rows, columns - 1))
    inputs = np.column_stack([features * rng.uniform(1, 3, columns - 1) @ mixed, np.ones(rows)])
    return inputs, rng.standard_normal((rows, outputs)) * 10


@pytest.mark.parametrize("dataset", [longley, filip])
def test_the_certified_values_are_those_of_the_data(dataset):
    design, targets, certified = dataset(Fraction)
    assert digits(exact(design, targets), certified) >= 14


@pytest.mark.parametrize(
    ("dataset", "solver", "at_least"),
    [(longley, "qr", 10), (longley, "svd", 10), (filip, "qr", 7), (filip, "svd", 7)],
)
def test_orthogonal_factors_keep_their_digits(dataset, solver, at_least):
    solution = solved(dataset, solver)
    *_, certified = dataset()
    assert digits(solution.weights, certified) >= at_least
    assert solution.rank == len(certified)


def test_the_condition_numbers_of_longley_and_filip():
    assert solved(longley, "qr").condition == pytest.approx(4.86e9, rel=1e-2)
    # Filip's smallest singular value is a few roundings of its largest, so that its own digits are not all right.
    assert solved(filip, "qr").condition == pytest.approx(1.77e15, rel=0.3)


def test_normal_equations_keep_about_seven_digits_of_longley():
    kept = digits(solved(longley, "normal").weights, LONGLEY)
    assert 5.5 <= kept <= 8
    assert digits(solved(longley, "qr").weights, LONGLEY) >= kept + 3


def test_normal_equations_fail_on_filip():
    # Whether Cholesky notices hangs on the last bits of XᵀX: an error, or weights without one right digit.
    try:
        weights = solved(filip, "normal").weights
    except LabError as error:
        problem = error.problem
    else:
        problem = "not positive definite" if digits(weights, FILIP) < 1 else "solved"
    assert "not positive definite" in problem


def test_cholesky_that_fails_says_what_to_do():
    # 1 + 1e-20 is 1 in float64: XᵀX is singular there, while X has rank 2.
    inputs = np.array([[1.0, 1.0], [1e-10, 0.0], [0.0, 0.0]])
    with pytest.raises(LabError, match="not positive definite") as raised:
        solve(inputs, np.ones((3, 1)), "normal")
    assert all(word in raised.value.hint for word in ("qr", "svd", "standardize", "weight_decay"))
    np.testing.assert_allclose(solve(inputs, np.array([[3.0], [1e-10], [0.0]]), "qr").weights, [[1], [2]], rtol=1e-5)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_line_by_hand(solver):
    # Through (0, 1), (1, 3), (2, 4), (3, 4): x̄ = 1.5, ȳ = 3, Σ(x−x̄)(y−ȳ) = 5, Σ(x−x̄)² = 5, so y = x + 1.5.
    inputs = np.array([[0.0, 1], [1, 1], [2, 1], [3, 1]])
    targets = np.array([[1.0], [3], [4], [4]])
    solution = solve(inputs, targets, solver)
    np.testing.assert_allclose(solution.weights, [[1], [1.5]], rtol=1e-13)
    # XᵀX = [[14, 6], [6, 4]] has the eigenvalues 9 ± √61.
    assert solution.condition == pytest.approx(math.sqrt((9 + math.sqrt(61)) / (9 - math.sqrt(61))), rel=1e-12)
    assert solution.rank == 2
    # A ridge of 5 halves the slope, 5/(5 + 5), and the intercept follows: 3 − 0.5 · 1.5.
    np.testing.assert_allclose(solve(inputs, targets, solver, ridge=5).weights, [[0.5], [2.25]], rtol=1e-13)


@pytest.mark.parametrize("solver", SOLVERS)
@given(columns=st.integers(1, 12), more=st.integers(0, 40), outputs=st.integers(1, 3), seed=st.integers(0, 1_000))
def test_as_numpy_and_at_right_angles_on_well_conditioned_designs(solver, columns, more, outputs, seed):
    inputs, targets = well_conditioned(np.random.default_rng(seed), columns + more, columns, outputs)
    solution = solve(inputs, targets, solver)
    expected, _, rank, singular = np.linalg.lstsq(inputs, targets, rcond=None)
    assert solution.weights.dtype == np.float64
    assert solution.rank == rank == columns
    assert solution.condition == pytest.approx(singular[0] / singular[-1], rel=1e-9)
    # κ², for the normal equations' sake.
    rounding = 1e-14 * solution.condition**2
    np.testing.assert_allclose(solution.weights, expected, rtol=0, atol=rounding * np.linalg.norm(targets))
    residual = targets - inputs @ solution.weights
    lengths = np.linalg.norm(inputs, axis=0)[:, None] * np.linalg.norm(targets, axis=0)
    np.testing.assert_allclose(inputs.T @ residual / lengths, 0, atol=rounding)


@pytest.mark.parametrize("solver", SOLVERS)
@given(
    columns=st.integers(1, 8),
    rows=st.integers(2, 40),
    outputs=st.integers(1, 3),
    ridge=st.sampled_from([1e-2, 1.0, 30.0]),
    seed=st.integers(0, 1_000),
)
def test_ridge_as_scikit_learn(solver, columns, rows, outputs, ridge, seed):
    peers = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(seed)
    features, targets = rng.standard_normal((rows, columns)) + 1, rng.standard_normal((rows, outputs)) * 10
    weights = solve(np.column_stack([features, np.ones(rows)]), targets, solver, ridge).weights
    peer = peers.Ridge(alpha=ridge, solver="svd").fit(features, targets)
    coefficients, intercept = np.reshape(peer.coef_, (outputs, columns)), np.ravel(peer.intercept_)
    np.testing.assert_allclose(weights[:-1], coefficients.T, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(weights[-1], intercept, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_large_ridge_leaves_the_mean(solver):
    rng = np.random.default_rng(0)
    inputs, targets = np.column_stack([rng.standard_normal(20), np.ones(20)]), rng.standard_normal((20, 1)) + 7
    np.testing.assert_allclose(solve(inputs, targets, solver, 1e12).weights, [[0], targets.mean(axis=0)], atol=1e-9)


@given(
    rank=st.integers(1, 5),
    copies=st.integers(1, 4),
    rows=st.integers(5, 30),
    seed=st.integers(0, 1_000),
)
def test_svd_of_dependent_columns_is_the_pseudoinverse(rank, copies, rows, seed):
    rng = np.random.default_rng(seed)
    independent = np.column_stack([rng.standard_normal((rows, rank - 1)), np.ones(rows)])
    # In units of their own: the shortest weights of scaled columns would be others.
    dependent = independent @ rng.standard_normal((rank, copies)) * rng.choice([0.01, 1, 100], copies)
    inputs, targets = np.column_stack([dependent, independent]), rng.standard_normal((rows, 2))
    solution = solve(inputs, targets, "svd")
    assert solution.rank == rank
    assert solution.condition == math.inf
    np.testing.assert_allclose(solution.weights, np.linalg.pinv(inputs) @ targets, rtol=1e-6, atol=1e-8)


@given(columns=st.integers(2, 9), seed=st.integers(0, 1_000))
def test_svd_of_more_columns_than_rows_is_the_pseudoinverse(columns, seed):
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(1, columns))
    inputs = np.column_stack([rng.standard_normal((rows, columns - 1)), np.ones(rows)])
    targets = rng.standard_normal((rows, 2))
    solution = solve(inputs, targets, "svd")
    assert solution.rank == rows
    assert solution.condition == math.inf
    np.testing.assert_allclose(solution.weights, np.linalg.pinv(inputs) @ targets, rtol=1e-6, atol=1e-8)


def test_svd_of_a_column_of_zeros_gives_it_no_weight():
    inputs = np.array([[0.0, 1], [0, 1], [0, 1]])
    solution = solve(inputs, np.array([[1.0], [2], [6]]), "svd")
    np.testing.assert_allclose(solution.weights, [[0], [3]], atol=1e-14)
    assert solution.rank == 1
    assert solution.condition == math.inf


@pytest.mark.parametrize("solver", SOLVERS)
def test_units_make_no_columns_dependent(solver):
    # 1e-9 m beside 1: the singular values differ by more than any cutoff for the unscaled columns allows.
    x = np.arange(6.0) - 2.5
    inputs, targets = np.column_stack([x * 1e-18, np.ones(6)]), (3 * x + 5)[:, None]
    solution = solve(inputs, targets, solver)
    assert solution.rank == 2
    np.testing.assert_allclose(solution.weights, [[3e18], [5]], rtol=1e-12)


@pytest.mark.parametrize("solver", SOLVERS)
def test_float32_is_solved_in_float64(solver):
    inputs, targets = well_conditioned(np.random.default_rng(5), 20, 4, 1)
    inputs, targets = inputs.astype(np.float32), targets.astype(np.float32)
    weights = solve(inputs, targets, solver).weights
    expected = np.linalg.lstsq(inputs.astype(np.float64), targets.astype(np.float64), rcond=None)[0]
    np.testing.assert_allclose(weights, expected, rtol=1e-11)


@pytest.mark.parametrize("solver", ["qr", "normal"])
@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ([[1, 2, 1], [2, 4, 1], [3, 6, 1], [4, 8, 1]], "3 columns.* rank 2 in 4 rows"),
        ([[0.1, 1], [0.1, 1], [0.1, 1]], "2 columns.* rank 1 in 3 rows"),
        ([[1, 5, 1], [2, 3, 1]], "3 columns.* rank 2 in 2 rows"),
    ],
    ids=["proportional", "constant", "wide"],
)
def test_dependent_columns_need_svd_or_a_ridge(solver, inputs, said):
    design = np.array(inputs, dtype=np.float64)
    targets = np.arange(len(design), dtype=np.float64)[:, None]
    with pytest.raises(LabError, match=said) as raised:
        solve(design, targets, solver)
    assert "svd" in raised.value.hint
    assert "weight_decay" in raised.value.hint
    assert solve(design, targets, solver, ridge=0.1).rank == design.shape[1]


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(solver, value):
    inputs, targets = np.array([[1.0, 1], [2, 1], [4, 1]]), np.ones((3, 1))
    broken = inputs.copy()
    broken[1, 0] = value
    with pytest.raises(LabError, match=r"inputs hold -?(nan|inf) in row 2, column 1"):
        solve(broken, targets, solver)
    with pytest.raises(LabError, match=r"targets hold -?(nan|inf) in row 1, column 1"):
        solve(inputs, targets * value, solver)


@pytest.mark.parametrize("solver", SOLVERS)
def test_weights_beyond_float64_are_refused(solver):
    inputs = np.array([[1e-9, 1], [2e-9, 1], [4e-9, 1]])
    with pytest.raises(LabError, match="larger than float64 can hold"):
        solve(inputs, np.array([[1e308], [-1e308], [1e308]]), solver)


def test_squares_beyond_float64_are_refused():
    inputs, targets = np.array([[1e200, 1], [2e200, 1], [4e200, 1]]), np.array([[1.0], [2], [4]])
    with pytest.raises(LabError, match="XᵀX is larger than float64 can hold"):
        solve(inputs, targets, "normal")
    for solver in ("qr", "svd"):
        np.testing.assert_allclose(solve(inputs, targets, solver).weights, [[1e-200], [0]], atol=1e-14)


@pytest.mark.parametrize("ridge", [-1.0, np.nan, np.inf])
def test_a_ridge_that_cannot_be(ridge):
    with pytest.raises(LabError, match="ridge must be a number of at least 0"):
        solve(np.ones((2, 1)), np.ones((2, 1)), "qr", ridge)


@pytest.mark.parametrize("shape", [(0, 2), (3,)])
def test_what_is_no_table_of_rows(shape):
    with pytest.raises(LabError, match="the inputs have shape"):
        solve(np.ones(shape), np.ones((shape[0], 1)), "svd")


def test_a_solver_that_is_not_there():
    with pytest.raises(LabError, match="no solver 'normla'; did you mean normal"):
        solve(np.ones((2, 1)), np.ones((2, 1)), "normla")
