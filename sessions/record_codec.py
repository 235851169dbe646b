"""The `[record]` of a page, to TOML and back.

Curves are written here and not by tomli-w, which gives each number a line of its own: a page would have thousands.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any, get_origin, get_type_hints

import tomli_w

from engine.errors import LabError
from engine.events import BaselineMeasured, Branched, DataRead, EnvironmentSeen, Figures
from engine.fields import convert
from sessions.curve import Curve
from sessions.looks import looks_of
from sessions.record import Curves, Intervention, Record, RunRecord
from sessions.texts import clean

MOST_VALUES = 100_000
MOST_POINTS = 1_000
LEAST_POINTS = 8
MOST_THINNED = 500_000
"""Values of thinned curves a page, unless there are so many curves that each has its fewest points."""
FIGURES = ("train", "validation", "test", "coefficients", "solution")
CURVES = ("train_curves", "validation_curves")
SETTINGS = {field.name: field for field in dataclasses.fields(RunRecord) if field.name not in (*FIGURES, *CURVES)}


def write(record: Record) -> str:
    """Return the text below `[record]`: its own keys, then a table for each run with its curves."""
    head: dict[str, Any] = {"status": record.status}
    if record.refit_reason:
        head["refit_reason"] = record.refit_reason
    if record.chosen is not None:
        head |= {"chosen": record.chosen, "chosen_by": record.chosen_by}
    if record.data is not None and record.data.test_sha256:
        head |= {"test_rows": record.data.test_sha256, "test_looks": looks_of(record)}
        if record.looks_before:
            head["looks_before"] = record.looks_before
    parts = [_dumps(head)]
    if any(record.settings):
        # Written here too: of a list of tables tomli-w makes `[[settings]]`, which would not be the record's.
        lines = "".join(f"    {_inline_table(settings)},\n" for settings in record.settings)
        parts.append(f"settings = [\n{lines}]\n")
    for name, part in (("data", record.data), ("environment", record.environment)):
        if part is not None:
            parts.append(f"\n[record.{name}]\n{_dumps(dataclasses.asdict(part))}")
    if record.branch is not None:
        parts.append(f"\n[record.branch]\n{''.join(_branch_lines(record.branch))}")
    parts += [f"\n[[record.interventions]]\n{_dumps(dataclasses.asdict(change))}" for change in record.interventions]
    parts += [f"\n[[record.baselines]]\n{''.join(_baseline_lines(baseline))}" for baseline in record.baselines]
    most = _most_points(record)
    for run in record.runs:
        parts.append(f"\n[[record.runs]]\n{''.join(_run_lines(run, most))}")
    return "".join(parts)


def read(table: Mapping[str, Any]) -> Record:
    """Return the record of a `[record]` table.

    Raises
    ------
    LabError
        Where it is not what `write` writes.
    """
    try:
        settings = tuple(dict(settings) for settings in table.get("settings", [{}]))
        return Record(
            status=str(table["status"]),
            runs=tuple(_read_run(run) for run in table.get("runs", [])),
            data=_read_part(DataRead, table.get("data")),
            environment=_read_part(EnvironmentSeen, table.get("environment")),
            interventions=tuple(
                Intervention(tuple(map(int, c["runs"])), int(c["update"]), str(c["key"]), float(c["value"]))
                for c in table.get("interventions", [])
            ),
            branch=_read_branch(table["branch"]) if "branch" in table else None,
            refit_reason=str(table.get("refit_reason", "")),
            settings=settings,
            chosen=None if "chosen" not in table else convert(table["chosen"], int, "chosen"),
            chosen_by=str(table.get("chosen_by", "")),
            looks_before=convert(table.get("looks_before", 0), int, "looks_before"),
            baselines=tuple(_read_baseline(baseline, len(settings)) for baseline in table.get("baselines", [])),
        )
    except (LabError, KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        problem = f"[record] is damaged: {error}"
        raise LabError(problem, "the .bak file beside it is the page as it was before the last save") from error


def _most_points(record: Record) -> int | None:
    """Return how many points of each curve are kept, None for all: a page must stay small enough to be read."""
    curves = [curve for run in record.runs for name in CURVES for curve in getattr(run, name).values()]
    if sum(map(len, curves)) <= MOST_VALUES:
        return None
    return min(MOST_POINTS, max(LEAST_POINTS, MOST_THINNED // len(curves)))


def _branch_lines(branch: Branched) -> Iterator[str]:
    yield _dumps({"parent": branch.parent})
    turns = zip(branch.epochs, branch.settings, strict=True)
    lines = "".join(f"    {{ epoch = {epoch}, settings = {_inline_table(settings)} }},\n" for epoch, settings in turns)
    yield f"turns = [\n{lines}]\n"


def _baseline_lines(baseline: BaselineMeasured) -> Iterator[str]:
    yield _dumps({"name": baseline.name, "says": baseline.says})
    if baseline.setting:
        yield _dumps({"setting": baseline.setting})
    for part, columns in (("train", baseline.train), ("validation", baseline.validation)):
        if columns:
            texts = (f"{_key(name)} = [{', '.join(map(number, values))}]" for name, values in columns.items())
            yield f"{part} = {{ {', '.join(texts)} }}\n"
    if baseline.test:
        yield f"test = {_inline(baseline.test)}\n"
    if baseline.left_out:
        yield _dumps({"left_out": baseline.left_out})


def _inline_table(plain: Mapping[str, Any]) -> str:
    """Return a table on one line."""
    return f"{{ {', '.join(f'{_key(key)} = {_value(value)}' for key, value in clean(plain).items())} }}"


def _value(value: Any) -> str:
    """Return a plain value on one line."""
    if isinstance(value, Mapping):
        return _inline_table(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return number(value) if isinstance(value, float) else tomli_w.dumps({"v": value}).partition(" = ")[2].strip()


def _inline(figures: Figures) -> str:
    return f"{{ {', '.join(f'{_key(key)} = {number(value)}' for key, value in figures.items())} }}"


def _run_lines(run: RunRecord, most: int | None) -> Iterator[str]:
    settings = {name: getattr(run, name) for name, field in SETTINGS.items() if getattr(run, name) != field.default}
    yield _dumps({"label": run.label} | settings)
    for name in FIGURES:
        figures = getattr(run, name)
        if figures:
            yield f"{name} = {_inline(figures)}\n"
    for name in CURVES:
        for curve_name, curve in getattr(run, name).items():
            kept = curve if most is None else curve.thinned(most, [run.best_epoch or 0])
            key = f"{name}.{curve_name}"
            if kept.epochs.tolist() != list(range(1, len(kept) + 1)):
                yield f"{key}.epochs = [{', '.join(map(str, kept.epochs))}]\n"
            yield f"{key}.values = [{', '.join(map(number, kept.values.tolist()))}]\n"


def number(value: float) -> str:
    """Return a float in TOML, by the shortest text that reads back to the same bits."""
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return repr(float(value))


def _key(name: str) -> str:
    """Return a key, quoted where it must be: a column may be called anything."""
    return tomli_w.dumps({clean(name): 0}).rpartition(" = ")[0]


def _dumps(plain: dict[str, Any]) -> str:
    """Return plain values as TOML, without what is None or an empty list: what is missing is left out."""
    return tomli_w.dumps({key: value for key, value in clean(plain).items() if value is not None and value != []})


def _read_part(kind: type[Any], table: Any) -> Any:
    """Return a dataclass of plain values, each of its declared type; only a list may be left out, as an empty one."""
    if table is None:
        return None
    hints = get_type_hints(kind)
    given = {name: convert(table[name], hint, name) for name, hint in hints.items() if name in table}
    lists = {name: () for name, hint in hints.items() if get_origin(hint) is tuple}
    return kind(**{**lists, **given})


def _read_branch(table: Mapping[str, Any]) -> Branched:
    turns = table["turns"]
    epochs = tuple(convert(turn["epoch"], int, "epoch") for turn in turns)
    return Branched(str(table["parent"]), epochs, tuple(dict(turn["settings"]) for turn in turns))


def _read_baseline(table: Mapping[str, Any], settings: int) -> BaselineMeasured:
    columns = {
        part: {name: tuple(map(float, values)) for name, values in table.get(part, {}).items()}
        for part in ("train", "validation")
    }
    test = {name: float(value) for name, value in table["test"].items()} if "test" in table else None
    says, left_out = str(table.get("says", "")), str(table.get("left_out", ""))
    setting = convert(table.get("setting", 0), int, "setting")
    if not 0 <= setting < settings:
        raise LabError(f"a baseline is of setting {setting}, but there are {settings}")
    return BaselineMeasured(str(table["name"]), says, columns["train"], columns["validation"], test, left_out, setting)


def _read_run(table: Mapping[str, Any]) -> RunRecord:
    hints = get_type_hints(RunRecord)
    plain: dict[str, Any] = {name: convert(table[name], hints[name], name) for name in SETTINGS if name in table}
    plain |= {
        name: {key: float(value) for key, value in table[name].items()}
        for name in FIGURES
        if table.get(name) is not None
    }
    plain |= {name: _read_curves(table.get(name, {})) for name in CURVES}
    return RunRecord(**plain)


def _read_curves(table: Mapping[str, Any]) -> Curves:
    return {
        name: Curve(map(int, curve.get("epochs", range(1, len(curve["values"]) + 1))), map(float, curve["values"]))
        for name, curve in table.items()
    }
