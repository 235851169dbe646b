"""The moments of a study that are worth going to: best epochs, changed settings, ends, lines of the notes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sessions.record import Record, RunRecord

Kind = Literal["best", "changed", "turn", "ended", "diverged", "refit", "note"]
LETTERS: dict[Kind, str] = {
    "best": "b",
    "changed": "c",
    "turn": "t",
    "ended": "e",
    "diverged": "x",
    "refit": "r",
    "note": "n",
}
"""By which a kind is told on a plot's axis and in a list."""
NOTE = re.compile(
    r"^[^\w\n@]{0,12}(?:epoch[ \t]+(?P<epoch>\d{1,9})[ \t]*:|@[ \t]*(?P<at>\d{1,9})\b:?)[ \t]*(?P<says>.*)$",
    re.IGNORECASE | re.MULTILINE,
)
"""A line of the notes that speaks of an epoch: `epoch 120: the loss jumps` or `@120 the loss jumps`."""
NAMED = 3
"""So many runs are named, of more the number."""
OVER_EARLY = {"finished": "stopped early", "stopped": "stopped by hand"}


@dataclass(frozen=True, slots=True)
class Moment:
    """An epoch of the candidates' or the refit's course, and what happened there. Its texts may come from outside."""

    epoch: int
    kind: Kind
    what: str
    role: str = "candidate"
    of: str = ""
    """Which runs are meant, where it is not all: ` of fold 1/5`."""

    @property
    def letter(self) -> str:
        """The sign of its kind."""
        return LETTERS[self.kind]

    @property
    def says(self) -> str:
        """All of it in words."""
        return self.what + self.of


def moments_of(record: Record, notes: str = "") -> tuple[Moment, ...]:
    """Return all moments of a record in their order, the candidates' first; `notes` are those of its page.

    Of a sweep that has chosen, only the chosen setting's runs have best epochs.
    """
    found = [*_best(record), *by_hand(record), *_ends(record), *_noted(record, notes)]
    if record.refit is not None:
        found.append(Moment(0, "refit", "the refit begins", "refit"))
    kinds = list(LETTERS)
    return tuple(sorted(found, key=lambda one: (one.role, one.epoch, kinds.index(one.kind))))


def by_hand(record: Record) -> tuple[Moment, ...]:
    """Return what a person changed on the way, the latest last: turns of a branch, and settings of runs that trained.

    Of several values that a setting was given within an epoch only the last counts.
    """
    latest: dict[tuple[int, int, str], float] = {}
    for one in record.interventions:
        for run in (run for run in one.runs if 0 <= run < len(record.runs)):
            place = run, one.update // max(1, record.runs[run].updates_per_epoch) + 1, one.key
            latest.pop(place, None)
            latest[place] = one.value
    together: dict[tuple[str, int, str], list[int]] = {}
    for (run, epoch, key), value in latest.items():
        together.setdefault((record.runs[run].role, epoch, f"{_short(key)} → {value:g}"), []).append(run)
    changes = [
        Moment(epoch, "changed", what, role, _of(runs, record)) for (role, epoch, what), runs in together.items()
    ]
    branch = record.branch
    turns = () if branch is None else zip(branch.epochs, branch.settings, strict=False)
    return (*(Moment(epoch, "turn", f"branch: {said_of(settings)}") for epoch, settings in turns), *changes)


def told_by_hand(record: Record) -> list[str]:
    """Return in lines from which page a record's runs branch, and what a person changed on their way."""
    lines = [f"branch of {record.branch.parent}"] if record.branch is not None else []
    done = sorted(by_hand(record), key=lambda one: (one.role, one.epoch))
    return [*lines, *(f"epoch {one.epoch}{' of the refit' * (one.role == 'refit')}: {one.says}" for one in done)]


def said_of(settings: dict[str, object]) -> str:
    """Return settings as a person reads them: `learning_rate = 0.001`."""
    return ", ".join(f"{_short(key)} = {value}" for key, value in settings.items())


def _short(key: str) -> str:
    return key.rpartition(".")[2]


def _best(record: Record) -> Iterator[Moment]:
    runs = {
        place: run.best_epoch
        for place, run in _candidates(record)
        if run.best_epoch and run.validation_curves and record.chosen in {None, run.setting}
    }
    for epoch in sorted(set(runs.values())):
        of = _of([place for place, best in runs.items() if best == epoch], record)
        yield Moment(epoch, "best", "best", of=of)


def _ends(record: Record) -> Iterator[Moment]:
    for role in ("candidate", "refit"):
        ends: dict[tuple[int, str], list[int]] = {}
        for place, run in enumerate(record.runs):
            if run.role == role and (said := _end_of(run)):
                ends.setdefault((run.epoch, said), []).append(place)
        for (epoch, said), places in ends.items():
            kind: Kind = "diverged" if said in {"diverged", "failed"} else "ended"
            yield Moment(epoch, kind, said, role, _of(places, record))


def _end_of(run: RunRecord) -> str:
    """Return how a run ended before its last planned epoch; empty where it did not."""
    if run.status in {"diverged", "failed"}:
        return run.status
    return OVER_EARLY.get(run.status, "") if run.epoch < run.epochs else ""


def _noted(record: Record, notes: str) -> Iterator[Moment]:
    last = max((run.epoch for _, run in _candidates(record)), default=0)
    for line in NOTE.finditer(notes):
        epoch = int(line["epoch"] or line["at"])
        if epoch <= last:
            yield Moment(epoch, "note", line["says"].strip() or "a note")


def _candidates(record: Record) -> Sequence[tuple[int, RunRecord]]:
    return [(place, run) for place, run in enumerate(record.runs) if run.role == "candidate"]


def _of(places: Iterable[int], record: Record) -> str:
    """Return which runs are meant: nothing where it is all that there are."""
    runs = [record.runs[place] for place in sorted(places)]
    if runs[0].role == "refit" or len(runs) == len(record.candidates):
        return ""
    return " of " + (", ".join(run.label for run in runs) if len(runs) <= NAMED else f"{len(runs)} runs")
