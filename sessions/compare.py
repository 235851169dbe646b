"""Two pages beside each other: what differs in their settings, in their figures, and what keeps them apart."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from engine.choosing import mean_of
from engine.errors import LabError
from engine.jobs import loss_of
from engine.validations import Rolling
from sessions.chosen import chosen_page
from sessions.differing import HASH, Setting, differing, unpaired_by
from sessions.page import Page
from sessions.pairs import Compared, compare_runs
from sessions.record import Record, RunRecord


@dataclass(frozen=True, slots=True)
class Comparison:
    """A second page beside a first one. Every difference is the second's less the first's."""

    settings: tuple[Setting, ...]
    unpaired_by: tuple[Setting, ...]
    """The keys for which their runs are no pairs; none where they are."""
    figures: tuple[Compared, ...]
    """The validation figures that both have, that which the first page chooses by before all others."""
    test: dict[str, tuple[float, float]]
    """Of each figure the values on the test rows, where both have looked at them."""
    notes: tuple[str, ...]
    """What a reader should know, a sentence each."""


def compare_pages(first: Page, second: Page, names: tuple[str, str] = ("the first", "the second")) -> Comparison:
    """Return how a second page compares with a first one; `names` are what notes call them.

    Of a sweep it is the chosen setting that is compared.

    Raises
    ------
    LabError
        Where a page has no runs: nobody has trained it.
    """
    for page, name in zip((first, second), names, strict=True):
        if page.record is None or not page.record.runs:
            title = f"{name} ({page.title})" if page.title else name
            raise LabError(f"{title} has no runs to compare", "train it first: lossbook run")
    first, second = chosen_page(first), chosen_page(second)
    reasons, settings = unpaired_by(first, second), differing([first, second])
    runs, others = _runs(first), _runs(second)
    figures = []
    for metric in _common(first, second, "validation"):
        compared = compare_runs(runs, others, metric, paired=not reasons)
        if compared is not None:
            figures.append(compared)
    tests = {name: (_test(first)[name], _test(second)[name]) for name in _common(first, second, "test")}
    notes = [*_notes_on_settings(settings, names), *_notes_on_runs(first, second, names)]
    if figures and not reasons:
        notes += _notes_on_pairs(first, second, figures[0], names)
    if tests and any(setting.key in {"seed", HASH} or setting.key.startswith("data.") for setting in reasons):
        notes.append("the test rows are not the same")
    return Comparison(settings, reasons, tuple(figures), tests, tuple(notes))


def _runs(page: Page) -> tuple[RunRecord, ...]:
    return (page.record or Record()).candidates


def _task(page: Page) -> str:
    return page.record.data.task if page.record and page.record.data else ""


def _common(first: Page, second: Page, part: str) -> list[str]:
    """Return the figures that both pages have and that mean the same on both, the first page's choice before all."""
    if not _same_target(first, second):
        return []
    names = [_names(page, part) for page in (first, second)]
    common = [name for name in names[0] if name in names[1] and (name != "loss" or _same_loss(first, second))]
    return sorted(common, key=lambda name: name != first.experiment.choose_by)


def _names(page: Page, part: str) -> list[str]:
    if part == "test":
        return list(_test(page))
    return list(next((figures for run in _runs(page) if (figures := getattr(run, part))), {}))


def _test(page: Page) -> dict[str, float]:
    """Return the figures on the test rows: the refit's, else the means over the runs that looked at them."""
    record = page.record or Record()
    runs = [record.refit] if record.refit is not None else record.candidates
    looks = [run.test for run in runs if run.status == "finished" and run.test]
    means = {name: mean_of([look[name] for look in looks]) for name in looks[0]} if looks else {}
    return {name: mean for name, mean in means.items() if math.isfinite(mean)}


def _same_target(first: Page, second: Page) -> bool:
    """Tell whether both predict the same: figures of the logarithm, or of another column, are other figures."""
    kinds = {_task(page) for page in (first, second)} - {""}
    return len(kinds) < 2 and all(
        getattr(first.experiment.data, name) == getattr(second.experiment.data, name)
        for name in ("target", "target_transform")
    )


def _same_loss(first: Page, second: Page) -> bool:
    return loss_of(first.experiment, _task(first)) == loss_of(second.experiment, _task(second))


def _notes_on_settings(settings: tuple[Setting, ...], names: tuple[str, str]) -> Iterator[str]:
    count = sum(setting.counts for setting in settings)
    if count > 1:
        yield f"{names[0]} and {names[1]} differ in {count} settings: the difference cannot be laid to one of them"
    if count == 0:
        yield f"no setting of {names[0]} and {names[1]} differs that changes a run"


def _notes_on_runs(first: Page, second: Page, names: tuple[str, str]) -> Iterator[str]:
    if not _same_target(first, second):
        yield "they predict different things, so no figure is compared"
    elif not _same_loss(first, second):
        yield "their loss functions differ, so the loss is not compared"
    stops = [page.experiment.training.early_stopping is not None for page in (first, second)]
    if stops[0] != stops[1]:
        yield f"{names[stops[1]]} chose its epochs by the rows that judge it here, which flatters it a little"
    for page, name in zip((first, second), names, strict=True):
        record = page.record or Record()
        lost = [run.status for run in record.candidates if run.status != "finished"]
        said = ", ".join(f"{lost.count(status)} {status}" for status in dict.fromkeys(lost))
        if lost:
            yield f"{name} has {len(lost)} of {len(record.candidates)} runs that did not finish ({said})"
        if record.interventions:
            yield f"somebody changed settings of {name} while it trained"
        if page.warning:
            yield f"{name}: {page.warning}"


def _notes_on_pairs(first: Page, second: Page, lead: Compared, names: tuple[str, str]) -> Iterator[str]:
    if lead.left_out:
        yield (
            f"{lead.left_out} of {len(_runs(first))} pairs of runs are left out, which flatters the page whose runs did"
            " not finish"
        )
    interval = lead.interval
    if interval is not None and interval.bounds == (interval.mean, interval.mean):
        same = "0" if interval.mean == 0 else "the same"
        yield f"every difference is {same}, so that the interval has no width: it says nothing of other rows"
    if isinstance(first.experiment.validation.method, Rolling):
        yield "each rolling fold trains on another number of rows, so the correction is only approximate"
    finished = ([run.train_rows for run in _runs(page) if run.status == "finished"] for page in (first, second))
    rows = [statistics.fmean(counts) for counts in finished]
    if lead.corrected and rows[0] != rows[1]:
        yield (
            f"{names[0]} trains on {rows[0]:,.0f} rows, {names[1]} on {rows[1]:,.0f}: the correction takes the fewer"
        )
