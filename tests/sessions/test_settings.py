"""What the settings of a sweep have come to, and the sentences about it."""

from __future__ import annotations

import math

import pytest

from engine.choosing import best_of
from sessions.advice import beyond, conclusions
from sessions.record import Record, RunRecord
from sessions.settings import names_of, ranked, results_of, said, values_of, varied

RATE, HIDDEN = "training.learning_rate", "model.hidden"


def run(setting, loss, fold=1, status="finished", **fields):
    known = {"loss": loss} if loss is not None else None
    return RunRecord("run", setting=setting, fold=fold, status=status, train=known, validation=known, **fields)


def record(settings, *runs, status="finished", **fields):
    return Record(status, tuple(runs), settings=tuple(settings), **fields)


def rates(*values):
    return [{RATE: value} for value in values]


def say(made, by="loss"):
    return conclusions(made, by, lambda value: f"{value:g}")


def test_mean_and_sd_are_over_folds():
    made = record(rates(0.1, 0.2), run(0, 1.0, 1), run(0, 3.0, 2), run(1, 5.0, 1), run(1, 5.0, 2))
    first, second = results_of(made)
    assert first.spread("validation", "loss") == (2.0, pytest.approx(math.sqrt(2)))
    assert second.spread("validation", "loss") == (5.0, 0.0)
    assert first.spread("validation", "mae") is None


def test_only_finished_runs_count_where_there_are_any():
    made = record(rates(0.1), run(0, 1.0, 1), run(0, 9.0, 2, status="training"), status="training")
    (result,) = results_of(made)
    assert result.spread("validation", "loss") == (1.0, None)
    assert (result.finished, result.so_far) == (1, False)


def test_what_goes_on_is_shown_as_it_stands():
    going = record(rates(0.1, 0.2), run(0, 1.0, status="training"), run(1, None, status="waiting"), status="training")
    first, second = results_of(going)
    assert (first.spread("validation", "loss"), first.so_far) == ((1.0, None), True)
    assert second.spread("validation", "loss") is None
    assert say(going) == ["best so far by validation loss: learning_rate=0.1, 1", "2 settings not finished yet"]


@pytest.mark.parametrize(
    ("statuses", "bad"),
    [
        (["diverged", "diverged"], "diverged"),
        (["failed", "failed"], "failed"),
        (["failed", "diverged"], "diverged"),
        (["diverged", "finished"], ""),
        (["diverged", "waiting"], ""),
    ],
)
def test_a_setting_is_bad_when_none_of_its_runs_comes_to_anything(statuses, bad):
    runs = [run(0, None, fold, status) for fold, status in enumerate(statuses)]
    assert results_of(record(rates(0.1), *runs))[0].bad == bad


@pytest.mark.parametrize("by", ["loss", "accuracy"])
def test_the_order_is_the_one_that_the_study_chooses_by(by):
    figures = [0.5, 0.2, math.nan, 0.9, 0.2]
    runs = [RunRecord("run", setting=n, status="finished", validation={by: v}) for n, v in enumerate(figures)]
    runs.append(RunRecord("run", setting=1, fold=2, status="diverged"))
    made = record(rates(1, 2, 3, 4, 5), *runs)
    order = ranked(results_of(made), by)
    complete = {result.number: result.finished / len(result.runs) for result in results_of(made)}
    assert order[0].number == best_of(dict(enumerate(figures)), complete, by)
    assert [result.number for result in order] == ([4, 0, 3, 1, 2] if by == "loss" else [3, 0, 4, 1, 2])


def test_keys_with_one_value_are_not_varied():
    made = record([{RATE: 0.1, HIDDEN: [4]}, {RATE: 0.2, HIDDEN: [4]}])
    assert varied(made) == [RATE]
    assert varied(record([{}])) == []


def test_numbers_are_in_their_order_and_other_values_in_the_files():
    made = record([{RATE: 0.2, HIDDEN: [64, 64]}, {RATE: 0.1, HIDDEN: [16]}])
    assert values_of(made, RATE) == [0.1, 0.2]
    assert values_of(made, HIDDEN) == [[64, 64], [16]]


def test_keys_are_called_by_their_last_part_unless_two_share_it():
    assert names_of([RATE, HIDDEN]) == ["learning_rate", "hidden"]
    assert names_of(["training.decay", "model.decay", RATE]) == ["training.decay", "model.decay", "learning_rate"]
    assert said({RATE: 0.1, HIDDEN: [16, 32]}, [RATE, HIDDEN]) == "learning_rate=0.1 · hidden=[16, 32]"


def test_the_best_and_the_next_are_said():
    made = record(rates(0.1, 0.2, 0.3), run(0, 3.0), run(1, 1.0), run(2, 1.5))
    assert say(made) == ["best by validation loss: learning_rate=0.2, 1", "next: learning_rate=0.3, 0.5 behind"]


def test_a_difference_within_the_spread_is_called_so():
    made = record(
        rates(1, 2, 3), *(run(n, v + d, f) for n, v in enumerate((2.0, 1.0, 1.1)) for f, d in ((1, 0), (2, 1)))
    )
    assert say(made)[1] == "next: learning_rate=3, 0.1 behind, less than the sd"


def test_of_the_next_only_what_differs_is_said():
    settings = [{RATE: r, HIDDEN: h} for r in (1, 2, 3) for h in ([4], [8])]
    made = record(settings, *(run(n, v) for n, v in enumerate((5, 5, 1, 2, 5, 5))))
    assert say(made)[1] == "next: hidden=[8], 1 behind"


def test_another_figure_may_find_another_one_than_was_chosen():
    runs = [
        RunRecord("run", setting=n, status="finished", validation={"loss": loss, "accuracy": loss})
        for n, loss in enumerate((2.0, 1.0, 3.0))
    ]
    made = record(rates(1, 2, 3), *runs, chosen=1, chosen_by="loss")
    assert "chosen by loss: learning_rate=2" in say(made, "accuracy")
    assert not any("chosen" in line for line in say(made))


@pytest.mark.parametrize(
    ("losses", "says"),
    [
        ((1, 2, 3), ["learning_rate: the best is the smallest tried: try below 0.001"]),
        ((3, 2, 1), ["learning_rate: the best is the largest tried: try beyond 0.1"]),
        ((2, 1, 3), []),
    ],
)
def test_where_the_best_lies_at_an_end_more_should_be_tried(losses, says):
    made = record(rates(0.001, 0.01, 0.1), *(run(n, loss) for n, loss in enumerate(losses)))
    assert [line for line in say(made) if "try" in line] == says


def test_every_key_at_its_end_is_named():
    settings = [{RATE: r, "training.epochs": e} for r in (0.1, 0.2) for e in (10, 20)]
    made = record(settings, *(run(n, loss) for n, loss in enumerate((4, 1, 3, 2))))
    assert beyond(made, made.settings[1]) == [
        "learning_rate: the best is the smallest tried: try below 0.1",
        "epochs: the best is the largest tried: try beyond 20",
    ]


@pytest.mark.parametrize(
    ("key", "values", "best"),
    [
        ("model.dropout", (0.0, 0.5), 0.0),
        ("training.weight_decay", (0.0, 0.5), 0.0),
        ("training.epochs", (1, 10), 1),
        ("validation.k", (2, 5), 2),
        ("seed", (1, 2), 2),
        (HIDDEN, ([4], [8]), [8]),
        ("training.batch_size", (32, "all"), 32),
        ("training.batch_size", (16, 32, "all"), 32),
        ("training.batch_size", (16, 32, "all"), "all"),
        ("data.standardize", (True, False), True),
        (RATE, (0.1,), 0.1),
    ],
)
def test_nothing_is_said_where_there_is_no_further_value(key, values, best):
    made = record([{key: value} for value in values])
    assert beyond(made, {key: best}) == []


def test_the_smallest_number_beside_a_word_is_the_smallest():
    made = record([{"training.batch_size": value} for value in (16, 32, "all")])
    assert beyond(made, made.settings[0]) == ["batch_size: the best is the smallest tried: try below 16"]


def test_a_sample_is_judged_by_the_values_that_were_drawn():
    made = record([{RATE: 0.01, HIDDEN: [4]}, {RATE: 0.1, HIDDEN: [8]}], run(0, 1.0), run(1, 2.0))
    assert say(made)[-1] == "learning_rate: the best is the smallest tried: try below 0.01"


def bad(*numbers):
    return [run(number, None, status="diverged") for number in numbers]


def test_what_diverged_is_named():
    few = record(rates(1, 2, 3), run(0, 2.0), *bad(1, 2))
    assert say(few)[-1] == "2 settings diverged: (learning_rate=2), (learning_rate=3)"
    many = record(rates(1, 2, 3, 4, 5, 6), run(0, 2.0), run(1, 1.0), *bad(2, 3, 4, 5))
    assert say(many)[-1] == "4 settings diverged: all with learning_rate from 3 to 6"
    scattered = record(rates(1, 2, 3, 4, 5, 6), *bad(0, 1), run(2, 1.0), run(3, 2.0), *bad(4, 5))
    assert say(scattered)[-1] == (
        "4 settings diverged: (learning_rate=1), (learning_rate=2), (learning_rate=5) and 1 more"
    )


def test_what_all_that_diverged_have_in_common_is_named():
    settings = [{RATE: r, HIDDEN: h} for r in (1, 2, 9) for h in ([4], [8])]
    made = record(settings, run(0, 2.0), run(1, 1.0), *bad(2, 3, 4, 5))
    assert say(made)[-1] == "4 settings diverged: all with learning_rate=2 or 9"


def test_one_setting_is_no_sweep():
    assert say(record([{}], run(0, 1.0))) == []
    assert say(record(rates(0.1), run(0, 1.0))) == []
