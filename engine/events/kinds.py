"""All kinds of events, and each by its name."""

from __future__ import annotations

from typing import Any, TypeAlias

from engine.events.person import Changed, Inspected, Paused, Predicted, RatesTried, Resumed, Seen
from engine.events.run import Checkpoint, EpochEnded, RunEnded, RunsAgain, RunsFailed, RunsStarted
from engine.events.study import BaselineMeasured, Branched, RefitPlanned, SettingChosen, StudyEnded, StudyStarted
from engine.events.worker import DataLoading, DataRead, EnvironmentSeen, JobEnded

Event: TypeAlias = (
    StudyStarted
    | Branched
    | DataLoading
    | DataRead
    | EnvironmentSeen
    | RunsStarted
    | EpochEnded
    | Checkpoint
    | Paused
    | Resumed
    | Changed
    | RunEnded
    | RunsFailed
    | RunsAgain
    | Inspected
    | Seen
    | RatesTried
    | Predicted
    | BaselineMeasured
    | SettingChosen
    | RefitPlanned
    | StudyEnded
    | JobEnded
)
KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in Event.__args__}
