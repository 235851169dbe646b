"""Threads of the matrix products. Two threads give other bits than one, so their number is fixed before NumPy loads."""

from __future__ import annotations

VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def environment(threads: int) -> dict[str, str]:
    """Return the variables that a worker's environment needs."""
    return dict.fromkeys(VARIABLES, str(threads))
