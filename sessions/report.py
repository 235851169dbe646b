"""What came of a study, for scripts: the JSON of `lossbook run` and `lossbook show`."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.events import Figures
from engine.plan import mean_and_sd
from sessions.page import Page
from sessions.record import Record, RunRecord

Summary = dict[str, dict[str, float]]


def as_json(path: Path, page: Page) -> dict[str, Any]:
    """Return a page as plain values for JSON; what does not exist or is not finite is None."""
    record = page.record or Record()
    candidates = [as_plain(run) for run in record.candidates]
    summary = summarize(record)
    report = {
        "session": str(path),
        "title": page.title,
        "status": record.status,
        "runs": candidates,
        "candidates": [{"settings": {}, "summary": summary}] if candidates else [],
        "chosen": {} if candidates else None,
        "summary": summary,
        "refit": as_plain(record.refit) if record.refit else None,
        "test_looks": sum(run.test is not None for run in record.runs),
        "verdict": None,
        "data": asdict(record.data) if record.data else None,
        "warnings": list(record.data.warnings) if record.data else [],
    }
    plain: dict[str, Any] = finite(report)
    return plain


def summarize(record: Record) -> Summary:
    """Return mean and sd of each figure over folds, restarts averaged within each; over restarts where none is."""
    groups: dict[tuple[int, int], list[RunRecord]] = {}
    for run in record.candidates:
        if run.status == "finished":
            groups.setdefault((run.repeat, run.fold), []).append(run)
    if len(groups) == 1:
        groups = {(0, restart): [run] for restart, run in enumerate(next(iter(groups.values())))}
    summary: Summary = {}
    for part in ("train", "validation", "test"):
        for name in _names(record.candidates, part):
            means = [
                _mean([figures[name] for run in runs if (figures := getattr(run, part))]) for runs in groups.values()
            ]
            if means and not any(math.isnan(mean) for mean in means):
                mean, sd = mean_and_sd(means)
                summary[f"{part}.{name}"] = {"mean": mean, "sd": sd}
    return summary


def as_plain(run: RunRecord) -> dict[str, Any]:
    """Return one run as plain values."""
    return {
        "label": run.label,
        "settings": {},
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


def _names(runs: tuple[RunRecord, ...], part: str) -> list[str]:
    figures: Figures = next((getattr(run, part) for run in runs if getattr(run, part)), {})
    return list(figures)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def finite(value: Any) -> Any:
    """Return plain values as JSON can have them: None for what is not finite, lists for tuples."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    return [finite(item) for item in value] if isinstance(value, list | tuple) else value
