"""The record of a study, folded from its events: what a page keeps and what the screen shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TypeAlias

from engine.errors import LabError
from engine.events import (
    BaselineMeasured,
    Changed,
    Columns,
    DataLoading,
    DataRead,
    EnvironmentSeen,
    EpochEnded,
    Event,
    Figures,
    Inspected,
    JobEnded,
    Paused,
    RatesTried,
    RefitPlanned,
    Resumed,
    RunEnded,
    RunsAgain,
    RunsFailed,
    RunsStarted,
    Seen,
    SettingChosen,
    StudyEnded,
    StudyStarted,
)
from engine.sweep import Settings
from sessions.curve import Curve
from sessions.origin import Origin

Curves: TypeAlias = dict[str, Curve]

CURVES = ("train_curves", "validation_curves")

OVER = {"finished", "stopped", "diverged", "failed"}


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run: where it stands, and what came of it."""

    label: str
    role: str = "candidate"
    setting: int = 0
    """Its setting in the record's list, counted from 0."""
    restart: int = 1
    repeat: int = 1
    fold: int = 1
    status: str = "waiting"
    epoch: int = 0
    epochs: int = 0
    """How many are planned; `epoch` is how many there were."""
    parameters: int = 0
    train_rows: int = 0
    validation_rows: int = 0
    test_rows: int = 0
    updates_per_epoch: int = 0
    updates: int = 0
    seconds: float = 0.0
    best_epoch: int | None = None
    train_curves: Curves = field(default_factory=dict)
    validation_curves: Curves = field(default_factory=dict)
    train: Figures | None = None
    validation: Figures | None = None
    test: Figures | None = None
    coefficients: Figures | None = None
    solution: Figures | None = None
    sha256: str = ""
    problem: str = ""
    bad_input: bool = False
    """Whether it failed because the experiment cannot be."""
    bad_key: str = ""
    again: str = ""
    """Why it was trained a second time: how its first worker died."""


@dataclass(frozen=True, slots=True)
class Intervention:
    """What a person changed while the runs trained; a re-run repeats it."""

    runs: tuple[int, ...]
    update: int
    key: str
    value: float


@dataclass(frozen=True, slots=True)
class Record:
    """All that is known of a study's course."""

    status: str = "planned"
    runs: tuple[RunRecord, ...] = ()
    data: DataRead | None = None
    environment: EnvironmentSeen | None = None
    interventions: tuple[Intervention, ...] = ()
    refit_reason: str = ""
    settings: tuple[Settings, ...] = ({},)
    """What the settings of a sweep have instead of the experiment's own values; an empty one without a sweep."""
    chosen: int | None = None
    """The setting that the validation rows have chosen."""
    chosen_by: str = ""
    baselines: tuple[BaselineMeasured, ...] = ()
    looks_before: int = 0
    """How often other pages had looked at the same test rows when this one did."""
    loading: float | None = None
    """The share of a large file that has been read; None where nothing is being read. Never saved."""
    origin: Origin = field(default=Origin(), compare=False, repr=False)
    """What the page from which it was read says of it."""

    @property
    def candidates(self) -> tuple[RunRecord, ...]:
        """The runs that are compared: all but the refit."""
        return tuple(run for run in self.runs if run.role == "candidate")

    def of_setting(self, setting: int) -> tuple[RunRecord, ...]:
        """The runs of one setting, the refit left out."""
        return tuple(run for run in self.candidates if run.setting == setting)

    @property
    def refit(self) -> RunRecord | None:
        """The run on all rows that follows the folds."""
        return next((run for run in self.runs if run.role == "refit"), None)

    @property
    def bad_input(self) -> str:
        """Why no run could even begin: the experiment cannot be. Empty where one could."""
        if self.runs and all(run.bad_input for run in self.runs):
            return self.runs[0].problem
        return ""

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.status in OVER or self.status == "interrupted"


def reduce(record: Record, event: Event) -> Record:  # noqa: PLR0911, PLR0912 - one short case an event
    """Return the record after an event; the one it was given stays as it was."""
    match event:
        case StudyStarted():
            return Record("training", _planned(event), settings=event.settings)
        case BaselineMeasured():
            return replace(record, baselines=(*record.baselines, event))
        case SettingChosen(setting=setting, by=by):
            return replace(record, chosen=setting, chosen_by=by)
        case RefitPlanned(label=label, epochs=epochs, reason=reason, setting=setting):
            refit = RunRecord(label, "refit", setting, epochs=epochs)
            return replace(record, runs=(*record.runs, refit), refit_reason=reason)
        case DataLoading(share=share):
            return replace(record, loading=max(share, record.loading or 0.0))
        case DataRead():
            return replace(record, data=_with_warnings_of(record.data, event), loading=None)
        case EnvironmentSeen():
            return record if record.environment == event else replace(record, environment=event)
        case RunsStarted():
            started = {run: _start(_run(record, run), event) for run in event.runs}
            return _with(record, started)
        case EpochEnded():
            return _with_epochs(record, (event,))
        case RunEnded():
            return _with_ends(record, (event,))
        case RunsFailed():
            return _with(record, {run: _fail(_run(record, run), event) for run in event.runs})
        case RunsAgain(runs=runs, problem=problem):
            return _with(record, {run: replace(_run(record, run), status="waiting", again=problem) for run in runs})
        case Paused():
            paused = {run: replace(_run(record, run), status="paused") for run in event.runs}
            return _settle_status(_with(record, paused))
        case Resumed():
            resumed = {run: replace(_run(record, run), status="training") for run in event.runs}
            return _settle_status(_with(record, resumed))
        case Changed(runs=runs, update=update, key=key, value=value):
            return replace(record, interventions=(*record.interventions, Intervention(runs, update, key, value)))
        case StudyEnded(status=status):
            ended = tuple(replace(run, status="stopped") if run.status not in OVER else run for run in record.runs)
            return replace(record, status=status, runs=ended)
        case JobEnded() | Inspected() | Seen() | RatesTried():
            return record


def fold(events: Iterable[Event], record: Record | None = None) -> Record:
    """Return the record after all events: what `reduce` makes of them one by one, only sooner."""
    folded = record or Record()
    for kind, alike in groupby(events, _kind_of):
        if kind is RunEnded:
            folded = _with_ends(folded, [event for event in alike if isinstance(event, RunEnded)])
        elif kind is not None:
            folded = _with_epochs(folded, (event for event in alike if isinstance(event, EpochEnded)))
        else:
            for event in alike:
                folded = reduce(folded, event)
    return folded


def _kind_of(event: Event) -> object:
    """Return by what events can be taken together: an epoch's by the names of its figures; None for one by one."""
    if isinstance(event, EpochEnded):
        return tuple(event.train), tuple(event.validation)
    return RunEnded if isinstance(event, RunEnded) else None


def _with_ends(record: Record, events: Sequence[RunEnded]) -> Record:
    return _with(record, {event.run: _end(_run(record, event.run), event) for event in events})


def _with_warnings_of(known: DataRead | None, seen: DataRead) -> DataRead:
    """Return what was first said of the data, with the warnings of all settings: they may read other features."""
    if known is None:
        return seen
    return replace(known, warnings=tuple(dict.fromkeys((*known.warnings, *seen.warnings))))


def _with_epochs(record: Record, events: Iterable[EpochEnded]) -> Record:
    """Return the record with the epochs of many events: each run is made anew once, however many there are."""
    grown: dict[int, list[tuple[EpochEnded, int]]] = {}
    for event in events:
        for place, run in enumerate(event.runs):
            grown.setdefault(run, []).append((event, place))
    return _with(record, {run: _grow(_run(record, run), epochs) for run, epochs in grown.items()})


def _run(record: Record, run: int) -> RunRecord:
    if not 0 <= run < len(record.runs):
        raise LabError(f"an event speaks of run {run}, but there are {len(record.runs)}")
    return record.runs[run]


def _with(record: Record, changed: dict[int, RunRecord]) -> Record:
    return replace(record, runs=tuple(changed.get(place, run) for place, run in enumerate(record.runs)))


def _settle_status(record: Record) -> Record:
    """Call the study paused when every run that has begun and not ended is."""
    going = {run.status for run in record.runs if run.status in {"training", "paused"}}
    return replace(record, status="paused" if going == {"paused"} else "training")


def _planned(event: StudyStarted) -> tuple[RunRecord, ...]:
    settings = event.setting_of or (0,) * len(event.labels)
    places = zip(event.labels, settings, event.restarts, event.repeats, event.folds, strict=True)
    return tuple(
        RunRecord(label, "candidate", setting, restart, repeat, fold, epochs=event.epochs)
        for label, setting, restart, repeat, fold in places
    )


def _fail(run: RunRecord, event: RunsFailed) -> RunRecord:
    why = f"{event.problem}; {event.hint}" if event.hint else event.problem
    return replace(run, status="failed", problem=why, bad_input=event.bad_input, bad_key=event.key)


def _start(run: RunRecord, event: RunsStarted) -> RunRecord:
    """Return a run at its start: it may be the second, after its worker has died."""
    return replace(
        run,
        status="training",
        epoch=0,
        updates=0,
        train_curves={},
        validation_curves={},
        epochs=event.epochs,
        parameters=event.parameters,
        train_rows=event.train_rows,
        validation_rows=event.validation_rows,
        test_rows=event.test_rows,
        updates_per_epoch=event.updates_per_epoch,
    )


def _grow(run: RunRecord, epochs: Sequence[tuple[EpochEnded, int]]) -> RunRecord:
    """Return a run after epochs that ended: the events, and its place in each of them."""
    last, _ = epochs[-1]
    return replace(
        run,
        epoch=last.epoch,
        updates=last.epoch * run.updates_per_epoch,
        seconds=last.seconds / len(last.runs),
        train_curves=_longer(run.train_curves, [(event.epoch, event.train, place) for event, place in epochs]),
        validation_curves=_longer(
            run.validation_curves, [(event.epoch, event.validation, place) for event, place in epochs]
        ),
    )


def _longer(curves: Curves, epochs: Sequence[tuple[int, Columns, int]]) -> Curves:
    _, last, _ = epochs[-1]
    numbers = [epoch for epoch, _, _ in epochs]
    return {
        name: (curves.get(name) or Curve()).with_points(numbers, [columns[name][place] for _, columns, place in epochs])
        for name in last
    }


def _end(run: RunRecord, event: RunEnded) -> RunRecord:
    return replace(
        run,
        status=event.status,
        epoch=event.epochs,
        best_epoch=event.best_epoch,
        updates=event.updates,
        seconds=event.seconds,
        train=event.train or None,
        validation=event.validation,
        test=event.test,
        coefficients=event.coefficients,
        solution=event.solution,
        sha256=event.sha256,
        problem=f"the loss is no longer a number after epoch {event.epochs}" if event.status == "diverged" else "",
    )
