"""Events of runs that train: their start, their epochs and how they end."""

from __future__ import annotations

from dataclasses import dataclass

from engine.events.figures import Columns, Figures


@dataclass(frozen=True, slots=True)
class RunsStarted:
    """Runs of one shape begin to train as a stack."""

    runs: tuple[int, ...]
    parameters: int
    train_rows: int
    validation_rows: int
    test_rows: int
    updates_per_epoch: int
    epochs: int
    epoch: int = 0
    """How many epochs lie behind them, where they go on from a checkpoint."""


@dataclass(frozen=True, slots=True)
class EpochEnded:
    """An epoch of a stack has ended; `seconds` is the stack's training time so far, evaluation left out."""

    runs: tuple[int, ...]
    epoch: int
    train: Columns
    validation: Columns
    seconds: float


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where runs of a stack stand after an epoch. Kept beside the page while it trains, never in the journal."""

    runs: tuple[int, ...]
    epoch: int
    update: int
    seconds: float
    state: str
    """An archive of arrays, base64: `engine.standing` reads it."""


@dataclass(frozen=True, slots=True)
class RunEnded:
    """One run is over: finished, stopped or diverged; the figures belong to the weights that are kept."""

    run: int
    status: str
    epochs: int
    best_epoch: int | None
    updates: int
    seconds: float
    train: Figures
    validation: Figures | None
    test: Figures | None
    coefficients: Figures | None
    weights: str
    """The parameters, float32 little-endian, base64."""
    sha256: str
    """Of the parameters' bytes."""
    solution: Figures | None = None
    """Of a closed form: the condition number and the rank of what was solved."""


@dataclass(frozen=True, slots=True)
class RunsFailed:
    """Runs that ended by an error or the death of their worker."""

    runs: tuple[int, ...]
    problem: str
    hint: str
    bad_input: bool = False
    """Whether the experiment itself cannot be; then no page is worth keeping."""
    key: str = ""
    """The experiment's key that is to blame."""


@dataclass(frozen=True, slots=True)
class RunsAgain:
    """Runs whose worker has died will be trained once more, from the beginning."""

    runs: tuple[int, ...]
    problem: str
