"""What a study that was stopped or killed still has to do: the runs that finished stay, the rest is trained."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.errors import LabError
from engine.events import Event, RunEnded, StudyEnded
from engine.plan import plan, settings_of, wants_refit
from sessions.page import Page
from sessions.record import RunRecord
from sessions.replay import beats

KEPT = {"finished", "diverged"}
"""A run that has come to one of these ends would come to it again."""
CUT_SHORT = {"stopped", "interrupted"}
"""A study that ended so may lack baselines where every run has finished."""


@dataclass(frozen=True, slots=True)
class Left:
    """How a study goes on."""

    opening: tuple[Event, ...]
    """What was said of the runs that stay, from the start of the study on."""
    ends: dict[int, RunEnded]
    """The ends of the runs that stay."""
    measured: tuple[tuple[int, str], ...]
    """Setting and name of each baseline that stays."""


def left_of(page: Page) -> Left | None:
    """Return how the study of a page goes on; None where nothing is left to do.

    A run that had begun is trained again from its start, to the bits that it would have had.

    Raises
    ------
    LabError
        Where the page has no runs, is of another experiment by now, or somebody changed its runs while they trained.
    """
    record = page.record
    if record is None or not record.runs:
        raise LabError("has no runs to go on with", "train it: lossbook run SESSION")
    specs = plan(page.experiment)
    same = [spec.label for spec in specs] == [run.label for run in record.candidates]
    if not same or settings_of(page.experiment) != list(record.settings):
        raise LabError(
            "the experiment has been edited since, so its runs are others", "train it anew: lossbook run SESSION"
        )
    if record.interventions:
        raise LabError(
            "somebody changed a setting of its runs while they trained, which is not repeated yet",
            "train it anew: lossbook run SESSION",
        )
    stay = {place for place, run in enumerate(record.candidates) if run.status in KEPT}
    refitted = record.refit is not None and record.refit.status in KEPT
    # A refit begins when all else is done, so what has one lacks nothing.
    complete = refitted if wants_refit(page.experiment) else record.status not in CUT_SHORT
    if len(stay) == len(specs) and complete:
        return None
    runs = tuple(run if place in stay else _anew(run) for place, run in enumerate(record.candidates))
    kept = replace(record, status="training", runs=runs, chosen=None, chosen_by="", refit_reason="", looks_before=0)
    said = [event for beat in beats(kept) for event in beat.events if not isinstance(event, StudyEnded)]
    ends = {event.run: event for event in said if isinstance(event, RunEnded)}
    return Left(tuple(said), ends, tuple((one.setting, one.name) for one in record.baselines))


def _anew(run: RunRecord) -> RunRecord:
    return RunRecord(run.label, run.role, run.setting, run.restart, run.repeat, run.fold, epochs=run.epochs)
