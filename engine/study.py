"""A study at work: its runs, then what follows from them."""

from __future__ import annotations

from collections.abc import AsyncIterator

from engine import plan
from engine.control import Command, Stop
from engine.events import Event, RefitPlanned, RunEnded, RunsFailed, StudyEnded, StudyStarted
from engine.experiment import Experiment
from engine.launch import Pool


class Study:
    """Trains all runs of an experiment and tells what happens; commands reach the runs that train."""

    def __init__(self, experiment: Experiment, pool: Pool) -> None:
        self.experiment = experiment
        self.specs = plan.plan(experiment)
        self._pool = pool
        self._stopping = False

    def send(self, command: Command) -> None:
        """Pass a person's command on; a stop also keeps the refit from starting."""
        self._stopping = self._stopping or isinstance(command, Stop)
        self._pool.send(command)

    async def events(self) -> AsyncIterator[list[Event]]:
        """Yield every event of the study, from StudyStarted to StudyEnded."""
        statuses: list[str] = []
        best: list[int] = []
        yield [self._started()]
        async for batch in self._pool.train(self.experiment, self.specs):
            statuses += _endings(batch)
            best += _best_epochs(batch)
            yield batch
        if plan.wants_refit(self.experiment) and "finished" in statuses and not self._stopping:
            spec, reason = plan.refit(self.experiment, len(self.specs), best)
            statuses.clear()  # a study with a refit has come to its end only if the refit has
            yield [RefitPlanned(spec.index, spec.label, spec.epochs or 0, reason)]
            async for batch in self._pool.train(self.experiment, [spec]):
                statuses += _endings(batch)
                yield batch
        yield [StudyEnded(study_status(statuses, stopped=self._stopping))]

    def _started(self) -> StudyStarted:
        return StudyStarted(
            labels=tuple(spec.label for spec in self.specs),
            restarts=tuple(spec.restart + 1 for spec in self.specs),
            repeats=tuple(spec.repeat + 1 for spec in self.specs),
            folds=tuple(spec.fold + 1 for spec in self.specs),
            epochs=self.experiment.training.epochs,
        )


def _endings(batch: list[Event]) -> list[str]:
    """Return the statuses of the runs that end in a batch."""
    statuses: list[str] = []
    for event in batch:
        if isinstance(event, RunEnded):
            statuses.append(event.status)
        elif isinstance(event, RunsFailed):
            statuses += ["failed"] * len(event.runs)
    return statuses


def _best_epochs(batch: list[Event]) -> list[int]:
    """Return the best epochs of the runs that finish in a batch."""
    ends = [event for event in batch if isinstance(event, RunEnded) and event.status == "finished"]
    return [end.best_epoch for end in ends if end.best_epoch is not None]


def study_status(statuses: list[str], *, stopped: bool) -> str:
    """Return finished if any run finished; else the worst that happened."""
    if stopped:
        return "stopped"
    return next((status for status in ("finished", "stopped", "diverged") if status in statuses), "failed")
