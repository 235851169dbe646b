"""How much the best of many looks at the same rows flatters.

Whoever tries k settings on the same test rows and reports the best one reports luck as well.
"""

from __future__ import annotations

import math

import numpy as np

STEP = 0.01
"""Of the integration: its error is far below 1e-10, as the integrand is smooth and vanishes at both ends."""
REACH = 12.0
"""Standard deviations beyond which the largest of up to 1e25 draws is not found."""


def expected_maximum(k: int) -> float:
    """Return the expected largest of k independent standard normal draws.

    The trapezoidal rule on E = ∫₀^∞ (1 − Φ(x)ᵏ − Φ(−x)ᵏ) dx, which is E[max] = ∫ x d(Φᵏ) integrated by parts
    (David & Nagaraja, Order Statistics, 3rd ed. 2003, section 3.1). 0 for k = 1, 1/√π for 2, 3/(2√π) for 3.

    Raises
    ------
    ValueError
        If k is below 1.
    """
    if k < 1:
        raise ValueError(f"the largest of {k} draws cannot be")
    nodes = np.arange(0.0, REACH, STEP)
    above = np.array([math.erfc(x / math.sqrt(2)) / 2 for x in nodes])
    # Φ(x)ᵏ by its logarithm: 1 − above would lose what is left of a far tail.
    integrand = -np.expm1(k * np.log1p(-above)) - above**k
    return float(STEP * (integrand.sum() - integrand[0] / 2))


def expected_optimism(k: int, standard_error: float) -> float:
    """Return by how much the best of k figures on the same test rows flatters its setting, at most and on average.

    `standard_error` · `expected_maximum(k)`, in the unit of the standard error: that of one figure for such a number
    of test rows. It is reached where all settings are equally good and their figures' errors are independent and
    normal. Where some settings are better, or where the errors go together, as those of models that see the same rows
    do, the best flatters less (Slepian 1962).

    Raises
    ------
    ValueError
        If k is below 1, or the standard error negative.
    """
    if not standard_error >= 0:
        raise ValueError(f"a standard error cannot be {standard_error}")
    return standard_error * expected_maximum(k)
