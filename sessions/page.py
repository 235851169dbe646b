"""A page of the notebook: an experiment, the record of its runs, and what the student wrote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.activations import ACTIVATIONS
from engine.errors import LabError
from engine.experiment import Experiment
from sessions.record import Record

FORMAT = "lossbook"


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `record` is None for an experiment that nobody has run."""

    experiment: Experiment
    title: str = ""
    created: datetime | None = None
    tags: tuple[str, ...] = ()
    notes: str = ""
    record: Record | None = None
    base_dir: str = ""
    """The folder from which the experiment names its data files, where it names one by a relative path."""
    salvaged: str = ""
    """Of a page that was put together from a damaged one: what was lost. Kept with it for good."""
    warning: str = ""
    """What a reader should know of the file, such as a record that was edited; never written."""
    read_only: str = ""
    """Why the page must not be written over nor trained, such as a newer schema; never written."""

    def check_writable(self, where: str = "") -> None:
        """Raise a LabError, with the file's name in `where`, for a page that is one to read only."""
        if self.read_only:
            problem, _, hint = self.read_only.partition("; ")
            raise LabError(problem, hint, where=where)


def default_title(experiment: Experiment) -> str:
    """Return a title that says data and model: `digits 32 relu`, `mnist-1d cnn 16-16 relu`, `births linear`.

    Of a sweep it says what is varied: `digits sweep of hidden, learning_rate`.
    """
    if experiment.sweep:
        keys = ", ".join(key.rpartition(".")[2] for key in experiment.sweep.keys)
        return f"{experiment.data.label} sweep of {keys}"
    model = experiment.model
    parts = ["cnn", "-".join(map(str, model.convolution))] if model.convolution else []
    parts += ["-".join(map(str, model.hidden))] if model.hidden else []
    shape = " ".join([*parts, ACTIVATIONS.name_of(model.activation)]) if parts else "linear"
    return f"{experiment.data.label} {shape}"
