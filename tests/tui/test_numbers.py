"""Numbers and durations as people read them."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import tui
from sessions.curve import Curve
from sessions.record import RunRecord
from tui.numbers import counted, duration, figure, latest, main_metric


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (math.nan, "nan"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (0.0, "0.0000"),
        (0.52249, "0.5225"),
        (12.345, "12.35"),
        (-1.5, "-1.500"),
        (99999.4, "99999"),
        (1.2345e-05, "1.23e-05"),
        (1e6, "1.00e+06"),
    ],
)
def test_figures(value, text):
    assert figure(value) == text


@pytest.mark.parametrize(
    ("number", "word", "text"),
    [
        (0, "row", "0 rows"),
        (1, "row", "1 row"),
        (2, "column", "2 columns"),
        (1_234, "epoch", "1,234 epochs"),
        (1, "class", "1 class"),
        (3, "class", "3 classes"),
    ],
)
def test_counts_agree_with_their_words(number, word, text):
    assert counted(number, word) == text


def test_no_count_is_said_without_its_word_agreeing():
    plural = r"\} (rows|columns|features|epochs|classes|pages|settings|runs|folds|restarts)\b(?!/)"
    for path in Path(tui.__file__).parent.rglob("*.py"):
        assert not re.search(plural, path.read_text(encoding="utf-8")), path


@given(st.floats(-1e307, 1e307), st.integers(2, 6))
def test_a_figure_is_short_and_near_the_number(value, digits):
    shown = figure(value, digits)
    # A sign, the digits, a point, and an exponent of up to three digits.
    assert len(shown) <= max(digits, 6) + 9
    # With an exponent there is one digit less: the widths stay alike.
    close = 0.51 * 10.0**-digits if "e" not in shown else 0
    assert float(shown) == pytest.approx(value, rel=0.51 * 10.0 ** (2 - digits), abs=close)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.0 s"),
        (0.44, "0.4 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1:00"),
        (185, "3:05"),
        (3599.6, "1:00:00"),
        (3723, "1:02:03"),
        (360_000, "100:00:00"),
    ],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


@given(st.floats(0, 1e7), st.floats(0, 1e7))
def test_a_longer_duration_never_reads_shorter(one, other):
    assume(one < other)

    def seconds(text):
        if text.endswith(" s"):
            return float(text[:-2])
        return sum(int(part) * 60**place for place, part in enumerate(reversed(text.split(":"))))

    for value in (one, other):
        assert re.fullmatch(r"\d+(\.\d)? s|\d+:\d\d(:\d\d)?", duration(value))
    assert seconds(duration(one)) <= seconds(duration(other))


def run(**fields):
    return RunRecord("run", **fields)


def test_the_main_metric_is_what_a_person_reads_first():
    assert main_metric(run()) == "loss"
    assert main_metric(run(train_curves={"loss": Curve(), "rmse": Curve(), "mae": Curve()})) == "mae"
    assert main_metric(run(train={"loss": 0.1, "accuracy": 0.9})) == "accuracy"


def test_the_latest_figure_is_the_kept_weights_once_there_is_one():
    curves = {"loss": Curve([1, 2], [0.5, 0.4])}
    going = run(train_curves=curves, validation_curves={"loss": Curve([1, 2], [0.7, 0.6])})
    assert latest(going, "train", "loss") == 0.4
    assert latest(going, "validation", "loss") == 0.6
    assert latest(going, "validation", "accuracy") is None
    assert latest(going, "test", "loss") is None
    ended = run(train_curves=curves, train={"loss": 0.3}, test={"loss": 0.8})
    assert latest(ended, "train", "loss") == 0.3
    assert latest(ended, "train", "accuracy") is None
    assert latest(ended, "test", "loss") == 0.8
