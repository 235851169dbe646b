"""Sweeps in the panels, without a screen: a key with several values, and how many runs they make."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine import flat, tables
from engine.errors import KeyProblem, LabError
from engine.experiment import Experiment
from engine.fields import FieldInfo, Spec, alternatives, fields_of
from engine.plan import MOST_RUNS, plan
from engine.sweep import FIXED, SAMPLE
from engine.validations import NoValidation
from tui.numbers import counted

Draft = dict[str, Any]

TABLE = "sweep"
BETWEEN = " | "
TEACHES = "several values, separated by |, are tried in turn"
"""How a sweep is made, for whoever types a value."""
SAMPLE_INFO = FieldInfo(
    SAMPLE,
    SAMPLE,
    int | None,
    None,
    Spec(help="every combination, or so many at random", at_least=1, absent="all"),
)


def swept(draft: Draft, key: str) -> tuple[Any, ...]:
    """Return the values that a draft tries of a key, empty where it has one."""
    return tuple(of(draft).get(key, ())) if key != f"{TABLE}.{SAMPLE}" else ()


def of(draft: Draft) -> dict[str, Any]:
    """Return the sweep's table, empty without one."""
    return dict(draft.get(TABLE, {}))


def is_swept(draft: Draft) -> bool:
    """Tell whether a draft varies anything."""
    return any(key != SAMPLE for key in of(draft))


def parts_of(text: str, kind: Any) -> list[str]:
    """Return the single values in what was typed; in a text, such as a column's name, only a | with blanks parts."""
    sign = r"\s\|(?:\s|$)" if str in alternatives(kind) else r"\|"
    return [part.strip() for part in re.split(sign, text) if part.strip()]


def fixed(key: str) -> str:
    """Return why a key cannot be varied, empty where it can."""
    return "it is how many settings are tried" if key == f"{TABLE}.{SAMPLE}" else FIXED.get(key, "")


def set_values(draft: Draft, key: str, values: tuple[Any, ...]) -> None:
    """Let a draft try values of a key, or with none of them no longer vary it.

    Raises
    ------
    KeyProblem
        For a value that is left to a rule: a list names its values.
    """
    if any(value is None for value in values):
        raise KeyProblem(key, "cannot be left to a rule in one of several values", "name each value")
    table = of(draft)
    table.pop(key, None)
    if values:
        table[key] = list(values)
    put(draft, table)


def put(draft: Draft, table: Mapping[str, Any]) -> None:
    """Give a draft its sweep: none at all where no key is left in it."""
    if any(key != SAMPLE for key in table):
        # What is drawn stands after what it is drawn from.
        axes = {key: values for key, values in table.items() if key != SAMPLE}
        draft[TABLE] = axes | ({SAMPLE: table[SAMPLE]} if table.get(SAMPLE) is not None else {})
    else:
        draft.pop(TABLE, None)


def prune(draft: Draft, changed: str, table: str, cls: type[Any]) -> None:
    """Drop the swept keys of a table that none of its choices brings any more, after one key of it has changed."""
    varied = {
        key: values for key, values in of(draft).items() if key.startswith(f"{table}.") and key not in {changed, SAMPLE}
    }
    settled = draft.get(table, {})
    known = {info.key for info in flat.keys_of(cls, settled)}
    for key, values in varied.items():
        name = key.removeprefix(f"{table}.")
        for value in values if any(info.key == name and info.spec.registry for info in fields_of(cls)) else ():
            known |= {info.key for info in flat.keys_of(cls, {**settled, name: value})}
    # A key may lie in a small table of its own: `training.early_stopping.patience`.
    gone = {key for key in varied if key.removeprefix(f"{table}.").partition(".")[0] not in known}
    put(draft, {key: item for key, item in of(draft).items() if key not in gone})


def size_of(draft: Draft) -> str:
    """Return how much a draft trains: `12 settings × 5 folds = 60 runs`; what keeps it from training, if anything.

    Empty without a sweep.
    """
    if not is_swept(draft):
        return ""
    try:
        return _size(tables.from_tables(draft))
    except LabError as error:
        return str(error)


def _size(experiment: Experiment) -> str:
    sweep = experiment.sweep
    settings = min(sweep.combinations, sweep.sample or sweep.combinations)
    method = experiment.validation.method
    each = method.folds * method.repeats * experiment.restarts
    uneven = any(key.startswith("validation.") for key in sweep.keys)
    if uneven or settings * each > MOST_RUNS or isinstance(method, NoValidation):
        # The plan itself counts, or says why there is none.
        return f"{counted(settings, 'setting')} = {counted(len(plan(experiment)), 'run')}"
    counts = {"repeat": method.repeats, "fold": method.folds, "restart": experiment.restarts}
    factors = [counted(count, word) for word, count in counts.items() if count > 1]
    made = " × ".join([counted(settings, "setting"), *factors])
    return f"{made} = {counted(settings * each, 'run')}" if factors else made
