"""A study at work: its runs, then what follows from them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from functools import reduce
from typing import Protocol

from engine import plan
from engine.choosing import best_of, mean_of, over_folds
from engine.control import Command, Measure, Stop
from engine.course import NOTHING, Course, turned
from engine.errors import LabError
from engine.events import (
    Branched,
    DataRead,
    Event,
    RefitPlanned,
    RunEnded,
    RunsFailed,
    SettingChosen,
    StudyEnded,
    StudyStarted,
)
from engine.experiment import Experiment
from engine.plan import RunSpec
from engine.sharing import measuring, testing
from engine.tables import with_settings


class OtherData(LabError):  # noqa: N818 - a problem that the student has, not an error of the program
    """The data of a study that goes on are others by now."""


class Trainers(Protocol):
    """What trains the runs of a study: a pool of workers here, or an executor elsewhere."""

    def train(
        self,
        experiment: Experiment,
        specs: Sequence[RunSpec],
        course: Course = NOTHING,
        baselines: Measure | None = None,
    ) -> AsyncIterator[list[Event]]:
        """Train the runs as their course is settled, measure baselines beside them, and yield events as they come."""
        ...

    def send(self, command: Command) -> None:
        """Pass a person's command to what trains."""
        ...


class Study:
    """Trains all runs of an experiment and tells what happens; commands reach the runs that train."""

    def __init__(
        self,
        experiment: Experiment,
        trainers: Trainers,
        ends: Mapping[int, RunEnded] | None = None,
        course: Course = NOTHING,
        measured: Iterable[tuple[int, str]] = (),
        *,
        data: Iterable[DataRead] = (),
    ) -> None:
        """Plan the runs; KeyProblem where that cannot be.

        Runs whose `ends` are known are not trained again, nor are baselines measured whose setting and name are known.
        Runs with other `data` than those would be no part of the same study: `events` raises OtherData for them.
        """
        self.experiment = experiment
        self.course = course
        self.settings = plan.settings_of(experiment)
        self.specs = plan.plan(experiment)
        self._trainers = trainers
        self._stopping = False
        self._goes_on = ends is not None
        self._ends: dict[int, RunEnded] = dict(ends or {})
        self._data = tuple(data)
        self._baselines = measuring(experiment, self.specs, measured)

    def send(self, command: Command) -> None:
        """Pass a person's command on; a stop also keeps the refit from starting."""
        self._stopping = self._stopping or isinstance(command, Stop)
        self._trainers.send(command)

    async def events(self) -> AsyncIterator[list[Event]]:
        """Yield every event of the study, from StudyStarted, unless it goes on, to StudyEnded.

        Raises
        ------
        OtherData
            Where a study goes on, and its data have changed.
        """
        statuses = [end.status for end in self._ends.values()]
        if not self._goes_on:
            yield [self._started(), *self._branched()]
        left = [spec for spec in self.specs if spec.index not in self._ends]
        if left or self._baselines is not None:
            async for batch in self._trainers.train(self.experiment, left, self.course, self._baselines):
                self._look_at_data(batch)
                statuses += _endings(batch)
                self._ends |= {event.run: event for event in batch if isinstance(event, RunEnded)}
                yield batch
        chosen = self._chosen() if not self._stopping else None
        if chosen is not None and self.experiment.sweep:
            yield [SettingChosen(chosen, self.experiment.choose_by)]
        if chosen is not None and plan.wants_refit(self.experiment):
            # Of a branch, with what its runs had in the end.
            last = reduce(turned, (turn.settings for turn in self.course.turns), self.experiment)
            best = self._best_epochs(chosen, last)
            spec, _ = plan.refit(self.experiment, len(self.specs), best, chosen, self.settings[chosen])
            _, reason = plan.refit(last, len(self.specs), best, chosen, self.settings[chosen])
            statuses.clear()  # a study with a refit has come to its end only if the refit has
            yield [RefitPlanned(spec.index, spec.label, spec.epochs or 0, reason, chosen)]
            tested = testing(self.experiment, self.specs, chosen)
            async for batch in self._trainers.train(self.experiment, [spec], self.course, tested):
                self._look_at_data(batch)
                statuses += _endings(batch)
                yield batch
        yield [StudyEnded(study_status(statuses, stopped=self._stopping))]

    def _look_at_data(self, batch: Iterable[Event]) -> None:
        """Refuse runs that learn from other data than those before them."""
        for read in (event for event in batch if isinstance(event, DataRead)):
            for known in self._data:
                shared = not known.read_for or not read.read_for or set(known.read_for) & set(read.read_for)
                if shared and known.sha256 != read.sha256:
                    raise OtherData(
                        f"the data have changed since: {read.name} is not what the runs before have learned from",
                        "put it back as it was, or train all anew: lossbook run SESSION",
                    )

    def _started(self) -> StudyStarted:
        return StudyStarted(
            labels=tuple(spec.label for spec in self.specs),
            restarts=tuple(spec.restart + 1 for spec in self.specs),
            repeats=tuple(spec.repeat + 1 for spec in self.specs),
            folds=tuple(spec.fold + 1 for spec in self.specs),
            epochs=self.experiment.training.epochs,
            settings=tuple(self.settings),
            setting_of=tuple(spec.setting for spec in self.specs),
        )

    def _branched(self) -> list[Event]:
        turns = self.course.turns
        epochs, settings = tuple(turn.epoch for turn in turns), tuple(turn.settings for turn in turns)
        return [Branched(self.course.parent, epochs, settings, self.course.parent_created)] if turns else []

    def _chosen(self) -> int | None:
        """Return the setting that the validation rows choose; the only one where it has finished anywhere."""
        runs: dict[int, list[RunSpec]] = {}
        for spec in self.specs:
            runs.setdefault(spec.setting, []).append(spec)
        finished = {
            setting: [spec for spec in specs if self._finished(spec) is not None] for setting, specs in runs.items()
        }
        if not self.experiment.sweep:
            return 0 if finished[0] else None
        if not plan.can_choose(self.experiment):
            return None
        by = self.experiment.choose_by
        means = {setting: mean_of(over_folds(self._figures(specs, by))) for setting, specs in finished.items()}
        complete = {setting: len(specs) / len(runs[setting]) for setting, specs in finished.items()}
        return best_of(means, complete, by)

    def _finished(self, spec: RunSpec) -> RunEnded | None:
        end = self._ends.get(spec.index)
        return end if end is not None and end.status == "finished" else None

    def _figures(self, specs: Sequence[RunSpec], name: str) -> list[tuple[tuple[int, int], float]]:
        ends = [(spec, self._ends[spec.index].validation or {}) for spec in specs]
        return [((spec.repeat, spec.fold), figures[name]) for spec, figures in ends if name in figures]

    def _best_epochs(self, setting: int, experiment: Experiment) -> list[int]:
        """Return the best epochs of the runs of a setting that have finished; none if all went on to the last one."""
        planned = with_settings(experiment, self.settings[setting]).training.epochs
        ends = [end for spec in self.specs if spec.setting == setting and (end := self._finished(spec)) is not None]
        if all(end.epochs >= planned for end in ends):
            return []
        return [end.best_epoch for end in ends if end.best_epoch is not None]


def _endings(batch: list[Event]) -> list[str]:
    """Return the statuses of the runs that end in a batch."""
    statuses: list[str] = []
    for event in batch:
        if isinstance(event, RunEnded):
            statuses.append(event.status)
        elif isinstance(event, RunsFailed):
            statuses += ["failed"] * len(event.runs)
    return statuses


def study_status(statuses: list[str], *, stopped: bool) -> str:
    """Return finished if any run finished; else the worst that happened."""
    if stopped:
        return "stopped"
    return next((status for status in ("finished", "stopped", "diverged") if status in statuses), "failed")
