"""Experiments and their tables: every field, every bound, every wrong key, out of the registries."""

from __future__ import annotations

import dataclasses
import json
import math
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import declared_fields, experiments, tables_with_choices

from engine.activations import ACTIVATIONS
from engine.control import Train
from engine.control import decode as decode_command
from engine.control import encode as encode_command
from engine.data.sources import SOURCES
from engine.errors import KeyProblem, LabError
from engine.experiment import Experiment
from engine.fields import alternatives, describe, fields_of, group_in
from engine.flat import keys_of
from engine.initializations import INITIALIZATIONS
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.schedules import SCHEDULES
from engine.tables import TOP_LEVEL, from_tables, to_tables
from engine.validations import VALIDATIONS

FIELDS = declared_fields()
REGISTRIES = [ACTIVATIONS, INITIALIZATIONS, LOSSES, OPTIMIZERS, SCHEDULES, SOURCES, VALIDATIONS]


def dotted(path, key):
    return ".".join((*path, key))


def name(field):
    path, cls, info = field
    return f"{dotted(path, info.key)}({cls.__name__})"


def tables_for(path, cls, **values):
    """Return tables in which `cls` is chosen and has these values."""
    tables = {"data": {"name": "xor"}}
    table = tables
    for part in path:
        table = table.setdefault(part, {})
    for registry in REGISTRIES:
        if cls in [registry[known] for known in registry]:
            key = next(info.key for _, _, info in FIELDS if info.spec.registry is registry)
            table[key] = next(known for known in registry if registry[known] is cls)
    table |= values
    return tables


def attempt(tables):
    """Return (experiment, None) or (None, its KeyProblem); any other error is a failure."""
    try:
        return from_tables(tables), None
    except KeyProblem as error:
        return None, error


@given(experiments())
def test_an_experiment_comes_back_from_its_tables(experiment):
    tables = to_tables(experiment)
    assert from_tables(tables) == experiment
    assert to_tables(from_tables(tables)) == tables


@given(experiments())
def test_an_experiment_comes_back_through_a_workers_pipe(experiment):
    command = decode_command(encode_command(Train(to_tables(experiment), ())))
    assert from_tables(command.experiment) == experiment


@given(experiments())
def test_tables_hold_plain_values_before_tables(experiment):
    def look(table):
        kinds = [isinstance(value, dict) for value in table.values()]
        assert kinds == sorted(kinds)
        for value in table.values():
            assert isinstance(value, dict | list | str | int | float | bool | date)
            if isinstance(value, dict):
                look(value)

    look(to_tables(experiment))


@pytest.mark.parametrize("field", FIELDS, ids=name)
def test_every_field_says_what_it_is_for(field):
    _, _, info = field
    assert len(info.spec.help) > 5, f"{info.name} has no help"
    assert describe(info.type) or info.spec.registry is not None


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.kind)
def test_everything_registered_is_explained_and_stands_on_its_defaults(registry):
    assert len(registry) > 0
    for known in registry:
        cls = registry[known]
        assert dataclasses.is_dataclass(cls)
        assert (cls.__doc__ or "").strip(), f"{registry.kind} {known} has no docstring"
        assert not cls.__doc__.startswith(f"{cls.__name__}("), f"{registry.kind} {known} has only a made docstring"
        assert registry.name_of(cls()) == known
        assert len(fields_of(cls)) == len(dataclasses.fields(cls)), f"a field of {known} is declared without its help"
        for info in fields_of(cls):
            assert info.default is not dataclasses.MISSING


def test_an_unknown_name_is_told_the_nearest():
    for registry in REGISTRIES:
        known = next(iter(registry))
        with pytest.raises(LabError, match=f"there is no {registry.kind}.*{known}"):
            registry[known + "x"]
        assert known in registry
        with pytest.raises(ValueError, match="twice"):
            registry.register(known)(dict)


PLAIN = [field for field in FIELDS if field[2].spec.registry is None and not dataclasses.is_dataclass(field[2].type)]


@pytest.mark.parametrize("field", PLAIN, ids=name)
def test_a_wrong_type_is_refused_with_its_key(field):
    path, cls, info = field
    wrong = {bool: "yes", int: "many", float: "much", str: 5, date: "someday", tuple: [[]]}
    kinds = {getattr(kind, "__origin__", kind) for kind in alternatives(info.type)}
    values = [wrong[kind] for kind in kinds if kind in wrong] or ["no such word"]
    values += [{"a": 1}, [{}], datetime(2020, 1, 1, 12)] + ([] if info.optional else [None])
    if group_in(info.type) is None:
        values.append({})
    if bool not in kinds:
        values += [True, [True], [1, False]]
    if float not in kinds and not any("float" in str(kind) for kind in alternatives(info.type)):
        values += [1.5, [1.5], math.nan]
    for value in values:
        with pytest.raises(KeyProblem) as caught:
            from_tables(tables_for(path, cls, **{info.key: value}))
        said = caught.value.key.partition("[")[0]
        assert said == dotted(path, info.key) or said == f"{dotted(path, info.key)}.a"


def outside(info):
    """Yield numbers beyond a field's bounds, and ones that are none."""
    spec = info.spec
    text = str(info.type)
    if "float" in text:
        yield from (math.nan, math.inf, -math.inf, 10**400)
    elif "int" not in text:
        return
    step = 1 if "float" not in text else 1e-9
    if spec.above is not None:
        yield from (spec.above, spec.above - 1)
    if spec.at_least is not None:
        yield from (spec.at_least - step * max(1, abs(spec.at_least)), spec.at_least - 1)
    if spec.below is not None:
        yield from (spec.below, spec.below + 1)
    if spec.at_most is not None:
        yield from (spec.at_most + max(step * abs(spec.at_most), step), spec.at_most * 2 + 1, 10**30)


@pytest.mark.parametrize("field", PLAIN, ids=name)
def test_a_number_out_of_range_is_refused_with_its_key(field):
    path, cls, info = field
    for number in outside(info):
        value = int(number) if "float" not in str(info.type) else number
        forms = [[value]] if info.type == tuple[float, ...] or info.type == tuple[int, ...] else [value]
        if "tuple" in str(info.type) and not isinstance(forms[0], list):
            forms.append([value])
        for form in forms:
            with pytest.raises(KeyProblem) as caught:
                from_tables(tables_for(path, cls, **{info.key: form}))
            assert caught.value.key.partition("[")[0] == dotted(path, info.key)


@pytest.mark.parametrize("field", PLAIN, ids=name)
@pytest.mark.parametrize("huge", [10**400, -(10**400)], ids=["huge", "minus-huge"])
def test_a_whole_number_beyond_all_floats_is_no_crash(field, huge):
    # TOML writes such numbers as easily as any.
    path, cls, info = field
    for form in (huge, [huge]):
        made, problem = attempt(tables_for(path, cls, **{info.key: form}))
        assert made or problem.key.partition("[")[0] == dotted(path, info.key)


@pytest.mark.parametrize("field", PLAIN, ids=name)
def test_bounds_that_are_allowed_are_allowed(field):
    path, cls, info = field
    spec = info.spec
    if info.key in {"lags", "w"}:
        return  # their rules join several elements; the round trip covers them
    for bound in (spec.at_least, spec.at_most):
        if bound is not None:
            value = int(bound) if "float" not in str(info.type) else bound
            tables = tables_for(path, cls, **{info.key: [value] if str(info.type).startswith("tuple") else value})
            assert from_tables(tables)


@pytest.mark.parametrize("field", FIELDS, ids=name)
def test_a_misspelt_key_is_refused_with_the_nearest(field):
    path, cls, info = field
    if len(info.key) < 4:
        return
    misspelt = info.key[:2] + info.key[3:]
    with pytest.raises(KeyProblem) as caught:
        from_tables(tables_for(path, cls, **{misspelt: 1}))
    assert caught.value.key == dotted(path, misspelt)
    assert "is not a key" in str(caught.value)
    known = {"beta1", "beta2"} if info.key.startswith("beta") else {info.key}
    assert caught.value.hint in {f"did you mean {key}?" for key in known}


@pytest.mark.parametrize(
    ("table", "key", "owner"),
    [
        ("training", "momentum", 'optimizer = "momentum"'),
        ("data", "factor", 'name = "circles"'),
        ("model", "scale", 'initialization = "normal"'),
        ("validation", "k", 'method = "k-fold"'),
    ],
)
def test_a_key_of_another_choice_names_its_owner(table, key, owner):
    with pytest.raises(KeyProblem) as caught:
        from_tables({"data": {"name": "xor"}} | {table: {"name": "xor", key: 1} if table == "data" else {key: 1}})
    assert caught.value.key == f"{table}.{key}"
    assert caught.value.hint == f"it belongs to {owner}"


@pytest.mark.parametrize("field", [field for field in FIELDS if field[2].spec.registry is not None], ids=name)
def test_a_choice_that_does_not_exist_is_refused(field):
    path, cls, info = field
    known = next(iter(info.spec.registry))
    for value in (known + "x", "", 5, True, [known], {}):
        with pytest.raises(KeyProblem) as caught:
            from_tables(tables_for(path, cls, **{info.key: value}))
        assert caught.value.key == dotted(path, info.key)
    with pytest.raises(KeyProblem, match=f"did you mean {known}"):
        from_tables(tables_for(path, cls, **{info.key: known + "x"}))


@pytest.mark.parametrize("key", [key for key in TOP_LEVEL if key in {"data", "model", "training", "validation"}])
@pytest.mark.parametrize("value", [5, "x", [], True, [{}]])
def test_a_table_must_be_a_table(key, value):
    with pytest.raises(KeyProblem) as caught:
        from_tables({"data": {"name": "xor"}} | {key: value})
    assert caught.value.key == key


def test_only_the_data_must_be_named():
    with pytest.raises(KeyProblem) as caught:
        from_tables({})
    assert caught.value.key == "data.name"
    assert from_tables({"data": {"name": "xor"}}) == from_tables(to_tables(from_tables({"data": {"name": "xor"}})))


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"name": "births", "lags": [3, 3]}, "data.lags"),
        ({"name": "births", "lags": [0, 3]}, "data.lags"),
        ({"name": "births", "lags": 7, "test_from": date(2013, 1, 1), "split": "random"}, "data.test_from"),
        ({"name": "line", "w": []}, "data.w"),
    ],
)
def test_what_cannot_be_together_is_refused(data, key):
    with pytest.raises(KeyProblem) as caught:
        from_tables({"data": data})
    assert caught.value.key == key


def test_only_what_loses_nothing_is_converted():
    data = {"name": "line", "w": [1, 2], "noise": 0, "test_from": datetime(2013, 1, 1)}
    experiment = from_tables({"data": data, "training": {"optimizer": "sgd", "learning_rate": 1}})
    assert experiment.data.source.w == (1.0, 2.0)
    assert [type(number) for number in (*experiment.data.source.w, experiment.data.source.noise)] == [float] * 3
    assert experiment.data.test_from == date(2013, 1, 1)
    assert type(experiment.training.optimizer.learning_rate) is float


@pytest.mark.parametrize(("path", "cls"), list(tables_with_choices()), ids=lambda part: getattr(part, "__name__", None))
def test_the_keys_of_a_table_are_those_that_it_takes(path, cls):
    tables = tables_for(path, cls)
    table = tables
    for part in path:
        table = table.get(part, {})
    owner = next(owner for where, owner in tables_with_choices() if where == path)
    keys = [info.key for info in keys_of(owner, table)]
    assert len(keys) == len(set(keys)), "two fields want one key"
    written = to_tables(from_tables(tables))
    for part in path:
        written = written.get(part, {})
    assert set(written) <= set(keys)
    assert {info.key for info in fields_of(cls)} <= set(keys)


KEYS = sorted({info.key for _, _, info in FIELDS})
JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*TOP_LEVEL, "oops"]), JSON_LIKE, max_size=4))
def test_any_tables_make_an_experiment_or_a_key_problem(tables):
    experiment, problem = attempt(tables)
    if experiment is None:
        assert problem.key
        assert "\n" not in str(problem)
    else:
        assert isinstance(experiment, Experiment)
        assert json.dumps(to_tables(experiment), default=str)
