"""Baselines as levels: which are drawn, and when a network is told that a simple model does as well."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from engine.data.sources import Births
from engine.errors import LabError
from engine.events import BaselineMeasured
from engine.experiment import Data, Experiment
from engine.sweep import Sweep
from sessions import codec, record_reader
from sessions.chosen import page_of_setting
from sessions.codec import value_of
from sessions.levels import chosen_first, level_of, levels, said_of_baselines, unmeasured
from sessions.page import Page
from sessions.record import Record, RunRecord
from sessions.report import as_json
from tui.plots.curves import plot_of


def baseline(name, *losses, accuracy=(0.5, 0.5), part="validation"):
    columns = {"loss": losses, "accuracy": accuracy}
    empty = {"train": {}, "validation": {}}
    return BaselineMeasured(name, name, **{**empty, part: columns}, test=None)


def record(*baselines, loss=1.0, accuracy=0.8):
    runs = tuple(
        RunRecord(f"fold {n}/2", fold=n, status="finished", validation={"loss": loss, "accuracy": accuracy})
        for n in (1, 2)
    )
    return Record("finished", runs, baselines=baselines)


def test_the_constant_and_the_best_other_are_drawn_at_their_means():
    known = record(baseline("constant", 3, 5), baseline("logistic", 1, 2), baseline("svm", 2, 4, accuracy=(0.9, 0.7)))
    assert levels(known, "loss") == [("constant", 4.0), ("logistic", 1.5)]
    assert levels(known, "accuracy") == [("constant", 0.5), ("svm", 0.8)]
    assert levels(known, "r2") == []


def test_where_nothing_validates_the_training_rows_are_the_level():
    assert levels(record(baseline("linear", 2, 4, part="train")), "loss") == [("linear", 3.0)]


def test_what_is_no_number_or_was_left_out_is_not_drawn():
    out = BaselineMeasured("linear", "", {}, {}, None, "there is not enough memory")
    assert levels(record(baseline("constant", math.nan, 1), out, baseline("logistic", math.inf, 1)), "loss") == []


@pytest.mark.parametrize(
    ("figure", "level", "says"),
    [
        ("loss", (0.8, 1.0), "logistic, a baseline, reaches a validation loss of 0.9: better than 1 here"),
        ("loss", (0.8, 1.2), "as good as 1 here"),
        ("loss", (1.0, 1.2), ""),
        ("loss", (math.nan, 0.1), ""),
    ],
)
def test_a_network_that_adds_nothing_is_told_so(figure, level, says):
    found = said_of_baselines(record(baseline("constant", 5, 5), baseline("logistic", *level)), figure, "{:g}".format)
    assert len(found) == bool(says)
    assert says in "".join(found)


def test_a_larger_accuracy_is_better():
    worse = record(baseline("logistic", 1, 1, accuracy=(0.7, 0.8)))
    better = record(baseline("logistic", 9, 9, accuracy=(0.9, 0.8)))
    assert said_of_baselines(worse, "accuracy", str) == []
    assert "better than" in said_of_baselines(better, "accuracy", str)[0]
    assert said_of_baselines(Record("training", (RunRecord("r"),)), "loss", str) == []


def test_levels_are_drawn_beside_curves_and_not_alone():
    assert plot_of(record(baseline("constant", 3, 5))).lines == ()


# --- settings with other rows -----------------------------------------------------------------------------------------


LAGS, RATE = "data.lags", "training.learning_rate"
FOUR = tuple({LAGS: lags, RATE: rate} for lags in (1, 7) for rate in (0.1, 0.2))


def swept(*baselines, chosen=None, settings=FOUR, loss=1.0):
    runs = tuple(
        RunRecord(f"run {n}", setting=n, status="finished", validation={"loss": loss}) for n in range(len(settings))
    )
    return Record("finished", runs, baselines=baselines, settings=settings, chosen=chosen)


def of(setting, name, *losses):
    return replace(baseline(name, *losses), setting=setting)


OWN = of(0, "constant", 4), of(0, "linear", 3), of(2, "constant", 2), of(2, "linear", 0.5)


def test_a_setting_has_the_baselines_of_its_rows():
    record = swept(*OWN)
    assert [record.baselines_of(setting) for setting in range(4)] == [OWN[:2], OWN[:2], OWN[2:], OWN[2:]]
    rates = swept(*OWN[:2], settings=({RATE: 0.1}, {RATE: 0.2}))
    assert rates.baselines_of(1) == OWN[:2]


@pytest.mark.parametrize("key", [LAGS, "validation.k", "seed", "training.loss"])
def test_levels_of_settings_with_their_own_are_the_chosen_ones_and_say_so(key):
    settings = tuple({key: setting[LAGS], RATE: setting[RATE]} for setting in FOUR)
    said = f"{key.rpartition('.')[2]}="
    assert levels(swept(*OWN, settings=settings), "loss") == []
    assert levels(swept(*OWN, settings=settings, chosen=3), "loss") == [
        (f"constant ({said}7)", 2.0),
        (f"linear ({said}7)", 0.5),
    ]
    assert levels(swept(*OWN, settings=settings, chosen=1), "loss")[1] == (f"linear ({said}1)", 3.0)


def test_levels_that_all_settings_share_need_no_choice():
    assert levels(swept(*OWN[:2], settings=({RATE: 0.1}, {RATE: 0.2})), "loss") == [("constant", 4.0), ("linear", 3.0)]


def test_a_network_is_compared_with_the_baselines_of_its_own_rows():
    assert said_of_baselines(swept(*OWN, chosen=1), "loss", "{:g}".format) == []
    assert (
        "linear, a baseline, reaches a validation loss of 0.5"
        in (said_of_baselines(swept(*OWN, chosen=2), "loss", "{:g}".format)[0])
    )
    assert said_of_baselines(swept(*OWN[:2], chosen=2, loss=9.0), "loss", str) == [], "none was measured there"


def test_the_chosen_settings_baselines_come_first_and_all_once():
    assert chosen_first(swept(*OWN)) == list(OWN)
    assert chosen_first(swept(*OWN, chosen=3)) == [*OWN[2:], *OWN[:2]]
    twice = (of(0, "constant", 4), of(2, "constant", 4))
    assert chosen_first(swept(*twice, chosen=2)) == [twice[1], twice[0]]


def test_rows_without_baselines_are_counted():
    assert unmeasured(swept(*OWN)) == 0
    assert unmeasured(swept(*OWN[2:])) == 1
    assert unmeasured(swept(settings=({RATE: 0.1}, {RATE: 0.2}))) == 0


def test_a_page_of_one_setting_has_its_baselines():
    experiment = Experiment(Data(Births(), lags=1), sweep=Sweep(((LAGS, (1, 7)), (RATE, (0.1, 0.2)))))
    page = page_of_setting(Page(experiment, record=swept(*OWN, chosen=2)), 3)
    assert [(one.name, one.setting, level_of(one, "loss")) for one in page.record.baselines] == [
        ("constant", 0, 2.0),
        ("linear", 0, 0.5),
    ]


def test_a_page_keeps_and_json_tells_the_setting_of_each_baseline(tmp_path):
    page = Page(Experiment(Data(Births(), lags=1)), record=swept(*OWN, chosen=2))
    text = codec.write_page(page)
    assert codec.parse(text, "page").record.baselines == OWN
    said = as_json(tmp_path / "page.toml", page)["baselines"]
    assert [one["settings"] for one in said] == [FOUR[0], FOUR[0], FOUR[2], FOUR[2]]
    assert list(said[0]) == ["name", "says", "settings", "summary", "test", "left_out"]


@pytest.mark.parametrize("setting", ["4", "-1", '"one"', "1.5"])
def test_a_baseline_of_no_setting_is_damage(setting):
    table = {"name": "constant", "setting": value_of(setting)}
    with pytest.raises(LabError, match=r"\[record\] is damaged"):
        record_reader.read({"status": "finished", "settings": list(FOUR), "baselines": [table]})


def test_a_page_that_names_no_setting_is_of_the_first():
    table = {"status": "finished", "settings": list(FOUR), "baselines": [{"name": "constant"}]}
    assert record_reader.read(table).baselines[0].setting == 0
