"""Sweeps: which settings there are, what each of them is, how they are shared out, and which is chosen."""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import bits_by_run, ended, study

from engine import plan as planning
from engine import prepare
from engine.choosing import best_of, over_folds
from engine.errors import KeyProblem
from engine.events import RefitPlanned, SettingChosen
from engine.jobs import stacks
from engine.plan import plan, settings_of
from engine.pool import Pool
from engine.sharing import MOST_RUNS, pieces
from engine.study import Study
from engine.sweep import MOST_SETTINGS, Sweep
from engine.tables import from_tables, to_tables, with_settings
from sessions.record import fold

LINE = {"data": {"name": "line", "rows": 60}}
RATES = {"training.learning_rate": [1e-3, 1e-2, 0.1]}
AXES = {
    "training.learning_rate": [1e-3, 1e-2],
    "training.weight_decay": [0.0, 0.1, 0.2],
    "training.optimizer": ["sgd", "adam", "rmsprop"],
    "training.early_stopping": [{"patience": 3, "min_delta": 0.0}, {"patience": 5, "min_delta": 0.1}],
    "training.early_stopping.patience": [2, 4],
    "training.loss": ["squared", "huber"],
    "model.hidden": [[], [3], [4, 4]],
    "model.activation": ["relu", "tanh"],
    "model.dropout": [0, 0.5],
    "data.standardize": [True, False],
    "data.polynomial": [1, 2],
    "data.train_rows": [10, 20],
    "data.noise": [0.1, 1],
    "validation.share": [0.2, 0.4],
    "seed": [0, 1],
}


def swept(sweep, **tables):
    return from_tables({**LINE, **tables, "sweep": sweep})


def some_axes():
    keys = st.lists(st.sampled_from(sorted(AXES)), min_size=1, max_size=3, unique=True)
    return keys.filter(lambda chosen: sum("early_stopping" in key for key in chosen) < 2)


# --- which settings there are -----------------------------------------------------------------------------------------


@given(some_axes(), st.integers(1, 40) | st.none())
@settings(max_examples=60, deadline=None)
def test_settings_are_the_grid_or_a_part_of_it_in_its_order(keys, sample):
    axes = {key: AXES[key] for key in keys}
    experiment = swept(axes | ({} if sample is None else {"sample": sample}))
    grid = [dict(zip(keys, values, strict=True)) for values in itertools.product(*axes.values())]
    found = settings_of(experiment)
    places = [grid.index(one) for one in found]
    assert places == sorted(set(places))
    assert len(found) == min(len(grid), sample or len(grid))
    assert found == settings_of(experiment)


@given(some_axes())
@settings(max_examples=60, deadline=None)
def test_a_sweep_comes_back_from_its_tables_and_so_does_each_setting(keys):
    experiment = swept({key: AXES[key] for key in keys}, choose_by="mae")
    assert from_tables(to_tables(experiment)) == experiment
    for one in settings_of(experiment):
        made = with_settings(experiment, one)
        assert not made.sweep
        assert from_tables(to_tables(made)) == made


def test_a_setting_is_the_experiment_with_its_values_written_into_the_file():
    file = {**LINE, "training": {"epochs": 7}, "model": {"hidden": [5]}}
    experiment = from_tables({**file, "sweep": {**RATES, "model.hidden": [[], [3]], "data.noise": [0.5]}})
    for one in settings_of(experiment):
        by_hand = {
            "data": {"name": "line", "rows": 60, "noise": 0.5},
            "model": {"hidden": one["model.hidden"]},
            "training": {"epochs": 7, "learning_rate": one["training.learning_rate"]},
        }
        assert with_settings(experiment, one) == from_tables(by_hand)


def test_keys_may_be_quoted_or_not():
    assert swept({"training": {"learning_rate": [1, 2]}}) == swept({"training.learning_rate": [1.0, 2.0]})


@pytest.mark.parametrize(("said", "rates"), [({}, (1e-2, 1e-3)), ({"learning_rate": 1e-3}, (1e-3, 1e-3))])
def test_a_varied_choice_has_its_own_defaults_unless_the_file_says_otherwise(said, rates):
    experiment = swept({"training.optimizer": ["sgd", "adam"]}, training={"optimizer": "adam", **said})
    for same in (experiment, from_tables(to_tables(experiment))):
        found = [with_settings(same, one).training.optimizer.learning_rate for one in settings_of(same)]
        assert tuple(found) == rates


def test_keys_of_the_choice_that_is_left_go_with_it():
    experiment = swept({"training.optimizer": ["momentum", "sgd"]}, training={"optimizer": "momentum", "momentum": 0.5})
    first, second = (with_settings(experiment, one).training.optimizer for one in settings_of(experiment))
    assert first.momentum == 0.5
    assert not hasattr(second, "momentum")


def test_a_sample_of_a_huge_grid_is_drawn_without_the_grid():
    axes = {f"{table}.x{number}": list(range(1_000)) for table in ("a", "b") for number in range(4)}
    sweep = Sweep(tuple((key, tuple(values)) for key, values in axes.items()), sample=30)
    assert sweep.combinations == 10**24
    found = sweep.settings(3)
    assert len({tuple(one.values()) for one in found}) == 30
    assert found == sweep.settings(3)
    assert found != sweep.settings(4)


def test_a_sample_is_spread_over_the_grid():
    sweep = Sweep((("a", tuple(range(10))), ("b", tuple(range(10)))), sample=20)
    counts = np.zeros((10, 10))
    for seed in range(500):
        for one in sweep.settings(seed):
            counts[one["a"], one["b"]] += 1
    assert counts.sum() == 500 * 20
    # 100 of 500 each, with a binomial's spread: 5 standard deviations.
    assert np.abs(counts - 100).max() < 5 * math.sqrt(500 * 0.2 * 0.8)


# --- what cannot be ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sweep", "says"),
    [
        ({"training.lerning_rate": [1]}, "did you mean learning_rate"),
        ({"trainig.learning_rate": [1]}, "did you mean training"),
        ({"training.learning_rate": []}, "empty list"),
        ({"training.learning_rate": 0.1}, "must be a list"),
        ({"training.learning_rate": "abc"}, "must be a list"),
        ({"training.learning_rate": [0.1, -1]}, "above 0"),
        ({"training.learning_rate": [0.1, "fast"]}, "must be a number"),
        ({"training.learning_rate": [0.1, 0.1]}, "twice"),
        ({"training.optimizer": ["sgd", "adem"]}, "did you mean adam"),
        ({"training.optimizer": ["sgd", "momentum"], "training.momentum": [0.5]}, 'belongs to optimizer = "momentum"'),
        ({"data.rows.x": [1]}, "is not a key"),
        ({"restarts": [1, 2]}, "cannot be varied"),
        ({"sweep": [1]}, "of the sweep itself"),
        ({"sweep": [{}]}, "of the sweep itself"),
        ({"sweep.model.hidden": [[4], [8]]}, "of the sweep itself"),
        ({"sweep.training.learning_rate": [0.1, 0.2]}, "of the sweep itself"),
        ({"sweep.sample": [3, 4]}, "of the sweep itself"),
        ({"data": [{"rows": 9}]}, 'such as "data.rows"'),
        ({"model": [{"hidden": [4]}, {"hidden": [8]}]}, 'such as "model.hidden"'),
        ({"training": [{"learning_rate": 0.1, "epochs": 2}]}, 'such as "training.learning_rate"'),
        ({"validation": [{"refit": True}, {"refit": False}]}, 'such as "validation.refit"'),
        ({"validation": [3]}, 'such as "validation.method"'),
        ({"sample": 3}, "nothing to draw from"),
        ({**RATES, "sample": 0}, "at least 1"),
        ({**RATES, "sample": True}, "at least 1"),
    ],
)
def test_what_cannot_be_is_refused_with_its_key(sweep, says):
    with pytest.raises(KeyProblem, match=says) as caught:
        swept(sweep)
    assert caught.value.key.startswith("sweep")


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ({"sweep": {f"training.{key}": [i / 1e4 for i in range(140)] for key in ("weight_decay", "l1")}}, None),
        (
            {
                "sweep": {
                    "training.weight_decay": [i / 1e4 for i in range(3_163)],
                    "training.l1": [i / 1e4 for i in range(3_162)],
                }
            },
            "10,001,406 settings",
        ),
        ({"restarts": 10_000, "validation": {"method": "k-fold", "k": 11}}, "110,000 runs"),
        ({"sweep": RATES, "restarts": 10_000, "validation": {"method": "k-fold"}}, "150,000 runs"),
        ({"sweep": RATES, "validation": {"method": "none"}}, "rows that validate"),
        ({"sweep": {"validation.method": ["holdout", "none"]}}, "rows that validate"),
        ({"sweep": {"training.loss": ["squared", "absolute"]}}, "different ones"),
    ],
)
def test_what_is_too_much_or_cannot_be_judged_is_refused_before_anything_trains(tables, says):
    experiment = from_tables({**LINE, **tables})
    started = time.process_time()
    if says is None:
        assert len(plan(experiment)) == 140**2 < MOST_SETTINGS
    else:
        with pytest.raises(KeyProblem, match=says):
            plan(experiment)
    assert time.process_time() - started < 5


# --- runs -------------------------------------------------------------------------------------------------------------


def test_runs_come_by_setting_repeat_fold_and_restart_and_are_called_so():
    folds = {"method": "k-fold", "k": 2, "repeats": 2}
    experiment = swept({**RATES, "model.hidden": [[3]]}, restarts=2, validation=folds)
    specs = plan(experiment)
    places = [(spec.setting, spec.repeat, spec.fold, spec.restart) for spec in specs]
    assert places == sorted(places)
    assert [spec.index for spec in specs] == list(range(3 * 2 * 2 * 2))
    assert specs[5].label == "learning_rate=0.001 · repeat 2/2 · fold 1/2 · restart 2/2"
    assert specs[-1].settings == {"training.learning_rate": 0.1, "model.hidden": [3]}


def test_two_keys_of_one_name_are_called_by_their_whole_names():
    sweep = Sweep((("a.rows", (1, 2)), ("b.rows", (3, 4))))
    experiment = replace(from_tables(LINE), sweep=sweep)
    assert plan(experiment)[0].label == "a.rows=1 · b.rows=3"


def test_each_setting_has_its_own_folds_where_these_are_varied():
    experiment = swept({"validation.k": [2, 3]}, validation={"method": "k-fold"})
    assert [spec.label for spec in plan(experiment)] == [
        "k=2 · fold 1/2",
        "k=2 · fold 2/2",
        "k=3 · fold 1/3",
        "k=3 · fold 2/3",
        "k=3 · fold 3/3",
    ]
    assert {end.status for end in ended(study(experiment)[1]).values()} == {"finished"}


@given(some_axes(), st.integers(1, 4), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_pieces_hold_every_run_once_and_never_mix_what_cannot_train_together(keys, workers, restarts):
    experiment = swept({key: AXES[key] for key in keys}, restarts=restarts, choose_by="mae")
    specs = plan(experiment)
    shared = pieces(experiment, specs, workers)
    assert sorted(spec.index for piece in shared for spec in piece) == [spec.index for spec in specs]
    assert len(shared) >= min(workers, len(specs))
    for piece in shared:
        assert 1 <= len(piece) <= MOST_RUNS
        shapes = {prepare_shape(experiment, spec) for spec in piece}
        assert len(shapes) == 1


def prepare_shape(experiment, spec):
    one = planning.settled(experiment, spec)
    return repr((one.data, one.model.hidden, type(one.training.optimizer), one.validation))


def test_learning_rates_decays_dropouts_and_seeds_of_a_series_train_as_one_stack():
    rates = {"training.learning_rate": [1e-3, 1e-2], "training.weight_decay": [0.1, 0.2], "model.dropout": [0.1, 0.2]}
    births = {"data": {"name": "births", "lags": 7}, "model": {"hidden": [4]}, "training": {"epochs": 1}}
    experiment = from_tables({**births, "sweep": {**rates, "seed": [0, 1]}})
    (piece,) = pieces(experiment, plan(experiment), 1)
    (part,) = prepare.read(experiment, piece)
    assert len(stacks(part.jobs)) == 1
    assert {job.experiment.seed for job in part.jobs} == {0, 1}


@pytest.mark.parametrize(
    "sweep",
    [
        {"training.learning_rate": [1e-3, 1e-2], "training.weight_decay": [0.0, 0.1]},
        {"model.hidden": [[], [3], [3, 3]], "training.optimizer": ["sgd", "adam"]},
        {"seed": [0, 5], "training.batch_size": [7, 64]},
        {"data.polynomial": [1, 2], "data.train_rows": [9, 20]},
        {"data.noise": [0.1, 0.2], "model.dropout": [0.0, 0.3]},
    ],
)
def test_a_setting_has_the_bits_that_it_has_alone(sweep):
    tables = {"model": {"hidden": [4]}, "training": {"epochs": 3}, "validation": {"method": "k-fold", "k": 3}}
    experiment = swept(sweep, **tables)
    found = bits_by_run(study(experiment)[1])
    specs = plan(experiment)
    for number, one in enumerate(settings_of(experiment)):
        alone = bits_by_run(study(with_settings(experiment, one))[1])
        mine = [spec.index for spec in specs if spec.setting == number]
        assert [found[index] for index in mine] == [alone[run] for run in range(len(mine))]


def test_settings_with_different_lags_are_compared_on_the_same_rows():
    experiment = from_tables({"data": {"name": "births", "lags": 1}, "sweep": {"data.lags": [1, 7, [28]]}})
    rows = [part.jobs[0] for part in prepare.read(experiment, plan(experiment))]
    feeds = [part.feed for part in prepare.read(experiment, plan(experiment))]
    assert {feed.dataset.rows for feed in feeds} == {5479 - 28}
    assert {feed.inputs for feed in feeds} == {1, 7}
    assert {tuple(job.validation) for job in rows} == {tuple(rows[0].validation)}


# --- the choice -------------------------------------------------------------------------------------------------------


def course(experiment, workers=2):
    async def listen():
        async with Pool(workers) as pool:
            return [event async for batch in Study(experiment, pool).events() for event in batch]

    return asyncio.run(listen())


def test_the_best_mean_is_chosen_and_trained_on_all_rows():
    experiment = swept(RATES, restarts=2, training={"epochs": 20}, validation={"method": "k-fold", "k": 3})
    said = course(experiment)
    ends, specs = ended(said), plan(experiment)
    losses = np.array([ends[spec.index].validation["loss"] for spec in specs]).reshape(3, 3, 2)
    (chosen,) = [event for event in said if isinstance(event, SettingChosen)]
    (planned,) = [event for event in said if isinstance(event, RefitPlanned)]
    assert chosen == SettingChosen(int(losses.mean(axis=(1, 2)).argmin()), "loss")
    assert planned.setting == chosen.setting
    assert {run for run, end in ends.items() if end.test} == {planned.run}
    one = with_settings(experiment, settings_of(experiment)[chosen.setting])
    alone = replace(one, validation=from_tables({**LINE, "validation": {"method": "none"}}).validation, restarts=1)
    assert ended(study(alone)[1])[0].sha256 == ends[planned.run].sha256


def test_a_holdout_sweep_is_refitted_too_and_only_the_refit_sees_the_test_rows():
    said = course(swept(RATES, training={"epochs": 3}))
    ends = ended(said)
    assert [bool(ends[run].test) for run in range(4)] == [False, False, False, True]


def test_without_a_refit_nobody_looks_at_the_test_rows():
    said = course(swept(RATES, training={"epochs": 3}, validation={"method": "holdout", "refit": False}))
    assert [event.setting for event in said if isinstance(event, SettingChosen)]
    assert not any(end.test for end in ended(said).values())


def test_where_the_target_itself_is_varied_nothing_is_chosen():
    said = course(
        from_tables(
            {
                "data": {"name": "births", "lags": 2},
                "sweep": {"data.target_transform": ["none", "log"]},
                "training": {"epochs": 2},
            }
        )
    )
    assert not [event for event in said if isinstance(event, SettingChosen | RefitPlanned)]
    assert len(ended(said)) == 2


def test_a_refit_after_early_stopping_trains_for_the_median_of_the_chosen_settings_best_epochs():
    training = {"epochs": 200, "early_stopping": {"patience": 3}}
    experiment = swept(RATES, training=training, validation={"method": "k-fold", "k": 5})
    said = course(experiment)
    ends, specs = ended(said), plan(experiment)
    (planned,) = [event for event in said if isinstance(event, RefitPlanned)]
    best = sorted(ends[spec.index].best_epoch for spec in specs if spec.setting == planned.setting)
    assert planned.epochs == best[2]
    assert ends[planned.run].epochs == best[2]


def test_a_setting_that_diverges_is_marked_and_never_chosen():
    said = course(swept({"training.learning_rate": [1e6, 1e-2]}, training={"optimizer": "sgd", "epochs": 30}))
    assert [end.status for run, end in sorted(ended(said).items())] == ["diverged", "finished", "finished"]
    assert [event.setting for event in said if isinstance(event, SettingChosen)] == [1]


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(-1e6, 1e6)), min_size=1, max_size=30))
def test_means_over_folds_weigh_each_fold_alike(values):
    found = over_folds(values)
    folds = {fold for fold, _ in values}
    if len(folds) == 1:
        assert found == [value for _, value in values]
    else:
        by_hand = [
            np.mean([value for where, value in values if where == fold]) for fold in dict.fromkeys(f for f, _ in values)
        ]
        assert found == pytest.approx(by_hand)


def test_a_larger_accuracy_is_better_and_a_half_failed_setting_comes_last():
    assert best_of({0: 0.5, 1: 0.7, 2: 0.7}, dict.fromkeys(range(3), 1.0), "accuracy") == 1
    assert best_of({0: 0.5, 1: 0.7}, {0: 1.0, 1: 0.8}, "accuracy") == 0
    assert best_of({0: math.nan, 1: 3.0}, {0: 1.0, 1: 0.2}, "loss") == 1
    assert best_of({0: math.nan}, {0: 0.0}, "loss") is None


def test_ten_thousand_runs_are_planned():
    grid = {"training.learning_rate": [i / 100 for i in range(1, 101)], "model.hidden": [[i] for i in range(1, 21)]}
    specs = plan(swept(grid, validation={"method": "k-fold"}))
    assert len(specs) == 10_000
    assert len({spec.label for spec in specs}) == 10_000


def test_a_page_has_the_data_of_the_setting_that_was_refitted_with_any_number_of_workers():
    features = [["alcohol"], ["ash", "hue"], ["*"], ["alcohol", "ash", "hue"]]
    tables = {"data": {"name": "wine"}, "model": {"hidden": [3]}, "training": {"epochs": 3, "learning_rate": 0.05}}
    experiment = from_tables({**tables, "restarts": 6, "sweep": {"data.features": features}})
    records = [fold(course(experiment, workers)) for workers in (1, 2, 3)]
    assert len({(record.data, record.other_data) for record in records}) == 1
    (record, *_) = records
    assert record.refit.setting in record.data.read_for
    assert record.data.features == {0: 1, 1: 2, 2: 13, 3: 3}[record.refit.setting]
    assert record.refit.setting > 0, "another than the first is chosen, or this test could not fail"
    assert len(record.all_data) == 4
