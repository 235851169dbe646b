"""MNIST-1D: ten digits as short signals somewhere in a longer noisy one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Floats
from engine.data.sources.base import SOURCES
from engine.data.table import Table
from engine.fields import bounded, check, option

# One row a digit, its height at 12 moments, as published with the data set.
TEMPLATES = np.array(
    [
        [5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5],
        [5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5],
        [5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5],
        [5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5],
        [5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5],
        [5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5],
        [5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5],
        [5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5],
    ]
)
DIGITS, MOMENTS = TEMPLATES.shape
HEIGHT = 1 / 6
"""Standard deviation of a template before it is scaled."""

LEAST_PADDING, MOST_PADDING = 36, 60
CANVAS = MOMENTS + MOST_PADDING
"""Moments of the signal before it is resampled; a template with less padding is stretched to as many."""
POSITIONS = 40

SCALING = 0.4
TRANSLATION = 48
SHEAR = 0.75
WHITE_NOISE = 0.02
CORRELATED_NOISE = 0.25
CORRELATION = 2.0
"""Standard deviation of the Gaussian that filters the correlated noise, in moments of the canvas."""


@SOURCES.register("mnist-1d")
@dataclass(frozen=True, slots=True)
class Mnist1D:
    """Ten digits as noisy signals, each at another place.

    A digit is a curve, stretched, moved, scaled and sheared at random, with noise, at 40 positions. A convolution finds
    it wherever it is; a dense network has to learn each place anew.

    After "Scaling Down Deep Learning with MNIST-1D" (Greydanus and Kobak, arXiv 2011.14439). The ten templates, of 12
    numbers each, are those published with it (github.com/greydanus/mnist1d, Apache 2.0); the rows are drawn here, so
    they are alike in kind and not the same. The paper's accuracies with 4000 training rows: logistic regression 32 %,
    a dense network 68 %, a convolutional one 94 %; with shuffled positions 32 %, 68 % and 56 %.
    """

    rows: int = bounded(5000, at_least=DIGITS, at_most=100_000, scale="log", help="number of rows: the digits in turn")
    shuffle_positions: bool = option(
        default=False, help="puts the 40 positions into another order, the same one in all rows"
    )

    def __post_init__(self) -> None:
        check(self, "data")

    def load(self, rng: np.random.Generator) -> Table:
        """Return `rows` rows of 40 positions in ten classes; a shuffled position keeps its name."""
        digits = np.arange(self.rows) % DIGITS
        signals, inside = _drawn(digits, rng)
        signals += np.where(inside, 0.0, _correlated_noise(self.rows, rng))
        signals += WHITE_NOISE * rng.standard_normal(signals.shape)
        slopes = SHEAR * (rng.random((self.rows, 1)) - 0.5)
        signals -= slopes * np.linspace(-0.5, 0.5, CANVAS)
        # Drawn last: the same seed gives the same signals, in order or not.
        order = rng.permutation(POSITIONS) if self.shuffle_positions else np.arange(POSITIONS)
        return Table(
            features=np.ascontiguousarray(_resampled(signals)[:, order]),
            feature_names=tuple(f"x{position + 1}" for position in order),
            targets=digits.astype(np.int64),
            target_names=("digit",),
            classes=tuple(str(digit) for digit in range(DIGITS)),
            # Said of shuffled positions too, so that a convolution can be seen to fail on them.
            ordered=True,
        )


def _drawn(digits: Array, rng: np.random.Generator) -> tuple[Floats, Array]:
    """Draw each row's template at a place of its own: (rows, canvas), and where it is, as booleans.

    Padding goes behind the template, and all is stretched to the canvas: little padding makes a wide digit.
    """
    rows = len(digits)
    padding = rng.integers(LEAST_PADDING, MOST_PADDING, size=(rows, 1), endpoint=True)
    scale = 1 + SCALING * (rng.random((rows, 1)) - 0.5)
    start = rng.integers(TRANSLATION, size=(rows, 1))
    moments = (np.arange(CANVAS) - start) * (MOMENTS + padding - 1) / (CANVAS - 1)
    inside = (moments >= 0) & (moments < MOMENTS)
    # All templates end where they start, at 0, and so does what lies beside them.
    templates = np.pad(_standardized(TEMPLATES), ((0, 0), (0, 1)))
    before = np.floor(moments).clip(0, MOMENTS - 1).astype(np.intp)
    share = np.where(inside, moments - before, 0.0)
    heights = (1 - share) * templates[digits[:, None], before] + share * templates[digits[:, None], before + 1]
    return np.where(inside, scale * heights, 0.0), inside


def _standardized(templates: Floats) -> Floats:
    """Return the templates with the same standard deviation, starting at 0."""
    heights: Floats = (templates - templates[:, :1]) / templates.std(axis=1, keepdims=True)
    return HEIGHT * heights


def _correlated_noise(rows: int, rng: np.random.Generator) -> Floats:
    """Return white noise filtered by a Gaussian of unit sum, cut off at four standard deviations: (rows, canvas).

    The noise goes on beyond either end as its mirror image, which makes it a little stronger there.
    """
    reach = round(4 * CORRELATION)
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (offsets / CORRELATION) ** 2)
    weights *= CORRELATED_NOISE / weights.sum()
    white = np.pad(rng.standard_normal((rows, CANVAS)), ((0, 0), (reach, reach)), mode="symmetric")
    noise = np.zeros((rows, CANVAS))
    for place, weight in enumerate(weights):
        noise += weight * white[:, place : place + CANVAS]
    return noise


def _resampled(signals: Floats) -> Floats:
    """Return the signals at 40 evenly spaced positions, interpolated linearly: (rows, canvas) -> (rows, 40)."""
    moments = np.linspace(0, CANVAS - 1, POSITIONS)
    before = np.floor(moments).astype(np.intp).clip(0, CANVAS - 2)
    share = moments - before
    features: Floats = (1 - share) * signals[:, before] + share * signals[:, before + 1]
    return features
