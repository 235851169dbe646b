"""Which columns are wanted: as features, or as the target instead of the data set's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np

from engine.data.naming import whole_of
from engine.data.table import Table, Task
from engine.errors import KeyProblem, nearest


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the experiment says of columns; None where the data set decides."""

    target: tuple[str, ...] | None = None
    features: tuple[str, ...] | None = None
    task: Task | None = None
    series: bool = False
    """Whether the rows are a series, in which a missing one leaves a gap."""


def expanded(names: Sequence[str], known: Sequence[str], key: str, aside: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the known columns that are named, each once; a name may stand for several: `pixel-0-*`.

    Those `aside` have to be named in full.

    Raises
    ------
    KeyProblem
        Where there is no such column.
    """
    found: dict[str, None] = {}
    for name in names:
        alike = (
            [name]
            if name in known
            else [column for column in known if fnmatchcase(column, name) and column not in aside]
        )
        if not alike:
            raise KeyProblem(key, f"names {name!r}, and the data have no such column", nearest(name, known))
        found.update(dict.fromkeys(alike))
    return tuple(found)


def selected(table: Table, wanted: Wanted) -> Table:
    """Return the table with the wanted columns; another target leaves the data set's own among the features.

    Raises
    ------
    KeyProblem
        For a column that there is not, or that would be feature and target at once.
    """
    whole = table
    if wanted.target is not None and wanted.target != table.target_names:
        table = replace(_with_target(table, wanted.target), whole=whole_of(whole))
    if wanted.features is None:
        return table
    known = (*table.feature_names, *table.target_names)
    names = expanded(wanted.features, known, "data.features", table.target_names)
    both = next((name for name in names if name in table.target_names), None)
    if both is not None:
        raise KeyProblem("data.features", f"names {both}, which is the target", "leave it out")
    if names == table.feature_names:
        return table
    return replace(_with_features(table, names), whole=table.whole or whole_of(whole))


def _with_target(table: Table, target: Sequence[str]) -> Table:
    names = expanded(target, (*table.feature_names, *table.target_names), "data.target")
    both = next((name for name in names if name in table.target_names), None)
    if both is not None:
        raise KeyProblem("data.target", f"names {both} beside others", "name it alone, or leave it out")
    places = _places(table)
    values = np.asarray(table.features)
    rest = [name for name in table.feature_names if name not in names]
    own = table.targets if not table.classes else np.eye(len(table.classes))[table.targets]
    own_names = tuple(f"{table.target_names[0]}={name}" for name in table.classes) or table.target_names
    return replace(
        table,
        features=np.concatenate([values[:, [places[name] for name in rest]], own], axis=1),
        feature_names=(*rest, *own_names),
        targets=values[:, [places[name] for name in names]].astype(np.float64),
        target_names=names,
        classes=(),
        unit="",
        image_shape=None,
        ordered=False,
        indicators=tuple(range(len(rest), len(rest) + len(table.classes))),
    )


def _with_features(table: Table, names: tuple[str, ...]) -> Table:
    places = _places(table)
    return replace(
        table,
        features=np.asarray(table.features)[:, [places[name] for name in names]],
        feature_names=names,
        image_shape=None,
        ordered=False,
        indicators=tuple(place for place, name in enumerate(names) if places[name] in table.indicators),
    )


def _places(table: Table) -> Mapping[str, int]:
    return {name: place for place, name in enumerate(table.feature_names)}
