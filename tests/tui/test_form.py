"""The forms, over every row that any experiment can bring: what a key does is a valid experiment or one clear line."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import experiments, tables_with_choices

from engine import tables
from engine.data.sources import SOURCES
from engine.errors import LabError
from engine.fields import fields_of
from engine.optimizers import OPTIMIZERS
from engine.validations import VALIDATIONS
from tui.panels import form, sweeps
from tui.panels.form import PANELS, rows, sparse, with_value
from tui.panels.steps import stepped
from tui.panels.typed import parse

PLACES = range(len(PANELS))
DRAFTS = experiments().map(sparse)


def every_row(draft):
    return [row for place in PLACES for row in rows(draft, place)]


def row_of(draft, key):
    return next(row for row in every_row(draft) if row.key == key)


def plain(value):
    """A list and a tuple of the same items are the same setting."""
    return list(value) if isinstance(value, list | tuple) else value


def outcome(change):
    """Return the experiment after a change, or the line that says why it cannot be; anything else is raised."""
    try:
        return tables.from_tables(change())
    except LabError as error:
        return str(error).strip()


# --- from an experiment and back --------------------------------------------------------------------------------------


@given(experiments())
def test_a_sparse_draft_is_the_same_experiment_and_stays_as_it_is(experiment):
    draft = sparse(experiment)
    assert tables.from_tables(draft) == experiment
    assert sparse(tables.from_tables(draft)) == draft


@given(DRAFTS)
def test_a_sparse_draft_holds_nothing_that_is_the_default_anyway(draft):
    for row in every_row(draft):
        if row.is_set and row.key != "data.name":
            without = {key: dict(item) if isinstance(item, dict) else item for key, item in draft.items()}
            table = without[row.table] if row.table else without
            del table[row.info.key]
            try:
                left = tables.from_tables(without)
            except LabError:
                continue  # what it brought with it makes no sense without it
            assert left != tables.from_tables(draft), f"{row.key} = {row.value!r} says nothing"


def test_the_first_draft_can_be_trained():
    assert form.check(form.first_draft()).model.hidden


def test_a_draft_without_data_says_which_key_to_press():
    with pytest.raises(LabError, match="press 1"):
        form.check({})


def test_every_setting_of_an_experiment_stands_in_a_panel():
    declared = {
        ".".join((*path, info.key))
        for path, cls in tables_with_choices()
        for info in fields_of(cls)
        # The tables have panels, and the sweep is typed into the rows of the others.
        if info.key not in {"data", "model", "training", "validation", "sweep"} or path
    }
    shown = set()
    for registry, table, key in every_choice():
        for name in registry:
            shown |= {row.key for row in every_row({"data": {"name": "line"}} | {table: {key: name}})}
    assert shown == declared


def every_choice():
    """Return every (registry, table, key) that a draft chooses from."""
    found = []
    for table, _, cls, _ in PANELS:
        found += [(info.spec.registry, table, info.key) for info in fields_of(cls) if info.spec.registry is not None]
    return found


# --- typing -----------------------------------------------------------------------------------------------------------


@given(DRAFTS)
def test_what_a_row_shows_is_what_may_be_typed_for_it(draft):
    for row in every_row(draft):
        assert plain(parse(row, row.text)) == plain(row.value), f"{row.key} shows {row.text!r}"


@given(DRAFTS, st.text(max_size=12) | st.floats().map(str) | st.integers().map(str))
def test_whatever_is_typed_gives_an_experiment_or_one_line(draft, typed):
    for row in every_row(draft):
        assert outcome(lambda row=row: with_value(draft, row, parse(row, typed)))


@pytest.mark.parametrize(
    ("key", "typed", "value"),
    [
        ("model.hidden", "64-32-10", [64, 32, 10]),
        ("model.hidden", "64, 32", [64, 32]),
        ("model.hidden", "[64 32]", [64, 32]),
        ("model.hidden", "64", [64]),
        ("model.hidden", "none", []),
        ("data.lags", "7", 7),
        ("data.lags", "1, 7", [1, 7]),
        ("data.lags", "[7]", [7]),
        ("data.test_from", "2013-01-01", date(2013, 1, 1)),
        ("data.standardize", "No", False),
        ("data.split", "TIME", "time"),
        ("training.epochs", "1e3", 1000),
        ("training.batch_size", "all", "all"),
        ("training.learning_rate", " 3e-4 ", 3e-4),
        ("training.learning_rate", "", None),
        ("training.learning_rate", "auto", None),
    ],
)
def test_how_people_write_values(key, typed, value):
    assert parse(row_of(form.first_draft(), key), typed) == value


@pytest.mark.parametrize(
    ("key", "typed", "says"),
    [
        ("training.learning_rate", "fast", "training.learning_rate must be a number"),
        ("training.learning_rate", "-1", "above 0"),
        ("training.learning_rate", "nan", "training.learning_rate"),
        ("training.learning_rate", "1e999", "training.learning_rate"),
        ("training.epochs", "0", "at least 1"),
        ("training.epochs", "1.5", "whole number"),
        ("training.epochs", "9" * 400, "at most 1e"),
        ("training.epochs", "9" * 5_000, "training.epochs"),
        ("model.hidden", "64-0", "at least 1"),
        ("model.hidden", "wide", "whole number"),
        ("data.test", "1", "below 1"),
        ("data.lags", "3, 3", "twice"),
        ("data.split", "sideways", "data.split"),
        ("training.optimizer", "adamm", "adam"),
    ],
)
def test_what_cannot_be_is_said_with_its_key(key, typed, says):
    draft = form.first_draft()
    row = row_of(draft, key)
    with pytest.raises(LabError, match=says) as caught:
        with_value(draft, row, parse(row, typed))
    assert "\n" not in str(caught.value)


# --- stepping ---------------------------------------------------------------------------------------------------------


@given(DRAFTS, st.sampled_from([1, -1]))
def test_a_step_gives_an_experiment_or_one_line(draft, direction):
    for row in every_row(draft):
        assert outcome(lambda row=row: with_value(draft, row, stepped(row, direction)))


@given(DRAFTS, st.sampled_from([1, -1]))
def test_a_step_of_a_number_goes_the_right_way_and_stays_in_range(draft, direction):
    for row in every_row(draft):
        if isinstance(row.value, bool) or not isinstance(row.value, int | float):
            continue
        after = stepped(row, direction)
        assert type(after) is type(row.value)
        assert (after - row.value) * direction >= 0, f"{row.key}: {row.value!r} stepped {direction:+} is {after!r}"
        assert row.info.spec.holds(after)


@pytest.mark.parametrize(
    ("key", "value", "up", "down"),
    [
        ("training.learning_rate", 1e-3, 2e-3, 5e-4),
        ("training.learning_rate", 3e-3, 5e-3, 2e-3),
        ("training.epochs", 100, 200, 50),
        ("training.epochs", 1, 2, 1),
        ("training.batch_size", 64, 100, 50),
        ("data.test", 0.2, 0.25, 0.15),
        ("data.test", 0.0, 0.05, 0.0),
        ("data.test_from", date(2012, 12, 31), date(2013, 1, 1), date(2012, 12, 30)),
        ("data.test_from", date.min, date(1, 1, 2), date.min),
        ("data.test_from", date.max, date.max, date(9999, 12, 30)),
        ("seed", 0, 1, 0),
        ("seed", 2**62 + 1, 2**62 + 2, 2**62),
        ("seed", 2**63 - 1, 2**63 - 1, 2**63 - 2),
        ("restarts", 10_000, 10_000, 9_999),
    ],
)
def test_steps_that_people_expect(key, value, up, down):
    draft = form.first_draft()
    draft = with_value(draft, row_of(draft, key), value)
    row = row_of(draft, key)
    assert (stepped(row, 1), stepped(row, -1)) == (up, down)


def test_choices_go_round():
    draft = form.first_draft()
    names = list(OPTIMIZERS)
    seen = []
    for _ in names:
        row = row_of(draft, "training.optimizer")
        seen.append(row.value)
        draft = with_value(draft, row, stepped(row, 1))
    assert sorted(seen) == sorted(names)
    assert row_of(draft, "training.optimizer").value == seen[0]


def test_what_has_no_next_value_says_so():
    draft = form.first_draft()
    huge = with_value(draft, row_of(draft, "training.batch_size"), 10**400)
    for row in (row_of(draft, "model.hidden"), row_of(draft, "data.test_from"), row_of(huge, "training.batch_size")):
        with pytest.raises(LabError, match="press enter"):
            stepped(row, 1)


# --- changing ---------------------------------------------------------------------------------------------------------


def test_a_left_choice_takes_its_keys_along_and_leaves_the_others():
    draft = form.first_draft()
    for key, value in (("training.optimizer", "momentum"), ("training.momentum", 0.5), ("training.epochs", 7)):
        draft = with_value(draft, row_of(draft, key), value)
    draft = with_value(draft, row_of(draft, "training.optimizer"), "adam")
    assert draft["training"] == {"optimizer": "adam", "epochs": 7}


@pytest.mark.parametrize("name", list(SOURCES))
def test_a_data_set_can_be_trained_as_soon_as_it_is_chosen(name):
    draft = form.first_draft()
    draft = with_value(draft, row_of(draft, "data.name"), name)
    assert SOURCES.name_of(form.check(draft).data.source) == name


def test_the_draft_before_a_change_stays_as_it_was():
    draft = form.first_draft()
    before = {key: dict(item) for key, item in draft.items()}
    with_value(draft, row_of(draft, "data.lags"), 3)
    assert draft == before


def test_a_value_back_at_its_default_is_left_out():
    draft = form.first_draft()
    changed = with_value(draft, row_of(draft, "training.epochs"), 5)
    assert with_value(changed, row_of(changed, "training.epochs"), None)["training"] == {}


@pytest.mark.parametrize("method", list(VALIDATIONS))
def test_every_row_has_a_help_and_a_summary_names_what_was_set(method):
    draft = {"data": {"name": "wine"}, "model": {"hidden": [8]}, "validation": {"method": method}}
    for row in every_row(draft):
        assert row.help.strip()
        assert "\n" not in row.help
    assert "wine" in form.summary(draft, 0)
    assert method in form.summary(draft, 3)


# --- several values ---------------------------------------------------------------------------------------------------


def after(draft, *changes):
    """Return the draft after texts were typed into rows: (key, text)."""
    for key, text in changes:
        row = row_of(draft, key)
        draft = with_value(draft, row, parse(row, text))
    return draft


@pytest.mark.parametrize(
    ("key", "typed", "values", "shown"),
    [
        ("training.learning_rate", "1e-4 | 1e-3 |1e-2", [1e-4, 1e-3, 1e-2], "0.0001 | 0.001 | 0.01"),
        ("model.activation", "relu | Tanh", ["relu", "tanh"], "relu | tanh"),
        ("model.hidden", "16, 16 | 64|none", [[16, 16], [64], []], "16, 16 | 64 | none"),
        ("model.hidden", "64-32 | 8", [[64, 32], [8]], "64, 32 | 8"),
        ("data.lags", "7 | 1, 7 | [3]", [7, [1, 7], [3]], "7 | 1, 7 | [3]"),
        ("data.standardize", "yes|no", [True, False], "yes | no"),
        ("training.batch_size", "32 | all", [32, "all"], "32 | all"),
        ("training.epochs", "1e1 | 20 |", [10, 20], "10 | 20"),
        ("seed", "1 | 2", [1, 2], "1 | 2"),
        ("training.early_stopping", "3 | 5", [{"patience": 3}, {"patience": 5}], "patience 3 | patience 5"),
    ],
)
def test_several_values_are_swept(key, typed, values, shown):
    draft = after(form.first_draft(), (key, typed))
    assert draft["sweep"] == {key: values}
    row = row_of(draft, key)
    assert (row.text, row.is_set, list(row.swept)) == (shown, True, values)
    assert row.help.startswith(f"swept: {len(values)} values")
    assert plain(parse(row, row.text)) == values
    with pytest.raises(LabError, match="enter edits the list"):
        stepped(row, 1)


@pytest.mark.parametrize("typed", ["0.5", "", "0.5 |", "auto"])
def test_a_single_value_ends_the_sweep_of_its_key(typed):
    draft = after(
        form.first_draft(), ("training.learning_rate", "0.1 | 0.2"), ("model.dropout", "0 | 0.5"), ("sweep.sample", "2")
    )
    draft = after(draft, ("training.learning_rate", typed))
    assert draft["sweep"] == {"model.dropout": [0, 0.5], "sample": 2}
    draft = after(draft, ("model.dropout", "0.1"))
    assert "sweep" not in draft, "nothing is left to draw from"
    assert all(row.key != "sweep.sample" for row in every_row(draft))


@pytest.mark.parametrize(
    ("key", "typed", "says"),
    [
        ("training.learning_rate", "0.1 | fast", "must be a number"),
        ("training.learning_rate", "0.1 | -1", "above 0"),
        ("training.learning_rate", "0.1 | 0.1", "twice"),
        ("training.learning_rate", "0.1 | auto", "name each value"),
        ("model.activation", "relu | tanhh", "tanh"),
        ("restarts", "1 | 2", "the same for all settings"),
        ("choose_by", "loss | mae", "one metric chooses"),
        ("validation.refit", "yes | no", "one refit follows"),
        ("training.threads", "1 | 2", "cannot be varied"),
    ],
)
def test_what_cannot_be_swept_says_why(key, typed, says):
    draft = form.first_draft()
    row = row_of(draft, key)
    with pytest.raises(LabError, match=says):
        with_value(draft, row, parse(row, typed))
    assert "sweep" not in draft


@pytest.mark.parametrize(
    ("key", "typed"), [("data.features", "alcohol, ash"), ("data.lags", "1, 7"), ("model.hidden", "4, 8")]
)
def test_a_list_is_one_value(key, typed):
    draft = after(form.first_draft(), (key, typed))
    assert "sweep" not in draft
    assert row_of(draft, key).text == typed


def test_lists_of_names_are_swept():
    draft = after(form.first_draft(), ("data.features", "alcohol, ash | alcohol"))
    assert draft["sweep"] == {"data.features": [["alcohol", "ash"], ["alcohol"]]}


def test_a_bar_in_a_name_is_part_of_it():
    row = row_of(form.first_draft(), "data.target")
    assert parse(row, "a|b") == "a|b"
    assert parse(row, "a | b") == ("a", "b")


def test_rows_that_cannot_be_swept_say_so_while_they_are_typed():
    draft = after(form.first_draft(), ("training.learning_rate", "0.1 | 0.2"))
    assert "separated by |" in row_of(draft, "training.learning_rate").how_to_type
    assert "the same for all settings" in row_of(draft, "restarts").how_to_type
    assert "how many settings" in row_of(draft, "sweep.sample").how_to_type


def test_a_swept_choice_shows_the_keys_of_its_first_value_and_takes_its_own_along():
    draft = after(form.first_draft(), ("training.optimizer", "momentum | nesterov"), ("training.momentum", "0.5 | 0.9"))
    assert draft["training"]["optimizer"] == "momentum"
    assert row_of(draft, "training.momentum").swept == (0.5, 0.9)


def test_keys_of_a_choice_that_was_left_are_no_longer_swept():
    draft = after(form.first_draft(), ("training.optimizer", "momentum"), ("training.momentum", "0.5 | 0.9"))
    draft = after(draft, ("training.learning_rate", "0.1 | 0.2"), ("training.optimizer", "adam"))
    assert draft["sweep"] == {"training.learning_rate": [0.1, 0.2]}


def test_other_data_end_what_was_swept_of_the_old():
    draft = after(form.first_draft(), ("data.lags", "7 | 14"), ("training.learning_rate", "0.1 | 0.2"))
    draft = after(draft, ("data.name", "wine"))
    assert draft["sweep"] == {"training.learning_rate": [0.1, 0.2]}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ((), ""),
        ((("training.learning_rate", "0.1 | 0.2"),), "2 settings"),
        ((("training.learning_rate", "0.1 | 0.2"), ("validation.method", "k-fold")), "2 settings × 5 folds = 10 runs"),
        ((("training.learning_rate", "0.1 | 0.2"), ("restarts", "3")), "2 settings × 3 restarts = 6 runs"),
        ((("training.learning_rate", "1 | 2 | 3"), ("model.dropout", "0 | 0.1"), ("sweep.sample", "4")), "4 settings"),
        ((("validation.method", "k-fold"), ("validation.k", "2 | 3")), "2 settings = 5 runs"),
        ((("training.learning_rate", "0.1 | 0.2"), ("validation.method", "none")), "sweep needs rows that validate"),
    ],
)
def test_how_much_a_draft_trains_is_said(changes, says):
    assert sweeps.size_of(after(form.first_draft(), *changes)).startswith(says)


@pytest.mark.parametrize(
    "draft",
    [
        {"sweep": {"training.learning_rate": [1e-3, 1e-2]}},
        {"sweep": {"training.learning_rate": [1e-3, 1e-2], "model.hidden": [[4], [8, 8]], "sample": 3}},
        {"training": {"learning_rate": 1e-3}, "sweep": {"training.optimizer": ["sgd", "adam"]}},
        {"sweep": {"training.early_stopping": [{"patience": 3, "min_delta": 0.0}, {"patience": 5, "min_delta": 0.0}]}},
    ],
)
def test_a_page_with_a_sweep_comes_into_the_panels_and_back(draft):
    experiment = tables.from_tables({"data": {"name": "wine"}} | draft)
    back = sparse(experiment)
    assert tables.from_tables(back) == experiment
    assert {row.key for row in every_row(back) if row.swept} == set(draft["sweep"]) - {"sample"}


def test_a_summary_names_what_is_swept():
    assert "learning rate 0.1 | 0.2" in form.summary(
        after(form.first_draft(), ("training.learning_rate", "0.1|0.2")), 2
    )
