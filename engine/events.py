"""Events: all that a study says while it goes, and their form as JSON lines.

The same lines go through a worker's pipe, into the journal and out of a replay. Runs of one stack speak together:
an event names its runs and carries one value for each.
"""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from typing import Any, TypeAlias

from engine.errors import LabError

Figures: TypeAlias = dict[str, float]
"""One run's loss and metrics by name."""
Columns: TypeAlias = dict[str, tuple[float, ...]]
"""Loss and metrics by name, one value a run."""


@dataclass(frozen=True, slots=True)
class StudyStarted:
    """A study begins: its runs in order, each with its label and its place, counted from 1."""

    labels: tuple[str, ...]
    restarts: tuple[int, ...]
    repeats: tuple[int, ...]
    folds: tuple[int, ...]
    epochs: int
    settings: tuple[dict[str, Any], ...] = ({},)
    """What the settings of a sweep have instead of the experiment's own values."""
    setting_of: tuple[int, ...] = ()
    """Each run's setting, counted from 0; empty where there is one."""


@dataclass(frozen=True, slots=True)
class DataLoading:
    """A worker reads a large file: the share of it that has been read. Never kept: it says nothing of a study."""

    share: float


@dataclass(frozen=True, slots=True)
class DataRead:
    """A worker has read the data."""

    name: str
    rows: int
    features: int
    outputs: int
    task: str
    unit: str
    sha256: str
    warnings: tuple[str, ...]
    test_sha256: str = ""
    """Names the test rows, by which looks at them are counted; empty where there are none."""


@dataclass(frozen=True, slots=True)
class EnvironmentSeen:
    """Where the numbers come from: `verify` names what of it differs."""

    python: str
    numpy: str
    blas: str
    threads: int
    cpu: tuple[str, ...]


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


@dataclass(frozen=True, slots=True)
class EpochEnded:
    """An epoch of a stack has ended; `seconds` is the stack's training time so far, evaluation left out."""

    runs: tuple[int, ...]
    epoch: int
    train: Columns
    validation: Columns
    seconds: float


@dataclass(frozen=True, slots=True)
class Paused:
    """A person holds the runs after this many updates."""

    runs: tuple[int, ...]
    epoch: int
    update: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """The runs go on."""

    runs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """A person has changed a setting of the runs after this many updates: a re-run repeats it."""

    runs: tuple[int, ...]
    update: int
    key: str
    value: float


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


@dataclass(frozen=True, slots=True)
class Inspected:
    """What the network of a run is like on its training rows; `engine.inspection` says what each figure means."""

    run: int
    layers: tuple[str, ...]
    gradient_norms: tuple[float, ...]
    weight_norms: tuple[float, ...]
    unit_means: tuple[float, ...]
    unit_sds: tuple[float, ...]
    dead: tuple[float, ...]
    lowest: float
    highest: float
    error: float
    gradient_norm: float
    place: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What the parameters of a run that trains are at this moment; it goes on. Not kept on any page."""

    run: int
    epoch: int
    update: int
    weights: str
    """As RunEnded has them."""


@dataclass(frozen=True, slots=True)
class RatesTried:
    """What a learning-rate range test saw; `engine.range_test` says what each figure means."""

    rates: tuple[float, ...]
    before: tuple[float, ...]
    losses: Columns
    """Each start's losses, one a rate, under the start's number from 1."""
    suggested: float | None


@dataclass(frozen=True, slots=True)
class BaselineMeasured:
    """What a simple model reaches on the study's rows; figures have the names and units of a run's."""

    name: str
    says: str
    """What it is, in words."""
    train: Columns
    """One figure a fold."""
    validation: Columns
    """One figure a fold; empty where no rows validate."""
    test: Figures | None
    """Where the study looks at the test rows."""
    left_out: str = ""
    """Why there are no figures; empty where there are."""
    setting: int = 0
    """On whose rows: those of the first setting that has them."""


@dataclass(frozen=True, slots=True)
class SettingChosen:
    """The validation rows have chosen a setting of a sweep: the best mean of a figure."""

    setting: int
    by: str


@dataclass(frozen=True, slots=True)
class RefitPlanned:
    """One more run follows, on all rows but the test's, for so many epochs."""

    run: int
    label: str
    epochs: int
    reason: str
    setting: int = 0


@dataclass(frozen=True, slots=True)
class StudyEnded:
    """No run is left."""

    status: str


@dataclass(frozen=True, slots=True)
class JobEnded:
    """A worker has done what it was told and waits."""


Event: TypeAlias = (
    StudyStarted
    | DataLoading
    | DataRead
    | EnvironmentSeen
    | RunsStarted
    | EpochEnded
    | Paused
    | Resumed
    | Changed
    | RunEnded
    | RunsFailed
    | RunsAgain
    | Inspected
    | Seen
    | RatesTried
    | BaselineMeasured
    | SettingChosen
    | RefitPlanned
    | StudyEnded
    | JobEnded
)
KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in Event.__args__}
NUMBERS = frozenset(
    {"value", "seconds", "share", "lowest", "highest", "error", "gradient_norm"}
    | {"gradient_norms", "weight_norms", "unit_means", "unit_sds", "dead"}
    | {"rates", "before", "suggested"}
)
"""Fields whose numbers need not be finite."""
NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def encode(event: Event) -> str:
    """Return an event as one line of JSON without its newline; numbers that are not finite become texts."""
    body = {"event": type(event).__name__}
    body |= {name: getattr(event, name) for name in _names(type(event))}
    try:
        return json.dumps(body, allow_nan=False, separators=(",", ":"))
    except ValueError:
        return json.dumps(_say_not_finite(body), allow_nan=False, separators=(",", ":"))


def decode(line: str | bytes) -> Event:
    """Return the event of a line.

    Raises
    ------
    LabError
        If the line is not an event of this version.
    """
    try:
        body = json.loads(line)
        kind = KINDS[body.pop("event")]
        event: Event = kind(**{name: _settle(name, value) for name, value in body.items()})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise LabError(
            f"not an event: {str(line)[:80]!r}", "it was written by another version, or is damaged"
        ) from error
    return event


def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def _settle(name: str, value: Any) -> Any:
    """Undo what JSON did to a value: lists for tuples, texts for numbers that are not finite."""
    if name == "settings":
        return tuple(value)
    if isinstance(value, dict):
        return {
            key: tuple(map(_number, item)) if isinstance(item, list) else _number(item) for key, item in value.items()
        }
    if name in NUMBERS:
        return tuple(map(_number, value)) if isinstance(value, list) else _number(value)
    return tuple(value) if isinstance(value, list) else value


def _number(value: Any) -> Any:
    return NOT_FINITE[value] if isinstance(value, str) else value


def _say_not_finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, dict):
        return {key: _say_not_finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_say_not_finite(item) for item in value]
    return value
