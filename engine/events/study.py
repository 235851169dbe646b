"""Events of a study as a whole: its plan, its choice and its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.events.figures import Columns, Figures


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
class Branched:
    """The study is a branch: as its parent up to an epoch, and from there on with other settings.

    Where the parent is a branch too, its own come first.
    """

    parent: str
    """The name of the parent's page."""
    epochs: tuple[int, ...]
    settings: tuple[dict[str, Any], ...]
    parent_created: str = ""
    """The moment at which the parent's page was begun, ISO: by it the page is known under another name."""


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
