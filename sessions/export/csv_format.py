"""CSV: every curve in long form, or the figures at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.errors import LabError
from sessions.export.base import EXPORTS, Exported, Subject
from sessions.export.cells import table
from sessions.record import Record, RunRecord

PLACE = ("restart", "repeat", "fold", "role")
COURSE = ("status", "epochs", "best_epoch", "parameters", "updates", "seconds")
PARTS = ("train", "validation", "test")


@EXPORTS.register("csv")
@dataclass(frozen=True, slots=True)
class Csv:
    """A row for each run and epoch (`final`: for each run), with the run's settings beside its figures."""

    suffix: ClassVar[str] = ".csv"
    heeds: ClassVar[frozenset[str]] = frozenset({"final"})
    beside: ClassVar[str | None] = None

    def export(self, subject: Subject) -> Exported:
        """Return the table; LabError for a page that nobody has trained."""
        record = subject.record
        if not record.runs:
            raise LabError("the page has no runs to export", "train it first: lossbook run", where=subject.path.stem)
        keys = list(dict.fromkeys(key for settings in record.settings for key in settings))
        header, rows = (_final if subject.final else _long)(record)
        return Exported(
            table(
                ["label", *keys, *PLACE, *header],
                ([*_place(record, run, keys), *cells] for run, cells in rows),
                subject.renderer.visible,
            )
        )


def _place(record: Record, run: RunRecord, keys: Sequence[str]) -> list[Any]:
    settings = record.settings[run.setting]
    return [run.label, *(settings.get(key) for key in keys), run.restart, run.repeat, run.fold, run.role]


def _long(record: Record) -> tuple[list[str], Iterator[tuple[RunRecord, list[Any]]]]:
    """Return the further columns, and the cells of each epoch that the page has of each run."""
    columns = [
        (part, name)
        for part in PARTS[:2]
        for name in dict.fromkeys(name for run in record.runs for name in getattr(run, f"{part}_curves"))
    ]

    def rows() -> Iterator[tuple[RunRecord, list[Any]]]:
        for run in record.runs:
            curves = [dict(getattr(run, f"{part}_curves").get(name, ())) for part, name in columns]
            for epoch in sorted(set().union(*curves)):
                yield run, [epoch, *(curve.get(epoch) for curve in curves)]

    return ["epoch", *(f"{part}.{name}" for part, name in columns)], rows()


def _final(record: Record) -> tuple[list[str], Iterator[tuple[RunRecord, list[Any]]]]:
    """Return the further columns, and the cells of each run: its course, and the figures of the kept weights."""
    columns = [
        (part, name)
        for part in PARTS
        for name in dict.fromkeys(name for run in record.runs for name in getattr(run, part) or {})
    ]

    def rows() -> Iterator[tuple[RunRecord, list[Any]]]:
        for run in record.runs:
            course = (run.status, run.epoch, run.best_epoch, run.parameters, run.updates, run.seconds)
            yield run, [*course, *((getattr(run, part) or {}).get(name) for part, name in columns)]

    return [*COURSE, *(f"{part}.{name}" for part, name in columns)], rows()
