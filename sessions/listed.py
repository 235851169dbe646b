"""What a list of pages shows of each of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypedDict

from sessions.beside import SUFFIX


class MeanAndSd(TypedDict):
    """Mean and sd (n − 1) of a figure over folds or restarts; no sd of a single value."""

    mean: float
    sd: float | None


Summary = dict[str, MeanAndSd]


class Stamp(NamedTuple):
    """By what a file is known to be the one that was read; times in nanoseconds.

    The time of its last change of state is in it beside that of its content: the latter can be set back by hand.
    """

    size: int
    modified: int
    changed: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        """Return the stamp of a file's status."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of the library: a page in brief, or the reason why a file is none."""

    folder: Path
    file: str
    """The file's name."""
    stamp: Stamp | None = None
    problem: str = ""
    title: str = ""
    created: str = ""
    """ISO, as the page has it; empty where it does not say."""
    tags: tuple[str, ...] = ()
    data: str = ""
    task: str = ""
    status: str = ""
    """Of the record; empty where nobody has run the page."""
    runs: int = 0
    verdict: str = ""
    choose_by: str = "loss"
    summary: Summary = field(default_factory=dict)
    """Mean and sd of each figure of the chosen setting, as `validation.loss`."""
    notes: str = ""
    """The first line."""
    parent: str = ""
    """The page from which it was branched."""
    test_looks: int = 0
    """Looks at its test rows, those of other pages before it included."""
    ledger_rows: str = ""
    """What the text of the record's head says for the ledger of looks: which test rows ..."""
    ledger_looks: int = 0
    """... and how often this page has looked at them."""

    @property
    def name(self) -> str:
        """The page's name: that of its file without the ending."""
        return self.file.removesuffix(SUFFIX)

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / self.file

    @property
    def when(self) -> datetime | None:
        """When the page was begun."""
        return datetime.fromisoformat(self.created) if self.created else None

    @property
    def loss(self) -> float | None:
        """Its mean validation loss, or where nothing validated its training loss."""
        return self.mean("validation.loss", "train.loss")

    def mean(self, *figures: str) -> float | None:
        """Return the mean of the first of these figures that the page has."""
        return next((self.summary[name]["mean"] for name in figures if name in self.summary), None)
