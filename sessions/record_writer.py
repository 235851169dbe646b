"""The `[record]` of a page as TOML.

Curves are written here and not by tomli-w, which gives each number a line of its own: a page would have thousands.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import tomli_w

from engine.events import BaselineMeasured, Branched, DataRead
from sessions.history import digest, history_of
from sessions.inline import inline, inline_figures, inline_table, numbers, toml_key
from sessions.looks import looks_of
from sessions.origin import Place, Unknown
from sessions.record import CURVES, Record, RunRecord
from sessions.texts import clean
from sessions.thinning import most_points

FIGURES = ("train", "validation", "test", "coefficients", "solution")
SETTINGS = {field.name: field for field in dataclasses.fields(RunRecord) if field.name not in (*FIGURES, *CURVES)}


def write(record: Record, experiment: str = "") -> str:
    """Return the text below `[record]`: its own keys, then a table for each run with its curves.

    `experiment` is the hash of the page's experiment, for a record that is not known to be another's.
    """
    more = partial(_unknown_lines, record.origin.unknown)
    parts = [_dumps(_head(record, experiment))]
    if any(record.settings):
        # Written here too: of a list of tables tomli-w makes `[[settings]]`, which would not be the record's.
        lines = "".join(f"    {inline_table(settings)},\n" for settings in record.settings)
        parts.append(f"settings = [\n{lines}]\n")
    parts.append(more(()))
    if record.data is not None:
        parts.append(f"\n[record.data]\n{_data_lines(record.data)}{more(('data',))}")
    for place, other in enumerate(record.other_data):
        parts.append(f"\n[[record.other_data]]\n{_data_lines(other)}{more(('other_data', place))}")
    if record.environment is not None:
        lines = _dumps(dataclasses.asdict(record.environment)) + more(("environment",))
        parts.append(f"\n[record.environment]\n{lines}")
    if record.branch is not None:
        parts.append(f"\n[record.branch]\n{''.join(_branch_lines(record.branch))}{more(('branch',))}")
    for place, change in enumerate(record.interventions):
        lines = _dumps(dataclasses.asdict(change)) + more(("interventions", place))
        parts.append(f"\n[[record.interventions]]\n{lines}")
    for place, baseline in enumerate(record.baselines):
        lines = "".join(_baseline_lines(baseline)) + more(("baselines", place))
        parts.append(f"\n[[record.baselines]]\n{lines}")
    most = most_points(record)
    for place, run in enumerate(record.runs):
        parts.append(f"\n[[record.runs]]\n{''.join(_run_lines(run, most))}{more(('runs', place))}")
    return "".join(parts)


def _head(record: Record, experiment: str) -> dict[str, Any]:
    """Return the keys that stand right below `[record]`; what is empty is left out."""
    head: dict[str, Any] = {"status": record.status}
    if ran := experiment if record.origin.experiment is None else record.origin.experiment:
        head["experiment"] = ran
    if history := record.origin.history or digest(history_of(record)):
        head["history"] = history
    if record.refit_reason:
        head["refit_reason"] = record.refit_reason
    if record.chosen is not None:
        head |= {"chosen": record.chosen, "chosen_by": record.chosen_by}
    if record.data is not None and record.data.test_sha256:
        head |= {"test_rows": record.data.test_sha256, "test_looks": looks_of(record)}
        if record.looks_before:
            head["looks_before"] = record.looks_before
    return head


def _unknown_lines(unknown: Unknown, place: Place) -> str:
    """Return what stands in a table beside the keys that are known, a line each."""
    return "".join(f"{key} = {inline(plain)}\n" for key, plain in unknown.get(place, {}).items())


def _data_lines(data: DataRead) -> str:
    settings = f"read_for = {numbers(list(data.read_for))}\n" if data.read_for else ""
    return _dumps(dataclasses.asdict(replace(data, read_for=()))) + settings


def _branch_lines(branch: Branched) -> Iterator[str]:
    yield _dumps({"parent": branch.parent})
    if branch.parent_created:
        yield _dumps({"parent_created": branch.parent_created})
    turns = zip(branch.epochs, branch.settings, strict=True)
    lines = "".join(f"    {{ epoch = {epoch}, settings = {inline_table(settings)} }},\n" for epoch, settings in turns)
    yield f"turns = [\n{lines}]\n"


def _baseline_lines(baseline: BaselineMeasured) -> Iterator[str]:
    yield _dumps({"name": baseline.name, "says": baseline.says})
    if baseline.setting:
        yield _dumps({"setting": baseline.setting})
    for part, columns in (("train", baseline.train), ("validation", baseline.validation)):
        if columns:
            texts = (f"{toml_key(name)} = {numbers(list(values))}" for name, values in columns.items())
            yield f"{part} = {{ {', '.join(texts)} }}\n"
    if baseline.test:
        yield f"test = {inline_figures(baseline.test)}\n"
    if baseline.left_out:
        yield _dumps({"left_out": baseline.left_out})


def _run_lines(run: RunRecord, most: int | None) -> Iterator[str]:
    settings = {name: getattr(run, name) for name, field in SETTINGS.items() if getattr(run, name) != field.default}
    yield "".join(f"{name} = {inline(value)}\n" for name, value in ({"label": run.label} | settings).items())
    for name in FIGURES:
        figures = getattr(run, name)
        if figures:
            yield f"{name} = {inline_figures(figures)}\n"
    for name in CURVES:
        for curve_name, curve in getattr(run, name).items():
            kept = curve if most is None else curve.thinned(most, [run.best_epoch or 0])
            key = f"{name}.{curve_name}"
            if not kept.is_regular:
                yield f"{key}.epochs = {numbers(kept.epochs.tolist())}\n"
            yield f"{key}.values = {numbers(kept.values.tolist())}\n"


def _dumps(plain: dict[str, Any]) -> str:
    """Return plain values as TOML, without what is None or an empty list: what is missing is left out."""
    return tomli_w.dumps({key: value for key, value in clean(plain).items() if value is not None and value != []})
