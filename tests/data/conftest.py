"""Datasets made by hand, so that a test says all that matters."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data.dataset import Dataset


def build(rows=30, labels=None, lags=(), split=None, features=2, offset=0.0):
    """Return a dataset of random numbers; with lags, a series."""
    rng = np.random.default_rng(5)
    if labels is not None:
        labels = np.asarray(labels)
        rows = len(labels)
    raw = rng.standard_normal((rows, len(lags) or features)) + offset
    centre = raw.mean(axis=0)
    outputs = 1 if labels is None else int(labels.max()) + 1
    first = max(lags, default=0)
    default = "time" if lags else "random" if labels is None else "stratified"
    return Dataset(
        name="made",
        inputs=(raw - centre).astype(np.float32),
        centre=centre,
        targets=rng.standard_normal((rows, 1)) if labels is None else np.eye(outputs)[labels],
        labels=labels,
        feature_names=tuple(f"x{column}" for column in range(raw.shape[1])),
        target_names=("y",),
        classes=() if labels is None else tuple("abcdefghij"[:outputs]),
        dates=None,
        unit="",
        grid=(),
        split=split or default,
        lags=tuple(lags),
        times=np.arange(first, first + rows),
        sha256="0",
    )


@pytest.fixture(name="build", scope="session")
def _build():
    return build
