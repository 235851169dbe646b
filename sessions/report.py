"""What came of a study, for scripts: the JSON of `lossbook run` and `lossbook show`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.choosing import mean_and_sd, over_folds
from engine.events import BaselineMeasured
from engine.metrics import NAMES
from engine.sweep import Settings
from sessions.chosen import against_chosen
from sessions.listed import Summary
from sessions.looks import looks_of, optimism
from sessions.page import Page
from sessions.pairs import Compared
from sessions.record import Record, RunRecord
from sessions.unchosen import not_chosen, passed_over

NO_NUMBER: dict[str, Any] = {"mean": None, "sd": None}
"""Of a figure that no run has, or not every finished one as a number."""


def as_json(path: Path, page: Page) -> dict[str, Any]:
    """Return a page as plain values for JSON; what does not exist or is not finite is None."""
    record = page.record or Record()
    tried = range(len(record.settings)) if record.candidates else ()
    names = _known_names(record)
    summaries = [summary_of(record.of_setting(setting)) for setting in tried]
    shown = [dict.fromkeys(names, NO_NUMBER) | summary for summary in summaries]
    chosen = chosen_of(record)
    report = {
        "session": str(path),
        "title": page.title,
        "status": record.status,
        "runs": [as_plain(run, record) for run in record.candidates],
        "candidates": [{"settings": record.settings[number], "summary": shown[number]} for number in tried],
        "chosen": None if chosen is None else record.settings[chosen],
        "summary": {} if chosen is None else shown[chosen],
        "passed_over": [
            {"settings": record.settings[one.setting], "mean": one.mean, "finished": one.finished, "runs": one.runs}
            for one in passed_over(record)
        ],
        "not_chosen": not_chosen(record, page.experiment.choose_by) or None,
        "refit": as_plain(record.refit, record) if record.refit else None,
        "baselines": [baseline_as_plain(baseline, record.settings[baseline.setting]) for baseline in record.baselines],
        "differences": chosen_as_plain(page, against_chosen(page))["differences"],
        "test_looks": record.looks_before + looks_of(record),
        "test_looks_before": record.looks_before,
        "optimism": _optimism(record),
        "verdict": verdict_of(page),
        "data": asdict(record.data) if record.data else None,
        "branch": _branch(record),
        "warnings": [*([page.warning] if page.warning else []), *record.warnings],
    }
    plain: dict[str, Any] = finite(report)
    return plain


def _branch(record: Record) -> dict[str, Any] | None:
    """Return what a branch comes from and its turns, those of its ancestors first; None for no branch."""
    branch = record.branch
    if branch is None:
        return None
    turns = zip(branch.epochs, branch.settings, strict=True)
    return {
        "parent": branch.parent,
        "parent_created": branch.parent_created or None,
        "turns": [{"epoch": epoch, "settings": settings} for epoch, settings in turns],
    }


def verdict_of(page: Page) -> str | None:  # noqa: ARG001 - no page holds one yet
    """Return what is wrong with the model of a page, such as `overfitting`; None where nobody has looked."""
    return None


def _optimism(record: Record) -> dict[str, Any] | None:
    """Return by how much the best of all looks at the test rows may flatter; None after one look."""
    found = optimism(record)
    return None if found is None else {"metric": found[0], "test": found[1], "by": found[2]}


def difference_as_plain(compared: Compared | None) -> dict[str, Any] | None:
    """Return a difference with its interval and what it says; None where there is nothing to compare."""
    if compared is None:
        return None
    return {
        "figure": f"validation.{compared.metric}",
        "difference": compared.difference,
        "interval": compared.interval.bounds if compared.interval else None,
        "verdict": compared.verdict,
        "left_out": compared.left_out,
    }


def chosen_as_plain(page: Page, found: Sequence[Compared | None]) -> dict[str, Any]:
    """Return the chosen setting and how each setting compares with it, as `against_chosen` found."""
    record = page.record or Record()
    differences = [
        {"settings": settings, **(difference_as_plain(compared) or {})}
        for settings, compared in zip(record.settings, found, strict=True)
        if compared is not None
    ]
    chosen = None if record.chosen is None else record.settings[record.chosen]
    plain: dict[str, Any] = finite({"chosen": chosen, "chosen_by": record.chosen_by, "differences": differences})
    return plain


def chosen_of(record: Record) -> int | None:
    """Return the setting that was chosen; without a sweep there is one, which needs no choosing."""
    return record.chosen if any(record.settings) else 0 if record.candidates else None


def summarize(record: Record) -> Summary:
    """Return the summary of the chosen setting, or the only one; empty where none is chosen."""
    chosen = chosen_of(record)
    return {} if chosen is None else summary_of(record.of_setting(chosen))


def summary_of(runs: Sequence[RunRecord]) -> Summary:
    """Return mean and sd of each figure of a setting's runs, over folds, or over restarts where there is one fold."""
    finished = [run for run in runs if run.status == "finished"]
    summary: Summary = {}
    for part in ("train", "validation", "test"):
        for name in _names(finished, part):
            values = [
                ((run.repeat, run.fold), figures[name])
                for run in finished
                if name in (figures := getattr(run, part) or {})
            ]
            means = over_folds(values)
            if means and all(map(math.isfinite, means)):
                mean, sd = mean_and_sd(means)
                summary[f"{part}.{name}"] = {"mean": mean, "sd": sd}
    return summary


def baseline_as_plain(baseline: BaselineMeasured, settings: Settings) -> dict[str, Any]:
    """Return one baseline as plain values: mean and sd of its figures over folds, and the setting it is of."""
    return {
        "name": baseline.name,
        "says": baseline.says,
        "settings": settings,
        "summary": summary_of_baseline(baseline),
        "test": baseline.test,
        "left_out": baseline.left_out or None,
    }


def summary_of_baseline(baseline: BaselineMeasured) -> Summary:
    """Return mean and sd over folds of each figure of a baseline."""
    summary: Summary = {}
    for part in ("train", "validation"):
        for name, values in getattr(baseline, part).items():
            if all(map(math.isfinite, values)):
                mean, sd = mean_and_sd(values)
                summary[f"{part}.{name}"] = {"mean": mean, "sd": sd}
    return summary


def as_plain(run: RunRecord, record: Record) -> dict[str, Any]:
    """Return one run as plain values."""
    return {
        "label": run.label,
        "settings": record.settings[run.setting],
        "restart": run.restart,
        "repeat": run.repeat,
        "fold": run.fold,
        "status": run.status,
        "epochs": run.epoch,
        "best_epoch": run.best_epoch,
        "parameters": run.parameters,
        "seconds": run.seconds,
        "train": run.train,
        "validation": run.validation,
        "test": run.test,
        "coefficients": run.coefficients,
        "solution": run.solution,
        "problem": run.problem or None,
    }


def _names(runs: Sequence[RunRecord], part: str) -> list[str]:
    return list(dict.fromkeys(name for run in runs for name in getattr(run, part) or {}))


def _known_names(record: Record) -> list[str]:
    """Return the figures that some run has, and those of its task, which none may have."""
    finished = [run for run in record.candidates if run.status == "finished"]
    of_task = ["loss", *NAMES[record.data.task]] if record.data and record.data.task in NAMES else []
    known = {part: _names(finished, part) for part in ("train", "validation", "test")}
    return [f"{part}.{name}" for part, names in known.items() if names for name in dict.fromkeys([*of_task, *names])]


def finite(value: Any) -> Any:
    """Return plain values as JSON can have them: None for what is not finite, lists for tuples."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    return [finite(item) for item in value] if isinstance(value, list | tuple) else value
