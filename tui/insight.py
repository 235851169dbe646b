"""What was seen in a network, in words and tables: for the command line and the app alike."""

from __future__ import annotations

from engine.events import Inspected
from tui.numbers import figure

PLACES = {
    "minimum": "a minimum: there is next to no slope left, and no direction was found that curves down",
    "saddle": "a saddle point: there is next to no slope left, but some direction curves down",
    "plateau": "a plateau: for as far as the weights are long, the loss hardly changes in any direction",
    "slope": "a slope: going down the gradient would still lower the loss; train longer, or with a larger step",
}
LAYERS = ("layer", "gradient", "weights", "ratio")
UNITS = ("activation", "mean", "sd", "dead")
LEGEND = "ratio: the gradient's length over the weights'; dead: units that say the same for every row"


def verdict(seen: Inspected) -> str:
    """Return where the run stands, in a sentence."""
    return f"It stands on {PLACES[seen.place]}."


def evidence(seen: Inspected) -> str:
    """Return the figures that the verdict rests on."""
    off = f" (± {figure(seen.error, 2)})" if seen.error > 1e-3 * max(abs(seen.lowest), abs(seen.highest)) else ""
    return (
        f"gradient {figure(seen.gradient_norm, 3)} long · curvature from {figure(seen.lowest, 3)}"
        f" to {figure(seen.highest, 3)}{off}"
    )


def layer_rows(seen: Inspected) -> list[tuple[str, ...]]:
    """Return a row a trained layer: its gradient's length, its weights' and the one as a share of the other."""
    rows: list[tuple[str, ...]] = []
    for name, gradient, weights in zip(seen.layers, seen.gradient_norms, seen.weight_norms, strict=True):
        share = gradient / weights if weights else None
        rows.append((name, figure(gradient, 3), figure(weights, 3), figure(share, 3)))
    return rows


def unit_rows(seen: Inspected) -> list[tuple[str, ...]]:
    """Return a row an activation: mean and spread of its units' values, and the share of units that never move."""
    figures = zip(seen.unit_means, seen.unit_sds, seen.dead, strict=True)
    return [
        (f"hidden {number}", figure(mean, 3), figure(sd, 3), f"{dead:.0%}")
        for number, (mean, sd, dead) in enumerate(figures, 1)
    ]
