"""The plan of one run of a page."""

from __future__ import annotations

from engine.errors import LabError
from engine.plan import RunSpec, plan, settings_of
from sessions.page import Page


def spec_of(page: Page, run: int) -> RunSpec:
    """Return the plan of run number `run` of a page, the refit's included.

    Raises
    ------
    LabError
        If the page has no such run.
    """
    runs = page.record.runs if page.record else ()
    if not 0 <= run < len(runs):
        raise LabError(f"there is no run {run + 1}", f"the page has {len(runs)}")
    specs = plan(page.experiment)
    if run < len(specs):
        return specs[run]
    refit = runs[run]
    settings = settings_of(page.experiment)[refit.setting]
    return RunSpec(run, refit.label, "refit", epochs=refit.epochs, setting=refit.setting, settings=settings)
