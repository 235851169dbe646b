"""Why a sweep has not chosen a setting: none at all, or one that seems better than the chosen one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from engine.choosing import mean_of, over_folds
from engine.metrics import LARGER_IS_BETTER
from engine.plan import predict_the_same
from sessions.record import Record, RunRecord


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A setting whose finished runs have a better mean than the chosen one's, but of which fewer have finished."""

    setting: int
    mean: float
    finished: int
    runs: int


def passed_over(record: Record) -> list[PassedOver]:
    """Return the settings that were not chosen for want of runs that finished, in the file's order.

    A run that diverges says something of its setting too, so the mean of the others would flatter it.
    """
    runs = _by_setting(record)
    if not any(record.settings) or record.chosen not in runs:
        return []
    known = {setting: _of_finished(setting, own, record.chosen_by) for setting, own in runs.items()}
    chosen = known[record.chosen]
    sign = -1.0 if record.chosen_by in LARGER_IS_BETTER else 1.0
    return [
        one
        for one in known.values()
        if one.finished * chosen.runs < chosen.finished * one.runs and sign * one.mean < sign * chosen.mean
    ]


def _by_setting(record: Record) -> dict[int, list[RunRecord]]:
    runs: dict[int, list[RunRecord]] = {}
    for run in record.candidates:
        runs.setdefault(run.setting, []).append(run)
    return runs


def _of_finished(setting: int, runs: Sequence[RunRecord], by: str) -> PassedOver:
    finished = [run for run in runs if run.status == "finished"]
    values = [((run.repeat, run.fold), figures[by]) for run in finished if by in (figures := run.validation or {})]
    return PassedOver(setting, mean_of(over_folds(values)), len(finished), len(runs))


def not_chosen(record: Record, by: str) -> str:
    """Return in a sentence why no setting is chosen by a figure; empty where one is, or where nobody has come to it."""
    if not any(record.settings) or record.chosen is not None or record.status not in {"finished", "diverged", "failed"}:
        return ""
    if not predict_the_same(record.settings[0]):
        return "no setting is chosen: they predict different things, which no figure compares"
    if not any(run.status == "finished" for run in record.candidates):
        return "no setting is chosen: no run has finished"
    runs = _by_setting(record)
    if any(math.isfinite(_of_finished(setting, own, by).mean) for setting, own in runs.items()):
        return ""
    why = ", as where the target of a fold does not vary" if by == "r2" else ""
    return f'no setting is chosen: none has a validation {by} that is a number{why}; set another choose_by than "{by}"'
