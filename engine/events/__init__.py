"""Events: all that a study says while it goes, and their form as JSON lines.

The same lines go through a worker's pipe, into the journal and out of a replay. Runs of one stack speak together:
an event names its runs and carries one value for each.
"""

from engine.events.codec import decode, encode
from engine.events.figures import Columns, Figures
from engine.events.kinds import KINDS, Event
from engine.events.person import Changed, Inspected, Paused, Predicted, RatesTried, Resumed, Seen
from engine.events.run import Checkpoint, EpochEnded, RunEnded, RunsAgain, RunsFailed, RunsStarted
from engine.events.study import BaselineMeasured, Branched, RefitPlanned, SettingChosen, StudyEnded, StudyStarted
from engine.events.worker import DataLoading, DataRead, EnvironmentSeen, JobEnded

__all__ = [
    "KINDS",
    "BaselineMeasured",
    "Branched",
    "Changed",
    "Checkpoint",
    "Columns",
    "DataLoading",
    "DataRead",
    "EnvironmentSeen",
    "EpochEnded",
    "Event",
    "Figures",
    "Inspected",
    "JobEnded",
    "Paused",
    "Predicted",
    "RatesTried",
    "RefitPlanned",
    "Resumed",
    "RunEnded",
    "RunsAgain",
    "RunsFailed",
    "RunsStarted",
    "Seen",
    "SettingChosen",
    "StudyEnded",
    "StudyStarted",
    "decode",
    "encode",
]
