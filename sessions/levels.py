"""The baselines of a study as levels to compare with, and what they say of its networks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

from engine.choosing import mean_of
from engine.events import BaselineMeasured
from engine.metrics import LARGER_IS_BETTER
from engine.plan import is_seen_by_baselines, what_baselines_see
from sessions.record import Record
from sessions.report import chosen_of, summarize
from sessions.settings import said, varied

Part = Literal["train", "validation"]


def own_keys(record: Record, keys: Sequence[str] | None = None) -> list[str]:
    """Return which of the keys that vary make other baselines; none where all settings share them.

    `keys` are those that vary, where that is known.
    """
    return [key for key in (varied(record) if keys is None else keys) if is_seen_by_baselines(key)]


def chosen_first(record: Record) -> list[BaselineMeasured]:
    """Return all baselines, those of the chosen setting first."""
    chosen = chosen_of(record)
    first = () if chosen is None else record.baselines_of(chosen)
    return [*first, *(one for one in record.baselines if one not in first)]


def unmeasured(record: Record) -> int:
    """Return on how many different data or losses of a sweep's settings no baseline was measured."""
    if not own_keys(record):
        return 0
    known = {what_baselines_see(record.settings[one.setting]) for one in record.baselines}
    return len(set(map(what_baselines_see, record.settings)) - known)


def level_of(baseline: BaselineMeasured, figure: str) -> float | None:
    """Return a baseline's mean over folds on the rows that validate, or train where none do; None without a number."""
    columns = baseline.validation or baseline.train
    value = mean_of(columns.get(figure, ()))
    return value if math.isfinite(value) else None


def levels(record: Record, figure: str, keys: Sequence[str] | None = None) -> list[tuple[str, float]]:
    """Return the levels that are worth drawing: the constant's, and the best of the others'.

    Where settings have baselines of their own, they are the chosen one's, and are named so; before one is chosen there
    are none. `keys` are those that vary, where that is known.
    """
    own, chosen = own_keys(record, keys), chosen_of(record)
    if own and chosen is None:
        return []
    baselines = record.baselines_of(chosen) if own and chosen is not None else record.baselines
    known = [(one.name, level) for one in baselines if (level := level_of(one, figure)) is not None]
    plain = [item for item in known if item[0] == "constant"]
    others = [item for item in known if item[0] != "constant"]
    whose = f" ({said(record.settings[chosen], own)})" if own and chosen is not None else ""
    return [(f"{name}{whose}", level) for name, level in (*plain, *_best(others, figure))]


def said_of_baselines(record: Record, figure: str, write: Callable[[float], str]) -> list[str]:
    """Return a sentence where the best baseline is as good as the network, or better, on the rows that validate.

    Of a sweep both are the chosen setting's.
    """
    chosen = chosen_of(record)
    mine = summarize(record).get(f"validation.{figure}")
    baselines = () if chosen is None else record.baselines_of(chosen)
    found = [(one.name, mean_of(one.validation.get(figure, ()))) for one in baselines]
    best = _best([item for item in found if math.isfinite(item[1])], figure)
    if mine is None or not best:
        return []
    name, level = best[0]
    sign = 1 if figure in LARGER_IS_BETTER else -1
    if sign * level < sign * mine["mean"]:
        return []
    than = "as good as" if level == mine["mean"] else "better than"
    return [f"{name}, a baseline, reaches a validation {figure} of {write(level)}: {than} {write(mine['mean'])} here"]


def _best(known: list[tuple[str, float]], figure: str) -> list[tuple[str, float]]:
    sign = -1 if figure in LARGER_IS_BETTER else 1
    return sorted(known, key=lambda item: sign * item[1])[:1]
