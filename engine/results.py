"""What is left of a run when it has ended: its weights as a parcel, and a linear model's coefficients."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

import numpy as np

from engine.arrays import Floats
from engine.batches import Feed, Scales
from engine.data.scaling import raw_coefficients
from engine.events import Columns, Figures
from engine.layers import Dense
from engine.network import Network


def parcel(numbers: Floats) -> tuple[str, str]:
    """Return a run's numbers, float32 little-endian, as base64, and their SHA-256: (P + kept,) → two texts."""
    copy = numbers.astype("<f4")
    # One NaN for all: the sign of one depends on where in its stack a run stood.
    copy[np.isnan(copy)] = np.nan
    raw = copy.tobytes()
    return base64.b64encode(raw).decode(), hashlib.sha256(raw).hexdigest()


def unpacked(weights: str) -> Floats:
    """Return a run's numbers from their parcel, float32: base64 → (P + kept,)."""
    return np.frombuffer(base64.b64decode(weights), dtype="<f4")


def coefficients(network: Network, place: int, feed: Feed, scales: Scales) -> Figures | None:
    """Return a linear regression's coefficients and intercept, undone of the standardization; else None."""
    is_linear = len(network.layers) == 1 and isinstance(network.layers[0], Dense)
    if not is_linear or feed.outputs > 1:
        return None
    weights = network.blocks[0][place].astype(np.float64)
    with np.errstate(all="ignore"):
        slopes, intercept = raw_coefficients(feed.dataset, scales.inputs, scales.targets, weights[:-1], weights[-1])
    names = (*feed.dataset.feature_names, "intercept")
    return dict(zip(names, map(float, (*slopes[:, 0], intercept[0])), strict=True))


def columns_of(figures: Sequence[Figures]) -> Columns:
    """Turn one dict a run into one tuple a figure."""
    return {name: tuple(figure[name] for figure in figures) for name in figures[0]} if figures else {}
