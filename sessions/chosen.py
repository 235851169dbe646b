"""The settings of one page's sweep beside the one that was chosen."""

from __future__ import annotations

from dataclasses import replace

from engine.plan import settings_of
from engine.tables import with_settings
from sessions.differing import DIVIDING
from sessions.page import Page
from sessions.pairs import Compared, compare_runs
from sessions.record import Record

OTHER_ROWS = ("seed", *(key for key in DIVIDING if key.startswith("data.")), "data.name", "data.file")
"""Keys that give each setting other rows, so that runs of two are no pairs."""


def page_of_setting(page: Page, setting: int) -> Page:
    """Return a page as if this setting alone had been tried: its experiment and its runs."""
    record = page.record or Record()
    if not any(record.settings):
        return page
    runs = tuple(replace(run, setting=0) for run in record.runs if run.setting == setting)
    baselines = tuple(replace(one, setting=0) for one in record.baselines_of(setting))
    one = replace(record, runs=runs, settings=({},), chosen=None, baselines=baselines)
    return replace(page, experiment=with_settings(page.experiment, record.settings[setting]), record=one)


def chosen_page(page: Page) -> Page:
    """Return a page as if the chosen setting alone had been tried; as it is where none was chosen."""
    chosen = page.record.chosen if page.record else None
    return page if chosen is None else page_of_setting(page, chosen)


def against_chosen(page: Page) -> tuple[Compared | None, ...]:
    """Return how each setting compares with the chosen one in the figure that chose; None for that one itself.

    Differences are the setting's less the chosen one's, over the same folds and seeds. The chosen one is the best of
    all in these very figures, which flatters it: an interval that excludes 0 by little says little.
    """
    record = page.record or Record()
    chosen = record.chosen
    if chosen is None or settings_of(page.experiment) != list(record.settings):
        return (None,) * len(record.settings)
    keys = page.experiment.sweep.keys
    paired = not any(key in OTHER_ROWS or key.startswith("validation.") for key in keys)
    best = record.of_setting(chosen)
    return tuple(
        None if number == chosen else compare_runs(best, record.of_setting(number), record.chosen_by, paired=paired)
        for number in range(len(record.settings))
    )
