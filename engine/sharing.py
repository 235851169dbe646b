"""How the runs of a study are shared out: in pieces of which a worker trains one after another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from engine.control import Measure
from engine.course import NOTHING, Course
from engine.experiment import Experiment
from engine.jobs import shape_of
from engine.plan import RunSpec, what_baselines_see
from engine.tables import plain, to_tables, with_settings

MOST_RUNS = 100
"""Runs in a piece: a stack of more is hardly quicker, and what a worker holds must not grow with the study."""
LARGE = 16
"""A stack of so many runs loses little where it is divided among the workers."""
MOST_MEASURED = 30
"""So many settings have baselines of their own: on each one's rows they take about as long as a small network."""


def pieces(
    experiment: Experiment, specs: Sequence[RunSpec], workers: int, course: Course = NOTHING
) -> list[list[RunSpec]]:
    """Divide runs into pieces, in the order in which they should begin.

    Runs of one shape stay together, since a stack of many is quicker than many of one. They are divided only where
    workers would stand idle, or where there are many.
    """
    starts: dict[int, list[RunSpec]] = {}
    for spec in specs:
        starts.setdefault(course.start_of(spec.index), []).append(spec)
    groups = [group for some in starts.values() for group in _alike(experiment, some)]
    shared: list[list[RunSpec]] = []
    for group in groups:
        idle = len(groups) < workers
        count = workers if idle or len(group) >= LARGE * workers else 1
        shared += share_out(group, max(count, -(-len(group) // MOST_RUNS)))
    return shared


def measuring(
    experiment: Experiment, specs: Sequence[RunSpec], known: Iterable[tuple[int, str]] = ()
) -> Measure | None:
    """Return the job of measuring the baselines of all the planned runs; None where none are wanted.

    Settings that read the same rows share them: they are measured for the first of these. What is `known`, by setting
    and name, is not measured again. Where there are several, none looks at the test rows: one could choose by them.
    """
    if not experiment.baselines:
        return None
    first = list(_measured_first(specs).values())
    measured = set(first[:MOST_MEASURED])
    runs = tuple(spec for spec in specs if spec.setting in measured)
    return Measure(to_tables(experiment), runs, tuple(known), tests=len(first) == 1)


def testing(experiment: Experiment, specs: Sequence[RunSpec], chosen: int) -> Measure | None:
    """Return the job of measuring the chosen setting's baselines with the test rows; None where that has been done."""
    first = _measured_first(specs)
    if not experiment.baselines or len(first) == 1:
        return None
    sees = next(what_baselines_see(spec.settings) for spec in specs if spec.setting == chosen)
    place = list(first).index(sees)
    setting = first[sees] if place < MOST_MEASURED else chosen
    return Measure(to_tables(experiment), tuple(spec for spec in specs if spec.setting == setting))


def _measured_first(specs: Sequence[RunSpec]) -> dict[str, int]:
    """Return the first setting that has each kind of rows, by what baselines see of it."""
    first: dict[str, int] = {}
    for spec in specs:
        first.setdefault(what_baselines_see(spec.settings), spec.setting)
    return first


def share_out(specs: Sequence[RunSpec], count: int) -> list[list[RunSpec]]:
    """Divide runs into at most `count` contiguous shares whose sizes differ by at most one."""
    count = min(count, len(specs))
    size, larger = divmod(len(specs), count)
    ends = [place * size + min(place, larger) for place in range(count + 1)]
    return [list(specs[start:stop]) for start, stop in pairwise(ends)]


def _alike(experiment: Experiment, specs: Sequence[RunSpec]) -> list[list[RunSpec]]:
    """Group runs whose settings make the same shape on the same data.

    Each value of a key is looked at by itself: looking at every setting would take a second for ten thousand. The rows
    are not known here; which runs make a stack is decided where they are.
    """
    seen: dict[tuple[str, str], int] = {}
    kinds: list[object] = []
    for key, values in experiment.sweep.axes:
        for value in values:
            one = with_settings(experiment, {key: value})
            kind = (shape_of(one), one.training.epochs, one.data, one.validation)
            if kind not in kinds:
                kinds.append(kind)
            seen[key, repr(plain(value))] = kinds.index(kind)
    groups: dict[object, list[RunSpec]] = {}
    for spec in specs:
        kinds_of = tuple(seen.get((key, repr(value)), -1) for key, value in spec.settings.items())
        groups.setdefault((spec.role, kinds_of), []).append(spec)
    return list(groups.values())
