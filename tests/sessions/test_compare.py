"""Two pages: which settings differ, what keeps their runs from being pairs, and what a reader is told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from making import experiments

from engine import tables
from engine.errors import LabError
from engine.events import Branched, DataRead
from engine.plan import plan
from engine.prepare import read, read_one
from sessions.compare import compare_pages
from sessions.differing import HASH, ROWS, differing, unpaired_by
from sessions.page import Page
from sessions.record import Intervention, Record, RunRecord

WINE = {"data": {"name": "wine"}, "model": {"hidden": [8]}, "validation": {"method": "k-fold", "k": 3}}
SHA = "ab" * 32


def merged(table, changes):
    return table | {
        key: merged(table.get(key, {}), value) if isinstance(value, dict) else value for key, value in changes.items()
    }


def page(changes=None, losses=(0.5, 0.4, 0.6), sha=SHA, task="classification", test=None, base=WINE, **fields):
    """Return the page of a study in which every run has finished with a loss, and an accuracy of 1 less it."""
    experiment = tables.from_tables(merged(base, changes or {}))
    runs = tuple(
        RunRecord(
            spec.label,
            restart=spec.restart + 1,
            repeat=spec.repeat + 1,
            fold=spec.fold + 1,
            status="finished",
            train_rows=80,
            validation_rows=20,
            validation={"loss": losses[spec.index % len(losses)], "accuracy": 1 - losses[spec.index % len(losses)]},
        )
        for spec in plan(experiment)
    )
    if test is not None:
        runs += (RunRecord("refit", "refit", status="finished", test=test),)
    data = DataRead("wine", 178, 13, 3, task, "", sha, ())
    record = Record("finished", runs, data) if sha else None
    return Page(experiment, **{"title": "a page", "record": record} | fields)


def keys(settings):
    return [setting.key for setting in settings]


# --- settings ---------------------------------------------------------------------------------------------------------


def test_equal_pages_differ_in_nothing():
    assert differing([page(), page(title="another", notes="a note")]) == ()


def test_a_branch_differs_from_its_parent_in_its_turns():
    turns = Branched("parent", (3, 5), ({"training.learning_rate": 0.1}, {"model.dropout": 0.2}))
    parent = page()
    child = replace(parent, record=replace(parent.record, branch=turns))
    found = differing([parent, child])
    assert {setting.key: setting.values for setting in found} == {
        "training.learning_rate from epoch 3": (None, 0.1),
        "model.dropout from epoch 5": (None, 0.2),
    }
    assert unpaired_by(parent, child) == ()


def test_keys_are_dotted_and_have_each_pages_value():
    pages = [page(), page({"model": {"hidden": [4, 2]}, "seed": 3}), page({"training": {"clip": 1.0}})]
    found = {setting.key: setting.values for setting in differing(pages)}
    assert found == {
        "seed": (0, 3, 0), "model.hidden": ([8], [4, 2], [8]), "training.clip": (None, None, 1.0),
    }  # fmt: skip


def test_what_a_choice_brings_along_is_part_of_it():
    found = differing([page(), page({"training": {"optimizer": "sgd", "learning_rate": 1e-3}})])
    assert [setting.key for setting in found if setting.counts] == ["training.optimizer"]
    assert {setting.part_of for setting in found if not setting.counts} == {"training.optimizer"}
    # The learning rate of both is a setting of its own: their defaults differ.
    found = differing([page(), page({"training": {"optimizer": "sgd"}})])
    assert [setting.key for setting in found if setting.counts] == ["training.optimizer", "training.learning_rate"]


def test_a_table_of_its_own_is_one_setting():
    (found,) = differing([page(), page({"training": {"early_stopping": {"patience": 3}}})])
    assert found.key == "training.early_stopping"
    assert (found.values[0], found.values[1]["patience"]) == (None, 3)
    assert found.counts


def test_what_changes_no_run_does_not_count():
    found = differing([page(), page({"choose_by": "accuracy", "validation": {"refit": False}})])
    assert keys(found) == ["choose_by", "validation.refit"]
    assert not any(setting.counts for setting in found)
    assert unpaired_by(page(), page({"choose_by": "accuracy", "validation": {"refit": False}})) == ()


@given(experiments(), experiments())
def test_any_two_experiments_can_be_compared(first, second):
    found = differing([Page(first), Page(second)])
    assert (found == ()) == (tables.to_tables(first) == tables.to_tables(second))
    assert len(set(keys(found))) == len(found)
    assert all(setting.part_of in {"", *keys(found)} for setting in found)


# --- pairs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"seed": 1}, "seed"),
        ({"restarts": 2}, "restarts"),
        ({"data": {"test": 0.3}}, "data.test"),
        ({"data": {"split": "random"}}, "data.split"),
        ({"data": {"lags": 2}}, "data.lags"),
        ({"validation": {"k": 4}}, "validation.k"),
        ({"validation": {"repeats": 2}}, "validation.repeats"),
    ],
)
def test_the_key_that_makes_them_unpaired_is_named(changes, key):
    assert keys(unpaired_by(page(), page(changes))) == [key]
    compared = compare_pages(page(), page(changes))
    assert keys(compared.unpaired_by) == [key]
    assert all(figure.interval is None and not figure.pairs for figure in compared.figures)
    assert compared.figures


def test_another_method_is_named_without_its_own_keys():
    other = page()
    other = replace(other, experiment=tables.from_tables(WINE | {"validation": {"method": "holdout"}}))
    assert keys(unpaired_by(page(), other)) == ["validation.method"]


def test_other_data_are_told_by_their_keys_or_by_their_hash():
    assert keys(unpaired_by(page(), page(sha="cd" * 32))) == [HASH]
    drawn = {"data": {"name": "line", "rows": 50}}
    assert keys(unpaired_by(page(base=drawn), page({"data": {"rows": 60}}, base=drawn, sha="cd" * 32))) == ["data.rows"]


@pytest.mark.parametrize(
    "changes",
    [
        {"model": {"hidden": [4]}},
        {"training": {"learning_rate": 0.1, "epochs": 7}},
        {"data": {"standardize": False}},
        {"data": {"label_noise": 0.2}},
        {"data": {"polynomial": 2}},
        {"data": {"train_rows": 40}},
    ],
)
def test_what_leaves_the_held_out_rows_alone_leaves_pairs(changes):
    assert unpaired_by(page(), page(changes)) == ()
    other = page(changes).experiment
    (part,), (part_again,) = read(page().experiment, plan(page().experiment)), read(other, plan(other))
    before, seen, after, seen_again = part.jobs, part.seen, part_again.jobs, part_again.seen
    assert seen.sha256 == seen_again.sha256
    for one, another in zip(before, after, strict=True):
        assert one.validation.tolist() == another.validation.tolist()


def test_other_columns_of_the_same_rows_leave_pairs():
    fewer = {"data": {"features": ["alcohol", "ash"]}}
    assert unpaired_by(page(), page(fewer, sha="cd" * 32)) == ()
    # Where more differs than the columns, or a file might have changed, the hash has the last word.
    both = merged(fewer, {"data": {"label_noise": 0.1}})
    assert "data.features" in keys(unpaired_by(page(), page(both, sha="cd" * 32)))
    own, of_own = ({"data": {"file": "a.csv"} | more} for more in ({}, {"features": ["x"]}))
    base = {"validation": {"method": "k-fold", "k": 3}}
    assert keys(unpaired_by(page(own, base=base), page(of_own, base=base, sha="cd" * 32))) == ["data.features"]
    jobs = [read_one(of.experiment, plan(of.experiment))[1] for of in (page(), page(fewer))]
    for one, another in zip(*jobs, strict=True):
        assert one.validation.tolist() == another.validation.tolist()


def test_files_of_other_names_with_the_same_rows_are_the_same_data():
    first, second = ({"data": {"file": name, "target": "y"}} for name in ("a.csv", "b.csv"))
    base = {"validation": {"method": "k-fold", "k": 3}}
    assert differing([page(first, base=base), page(second, base=base)]) == ()
    assert keys(unpaired_by(page(first, base=base), page(second, base=base, sha="cd" * 32))) == ["data.file"]


def test_a_page_that_was_edited_since_is_noticed():
    edited = page()
    runs = tuple(replace(run, validation_rows=19) for run in edited.record.runs)
    edited = replace(edited, record=replace(edited.record, runs=runs))
    assert keys(unpaired_by(page(), edited)) == [ROWS]


# --- figures ----------------------------------------------------------------------------------------------------------


def test_the_figure_that_the_first_page_chooses_by_leads():
    chosen = {"choose_by": "accuracy"}
    assert [figure.metric for figure in compare_pages(page(), page(chosen)).figures] == ["loss", "accuracy"]
    found = compare_pages(page(chosen), page(chosen, losses=(0.1, 0.05, 0.15)))
    assert [figure.metric for figure in found.figures] == ["accuracy", "loss"]
    assert [figure.verdict for figure in found.figures] == ["better", "better"]


def test_losses_of_two_kinds_are_not_compared():
    found = compare_pages(page(), page({"training": {"loss": "hinge"}}))
    assert [figure.metric for figure in found.figures] == ["accuracy"]
    assert any("the loss is not compared" in note for note in found.notes)
    # The usual loss of a task may be named or not.
    assert len(compare_pages(page(), page({"training": {"loss": "cross-entropy"}})).figures) == 2


def test_figures_of_other_targets_are_not_compared():
    for other in (page(task="regression"), page({"data": {"target_transform": "log"}})):
        found = compare_pages(page(), other)
        assert (found.figures, found.test) == ((), {})
        assert any("different things" in note for note in found.notes)


def test_test_figures_stand_beside_each_other_without_an_interval():
    found = compare_pages(page(test={"loss": 0.5, "accuracy": 0.8}), page(test={"loss": 0.4, "accuracy": float("nan")}))
    assert found.test == {"loss": (0.5, 0.4)}
    assert compare_pages(page(test={"loss": 0.5}), page()).test == {}
    found = compare_pages(page(test={"loss": 0.5}), page({"seed": 1}, test={"loss": 0.4}))
    assert any("test rows are not the same" in note for note in found.notes)


def test_more_than_one_difference_is_told():
    found = compare_pages(
        page(), page({"model": {"hidden": [4]}, "training": {"epochs": 7, "learning_rate": 0.1}}), ("a", "b")
    )
    assert found.notes[0] == "a and b differ in 3 settings: the difference cannot be laid to one of them"
    assert compare_pages(page(), page({"model": {"hidden": [4]}}, losses=(0.4, 0.5, 0.7))).notes == ()


def test_runs_that_diverged_are_counted():
    broken = page({"model": {"hidden": [4]}})
    runs = list(broken.record.runs)
    runs[1] = replace(runs[1], status="diverged")
    broken = replace(broken, record=replace(broken.record, runs=tuple(runs)))
    found = compare_pages(page(), broken, ("a", "b"))
    assert found.figures[0].left_out == 1
    assert "b has 1 of 3 runs that did not finish (1 diverged)" in found.notes
    assert any("1 of 3 pairs of runs are left out" in note for note in found.notes)
    runs = tuple(replace(run, status="diverged", validation=None) for run in runs)
    found = compare_pages(page(), replace(broken, record=replace(broken.record, runs=runs)), ("a", "b"))
    assert found.figures == ()
    assert "b has 3 of 3 runs that did not finish (3 diverged)" in found.notes


def test_rolling_folds_other_rows_interventions_and_edits_are_told():
    rolling = {"data": {"name": "births", "lags": 7}, "validation": {"method": "rolling", "k": 3}}
    found = compare_pages(page(base=rolling), page({"training": {"epochs": 3}}, base=rolling, losses=(0.3, 0.1, 0.5)))
    assert any("only approximate" in note for note in found.notes)
    other = page({"data": {"train_rows": 40}}, losses=(0.3, 0.1, 0.5))
    runs = tuple(replace(run, train_rows=40) for run in other.record.runs)
    changed = (Intervention((0,), 5, "training.learning_rate", 0.1),)
    other = replace(other, record=replace(other.record, runs=runs, interventions=changed), warning="it was edited")
    notes = compare_pages(page(), other, ("a", "b")).notes
    assert "somebody changed settings of b while it trained" in notes
    assert "a trains on 80 rows, b on 40: the correction takes the fewer" in notes
    assert "b: it was edited" in notes


def test_who_stopped_early_is_flattered():
    early = page({"training": {"early_stopping": {"patience": 3}}})
    flattered = "chose its epochs by the rows that judge it here, which flatters it a little"
    assert f"b {flattered}" in compare_pages(page(), early, ("a", "b")).notes
    assert f"a {flattered}" in compare_pages(early, page(), ("a", "b")).notes
    assert not any(flattered in note for note in compare_pages(early, early).notes)


def test_equal_differences_are_told():
    found = compare_pages(page(), page({"model": {"hidden": [4]}}))
    assert found.figures[0].verdict == "no difference seen"
    assert any("every difference is 0" in note for note in found.notes)


def test_a_page_that_nobody_has_trained_is_refused():
    with pytest.raises(LabError, match=r"b \(a page\) has no runs to compare"):
        compare_pages(page(), page(sha=None), ("a", "b"))
