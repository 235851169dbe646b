"""JSON: all that a page holds, as `lossbook run --json` and more."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from engine import tables
from sessions.curve import Curve
from sessions.export.base import EXPORTS, Exported, Subject
from sessions.record import Record, RunRecord
from sessions.report import as_json, finite


@EXPORTS.register("json")
@dataclass(frozen=True, slots=True)
class Json:
    """One object: that of `run --json`, with the experiment, the curves, the notes and the environment."""

    suffix: ClassVar[str] = ".json"
    heeds: ClassVar[frozenset[str]] = frozenset()
    beside: ClassVar[str | None] = None

    def export(self, subject: Subject) -> Exported:
        """Return the object on one line; what is not finite is null."""
        page, record = subject.page, subject.record
        report = as_json(subject.path, page)
        runs = zip(report["runs"], record.candidates, strict=True)
        report["runs"] = [plain | {"curves": _curves(run)} for plain, run in runs]
        if record.refit is not None:
            report["refit"] |= {"curves": _curves(record.refit)}
        report |= {
            "created": page.created,
            "tags": page.tags,
            "notes": page.notes,
            "experiment": tables.to_tables(page.experiment),
            "environment": None if record.environment is None else asdict(record.environment),
            "interventions": _interventions(record),
        }
        return Exported(subject.renderer.json(finite(_plain(report))) + "\n")


def _curves(run: RunRecord) -> dict[str, Any]:
    return {
        part: {name: _points(curve) for name, curve in curves.items()}
        for part, curves in (("train", run.train_curves), ("validation", run.validation_curves))
    }


def _points(curve: Curve) -> dict[str, list[Any]]:
    return {"epochs": curve.epochs.tolist(), "values": curve.values.tolist()}


def _interventions(record: Record) -> list[dict[str, Any]]:
    return [asdict(intervention) for intervention in record.interventions]


def _plain(value: Any) -> Any:
    """Return values as JSON can have them: ISO texts for dates."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
