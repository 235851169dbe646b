"""The plan of one run of a page."""

from __future__ import annotations

from engine.errors import LabError
from engine.plan import RunSpec, plan, settings_of
from sessions.page import Page


def edited(where: str = "") -> LabError:
    """Return what is said of a page with which nothing can be done that needs the experiment of its runs."""
    return LabError(
        "its experiment has been edited since it was run, so its runs are others",
        "undo the edit, or train it anew: lossbook run SESSION",
        where=where,
    )


def spec_of(page: Page, run: int) -> RunSpec:
    """Return the plan of run number `run` of a page, the refit's included.

    Raises
    ------
    LabError
        If the page has no such run, or its runs are those of another experiment than it has now.
    """
    runs = page.record.runs if page.record else ()
    if page.record is not None and page.record.origin.experiment:
        raise edited()
    if not 0 <= run < len(runs):
        raise LabError(f"there is no run {run + 1}", f"the page has {len(runs)}")
    specs = plan(page.experiment)
    if run < len(specs):
        return specs[run]
    refit = runs[run]
    settings = settings_of(page.experiment)[refit.setting]
    return RunSpec(run, refit.label, "refit", epochs=refit.epochs, setting=refit.setting, settings=settings)
