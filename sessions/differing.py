"""In which settings pages differ, and whether their runs were trained and judged on the same rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine import tables
from engine.data.sources import OwnFile
from engine.experiment import Experiment
from engine.fields import fields_of
from sessions.page import Page

HASH = "record.data.sha256"
ROWS = "record.runs.validation_rows"
FILES = ("data.file", "data.test_file")
WITHOUT_EFFECT = ("choose_by", "baselines", "validation.refit")
"""Keys that change no run that is compared."""
DIVIDING = (
    "seed",
    "restarts",
    "data.split",
    "data.test",
    "data.test_from",
    "data.test_name",
    "data.test_file",
    "data.date",
    "data.group",
    "data.task",
    "data.target",
    "data.target_transform",
)
"""Keys that decide, beside the data and [validation], which rows are held out and what their figures are of."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A key that differs, with its value on each page; None where a page leaves it out or does not have it."""

    key: str
    values: tuple[Any, ...]
    part_of: str = ""
    """The choice, itself differing, that brings the key along: `training.beta1` is part of `training.optimizer`."""

    @property
    def counts(self) -> bool:
        """Whether it is a difference of its own between runs."""
        return not self.part_of and self.key not in WITHOUT_EFFECT


def differing(pages: Sequence[Page]) -> tuple[Setting, ...]:
    """Return the settings in which pages differ, in the order of the file; title and notes are none.

    Where all pages have read the same data, it does not matter what their files are called.
    """
    flat = [_flat(page.experiment) | _turns(page) for page in pages]
    ignored = FILES if _hashes(pages) else ()
    keys = _in_order([key for values in flat for key in values if key not in ignored])
    found = {
        key: tuple(values.get(key) for values in flat)
        for key in keys
        if any(values.get(key) != flat[0].get(key) for values in flat)
    }
    owners: dict[str, str] = {}
    for page in pages:
        owners |= _owners(page.experiment)
    return tuple(
        Setting(key, values, owners[key] if None in values and owners.get(key) in found else "")
        for key, values in found.items()
    )


def unpaired_by(first: Page, second: Page) -> tuple[Setting, ...]:
    """Return what keeps two pages' runs from being pairs, trained from one seed and judged on the same rows; or ()."""
    settings = [setting for setting in differing([first, second]) if setting.counts]
    found = [setting for setting in settings if setting.key in DIVIDING or setting.key.startswith("validation.")]
    # The largest lag decides which first rows of a series have all lags.
    reach = [max(page.experiment.data.lag_list, default=0) for page in (first, second)]
    if reach[0] != reach[1]:
        found += [setting for setting in settings if setting.key == "data.lags"]
    if not _hashes([first, second]):
        # Whatever stands in [data] may be the reason; where nothing does, a file has changed.
        others = [setting for setting in settings if setting.key.startswith("data.") and setting not in found]
        if not _other_columns_only(first, second, others):
            found += others or [Setting(HASH, tuple(_hash(page) for page in (first, second)))]
    rows = tuple(_rows_of(page) for page in (first, second))
    if not found and any(rows[0][place] != rows[1][place] for place in rows[0].keys() & rows[1].keys()):
        # The experiment of a page may have been edited since it was trained.
        found.append(Setting(ROWS, tuple(list(each.values()) for each in rows)))
    return tuple(found)


def _other_columns_only(first: Page, second: Page, differences: Sequence[Setting]) -> bool:
    """Tell whether both pages read the same rows of a data set, and other columns of them; a file may have changed."""
    seen = [page.record.data for page in (first, second) if page.record and page.record.data]
    own_file = any(isinstance(page.experiment.data.source, OwnFile) for page in (first, second))
    same_rows = len(seen) == 2 and seen[0].rows == seen[1].rows
    return same_rows and not own_file and [setting.key for setting in differences] == ["data.features"]


def _rows_of(page: Page) -> dict[tuple[int, int, int], int]:
    """Return how many rows validated each finished run."""
    runs = page.record.candidates if page.record else ()
    return {(run.repeat, run.fold, run.restart): run.validation_rows for run in runs if run.status == "finished"}


def _hashes(pages: Sequence[Page]) -> bool:
    """Tell whether all pages have read the same data."""
    found = {_hash(page) for page in pages}
    return len(found) == 1 and None not in found


def _hash(page: Page) -> str | None:
    return page.record.data.sha256 if page.record and page.record.data else None


def _flat(experiment: Experiment) -> dict[str, Any]:
    """Return an experiment's values by dotted key; a table within a table, such as early stopping, stays one value."""
    flat: dict[str, Any] = {}
    for key, value in tables.to_tables(experiment).items():
        flat |= {f"{key}.{name}": item for name, item in value.items()} if isinstance(value, dict) else {key: value}
    return flat


def _turns(page: Page) -> dict[str, Any]:
    """Return what the turns of a branch have changed on the way, by key and epoch."""
    branch = page.record.branch if page.record else None
    turns = zip(branch.epochs, branch.settings, strict=True) if branch else ()
    return {f"{key} from epoch {epoch}": value for epoch, settings in turns for key, value in settings.items()}


def _in_order(keys: Sequence[str]) -> list[str]:
    """Return keys once each, those of one table beside each other."""
    known = list(dict.fromkeys(keys))
    parts = list(dict.fromkeys(key.partition(".")[0] for key in known))
    return sorted(known, key=lambda key: parts.index(key.partition(".")[0]))


def _owners(experiment: Experiment) -> dict[str, str]:
    """Return the key of the choice to which a key belongs, for all keys that do."""
    owners = {}
    for table in fields_of(Experiment):
        instance = getattr(experiment, table.name)
        if not dataclasses.is_dataclass(instance):
            continue
        for info in fields_of(type(instance)):
            chosen = getattr(instance, info.name)
            if info.spec.registry is not None and chosen is not None:
                for field in fields_of(type(chosen)):
                    owners[f"{table.key}.{field.key}"] = f"{table.key}.{info.key}"
    return owners
