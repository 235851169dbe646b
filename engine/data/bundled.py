"""Reads the tables that come with lossbook."""

from __future__ import annotations

import gzip
import io
from importlib.resources import files
from typing import Any

import numpy as np

from engine.arrays import Array


def read(name: str, dtype: Any = np.float64) -> tuple[tuple[str, ...], Array]:
    """Return the column names and the rows of `files/NAME.csv.gz`.

    The rows are (rows, columns) for a plain `dtype` and (rows,) records for a structured one.
    """
    # Through the package's resources, not a path: they are found in an installed wheel too.
    packed = files("engine.data").joinpath("files", f"{name}.csv.gz").read_bytes()
    header, _, body = gzip.decompress(packed).decode("ascii").partition("\n")
    return tuple(header.split(",")), np.loadtxt(io.StringIO(body), delimiter=",", dtype=dtype)
