"""Baselines as levels: which are drawn, and when a network is told that a simple model does as well."""

from __future__ import annotations

import math

import pytest

from engine.events import BaselineMeasured
from sessions.levels import levels, said_of_baselines
from sessions.record import Record, RunRecord
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
