"""Why a sweep has chosen none of its settings."""

from __future__ import annotations

import math

from engine.choosing import mean_of, over_folds
from engine.plan import predict_the_same
from sessions.record import Record


def not_chosen(record: Record, by: str) -> str:
    """Return in a sentence why no setting is chosen by a figure; empty where one is, or where nobody has come to it."""
    if not any(record.settings) or record.chosen is not None or record.status not in {"finished", "diverged", "failed"}:
        return ""
    if not predict_the_same(record.settings[0]):
        return "no setting is chosen: they predict different things, which no figure compares"
    finished = [run for run in record.candidates if run.status == "finished"]
    if not finished:
        return "no setting is chosen: no run has finished"
    figures: dict[int, list[tuple[tuple[int, int], float]]] = {}
    for run in finished:
        if run.validation and by in run.validation:
            figures.setdefault(run.setting, []).append(((run.repeat, run.fold), run.validation[by]))
    if any(math.isfinite(mean_of(over_folds(values))) for values in figures.values()):
        return ""
    why = ", as where the target of a fold does not vary" if by == "r2" else ""
    return f'no setting is chosen: none has a validation {by} that is a number{why}; set another choose_by than "{by}"'
