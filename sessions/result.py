"""Which run of a page is its result: the network that a person means who names none."""

from __future__ import annotations

import math

from engine.errors import LabError
from engine.metrics import LARGER_IS_BETTER
from sessions.page import Page
from sessions.record import Record


def result_of(page: Page) -> int:
    """Return the number of the refit, counted from 0; without one, of the run with the best validation figure.

    That is the figure by which the page chooses; without validation rows it is the training loss. Of runs that are
    equally good it is the first.

    Raises
    ------
    LabError
        Where no run has ended with a figure.
    """
    record = page.record or Record()
    figure = page.experiment.choose_by
    if record.refit is not None and record.refit.status == "finished":
        return record.runs.index(record.refit)
    sign = -1.0 if figure in LARGER_IS_BETTER else 1.0
    known: list[tuple[float, int]] = []
    for number, run in enumerate(record.runs):
        value = (
            sign * run.validation.get(figure, math.nan) if run.validation else (run.train or {}).get("loss", math.nan)
        )
        if run.status in {"finished", "stopped"} and math.isfinite(value):
            known.append((value, number))
    if not known:
        raise LabError("the page has no network to use: no run has finished", "train it: lossbook run PAGE")
    return min(known)[1]
