"""From a record to what the plot shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.events import DataRead
from sessions.curve import Curve
from sessions.record import Record, RunRecord
from tui.plots.curves import metrics_of, plot_of


def curve(values):
    return Curve(range(1, len(values) + 1), values)


def run(train, validation=(), **fields):
    curves = {"loss": curve(train), "mae": curve([value / 2 for value in train])}
    validated = {"loss": curve(validation), "mae": curve([value / 2 for value in validation])} if validation else {}
    going = RunRecord("run", status="training", epoch=len(train), epochs=10)
    return replace(going, train_curves=curves, validation_curves=validated, **fields)


def shown(plot):
    return [(line.role, line.emphasis, line.y.tolist()) for line in plot.lines]


def test_nothing_yet():
    assert plot_of(Record(), empty="press r").empty == "press r"
    waiting = Record("training", (RunRecord("run", epochs=7),))
    assert plot_of(waiting).lines == ()
    assert plot_of(waiting).x_total == 7
    assert metrics_of(Record()) == ("loss",)


def test_a_single_run_is_shown_as_it_is():
    plot = plot_of(Record("training", (run([3.0, 2.0], [4.0, 3.0]),)))
    assert shown(plot) == [("train", "main", [3.0, 2.0]), ("validation", "main", [4.0, 3.0])]
    assert plot.x_total == 10
    assert plot.lines[0].x.tolist() == [1.0, 2.0]
    assert not plot.marks


def test_without_validation_there_is_one_line():
    assert shown(plot_of(Record("training", (run([3.0, 2.0]),)))) == [("train", "main", [3.0, 2.0])]


def test_another_metric():
    plot = plot_of(Record("training", (run([3.0], [4.0]),)), metric="mae", log=True)
    assert shown(plot) == [("train", "main", [1.5]), ("validation", "main", [2.0])]
    assert plot.log
    assert plot.y_title == "mean absolute error"
    assert plot_of(Record("training", (run([3.0]),)), metric="f1").lines == ()


def test_folds_lie_faint_under_their_mean():
    folds = tuple(run([4.0 * fold, 2.0 * fold], label=f"fold {fold}/3", fold=fold) for fold in (1, 2, 3))
    plot = plot_of(Record("training", folds))
    kinds = [("train", "faint")] * 3 + [("train", "edge")] * 2 + [("train", "main")]
    assert [line[:2] for line in shown(plot)] == kinds
    assert [line.y.tolist() for line in plot.lines[-3:]] == [[4.0, 2.0], [12.0, 6.0], [8.0, 4.0]]
    assert plot.notes == ("bold: mean of 3 folds", "dotted: ± sd")


def test_the_band_lies_around_validation_where_there_is_any():
    folds = tuple(run([4.0], [2.0 * fold], label=f"fold {fold}/3", fold=fold) for fold in (1, 2, 3))
    plot = plot_of(Record("training", folds))
    assert [(line.role, line.y.tolist()) for line in plot.lines if line.emphasis == "edge"] == [
        ("validation", [2.0]),
        ("validation", [6.0]),
    ]


def test_one_run_left_has_no_band():
    folds = (run([2.0, 2.0, 2.0], fold=1), run([4.0], fold=2))
    edges = [line.y for line in plot_of(Record("training", folds)).lines if line.emphasis == "edge"]
    assert [np.isfinite(edge).tolist() for edge in edges] == [[True, False, False]] * 2


def test_the_mean_goes_on_as_far_as_the_longest_fold():
    folds = (run([2.0, 2.0, 2.0], fold=1), run([4.0], fold=2))
    mean = plot_of(Record("training", folds)).lines[-1]
    assert mean.x.tolist() == [1.0, 2.0, 3.0]
    assert mean.y[0] == 3.0


def test_runs_with_points_at_other_epochs_have_no_mean():
    thinned = RunRecord("b", status="finished", epochs=10, fold=2, train_curves={"loss": Curve([1, 5], [2.0, 1.0])})
    plot = plot_of(Record("finished", (run([3.0, 2.0, 1.0], fold=1), thinned)))
    assert [line.emphasis for line in plot.lines] == ["faint", "faint"]


@pytest.mark.parametrize(
    ("places", "says"),
    [
        ([(1, 1, 1), (2, 1, 1)], "2 restarts"),
        ([(1, 1, 1), (1, 1, 2)], "2 folds"),
        ([(1, 1, 1), (1, 2, 1)], "2 folds"),
        ([(1, 1, 1), (2, 1, 1), (1, 1, 2), (2, 1, 2)], "4 runs"),
    ],
)
def test_what_the_mean_is_over(places, says):
    runs = tuple(run([1.0], restart=restart, repeat=repeat, fold=fold) for restart, repeat, fold in places)
    assert plot_of(Record("training", runs)).notes[0] == f"bold: mean of {says}"


def test_the_refit_is_not_shown_beside_the_folds():
    folds = (run([1.0, 2.0], fold=1), run([3.0, 4.0], fold=2))
    refit = run([9.0, 9.0, 9.0], role="refit", label="refit", epochs=30)
    plot = plot_of(Record("training", (*folds, refit)))
    assert 9.0 not in np.concatenate([line.y for line in plot.lines])
    assert plot.x_total == 30


def test_the_best_epoch_is_marked_once_a_single_run_is_over():
    over = replace(run([3.0, 2.0, 1.0], [3.0, 1.0, 2.0]), status="finished", best_epoch=2, train={"loss": 2.0})
    assert [(mark.x, mark.label) for mark in plot_of(Record("finished", (over,))).marks] == [(2, "best 2")]
    assert plot_of(Record("finished", (over, over))).marks == ()


def test_the_unit_stands_on_the_axis_of_a_metric_in_that_unit():
    record = Record("training", (run([3.0]),), data=units("kg\x1b[2J"))
    assert plot_of(record, metric="mae").y_title == "mean absolute error (kg␛[2J)"
    assert plot_of(record, metric="loss").y_title == "loss"


def units(unit):
    return DataRead("made", rows=3, features=1, outputs=1, task="regression", unit=unit, sha256="", warnings=())
