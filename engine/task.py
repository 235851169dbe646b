"""What a pool has to do for one call of `train`, and what a person has said meanwhile."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

from engine import tables
from engine.control import Change, Command, Pause, Resume, Step, Stop, Train
from engine.course import Course
from engine.events import Changed, Event
from engine.experiment import Experiment
from engine.plan import RunSpec
from engine.sharing import pieces


class Task:
    """The runs of one call of `train`: what waits, and what a person has said meanwhile."""

    def __init__(self, experiment: Experiment, specs: Sequence[RunSpec], workers: int, course: Course) -> None:
        self.tables = tables.to_tables(experiment)
        self.threads = experiment.training.threads
        self.course = course
        shared = pieces(experiment, specs, workers, course)
        self.waiting: deque[Train] = deque(self.job(piece) for piece in shared)
        self.said: asyncio.Queue[list[Event] | None] = asyncio.Queue()
        self.tried_again: set[int] = set()
        self.told: list[Change] = []
        """What a person has changed so far: pieces that begin later begin with it."""
        self.holding = False
        self.stopping = False

    def job(self, specs: Sequence[RunSpec]) -> Train:
        """Return the job of training some of the runs."""
        return Train(self.tables, tuple(specs), self.course.of([spec.index for spec in specs]))

    def note(self, batch: Iterable[Event]) -> None:
        """Note what a person has changed: a run that is trained once more has it done again."""
        changes = tuple(event for event in batch if isinstance(event, Changed) and event not in self.course.changes)
        if changes:
            self.course = replace(self.course, changes=(*self.course.changes, *changes))

    def heed(self, command: Command) -> None:
        """Note what a piece that begins later must be told too."""
        match command:
            case Stop():
                self.waiting.clear()
                self.stopping = True
            case Pause() | Step():
                self.holding = True
            case Resume():
                self.holding = False
            case Change():
                self.told.append(command)

    def opening(self, piece: Train) -> list[Command]:
        """Return what a worker that begins a piece is told with it. Runs that are trained again have their course."""
        is_again = self.tried_again & {spec.index for spec in piece.runs}
        return [piece, *([] if is_again else self.told), *([Pause()] if self.holding else [])]

    def again(self, piece: Train, open_runs: Sequence[int]) -> bool:
        """Put the runs that a dead worker left back in the queue, once; return whether that was done."""
        if self.tried_again & set(open_runs):
            return False
        self.tried_again |= set(open_runs)
        self.waiting.appendleft(self.job([spec for spec in piece.runs if spec.index in open_runs]))
        return True
