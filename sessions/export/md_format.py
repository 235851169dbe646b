"""Markdown: a report that a person reads, with the plot as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from engine import tables
from engine.events import Figures
from engine.metrics import LARGER_IS_BETTER
from engine.plan import shown_setting
from sessions.advice import conclusions
from sessions.export.base import EXPORTS, Exported, Renderer, Subject
from sessions.export.drawn import curve_of
from sessions.export.markdown import block, escaped, table
from sessions.levels import chosen_first, own_keys, said_of_baselines
from sessions.listed import MeanAndSd
from sessions.looks import looks_of, said_of_looks
from sessions.moments import told_by_hand
from sessions.page import default_title
from sessions.record import Record, RunRecord
from sessions.report import summarize, summary_of_baseline
from sessions.settings import chosen_result, names_of, ranked, results_of, said, varied

PARTS = ("train", "validation", "test")
MOST_RUNS = 12
"""Of a sweep of more runs its settings are listed, a line each."""


@EXPORTS.register("md")
@dataclass(frozen=True, slots=True)
class Md:
    """Settings, results, baselines, what they say, the plot as text, the environment, and the notes as they are."""

    suffix: ClassVar[str] = ".md"
    heeds: ClassVar[frozenset[str]] = frozenset({"metric", "log"})
    beside: ClassVar[str | None] = None

    def export(self, subject: Subject) -> Exported:
        """Return the report; of a page that nobody has trained its settings and notes."""
        sections = [*_head(subject), "## Settings", _settings(subject)]
        if subject.record.runs:
            sections += _results(subject)
        if any(run.train_curves for run in subject.record.runs):
            metric = curve_of(subject)
            plot = subject.renderer.text(subject.record, metric, log=subject.log)
            sections += [f"## Curves: {escaped(metric)}", block(plot)]
        sections += _environment(subject.record)
        if subject.page.notes.strip():
            # As they are, and last: a fence or a comment that they leave open swallows nothing else.
            sections += ["## Notes", subject.renderer.visible(subject.page.notes).strip()]
        return Exported("\n\n".join(sections) + "\n")


def _head(subject: Subject) -> Iterator[str]:
    page, visible = subject.page, subject.renderer.visible
    yield f"# {escaped(visible(page.title or default_title(page.experiment)))}"
    said = [f"{page.created:%Y-%m-%d %H:%M}"] if page.created else []
    said += [escaped(subject.record.status if page.record else "not trained yet")]
    said += [f"tags: {', '.join(escaped(visible(tag)) for tag in page.tags)}"] if page.tags else []
    yield " · ".join(said)
    if page.warning:
        yield f"**{escaped(visible(page.warning))}**"
    if lines := told_by_hand(subject.record):
        yield _listed(lines, subject.renderer)


def _settings(subject: Subject) -> str:
    rows = []
    for key, value in tables.to_tables(subject.page.experiment).items():
        pairs = value.items() if isinstance(value, dict) else [("", value)]
        rows += [(f"{key}.{name}" if name else key, _value(item)) for name, item in pairs]
    return table(["setting", "value"], _visible(rows, subject.renderer), right=2)


def _value(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else shown_setting(value)


def _visible(rows: Sequence[Sequence[str]], renderer: Renderer) -> list[list[str]]:
    return [[renderer.visible(cell) for cell in row] for row in rows]


def _results(subject: Subject) -> Iterator[str]:
    record, renderer, choose_by = subject.record, subject.renderer, subject.page.experiment.choose_by
    names = _names(record)
    yield "## Results"
    if varied(record) and len(record.candidates) > MOST_RUNS:
        yield _of_settings(record, names, choose_by, renderer)
        if record.refit is not None:
            yield _of_runs(record, [record.refit], names, renderer)
    else:
        yield _of_runs(record, record.runs, names, renderer)
    problems = dict.fromkeys(run.problem for run in record.runs if run.problem)
    warnings = record.warnings
    looks = [said_of_looks(record)] if record.looks_before + looks_of(record) > 1 else []
    if lines := [*problems, *looks, *warnings]:
        yield _listed(lines, renderer)
    if record.baselines:
        yield "## Baselines, on the same rows"
        yield _of_baselines(record, names, renderer)
    lines = conclusions(record, choose_by, renderer.figure)
    lines += [line for name in names for line in said_of_baselines(record, name, renderer.figure)]
    if lines:
        yield "## What it says"
        yield _listed(lines, renderer)


def _listed(lines: Sequence[str], renderer: Renderer) -> str:
    return "\n".join(f"- {escaped(renderer.visible(line))}" for line in lines)


def _names(record: Record) -> list[str]:
    """Return the figures that are shown: the loss, and the metric that most people ask for."""
    known = dict.fromkeys(name for run in record.runs for part in PARTS for name in getattr(run, part) or {})
    return [name for name in ("loss", "accuracy", "mae") if name in known]


def _parts(runs: Sequence[RunRecord]) -> list[str]:
    return [part for part in PARTS if any(getattr(run, part) for run in runs)]


def _of_runs(record: Record, runs: Sequence[RunRecord], names: Sequence[str], renderer: Renderer) -> str:
    parts, figure = _parts(runs), renderer.figure
    columns = [(part, name) for name in names for part in parts]
    rows = [
        [
            run.label,
            run.status,
            str(run.epoch),
            *(figure((getattr(run, part) or {}).get(name)) for part, name in columns),
        ]
        for run in runs
    ]
    summary = summarize(record) if len(record.settings) == 1 else {}
    if len(record.candidates) > 1 and summary:
        spreads = [_spread(summary.get(f"{part}.{name}"), renderer) for part, name in columns]
        rows.insert(len(record.candidates), ["mean ± sd", "", "", *spreads])
    header = ["run", "status", "epochs", *(f"{part} {name}" for part, name in columns)]
    return table(header, _visible(rows, renderer), right=2)


def _of_settings(record: Record, names: Sequence[str], choose_by: str, renderer: Renderer) -> str:
    keys, results = varied(record), results_of(record)
    chosen = chosen_result(record, results)
    columns = [(part, name) for name in dict.fromkeys([*names, choose_by]) for part in PARTS[:2]]
    rows = []
    for result in ranked(results, choose_by):
        sign = "chosen" if chosen is not None and result.number == chosen.number else ""
        values = [shown_setting(result.settings.get(key, "–")) for key in keys]
        spreads = [result.spread(part, name) for part, name in columns]
        figures = [_spread(one and {"mean": one.mean, "sd": one.sd}, renderer) for one in spreads]
        rows.append([*values, result.bad or f"{result.finished}/{len(result.runs)}", *figures, sign])
    header = [*names_of(keys), "runs", *(f"{part} {name}" for part, name in columns), ""]
    return table(header, _visible(rows, renderer), right=len(keys))


def _of_baselines(record: Record, names: Sequence[str], renderer: Renderer) -> str:
    """Return what the baselines reach, and the network between them: the best first, by the first figure."""
    parts = [part for part in PARTS if any(getattr(one, part) for one in record.baselines)]
    columns = [(part, name) for name in names for part in parts]
    rows = []
    summary = summarize(record)
    test = _test_of(record)
    for part, name in columns:
        if part == "test" and test is not None and name in test:
            summary[f"test.{name}"] = {"mean": test[name], "sd": None}
    if summary:
        rows.append(["the network", *(_spread(summary.get(f"{part}.{name}"), renderer) for part, name in columns)])
    keys = own_keys(record)
    for one in chosen_first(record):
        found = summary_of_baseline(one)
        for name, value in (one.test or {}).items():
            found[f"test.{name}"] = {"mean": value, "sd": None}
        label = " · ".join([one.name, said(record.settings[one.setting], keys)] if keys else [one.name])
        rows.append(
            [
                f"{label} ({one.left_out})" if one.left_out else label,
                *(_spread(found.get(f"{part}.{name}"), renderer) for part, name in columns),
            ]
        )
    better = ", ".join(f"{name}: larger is better" for name in names if name in LARGER_IS_BETTER)
    header = ["", *(f"{part} {name}" for part, name in columns)]
    shown = table(header, _visible(rows, renderer), right=1)
    return f"{shown}\n\n{better}" if better else shown


def _test_of(record: Record) -> Figures | None:
    """Return the figures of the one network that is the result, if it was measured on the test rows."""
    return record.refit.test if record.refit is not None else None


def _spread(summary: MeanAndSd | None, renderer: Renderer) -> str:
    if summary is None:
        return "–"
    mean = renderer.figure(summary["mean"])
    return mean if summary["sd"] is None else f"{mean} ± {renderer.figure(summary['sd'])}"


def _environment(record: Record) -> Iterator[str]:
    seen, data = record.environment, record.data
    rows = []
    if data is not None:
        rows += [
            ("data", f"{data.name}: {data.rows:,} rows, {data.features} features"),
            ("data's SHA-256", data.sha256),
        ]
    if seen is not None:
        rows += [
            ("Python", seen.python),
            ("NumPy", seen.numpy),
            ("BLAS", f"{seen.blas}, threads: {seen.threads}"),
            ("processor", " ".join(seen.cpu)),
        ]
    if rows:
        yield "## Environment"
        yield table(["", ""], rows, right=2)
