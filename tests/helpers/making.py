"""What several tests make: experiments from the registries' own fields, data by hand, events, and runs' bits."""

from __future__ import annotations

import dataclasses
import math
import struct
import time
import typing
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from engine import prepare, trainer
from engine.baselines import of_study
from engine.control import Control
from engine.course import NOTHING
from engine.data.dataset import Dataset
from engine.data.sources import OwnFile
from engine.events import KINDS, EpochEnded, RunEnded, RunsStarted
from engine.experiment import Data, Experiment
from engine.fields import alternatives, fields_of
from engine.jobs import stacks
from engine.plan import plan
from engine.registry import Registry

# --- experiments ------------------------------------------------------------------------------------------------------


def values_of(kind, spec):
    """Return the values that one type of a field may have within its bounds."""
    if typing.get_origin(kind) is typing.Literal:
        return st.sampled_from(typing.get_args(kind))
    if typing.get_origin(kind) is tuple:
        return st.lists(values_of(typing.get_args(kind)[0], spec), min_size=1, max_size=4).map(tuple)
    if kind is bool:
        return st.booleans()
    if kind is int:
        least = spec.at_least if spec.at_least is not None else (spec.above or 0) + 1
        most = spec.at_most if spec.at_most is not None else 2**53
        return st.integers(math.ceil(least), math.floor(most))
    if kind is float:
        least, most = (spec.at_least, spec.above), (spec.at_most, spec.below)
        return st.floats(
            next((float(bound) for bound in least if bound is not None), -1e12),
            next((float(bound) for bound in most if bound is not None), 1e12),
            exclude_min=spec.above is not None,
            exclude_max=spec.below is not None,
        )
    if kind is date:
        return st.dates()
    if kind is type(None):
        return st.none()
    if kind is str:
        return st.sampled_from(["loss", "mae", "accuracy"])
    if dataclasses.is_dataclass(kind):
        return instances(kind)
    raise AssertionError(f"no values are known for a field of type {kind}: add them to tests/helpers/making.py")


def instances(cls):
    """Return the instances of a declared dataclass, its choices and tables included."""
    fields = {}
    for info in fields_of(cls):
        if info.spec.registry is not None:
            fields[info.name] = (
                one_of(info.spec.registry) if info.default is not None else st.none() | one_of(info.spec.registry)
            )
        elif dataclasses.is_dataclass(info.type):
            fields[info.name] = instances(info.type)
        else:
            fields[info.name] = st.one_of([values_of(kind, info.spec) for kind in alternatives(info.type)])
    if cls is Data:
        # The two rules of this table that join several fields or elements.
        singles = st.lists(st.integers(1, 10_000), min_size=1, max_size=4, unique=True).map(tuple)
        fields["lags"] = st.integers(0, 10_000) | singles
        return st.builds(cls, **fields | {"test_from": st.none()}) | st.builds(
            cls, **fields | {"test_from": st.dates(), "split": st.sampled_from([None, "time"])}
        )
    return st.builds(cls, **fields)


def one_of(registry: Registry):
    """Return the instances of everything registered."""
    return st.one_of([instances(registry[name]) for name in registry])


def experiments():
    """Return experiments with every value that the fields allow; few of them could be trained."""
    return instances(Experiment)


def tables_with_choices(cls=Experiment, path=()):
    """Yield every (path, class) whose fields are keys of the table at `path`: choices stand in their owner's table."""
    yield path, cls
    for info in fields_of(cls):
        if info.spec.registry is not None:
            for name in info.spec.registry:
                yield from tables_with_choices(info.spec.registry[name], path)
        elif dataclasses.is_dataclass(info.type):
            yield from tables_with_choices(info.type, (*path, info.key))


def declared_fields():
    """Return every field of every dataclass that an experiment can hold, as (path of its table, class, field)."""
    return [(path, cls, info) for path, cls in tables_with_choices() for info in fields_of(cls)]


# --- data and runs ----------------------------------------------------------------------------------------------------


def dataset(rows, features, outputs, classes=False, seed=5):
    """Return a dataset of random numbers."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, outputs, rows) if classes else None
    return Dataset(
        name="made",
        inputs=rng.standard_normal((rows, features)).astype(np.float32),
        centre=np.zeros(features),
        targets=rng.standard_normal((rows, outputs)) + 3 if labels is None else np.eye(outputs)[labels],
        labels=labels,
        feature_names=tuple(f"x{column}" for column in range(features)),
        target_names=tuple(f"y{column}" for column in range(outputs)),
        classes=tuple(f"c{column}" for column in range(outputs)) if classes else (),
        dates=None,
        unit="",
        grid=(),
        split="random",
        lags=(),
        times=np.arange(rows),
        sha256="0",
    )


def own(path, **keys):
    """Return the `[data]` of a file; its keys and those of any data set may be given alike."""
    known = {field.name for field in dataclasses.fields(OwnFile)}
    mine = {name: value for name, value in keys.items() if name in known}
    return Data(OwnFile(str(path), **mine), **{name: value for name, value in keys.items() if name not in known})


def train(jobs, feed, control=None, dtype=np.float32, course=NOTHING):
    """Return all events of one stack."""
    return list(trainer.train(jobs, feed, control or Control(), time.perf_counter, dtype=dtype, course=course))


def study(experiment):
    """Train an experiment's planned runs in this process and return (its feed, its events)."""
    parts = prepare.read(experiment, plan(experiment))
    trained = [(part.feed, [event for jobs in stacks(part.jobs) for event in train(jobs, part.feed)]) for part in parts]
    return trained[-1][0], [event for _, said in trained for event in said]


def read_rows(experiment):
    """Return the jobs of all planned runs, with their rows."""
    return [job for part in prepare.read(experiment, plan(experiment)) for job in part.jobs]


def baselines_of(experiment, *, test=True):
    """Return what the baselines of an experiment reach, by name; without `test`, of folds that no refit follows."""
    if not test:
        experiment = replace(experiment, validation=replace(experiment.validation, refit=False))
    return {one.name: one for one in of_study(experiment, plan(experiment))}


def bits(value):
    """Return a number's bits, so that NaN equals itself and −0.0 is not 0.0."""
    return struct.pack("<d", value).hex()


def bits_by_run(events):
    """Return, for each run, all that must be the same wherever and however it trains: every figure and the weights."""
    said = {}
    for event in events:
        if isinstance(event, RunsStarted):
            # A second start: its worker has died.
            for run in event.runs:
                said.pop(run, None)
        elif isinstance(event, EpochEnded):
            for place, run in enumerate(event.runs):
                for part in ("train", "validation"):
                    columns = getattr(event, part)
                    figures = {name: bits(column[place]) for name, column in columns.items()}
                    said.setdefault(run, []).append((event.epoch, part, figures))
        elif isinstance(event, RunEnded):
            figures = [
                {name: bits(value) for name, value in (getattr(event, part) or {}).items()}
                for part in ("train", "validation", "test", "coefficients")
            ]
            ending = (event.status, event.epochs, event.best_epoch, event.updates, event.sha256, event.weights)
            said.setdefault(event.run, []).append((ending, figures))
    return said


def ended(events):
    """Return each run's RunEnded."""
    return {event.run: event for event in events if isinstance(event, RunEnded)}


# --- events -----------------------------------------------------------------------------------------------------------

NUMBERS = st.floats(allow_nan=True, allow_infinity=True)
COUNTS = st.integers(0, 2**40)
FIGURES = st.dictionaries(st.text(max_size=6), NUMBERS, max_size=3)
PLAIN = st.text(max_size=6) | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False, allow_infinity=False)
SETTINGS = st.dictionaries(st.text(max_size=6), PLAIN | st.lists(PLAIN, max_size=3), max_size=3)
COLUMNS = st.dictionaries(st.text(max_size=6), st.lists(NUMBERS, max_size=3).map(tuple), max_size=3)


def _values_of_event_field(hint):
    if hint == dict[str, float]:
        return FIGURES
    if hint == dict[str, typing.Any]:
        return SETTINGS
    if hint == dict[str, tuple[float, ...]]:
        return COLUMNS
    if typing.get_origin(hint) is tuple:
        return st.lists(_values_of_event_field(typing.get_args(hint)[0]), max_size=4).map(tuple)
    members = alternatives(hint)
    if len(members) > 1:
        return st.one_of([_values_of_event_field(member) for member in members])
    plain = {int: COUNTS, float: NUMBERS, bool: st.booleans(), str: st.text(max_size=8), type(None): st.none()}
    return plain[hint]


def events_of(name):
    """Return the events of one kind with any values."""
    kind = KINDS[name]
    hints = typing.get_type_hints(kind)
    return st.builds(
        kind, **{field.name: _values_of_event_field(hints[field.name]) for field in dataclasses.fields(kind)}
    )


def any_events():
    """Return events of every kind."""
    return st.one_of([events_of(name) for name in KINDS])


def open_files():
    """Return how many descriptors this process holds."""
    return len(list(Path("/proc/self/fd").iterdir()))
