"""The view of a sweep's settings: which of the three it is, what it says, and that it fits."""

from __future__ import annotations

import math

import pytest
from notebook import HOSTILE, STEERING
from rich.cells import cell_len

from sessions.record import Record, RunRecord
from sessions.settings import results_of
from tui.portrait.lines import plain
from tui.settings.curve import placed
from tui.settings.heatmap import heatmap_of
from tui.settings.view import view_of

RATE, HIDDEN, ACTIVATION = "training.learning_rate", "model.hidden", "model.activation"


def run(setting, loss, fold=1, status="finished"):
    train = {"loss": loss / 2, "accuracy": 0.5}
    return RunRecord("run", setting=setting, fold=fold, status=status, train=train, validation={"loss": loss})


def record(settings, losses, *, folds=1, **fields):
    """Return a finished study; a loss of None has diverged, others grow by 0.5 with each fold."""
    runs = [
        RunRecord("run", setting=n, fold=fold, status="diverged") if loss is None else run(n, loss + 0.5 * fold, fold)
        for n, loss in enumerate(losses)
        for fold in range(1, folds + 1)
    ]
    return Record("finished", tuple(runs), settings=tuple(settings), **fields)


def grid(**keys):
    first, second = keys.items()
    return [{first[0]: a, second[0]: b} for a in first[1] for b in second[1]]


def shown(made, width=49, height=18, by="loss", **options):
    return view_of(made, by, width, height, **options)


def numeric(losses, values=(1e-3, 1e-2, 1e-1), **fields):
    return record([{RATE: value} for value in values], losses, **fields)


def two(losses, **fields):
    settings = [{RATE: r, HIDDEN: h} for r in (0.1, 0.2) for h in ([16], [64, 64])]
    return record(settings, losses, **fields)


def three(losses, **fields):
    settings = [{RATE: r, HIDDEN: h, ACTIVATION: a} for r in (0.1, 0.2) for h in ([16], [64]) for a in ("relu", "tanh")]
    return record(settings[: len(losses)], losses, **fields)


# --- one numeric key --------------------------------------------------------------------------------------------------


def test_one_numeric_key_makes_a_validation_curve():
    view = shown(numeric((3.0, 1.0, 2.0), folds=2, chosen=1))
    assert "loss over learning_rate (log), mean of 2 folds" in view.text
    assert "─●─ train  ╌○╌ validation  │ ± sd  ▲ chosen 0.01" in view.text
    assert "○" in plain(view.body)
    assert "●" in plain(view.body)
    assert plain(view.body).splitlines()[-1].split() == ["0.001", "0.01", "0.1"]
    assert view.text.endswith("next: learning_rate=0.1, 1.000 behind")


def test_as_long_as_nothing_is_chosen_the_best_so_far_is_marked():
    assert "▲ best so far 0.001" in shown(numeric((1.0, 2.0, 3.0))).text


def test_a_setting_that_diverged_says_so():
    view = shown(numeric((1.0, 2.0, None)), width=70)
    assert "✗ diverged" in view.text
    assert "1 setting diverged: (learning_rate=0.1)" in view.text


@pytest.mark.parametrize(
    ("values", "how"),
    [
        ((1, 2, 5), ""),
        ((0.0, 0.25, 0.5), ""),
        ((1e-3, 1e-2, 1e-1), " (log)"),
        ((1, 10, 20), " (log)"),
        ((0, 1e-4, 1e-3, 1e-2, 1.0), " (evenly spaced)"),
    ],
)
def test_the_axis_is_the_one_on_which_values_can_be_told_apart(values, how):
    made = numeric([1.0] * len(values), values)
    view = shown(made)
    assert f"learning_rate{how}" in plain(view.top)


def test_equally_far_values_lie_equally_far_apart():
    places, _ = placed(results_of(numeric((1.0, 2.0, 3.0))), RATE, 49)
    assert [place.x for place in places] == pytest.approx([-3, -2, -1])


def test_what_is_far_worse_leaves_through_the_edge():
    view = shown(numeric((1.0, 2.0, 1e9), folds=1))
    assert "↑" in plain(view.body)
    assert "e9" not in plain(view.body)
    assert "↑" not in plain(shown(numeric((1.0, 2.0, 1e9)), log=True).body)


def test_a_curve_of_nothing_yet_says_so():
    waiting = Record("training", (RunRecord("a"), RunRecord("b", setting=1)), settings=({RATE: 1.0}, {RATE: 2.0}))
    assert "2 settings not finished yet" in shown(waiting).text


# --- two keys ---------------------------------------------------------------------------------------------------------


def test_two_keys_make_a_grid_told_by_number_and_shade():
    view = shown(two((1.0, 3.0, 2.0, None), chosen=0))
    rows = plain(view.body).splitlines()
    assert rows[1].split() == ["learning_rate", "[16]", "[64,", "64]"]
    assert rows[2].split() == ["0.1", "★", "1.50", "3.50"]
    assert rows[3].split() == ["0.2", "2.50", "✗", "diverged"]
    roles = {run.role for line in view.body[:4] for run in line if run.role.startswith("shade")}
    assert roles == {"shade-7", "shade-4", "shade-0"}


def test_a_combination_that_was_not_drawn_is_blank():
    made = record([{RATE: 0.1, HIDDEN: [4]}, {RATE: 0.2, HIDDEN: [8]}], (1.0, 2.0))
    assert [line.split() for line in plain(shown(made).body).splitlines()[2:4]] == [
        ["0.1", "★", "1.50"],
        ["0.2", "2.50"],
    ]


def test_a_grid_wider_than_the_window_goes_on_below():
    settings = [{RATE: r / 100, "training.batch_size": b} for r in range(1, 13) for b in range(1, 13)]
    made = record(settings, [1.0 + n for n in range(144)])
    view = shown(made)
    assert all(cell_len(line) <= 49 for line in view.text.splitlines())
    assert len(view.body) > 2 * 13
    numbers = {word for line in plain(view.body).splitlines() for word in line.split()}
    assert {"1.50", "144"} <= numbers


def test_what_is_partly_finished_says_how_far():
    runs = (run(0, 1.0), RunRecord("b", fold=2, status="training"), run(1, 2.0), run(2, 2.0), run(3, 2.0))
    settings = [{RATE: r, HIDDEN: h} for r in (0.1, 0.2) for h in ([16], [64, 64])]
    assert "1.00 1/2" in shown(Record("training", runs, settings=tuple(settings))).text


def test_the_better_the_brighter_also_where_larger_is_better():
    settings = [{RATE: r, HIDDEN: h} for r in (0.1, 0.2) for h in ([1], [2])]
    runs = [
        RunRecord("run", setting=n, status="finished", validation={"accuracy": value})
        for n, value in enumerate((0.1, 0.9, 0.5, 0.4))
    ]
    view = shown(Record("finished", tuple(runs), settings=tuple(settings)), by="accuracy")
    best = next(run for line in view.body for run in line if run.role == "shade-7")
    assert "0.900" in best.text


# --- everything else --------------------------------------------------------------------------------------------------


def test_three_keys_make_a_table_the_best_first():
    view = shown(three((3.0, 2.0, 1.0, 4.0, 5.0, 6.0, 7.0, None), folds=2, chosen=2), width=90)
    header, *rows = plain([view.top[1], *view.body]).splitlines()
    assert header.split() == ["learning_rate", "hidden", "activation", "runs", "train", "loss", "val.", "loss"]
    assert rows[0].split() == ["★", "0.1", "[64]", "relu", "2/2", "0.8750", "±0.18", "1.750", "±0.35"]
    assert [line.split()[-2] for line in rows[1:4]] == ["2.750", "3.750", "4.750"]
    assert rows[-1].split()[-4:] == ["✗", "diverged", "–", "–"]


def test_one_key_of_words_makes_a_table_too():
    view = shown(record([{ACTIVATION: name} for name in ("relu", "tanh")], (2.0, 1.0)))
    assert [line.split()[0] for line in plain(view.body).splitlines()] == ["tanh", "relu"]


def test_a_narrow_table_keeps_what_is_looked_for():
    view = shown(three((3.0, 2.0, 1.0, 4.0, 5.0, 5.0, 5.0, 5.0), folds=3), width=40)
    lines = plain([view.top[1], *view.body]).splitlines()
    assert lines[0].endswith("val. loss")
    assert "2.000 ±0.50" in lines[1]
    assert all(cell_len(line) <= 40 for line in lines)


def test_words_leave_room_for_what_is_drawn():
    settings = [{"x" * 30 + ".a" * n: value for n in range(1, 6)} for value in range(40)]
    view = shown(record(settings, [1.0 + n for n in range(40)]), height=12)
    assert len(view.bottom) <= 12 - 5 - 1


def test_without_a_sweep_it_says_how_to_make_one():
    assert "| in a panel's row" in shown(Record("finished", (run(0, 1.0),))).text


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("keys", [1, 2, 3])
def test_texts_from_outside_are_made_safe(payload, keys):
    names = ["data.target", "data.features", payload][:keys]
    settings = [{key: [payload, value] for key in names} for value in ("a", "b")]
    text = shown(record(settings, (1.0, 2.0))).text
    assert not STEERING.intersection(text.replace("\n", ""))


@pytest.mark.parametrize("width", [20, 49, 90])
@pytest.mark.parametrize("height", [8, 18, 40])
@pytest.mark.parametrize("losses", [(1.0,) * 8, (math.inf, math.nan, 1.0, 1e300, -1e300, 0.0, None, 5e-324)])
def test_every_view_fits(width, height, losses):
    for made in (numeric(losses, range(8)), two(losses[:4]), three(losses)):
        for log in (False, True):
            view = shown(made, width, height, log=log)
            assert all(cell_len(line) <= width for line in view.text.splitlines())


def test_a_single_row_or_column_is_a_grid():
    made = record([{RATE: 0.1, HIDDEN: [4]}, {RATE: 0.2, HIDDEN: [4]}], (1.0, 2.0))
    assert "0.2" in plain(heatmap_of(made, results_of(made), (RATE, HIDDEN), "loss", 40))
