"""What was seen in a network, in words and tables: for the command line and the app alike."""

from __future__ import annotations

import math

import numpy as np

from engine.events import Inspected, RatesTried
from tui.numbers import figure, short
from tui.plots.curves import medians

PLACES = {
    "minimum": "a minimum: there is next to no slope left, and no direction was found that curves down",
    "saddle": "a saddle point: there is next to no slope left, but some direction curves down",
    "plateau": "a plateau: for as far as the weights are long, the loss hardly changes in any direction",
    "slope": "a slope: going down the gradient would still lower the loss; train longer, or with a larger step",
}
LAYERS = ("layer", "gradient", "weights", "ratio")
UNITS = ("activation", "mean", "sd", "dead")
LEGEND = (
    "ratio: the gradient's length over the weights'; bar: the gradient, two cells a power of ten;"
    " dead: units that say the same for every row"
)
BAR = 12
"""Cells of the longest bar."""
BAR_DECADES = 6
"""Powers of ten that it stands for."""


def verdict(seen: Inspected) -> str:
    """Return where the run stands, in a sentence."""
    if seen.place == "nowhere":
        return (
            "It stands nowhere: its weights or its loss are no numbers any more. A smaller learning rate comes first."
        )
    return f"It stands on {PLACES[seen.place]}."


def evidence(seen: Inspected) -> str:
    """Return the figures that the verdict rests on."""
    off = f" (± {figure(seen.error, 2)})" if seen.error > 1e-3 * max(abs(seen.lowest), abs(seen.highest)) else ""
    return (
        f"gradient {figure(seen.gradient_norm, 3)} long · curvature from {figure(seen.lowest, 3)}"
        f" to {figure(seen.highest, 3)}{off}"
    )


def layer_rows(seen: Inspected) -> list[tuple[str, ...]]:
    """Return a row a trained layer: lengths of gradient and weights, the one over the other, a bar of the first."""
    rows: list[tuple[str, ...]] = []
    drawn = bars(seen.gradient_norms)
    for name, gradient, weights, bar in zip(seen.layers, seen.gradient_norms, seen.weight_norms, drawn, strict=True):
        share = gradient / weights if weights else None
        rows.append((name, figure(gradient, 3), figure(weights, 3), figure(share, 3), bar))
    return rows


def bars(values: tuple[float, ...]) -> list[str]:
    """Return a bar a value, two cells a power of ten: the largest has the whole length, a millionth of it none."""
    largest = max((value for value in values if math.isfinite(value)), default=0.0)
    return ["━" * _cells(value / largest) if largest > 0 and math.isfinite(value) else "" for value in values]


def _cells(share: float) -> int:
    return max(0, round(BAR * (1 + math.log10(share) / BAR_DECADES))) if share > 0 else 0


def unit_rows(seen: Inspected) -> list[tuple[str, ...]]:
    """Return a row an activation: mean and spread of its units' values, and the share of units that never move."""
    figures = zip(seen.unit_means, seen.unit_sds, seen.dead, strict=True)
    return [
        (f"hidden {number}", figure(mean, 3), figure(sd, 3), f"{dead:.0%}")
        for number, (mean, sd, dead) in enumerate(figures, 1)
    ]


def verdict_on_rates(seen: RatesTried) -> str:
    """Return what a range test has shown, in a sentence or two."""
    before, losses = float(np.median(seen.before)), medians(seen)
    if seen.suggested is None:
        return (
            f"No rate from {short(seen.rates[0])} to {short(seen.rates[-1])} lowers the loss of {figure(before)}:"
            " another initialization, activation or scaling comes first."
        )
    lowest = int(np.argmin(losses))
    thrown = np.flatnonzero(~(losses[lowest:] < before))
    beyond = f", from {short(seen.rates[lowest + thrown[0]])} on it is thrown up" if len(thrown) else ""
    return (
        f"Try {short(seen.suggested)}. As the rate rises the loss falls from {figure(before)} to"
        f" {figure(losses[lowest])} at {short(seen.rates[lowest])}{beyond}."
    )
