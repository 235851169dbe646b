"""The course of runs as far as it is settled: where they go on from, what a person did, where they branch."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.errors import KeyProblem
from engine.events import Changed, Checkpoint
from engine.experiment import Experiment
from engine.schedules import Constant
from engine.sweep import Settings
from engine.tables import with_settings

FIXED = ("loss", "reduction", "threads", "delta")
"""Keys of the training that must stay: figures before and after would not compare, or bits differ."""


STOP = "stop"
"""The key of a change that ends runs after an update, as a person's stop did."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A branch: from the end of an epoch on, all runs have other settings; weights, moments and streams are kept."""

    epoch: int
    settings: dict[str, Any]
    """As JSON can have them: `{"training.learning_rate": 0.001}`."""


@dataclass(frozen=True, slots=True)
class Course:
    """What is settled of the runs of a study; an empty one for a study that simply begins."""

    checkpoints: tuple[Checkpoint, ...] = ()
    """Where runs stood: they go on from there."""
    changes: tuple[Changed, ...] = ()
    """What a person did the first time, to be repeated after as many updates."""
    turns: tuple[Turn, ...] = ()
    """Of a branch, and of the branches that it comes from, in their order."""
    parent: str = ""
    """What a branch comes from, as people call it."""
    parent_created: str = ""
    """When that was begun, ISO; empty where it does not say."""
    checkpoint_seconds: float = 0.0
    """How often the runs should say where they stand; 0 for never."""

    def of(self, runs: Collection[int]) -> Course:
        """Return what concerns some of the runs, in its order: of several checkpoints of a run the newest is last."""
        return replace(
            self,
            checkpoints=tuple(
                one for one in sorted(self.checkpoints, key=lambda one: one.epoch) if set(one.runs) & set(runs)
            ),
            changes=tuple(
                replace(one, runs=tuple(run for run in one.runs if run in runs))
                for one in sorted(self.changes, key=lambda change: change.update)
                if set(one.runs) & set(runs)
            ),
        )

    @classmethod
    def from_plain(cls, body: Mapping[str, Any]) -> Course:
        """Return the course that `dataclasses.asdict` made plain and JSON brought here."""
        return cls(
            tuple(Checkpoint(**one | {"runs": tuple(one["runs"])}) for one in body["checkpoints"]),
            tuple(Changed(**one | {"runs": tuple(one["runs"])}) for one in body["changes"]),
            tuple(Turn(**one) for one in body["turns"]),
            body["parent"],
            body["parent_created"],
            body["checkpoint_seconds"],
        )

    def start_of(self, run: int) -> int:
        """Return how many epochs a run has behind it."""
        return max((one.epoch for one in self.checkpoints if run in one.runs), default=0)


NOTHING = Course()


def turned(experiment: Experiment, settings: Settings) -> Experiment:
    """Return the experiment after a branch.

    Raises
    ------
    KeyProblem
        For a key that a network cannot change on its way: its data, its shape, what its figures mean.
    """
    for key in settings:
        table, _, name = key.partition(".")
        if key != "model.dropout" and (table != "training" or name.partition(".")[0] in FIXED):
            raise KeyProblem(key, "cannot change on the way", "a branch changes a key of [training], or model.dropout")
    after = with_settings(experiment, settings)
    before = experiment.training
    if type(after.training.optimizer) is not type(before.optimizer):
        raise KeyProblem("training.optimizer", "cannot change on the way: its moments are kept", "change its numbers")
    rescheduled = not (isinstance(before.schedule, Constant) and isinstance(after.training.schedule, Constant))
    if after.training.batch_size != before.batch_size and rescheduled:
        raise KeyProblem("training.batch_size", "cannot change under a schedule, which counts updates", "")
    return after
