"""The one name for an array: what it holds and its shape are said where it is used."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Floats: TypeAlias = NDArray[np.floating[Any]]
Integers: TypeAlias = NDArray[np.int64]


def signs(values: Array, out: Floats) -> None:
    """Fill `out`, which may be the same array, with −1, 0 or 1; `np.sign` decides number by number and is slower."""
    negative = values < 0
    np.greater(values, 0, out=out)
    np.subtract(out, negative, out=out)


def column_by_column(values: Array) -> Floats:
    """Return a copy in float64 whose columns each lie in one piece: (runs, rows, columns), the shape unchanged.

    What is done along short rows, such as a largest output or a sum of exponentials, then goes through long columns:
    three times as quick for ten classes.
    """
    runs, rows, columns = values.shape
    copy = np.empty((runs, columns, rows)).swapaxes(1, 2)
    copy[...] = values
    return copy
