"""The record of a study: what a page keeps and what the screen shows."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.events import BaselineMeasured, Branched, DataRead, EnvironmentSeen
from engine.plan import what_baselines_see
from engine.sweep import Settings
from sessions.origin import Origin
from sessions.record.run import OVER, RunRecord


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
    """Of the setting that the test rows see, or will: the refit's, the chosen one, or until then the first."""
    environment: EnvironmentSeen | None = None
    interventions: tuple[Intervention, ...] = ()
    branch: Branched | None = None
    """From which page and epoch on it has other settings; None where it is no branch."""
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
    other_data: tuple[DataRead, ...] = ()
    """Of settings that have others, in a sweep over keys of the data."""
    origin: Origin = field(default=Origin(), compare=False, repr=False)
    """What the page from which it was read says of it."""

    @property
    def all_data(self) -> tuple[DataRead, ...]:
        """What was said of the data of all settings."""
        return () if self.data is None else (self.data, *self.other_data)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What should be known of the data, each thing once: settings may read other features."""
        return tuple(dict.fromkeys(warning for one in self.all_data for warning in one.warnings))

    @property
    def candidates(self) -> tuple[RunRecord, ...]:
        """The runs that are compared: all but the refit."""
        return tuple(run for run in self.runs if run.role == "candidate")

    @property
    def ended(self) -> tuple[RunRecord, ...]:
        """The runs that have come to an end."""
        return tuple(run for run in self.runs if run.status in OVER)

    def of_setting(self, setting: int) -> tuple[RunRecord, ...]:
        """The runs of one setting, the refit left out."""
        return tuple(run for run in self.candidates if run.setting == setting)

    def baselines_of(self, setting: int) -> tuple[BaselineMeasured, ...]:
        """Return the baselines of a setting, measured for it or for another that has the same rows and loss."""
        wanted = what_baselines_see(self.settings[setting])
        return tuple(one for one in self.baselines if what_baselines_see(self.settings[one.setting]) == wanted)

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
