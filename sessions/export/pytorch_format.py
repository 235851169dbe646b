"""PyTorch: a script that builds and trains a run's network on its rows, from its weights, in its order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.batches import Scales
from engine.errors import KeyProblem, LabError
from engine.jobs import Job, loss_of
from engine.prepare import read_one
from engine.setup import network_of
from engine.tables import with_settings
from sessions import places
from sessions.export.base import EXPORTS, Exported, Subject
from sessions.export.torch.modules import written
from sessions.export.torch.rows import archive
from sessions.export.torch.script import Told, refuse_what_does_not_map, script
from sessions.result import result_of
from sessions.specs import spec_of


@EXPORTS.register("pytorch")
@dataclass(frozen=True, slots=True)
class PyTorch:
    """A script, and an archive with the run's rows and the numbers that its network began with."""

    suffix: ClassVar[str] = ".py"
    heeds: ClassVar[frozenset[str]] = frozenset({"run"})
    beside: ClassVar[str | None] = ".data.npz"

    def export(self, subject: Subject) -> Exported:
        """Return the script and the archive.

        Raises
        ------
        LabError
            For a run that did not finish, data that cannot be read, or a key that PyTorch has no counterpart for.
        """
        page, record = subject.page, subject.record
        number = result_of(page) if subject.run is None else subject.run
        spec = spec_of(page, number)
        run = record.runs[number]
        if run.status != "finished" or run.train is None:
            raise LabError(f"run {number + 1} ({run.label}) is {run.status}", "choose one that has finished: --run N")
        if record.branch is not None:
            raise KeyProblem("record.branch", "has no counterpart in the PyTorch script", "export the page it is of")
        refuse_what_does_not_map(with_settings(page.experiment, spec.settings))
        feed, (job,) = read_one(places.checked(page), (spec,))
        scales = Scales.of(feed, job.train, standardize=job.experiment.data.standardize)
        network = written(network_of([job], feed, [scales], np.float32), job.experiment.model.dropout)
        figures = {"train": run.train, "validation": run.validation, "test": run.test}
        told = Told(
            page=subject.path.stem,
            label=run.label,
            suffix=self.beside or "",
            parts=tuple(part for part, rows in _rows_of(job).items() if rows and figures[part]),
            figures={part: known for part, known in figures.items() if known},
            changes=[(one.update, one.value) for one in record.interventions if number in one.runs],
            updates_per_epoch=run.updates_per_epoch,
            fills=scales.fill is not None,
            scales_targets=not feed.dataset.classes,
        )
        text = script(job, loss_of(job.experiment, feed.dataset.task), network, told)
        said = f"run {number + 1} of {len(record.runs)}: {run.label}, {run.train_rows:,} training rows"
        return Exported(text, (said,), archive(job, feed, scales, network.numbers))


def _rows_of(job: Job) -> dict[str, int]:
    return {"train": len(job.train), "validation": len(job.validation), "test": len(job.test)}
