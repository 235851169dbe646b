"""Baselines as rows of text, to stand below runs or settings and apart from them: a baseline is no run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.events import BaselineMeasured
from sessions.levels import chosen_first, own_keys
from sessions.record import Record
from sessions.report import summary_of_baseline
from sessions.settings import said
from tui.numbers import figure
from tui.text import safe

Column = tuple[str, str]
"""Part and name of a figure."""
APART = "── baselines"


def labelled(record: Record) -> list[tuple[str, BaselineMeasured]]:
    """Return all baselines with what they are called: `linear · lags=3` where settings have their own."""
    keys = own_keys(record)

    def label(one: BaselineMeasured) -> str:
        return " · ".join([one.name, said(record.settings[one.setting], keys)] if keys else [one.name])

    return [(safe(label(one), 60), one) for one in chosen_first(record)]


def cells(
    one: BaselineMeasured, columns: Sequence[Column], spread: Callable[[float, float | None], str] | None = None
) -> list[str]:
    """Return a baseline's figures: means over its folds, as `spread` writes mean and sd where there are several."""
    summary = summary_of_baseline(one)
    texts = []
    for part, name in columns:
        known = summary.get(f"{part}.{name}")
        if part == "test":
            texts.append(figure((one.test or {}).get(name)))
        elif known is None:
            texts.append(figure(None))
        elif spread is None or len(getattr(one, part)[name]) == 1:
            texts.append(figure(known["mean"]))
        else:
            texts.append(spread(known["mean"], known["sd"]))
    return texts
