"""The forms of the panels, without a screen: rows from the registries, values from tables, and what a key does to them.

A draft is the tables of an experiment, holding only what a person has set; everything else is the default.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from engine import flat, tables
from engine.data.sources import SOURCES
from engine.data.sources.base import start_of
from engine.errors import LabError
from engine.experiment import Data, Experiment, Model, Training, ValidationPlan
from engine.fields import FieldInfo, Spec, alternatives, describe
from sessions import places
from sessions.page import Page
from tui.numbers import counted
from tui.panels import sweeps

Draft = dict[str, Any]

PANELS: tuple[tuple[str, str, Any, tuple[str, ...]], ...] = (
    ("data", "Data", Data, ()),
    ("model", "Model", Model, ()),
    ("training", "Training", Training, ("seed", "restarts")),
    ("validation", "Validation", ValidationPlan, ("choose_by", "baselines")),
)
"""Table, title, dataclass, and the keys of the experiment itself that are shown below it."""
AUTOMATIC = "auto"
MORE = "more"
"""The row that stands for the settings which a panel does not show."""


@dataclass(frozen=True, slots=True)
class Row:
    """One setting as a panel shows it."""

    table: str
    """Its table, empty for a key of the experiment itself."""
    info: FieldInfo
    value: Any
    """None where the rule in its help decides."""
    is_set: bool
    """Whether a person has set it."""
    swept: tuple[Any, ...] = ()
    """The values that are tried one after another, where there are several."""

    @property
    def key(self) -> str:
        """Its dotted key in an experiment file."""
        return f"{self.table}.{self.info.key}" if self.table else self.info.key

    @property
    def label(self) -> str:
        """Its name for people."""
        return self.info.key.replace("_", " ")

    @property
    def text(self) -> str:
        """Its value for people, and as they would type it; several, where it is swept."""
        return sweeps.BETWEEN.join(map(self._text_of, self.swept or (self.value,)))

    def _text_of(self, value: Any) -> str:
        if value is None:
            return self.info.spec.absent
        single = isinstance(value, list | tuple) and len(value) == 1
        # Where a lone number is something else, as the lags up to 7 are not the lag 7, a list of one says so.
        scalar = {int, str} & set(alternatives(self.info.type))
        return f"[{as_text(value)}]" if single and scalar else as_text(value)

    @property
    def choices(self) -> tuple[Any, ...]:
        """What it can be, where that is a short list; None stands for the rule in the help."""
        automatic = (None,) if self.info.optional or self.info.default is None else ()
        if self.info.spec.registry is not None:
            return (*automatic, *self.info.spec.registry)
        kinds = alternatives(self.info.type)
        if bool in kinds:
            return (*automatic, True, False)
        words = [word for kind in kinds if get_origin(kind) is Literal for word in get_args(kind)]
        others = [kind for kind in kinds if get_origin(kind) is not Literal and kind is not type(None)]
        return (*automatic, *words) if words and not others else ()

    @property
    def help(self) -> str:
        """What it means and what it may be."""
        parts = [self.info.spec.help]
        if self.swept:
            parts.insert(0, f"swept: {counted(len(self.swept), 'value')}, tried in turn; enter edits the list")
        registry = self.info.spec.registry
        if registry is not None and not self.swept and isinstance(self.value, str) and self.value in registry:
            parts.append(first_sentence(registry[self.value].__doc__))
        elif self.info.spec.says():
            parts.append(self.info.spec.says())
        elif not self.choices:
            parts.append(describe(self.info.type))
        return " · ".join(part for part in parts if part)

    @property
    def how_to_type(self) -> str:
        """What to do while its value is typed."""
        why = sweeps.fixed(self.key)
        several = f"one value: {why}" if why else sweeps.TEACHES
        return f"enter: take, esc: give up · {several} · nothing: default · {self.help}"


def as_text(value: Any) -> str:
    """Return a value as a panel shows it."""
    if value is None:
        return AUTOMATIC
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(as_text, value)) if value else "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{key.replace('_', ' ')} {as_text(item)}" for key, item in value.items())
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    return str(value)


def first_sentence(text: str | None) -> str:
    """Return the first line of a docstring without its full stop."""
    return (text or "").strip().partition("\n")[0].rstrip(".")


def rows(draft: Draft, place: int) -> tuple[Row, ...]:
    """Return all rows of one of the four panels."""
    table, _, cls, top = PANELS[place]
    values: Mapping[str, Any] = draft.get(table, {})
    found = [_row(table, info, values) for info in flat.keys_of(cls, values)]
    found += [_row("", info, draft) for info in flat.keys_of(Experiment, draft) if info.key in top]
    if table == "validation" and sweeps.is_swept(draft):
        found.append(_row(sweeps.TABLE, sweeps.SAMPLE_INFO, draft[sweeps.TABLE]))
    tried = ((row, sweeps.swept(draft, row.key)) for row in found)
    return tuple(replace(row, is_set=True, swept=values) if values else row for row, values in tried)


def usual_rows(draft: Draft, place: int, *, every: bool) -> tuple[Row, ...]:
    """Return the rows that a panel shows: those that are usual or set, then one that stands for the rest.

    With `every` the rest follows it.
    """
    found = rows(draft, place)
    usual = [row for row in found if row.is_set or not row.info.spec.rare]
    rare = [row for row in found if row not in usual]
    if not rare:
        return tuple(usual)
    spec = Spec(help="settings that most experiments leave alone; enter shows or hides them")
    says = "less" if every else f"{counted(len(rare), 'setting')} …"
    more = Row(PANELS[place][0], FieldInfo(MORE, MORE, str, "", spec), says, is_set=False)
    return (*usual, more, *(rare if every else ()))


def summary(draft: Draft, place: int) -> str:
    """Return what a panel says when it is closed: its first choice and what was set."""
    shown = rows(draft, place)
    return " · ".join(
        row.text if row.info.spec.registry is not None or row.info.key == "hidden" else f"{row.label} {row.text}"
        for row in shown
        if row.is_set or row.info.key in {"hidden", "activation", "optimizer", "method", "name"}
    )


def _row(table: str, info: FieldInfo, values: Mapping[str, Any]) -> Row:
    if info.key in values:
        return Row(table, info, values[info.key], is_set=True)
    default = None if info.default is dataclasses.MISSING else info.default
    if info.spec.registry is not None and default is not None:
        default = info.spec.registry.name_of(default)
    return Row(table, info, default, is_set=False)


def with_value(draft: Draft, row: Row, value: Any) -> Draft:
    """Return the draft after a change; None goes back to the default. Keys of a choice that was left go with it.

    Several values, a tuple, are swept; a single one ends that.

    Raises
    ------
    LabError
        Where the experiment cannot be after that.
    """
    changed: Draft = {key: dict(item) if isinstance(item, dict) else item for key, item in draft.items()}
    tried = value if isinstance(value, tuple) else ()
    if row.table == sweeps.TABLE:
        sweeps.put(changed, {**changed.get(sweeps.TABLE, {}), row.info.key: value})
    elif not tried:
        _put(changed, row, value)
    elif row.info.spec.registry is not None:
        # The rows of a choice are those that its first value brings.
        _put(changed, row, tried[0])
    if row.table != sweeps.TABLE:
        sweeps.set_values(changed, row.key, tried)
    tables.from_tables(changed)
    return changed


def _put(changed: Draft, row: Row, value: Any) -> None:
    if row.key == "data.name" and value is not None:
        changed["data"] = {"name": value}
        sweeps.put(changed, {key: item for key, item in sweeps.of(changed).items() if not key.startswith("data.")})
        for key, item in start_of(value).items():
            changed[key] = {**changed.get(key, {}), **item}
        return
    table = changed.setdefault(row.table, {}) if row.table else changed
    if value is None:
        table.pop(row.info.key, None)
    else:
        table[row.info.key] = value
    if row.table:
        cls = next(panel[2] for panel in PANELS if panel[0] == row.table)
        known = {info.key for info in flat.keys_of(cls, table)}
        changed[row.table] = {key: item for key, item in table.items() if key in known}
        # What was varied may still be: then its keys are pruned by what the list names.
        sweeps.prune(changed, row.key, row.table, cls)


def sparse(experiment: Experiment) -> Draft:
    """Return the tables of an experiment without what is the default anyway."""
    full = tables.to_tables(experiment)
    draft: Draft = {}
    for table, _, cls, _ in PANELS:
        values = full[table]
        kept = {
            info.key: values[info.key]
            for info in flat.keys_of(cls, values)
            if info.key in values
            and (f"{table}.{info.key}" in experiment.sweep.given or not _is_default(info, values[info.key]))
        }
        draft[table] = kept
    for info in flat.keys_of(Experiment, full):
        if not dataclasses.is_dataclass(info.type) and not _is_default(info, full[info.key]):
            draft[info.key] = full[info.key]
    draft["data"] = {"name": full["data"]["name"], **draft["data"]}
    if experiment.sweep:
        draft[sweeps.TABLE] = full[sweeps.TABLE]
    return draft


def _is_default(info: FieldInfo, value: Any) -> bool:
    default = info.default
    if info.spec.registry is not None:
        return dataclasses.is_dataclass(default) and info.spec.registry.name_of(default) == value
    return bool(value == (list(default) if isinstance(default, tuple) else default))


def first_draft() -> Draft:
    """Return what a new notebook starts with: a week of births, and a small network."""
    return {"data": {"name": "births", **start_of("births").get("data", {})}, "model": {"hidden": [32]}}


def check(draft: Draft) -> Experiment:
    """Return the draft's experiment as it is to be trained, its data files named from the root.

    Raises
    ------
    LabError
        Where it cannot be.
    """
    return places.settled(page_of(draft))


def page_of(draft: Draft) -> Page:
    """Return a page of the draft's experiment as it was typed: a relative path is meant from where the app was called.

    Raises
    ------
    LabError
        Where there can be no such experiment.
    """
    if draft.get("data", {}).get("name") not in SOURCES:
        raise LabError("no data set is chosen", "press 1 and choose one")
    return Page(tables.from_tables(draft), base_dir=str(Path.cwd()))
