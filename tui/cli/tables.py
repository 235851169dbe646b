"""Tables and figures for a person who reads standard output."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from sessions.looks import looks_of, said_of_looks
from sessions.record import Record, RunRecord
from sessions.report import summarize
from tui.numbers import counted, figure, main_metric
from tui.text import safe


def table(header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Return rows under a header, columns aligned by their width in cells; those in `right` to the right."""
    cells = [list(header), *([safe(cell) for cell in row] for row in rows)]
    widths = [max(cell_len(row[place]) for row in cells) for place in range(len(header))]
    lines = []
    for row in cells:
        padded = [
            " " * (width - cell_len(cell)) + cell if place in right else cell + " " * (width - cell_len(cell))
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def runs_table(record: Record) -> str:
    """Return the runs of a record with their mean, one line each."""
    metric = main_metric(record.runs[0]) if record.runs else "loss"
    names = ["loss"] if metric == "loss" else ["loss", metric]
    parts = [part for part in ("train", "validation", "test") if any(getattr(run, part) for run in record.runs)]
    header = ["run", "status", "epochs", *(f"{part} {name}" for name in names for part in parts), "seconds"]
    rows = [_row(run, names, parts) for run in record.runs]
    summary = summarize(record)
    if len(record.candidates) > 1 and summary:
        spread = [_spread(summary.get(f"{part}.{name}")) for name in names for part in parts]
        rows.insert(len(record.candidates), ["mean ± sd", "", "", *spread, ""])
    return table(header, rows, right=range(2, len(header)))


def _row(run: RunRecord, names: Sequence[str], parts: Sequence[str]) -> list[str]:
    values = [figure((getattr(run, part) or {}).get(name)) for name in names for part in parts]
    return [run.label, run.status, str(run.epoch), *values, f"{run.seconds:.2f}"]


def _spread(summary: dict[str, float] | None) -> str:
    return f"{figure(summary['mean'])} ± {figure(summary['sd'], 3)}" if summary else "–"


def problems(record: Record) -> list[str]:
    """Return one line for each thing that went wrong or may mislead."""
    said = {run.problem: run.label for run in reversed(record.runs) if run.problem}
    lines = [f"{label}: {problem}" for problem, label in said.items()]
    again = [run for run in record.runs if run.again and not run.problem]
    if again:
        lines.append(f"{again[0].again}: {counted(len(again), 'run')} began again from the start")
    if record.looks_before + looks_of(record) > 1:
        lines.append(said_of_looks(record))
    return [safe(line, 500) for line in [*lines, *(record.data.warnings if record.data else ())]]
