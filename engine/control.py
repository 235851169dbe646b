"""Commands to a worker, and the wishes of a person that a trainer reads between batches."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, TypeAlias

from engine.course import NOTHING, Course
from engine.errors import LabError
from engine.plan import RunSpec


@dataclass(frozen=True, slots=True)
class Train:
    """Train these runs of an experiment, given as its tables."""

    experiment: dict[str, Any]
    runs: tuple[RunSpec, ...]
    course: Course = NOTHING


@dataclass(frozen=True, slots=True)
class Measure:
    """Measure the baselines on the rows of these runs, those of one setting after another's."""

    experiment: dict[str, Any]
    runs: tuple[RunSpec, ...]
    known: tuple[tuple[int, str], ...] = ()
    """Setting and name of those that have been measured already."""
    tests: bool = True
    """Whether they look at the test rows where the study does."""


@dataclass(frozen=True, slots=True)
class Inspect:
    """Look into the network that one run of an experiment has ended with."""

    experiment: dict[str, Any]
    run: RunSpec
    weights: str
    """As its RunEnded had them."""


@dataclass(frozen=True, slots=True)
class TryRates:
    """Do the learning-rate range test with one run of an experiment."""

    experiment: dict[str, Any]
    run: RunSpec


@dataclass(frozen=True, slots=True)
class Predict:
    """Apply the network that one run of an experiment has ended with to other rows."""

    experiment: dict[str, Any]
    run: RunSpec
    weights: str
    """As its RunEnded had them."""
    rows: str
    """The path of a file, from the root, or the name of a data set."""
    is_file: bool


@dataclass(frozen=True, slots=True)
class Look:
    """Say what the parameters of a run are now, without holding it up."""

    run: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Hold after the batch in hand."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on."""


@dataclass(frozen=True, slots=True)
class Step:
    """Train to the end of an epoch, then hold."""


@dataclass(frozen=True, slots=True)
class Stop:
    """End all runs after the batch in hand and keep what they have learned."""


@dataclass(frozen=True, slots=True)
class Change:
    """Change a setting of all runs from the next batch on."""

    key: str
    value: float


Job: TypeAlias = Train | Measure | Inspect | TryRates | Predict
"""What a worker that waits can be told to do."""
Command: TypeAlias = Job | Look | Pause | Resume | Step | Stop | Change
KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in Command.__args__}


def encode(command: Command) -> str:
    """Return a command as one line of JSON without its newline; dates become ISO texts."""
    body = {"command": type(command).__name__} | dataclasses.asdict(command)
    return json.dumps(body, default=str, separators=(",", ":"))


def decode(line: str | bytes) -> Command:
    """Return the command of a line; LabError where it is none."""
    try:
        body = json.loads(line)
        kind = KINDS[body.pop("command")]
        if kind in {Train, Measure}:
            body["runs"] = tuple(RunSpec(**spec) for spec in body["runs"])
            if "course" in body:
                body["course"] = Course.from_plain(body["course"])
            if kind is Measure:
                body["known"] = tuple((setting, name) for setting, name in body.get("known", ()))
        elif kind in {Inspect, TryRates, Predict}:
            body["run"] = RunSpec(**body["run"])
        command: Command = kind(**body)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise LabError(f"not a command: {str(line)[:80]!r}") from error
    return command


@dataclass(slots=True)
class Control:
    """What a person wants now. Commands wait in the inbox until a trainer asks, between batches, what moved."""

    inbox: SimpleQueue[Command] = field(default_factory=SimpleQueue)
    version: int = 0
    holding: bool = False
    steps: int = 0
    stopping: bool = False
    changes: list[Change] = field(default_factory=list)
    looks: list[int] = field(default_factory=list)
    """Runs that somebody wants to look into, in the order in which it was said."""

    def moved(self, seen: int) -> bool:
        """Tell whether there is a command that the trainer which saw version `seen` does not know."""
        return self.version != seen or not self.inbox.empty()

    def take_in(self) -> None:
        """Heed all commands that wait."""
        while not self.inbox.empty():
            self.heed(self.inbox.get())

    def wait(self) -> None:
        """Sleep until there is a command, and heed it."""
        self.heed(self.inbox.get())

    def heed(self, command: Command) -> None:
        """Take a command in."""
        match command:
            case Pause():
                self.holding = True
            case Resume():
                self.holding = False
            case Step():
                self.holding = True
                self.steps += 1
            case Stop():
                self.stopping = True
            case Change():
                self.changes.append(command)
            case Look():
                self.looks.append(command.run)
            case Train() | Measure() | Inspect() | TryRates() | Predict():
                raise LabError("a worker was given a second job while it was at one")
        self.version += 1
