"""Tables and figures for a person who reads standard output."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from sessions.advice import conclusions
from sessions.levels import said_of_baselines, unmeasured
from sessions.listed import MeanAndSd
from sessions.looks import looks_of, said_of_looks
from sessions.record import Record, RunRecord
from sessions.report import summarize
from sessions.settings import names_of, results_of, varied
from tui.baselines import cells, labelled
from tui.numbers import counted, figure, main_metric
from tui.settings.listing import CHOSEN, rows_of
from tui.text import safe

MOST_RUNS = 12
"""Of more runs of a sweep its settings are listed, a line each."""
MOST_SETTINGS = 60


def table(header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Return rows under a header, columns aligned by their width in cells; those in `right` to the right."""
    texts = [[safe(cell) for cell in row] for row in (header, *rows)]
    widths = [max(cell_len(row[place]) for row in texts) for place in range(len(header))]
    lines = []
    for row in texts:
        padded = [
            " " * (width - cell_len(cell)) + cell if place in right else cell + " " * (width - cell_len(cell))
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def study_table(record: Record, choose_by: str = "loss") -> str:
    """Return what came of a study: of a sweep with many runs its settings, else its runs."""
    if varied(record) and len(record.candidates) > MOST_RUNS:
        return sweep_table(record, choose_by)
    return "\n".join([runs_table(record), *_says(record, choose_by)])


def sweep_table(record: Record, choose_by: str = "loss") -> str:
    """Return the settings of a sweep, the best first, then the refit, and what the values tried say."""
    keys, results = varied(record), results_of(record)
    metric = main_metric(record.runs[0])
    names = list(dict.fromkeys(["loss", metric, choose_by]))
    columns = [(part, name) for name in names for part in ("train", "validation")]
    header = ["", *names_of(keys), "runs", *(f"{part} {name}" for part, name in columns)]
    rows = rows_of(record, results, keys, columns, choose_by)
    more = len(rows) - MOST_SETTINGS
    lines = [table(header, rows[:MOST_SETTINGS], right=range(len(keys) + 1, len(header)))]
    if more > 0:
        lines.append(f"… and {counted(more, 'setting')} more: `lossbook show NAME --json` has them all")
    if record.chosen is not None:
        lines.append(f"{CHOSEN} chosen by validation {safe(record.chosen_by)}")
    if record.refit is not None:
        lines += ["", _runs_table(record, [record.refit])]
    return "\n".join([*lines, *_says(record, choose_by)])


def _says(record: Record, choose_by: str) -> list[str]:
    judge = main_metric(record.runs[0]) if choose_by == "loss" else choose_by
    said = [*conclusions(record, choose_by, figure), *said_of_baselines(record, judge, figure)]
    return [*_apart(record, choose_by), *(["", *(safe(line, 500) for line in said)] if said else [])]


def _apart(record: Record, choose_by: str) -> list[str]:
    """Return the table of baselines below a blank line; nothing where there are none."""
    return ["", baselines_table(record, choose_by)] if record.baselines else []


def baselines_table(record: Record, choose_by: str = "loss") -> str:
    """Return what the baselines reach, one line each: loss, main metric, what chooses; then why some have no figures.

    Where settings have baselines of their own the chosen one's come first.
    """
    names = list(dict.fromkeys(["loss", main_metric(record.runs[0]), choose_by]))
    parts = [part for part in ("train", "validation", "test") if any(getattr(one, part) for one in record.baselines)]
    columns = [(part, name) for name in names for part in parts]
    known = labelled(record)
    shown = [[label, *cells(one, columns, _mean_and_sd)] for label, one in known[:MOST_SETTINGS]]
    header = ["baseline", *(f"{part} {name}" for part, name in columns)]
    lines = [table(header, shown, right=range(1, len(header)))]
    if (more := len(known) - MOST_SETTINGS) > 0:
        lines.append(f"… and {counted(more, 'baseline')} more: `lossbook show NAME --json` has them all")
    lines += [safe(f"{label}: {one.left_out}", 300) for label, one in known[:MOST_SETTINGS] if one.left_out]
    if others := unmeasured(record):
        lines.append(f"none was measured on the rows of {counted(others, 'other setting')}")
    return "\n".join(lines)


def every_run(record: Record, choose_by: str = "loss") -> str:
    """Return all runs of a record, one line each, and apart from them its baselines."""
    return "\n".join([runs_table(record), *_apart(record, choose_by)])


def runs_table(record: Record) -> str:
    """Return the runs of a record, one line each, with their mean where they are of one setting."""
    return _runs_table(record, record.runs)


def _runs_table(record: Record, runs: Sequence[RunRecord]) -> str:
    metric = main_metric(record.runs[0]) if record.runs else "loss"
    names = ["loss"] if metric == "loss" else ["loss", metric]
    parts = [part for part in ("train", "validation", "test") if any(getattr(run, part) for run in runs)]
    header = ["run", "status", "epochs", *(f"{part} {name}" for name in names for part in parts), "seconds"]
    rows = [_row(run, names, parts) for run in runs]
    summary = summarize(record) if len(record.settings) == 1 else {}
    if len(record.candidates) > 1 and summary:
        spread = [_spread(summary.get(f"{part}.{name}")) for name in names for part in parts]
        rows.insert(len(record.candidates), ["mean ± sd", "", "", *spread, ""])
    return table(header, rows, right=range(2, len(header)))


def _row(run: RunRecord, names: Sequence[str], parts: Sequence[str]) -> list[str]:
    values = [figure((getattr(run, part) or {}).get(name)) for name in names for part in parts]
    return [run.label, run.status, str(run.epoch), *values, f"{run.seconds:.2f}"]


def _spread(summary: MeanAndSd | None) -> str:
    return _mean_and_sd(summary["mean"], summary["sd"]) if summary else "–"


def _mean_and_sd(mean: float, sd: float | None) -> str:
    return figure(mean) if sd is None else f"{figure(mean)} ± {figure(sd, 3)}"


def problems(record: Record) -> list[str]:
    """Return one line for each thing that went wrong or may mislead."""
    said = {run.problem: run.label for run in reversed(record.runs) if run.problem}
    lines = [f"{label}: {problem}" for problem, label in said.items()]
    again = [run for run in record.runs if run.again and not run.problem]
    if again:
        lines.append(f"{again[0].again}: {counted(len(again), 'run')} began again from the start")
    if record.looks_before + looks_of(record) > 1:
        lines.append(said_of_looks(record))
    return [safe(line, 500) for line in [*lines, *record.warnings]]
