"""The baselines of a study as levels to compare with, and what they say of its networks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from engine.choosing import mean_of
from engine.events import BaselineMeasured
from engine.metrics import LARGER_IS_BETTER
from sessions.record import Record
from sessions.report import summarize

Part = Literal["train", "validation"]


def level_of(baseline: BaselineMeasured, figure: str) -> float | None:
    """Return a baseline's mean over folds on the rows that validate, or train where none do; None without a number."""
    columns = baseline.validation or baseline.train
    value = mean_of(columns.get(figure, ()))
    return value if math.isfinite(value) else None


def levels(record: Record, figure: str) -> list[tuple[str, float]]:
    """Return the levels that are worth drawing: the constant's, and the best of the others'."""
    known = [(one.name, level) for one in record.baselines if (level := level_of(one, figure)) is not None]
    plain = [item for item in known if item[0] == "constant"]
    others = [item for item in known if item[0] != "constant"]
    return [*plain, *_best(others, figure)]


def said_of_baselines(record: Record, figure: str, write: Callable[[float], str]) -> list[str]:
    """Return a sentence where the best baseline is as good as the network, or better, on the rows that validate."""
    mine = summarize(record).get(f"validation.{figure}")
    found = [(one.name, mean_of(one.validation.get(figure, ()))) for one in record.baselines]
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
