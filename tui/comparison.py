"""Two pages beside each other, in words and tables: for the command line and the app alike."""

from __future__ import annotations

import math

from sessions.compare import Comparison
from sessions.differing import HASH, Setting
from sessions.pairs import Compared, Spread
from tui.numbers import counted, figure, value_text
from tui.text import safe

Names = tuple[str, str]
"""What the first and the second page are called."""
LONGEST_VALUE = 60
"""Characters of a setting within a sentence."""
MOST_DECIMALS = 6
"""Finer differences are written with an exponent."""


def headline(comparison: Comparison, names: Names) -> str:
    """Return what the leading figure says, in a sentence."""
    first, second = names
    if not comparison.figures:
        return f"{first} and {second} have no validation figure in common, of runs that finished"
    lead = comparison.figures[0]
    numbers = _numbers(lead)
    if comparison.unpaired_by:
        why = ", ".join(_reason(setting) for setting in comparison.unpaired_by)
        return f"{first} and {second} cannot be paired ({why}), so there is no interval: {second} has {numbers}"
    if lead.verdict is None:
        return f"{second} has {numbers}; {_lonely(lead)}"
    said = {
        "better": f"{second} is better than {first}",
        "worse": f"{second} is worse than {first}",
        "no difference seen": f"no difference seen between {first} and {second}",
    }
    return f"{said[lead.verdict]}: {numbers} over {_over(lead)}"


def figure_rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """Return a row a figure: its name, the first page's and the second's, their difference with its interval."""
    rows = []
    for compared in comparison.figures:
        decimals = _decimals(compared)
        spreads = (_spread(spread, decimals) for spread in (compared.first, compared.second))
        rows.append((compared.metric, *spreads, difference(compared)))
    for name, values in comparison.test.items():
        decimals = _four_digits(*values)
        change = _signed(values[1] - values[0], decimals)
        rows.append((f"test {name}", *(_plain(value, decimals) for value in values), change))
    return rows


def difference(compared: Compared) -> str:
    """Return a difference with its interval, if it has one: `-0.0080 [-0.0120, -0.0040]`."""
    decimals = _decimals(compared)
    mean = _signed(compared.difference, decimals)
    interval = compared.interval
    if interval is None or interval.bounds is None:
        return mean
    low, high = (_signed(bound, decimals) for bound in interval.bounds)
    return f"{mean} [{low}, {high}]"


def _numbers(lead: Compared) -> str:
    decimals = _decimals(lead)
    second, first = (_plain(spread.mean, decimals) for spread in (lead.second, lead.first))
    return f"validation.{lead.metric} {second} against {first}, difference {difference(lead)}"


def _over(lead: Compared) -> str:
    """Return what the interval was made of, and of what it speaks."""
    level = f"{lead.interval.level * 100:g} %" if lead.interval else ""
    if not lead.corrected:
        return f"{counted(len(lead.pairs), 'restart')} ({level}: it speaks of luck in training, not of other rows)"
    repeats = len({pair.repeat for pair in lead.pairs})
    times = f" in {repeats} repeats" if repeats > 1 else ""
    return f"{counted(len(lead.pairs), 'fold')}{times} ({level}, corrected for shared training rows)"


def _lonely(lead: Compared) -> str:
    """Return why there is no interval, and what would give one."""
    if lead.left_out:
        return "only one pair of runs is left, and one difference has no spread"
    return (
        "one division of the rows has no spread, so nothing is known of other rows: train both with"
        ' validation.method = "k-fold"'
    )


def _reason(setting: Setting) -> str:
    if setting.key == HASH:
        known = None not in setting.values
        return "their data differ, though not in any setting" if known else "it is not known which data they have read"
    values = (safe(value_text(value), LONGEST_VALUE) for value in setting.values)
    return f"{setting.key}: {' and '.join(values)}"


def _decimals(compared: Compared) -> int:
    """Return the decimals of all numbers of a figure: four digits of its means, two of the interval's half width."""
    interval = compared.interval
    low, high = (interval.bounds if interval else None) or (0.0, 0.0)
    fine = 1 - math.floor(math.log10((high - low) / 2)) if high > low else 0
    return max(fine, _four_digits(compared.first.mean, compared.second.mean))


def _four_digits(*values: float) -> int:
    """Return the decimals that show four digits of the largest, as everywhere."""
    largest = max(map(abs, values))
    return max(0, 4 - (len(str(int(largest))) if largest >= 1 else 0))


def _spread(spread: Spread, decimals: int) -> str:
    mean = _plain(spread.mean, decimals)
    return mean if spread.sd is None else f"{mean} ± {_plain(spread.sd, decimals)}"


def _plain(value: float, decimals: int) -> str:
    return figure(value) if _needs_exponent(value, decimals) else f"{value:.{decimals}f}"


def _signed(value: float, decimals: int) -> str:
    if value and _needs_exponent(value, decimals):
        return f"{value:+.1e}"
    # What is rounded to 0 or −0 has no sign.
    rounded = round(value, decimals)
    return f"{rounded:+.{decimals}f}" if rounded else f"{0:.{min(decimals, MOST_DECIMALS)}f}"


def _needs_exponent(value: float, decimals: int) -> bool:
    return decimals > MOST_DECIMALS or abs(value) >= 1e6
