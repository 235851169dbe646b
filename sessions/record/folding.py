"""The fold: what each event makes of a study's record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from engine.errors import LabError
from engine.events import (
    BaselineMeasured,
    Branched,
    Changed,
    Checkpoint,
    DataLoading,
    DataRead,
    EnvironmentSeen,
    EpochEnded,
    Event,
    Inspected,
    JobEnded,
    Paused,
    Predicted,
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
from sessions.record.data import in_order, joined
from sessions.record.run import OVER, RunRecord, ended, failed, grown, planned, started
from sessions.record.study import Intervention, Record


def reduce(record: Record, event: Event) -> Record:  # noqa: PLR0911, PLR0912 - one short case an event
    """Return the record after an event; the one it was given stays as it was."""
    match event:
        case StudyStarted():
            return Record("training", planned(event), settings=event.settings)
        case Branched():
            return replace(record, branch=event)
        case BaselineMeasured():
            return replace(record, baselines=(*record.baselines, event))
        case SettingChosen(setting=setting, by=by):
            return _with_data(replace(record, chosen=setting, chosen_by=by), record.all_data)
        case RefitPlanned(run=place, label=label, epochs=epochs, reason=reason, setting=setting):
            # One that goes on from a checkpoint is there already.
            refit = record.refit or RunRecord(label, "refit", setting, epochs=epochs)
            refitted = replace(record, runs=(*record.runs[:place], refit), refit_reason=reason)
            return _with_data(refitted, record.all_data)
        case DataLoading(share=share):
            return replace(record, loading=max(share, record.loading or 0.0))
        case DataRead():
            return _with_data(replace(record, loading=None), joined(record.all_data, event))
        case EnvironmentSeen():
            return record if record.environment == event else replace(record, environment=event)
        case RunsStarted():
            begun = _with(record, {run: started(_run(record, run), event) for run in event.runs})
            return replace(begun, interventions=_still_true(record.interventions, event))
        case EpochEnded():
            return _with_epochs(record, (event,))
        case RunEnded():
            return _with_ends(record, (event,))
        case RunsFailed():
            return _with(record, {run: failed(_run(record, run), event) for run in event.runs})
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
            all_over = tuple(replace(run, status="stopped") if run.status not in OVER else run for run in record.runs)
            return replace(record, status=status, runs=all_over)
        case Checkpoint() | JobEnded() | Inspected() | Seen() | RatesTried() | Predicted():
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
    return _with(record, {event.run: ended(_run(record, event.run), event) for event in events})


def _with_data(record: Record, said: Sequence[DataRead]) -> Record:
    """Return the record with its data, of which those of the setting that the test rows see come first."""
    if not said:
        return record
    setting = record.refit.setting if record.refit is not None else record.chosen or 0
    first, *others = in_order(said, setting)
    return replace(record, data=first, other_data=tuple(others))


def _with_epochs(record: Record, events: Iterable[EpochEnded]) -> Record:
    """Return the record with the epochs of many events: each run is made anew once, however many there are."""
    epochs_of: dict[int, list[tuple[EpochEnded, int]]] = {}
    for event in events:
        for place, run in enumerate(event.runs):
            epochs_of.setdefault(run, []).append((event, place))
    return _with(record, {run: grown(_run(record, run), epochs) for run, epochs in epochs_of.items()})


def _still_true(known: Iterable[Intervention], event: RunsStarted) -> tuple[Intervention, ...]:
    """Return what a person did, without what runs that begin again, or go on from earlier, will be told again."""
    first = event.epoch * event.updates_per_epoch
    kept = []
    for one in known:
        runs = tuple(run for run in one.runs if run not in event.runs or one.update < first)
        if runs:
            kept.append(replace(one, runs=runs))
    return tuple(kept)


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
