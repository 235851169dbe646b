"""Studies: the figures that the course names, against exact probabilities; the same seed, the same findings."""

from __future__ import annotations

import dataclasses
import json
import math
from decimal import Decimal, localcontext
from itertools import accumulate, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import KeyProblem
from engine.fields import fields_of
from engine.flat import read
from engine.streams import Purpose
from engine.studies import STUDIES, LuckyRandomModels, Peeking, Spread
from engine.studies.base import points, spread_of
from engine.studies.coins import expected_best, mistakes, two_classes
from engine.studies.even_digits import ROWS

SMALL = {
    "lucky-random-models": {"models": (1, 30), "private_rows": 70, "repetitions": 3},
    "peeking": {"tweaks": 30, "repetitions": 3},
}
"""Settings with which each study takes a moment."""


def small(name, **settings):
    return STUDIES[name](**(SMALL[name] | settings))


def within(spread, expected, errors=4.0):
    """Tell whether a mean lies within so many standard errors of what it should be."""
    return abs(spread.mean - expected) <= errors * spread.standard_error


# --- all of them ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_says_what_it_is_and_what_its_settings_are_for(name):
    assert STUDIES[name].__doc__.partition("\n")[0].endswith(".")
    for info in fields_of(STUDIES[name]):
        assert len(info.spec.help) > 5
        assert info.default is not dataclasses.MISSING
        assert info.spec.says(), "without a bound a typing error can take all memory"
    assert len(fields_of(STUDIES[name])) == len(dataclasses.fields(STUDIES[name]))
    assert read(STUDIES[name], {})[0] == STUDIES[name]()


@pytest.mark.parametrize("name", STUDIES)
def test_findings_are_a_whole_table_and_plain(name):
    found = small(name).run(0)
    assert len({column.name for column in found.columns}) == len(found.columns)
    assert all(column.says for column in found.columns)
    assert found.rows
    assert all(len(row) == len(found.columns) for row in found.rows)
    firsts = [row[0] for row in found.rows]
    assert firsts == sorted(set(firsts))
    assert found.says.endswith(".")
    plain = json.loads(json.dumps(found.as_plain(), allow_nan=False))
    assert set(plain["rows"][0]) == {column.name for column in found.columns}
    assert set(plain) == {"columns", "rows", "numbers", "says"}


@pytest.mark.parametrize("name", STUDIES)
def test_the_same_seed_gives_the_same_bits_and_another_gives_others(name):
    first = small(name).run(5)
    assert small(name).run(5) == first
    assert small(name).run(6).rows != first.rows


@pytest.mark.parametrize(
    ("name", "info"), [(name, info) for name in STUDIES for info in fields_of(STUDIES[name])], ids=str
)
@pytest.mark.parametrize("value", [0, -1, 10**12, 10**400, math.nan, "many", True, None, [[]]])
def test_what_no_setting_can_be_is_refused_by_name(name, info, value):
    with pytest.raises(KeyProblem) as refused:
        read(STUDIES[name], {info.key: value})
    assert refused.value.key.startswith(info.key)


def test_the_stream_of_studies_keeps_its_number():
    assert Purpose.STUDY == 9


# --- the best of many that guess --------------------------------------------------------------------------------------


def best_by_counting(rows, models):
    """The expected share right of the best of `models`, from the definition: sum over h of h · P(best = h)."""
    with localcontext(prec=60):
        totals = accumulate(math.comb(rows, hits) for hits in range(rows + 1))
        at_most = [(Decimal(total) / 2**rows) ** models for total in totals]
        return float(sum(hits * (high - low) for hits, (low, high) in enumerate(pairwise(at_most), start=1)) / rows)


@given(st.integers(1, 60), st.integers(1, 40))
def test_the_expected_best_is_that_of_sixty_digits(rows, models):
    assert expected_best(rows, models) == pytest.approx(best_by_counting(rows, models), rel=1e-12)


def test_the_expected_best_of_many_and_of_long_tables():
    assert expected_best(100, 1) == pytest.approx(0.5, rel=1e-13)
    assert expected_best(100, 10**5) == pytest.approx(best_by_counting(100, 10**5), rel=1e-11)
    # Far out a binomial is a normal distribution, and the best of two of those exceeds the mean by sd / √π.
    assert expected_best(10**6, 2) == pytest.approx(0.5 + 0.0005 / math.sqrt(math.pi), abs=1e-7)


def test_the_table_of_the_course():
    found = LuckyRandomModels().run(0)
    assert [row[0] for row in found.rows] == [10, 100, 1_000, 10_000, 100_000]
    # From the course's own table; its last figure is cut, not rounded: exactly it is 0.7158.
    for (_, public, expected, private), named in zip(found.rows, (0.58, 0.63, 0.66, 0.69, 0.71), strict=True):
        assert expected == pytest.approx(named, abs=0.006)
        assert within(public, expected)
        assert within(private, 0.5)
        # Of one accuracy, of 10,000 guesses: √(¼ / 10,000).
        assert private.sd == pytest.approx(0.005, rel=0.3)
    assert "71." in found.says
    assert "is luck" in found.says


def test_with_many_public_rows_luck_has_little_room():
    ((_, public, expected, private),) = LuckyRandomModels(public_rows=10_000, models=1_000).run(0).rows
    assert expected == pytest.approx(0.516, abs=0.0005)
    assert within(public, expected)
    assert within(private, 0.5)


def test_one_that_guesses_has_nothing_to_lead_with():
    found = LuckyRandomModels(models=1).run(0)
    assert within(found.numbers["lead"], 0)
    assert "do not differ beyond chance" in found.says


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 100, 200])
def test_packed_coins_are_coins(rows):
    """Hits of packed guesses have the distribution of those counted row by row, mean and variance."""
    rng = np.random.default_rng(rows)
    truth = two_classes(rng, rows)
    assert abs(int(truth.sum()) * 2 - rows) <= 1
    packed = mistakes(rng, 20_000, truth)
    assert packed.min() >= 0
    assert packed.max() <= rows
    one_by_one = (rng.integers(0, 2, (20_000, rows)) != truth).sum(axis=1)
    for counted in (packed, one_by_one):
        assert counted.mean() == pytest.approx(rows / 2, abs=4 * math.sqrt(rows / 4 / 20_000))
        assert counted.var() == pytest.approx(rows / 4, rel=0.05)


def test_packed_guesses_are_compared_bit_by_bit():
    truth = two_classes(np.random.default_rng(1), 100)
    words = np.random.default_rng(2).integers(0, 2**64 - 1, (50, 2), dtype=np.uint64, endpoint=True)
    guesses = [[int(word) >> bit & 1 for word in row for bit in range(64)][:100] for row in words]
    assert list(mistakes(np.random.default_rng(2), 50, truth)) == [int((truth != guess).sum()) for guess in guesses]


@given(st.integers(1, 200), st.integers(1, 200), st.integers(1, 300))
def test_the_first_models_are_the_same_however_many_follow(few, more, rows):
    truth = two_classes(np.random.default_rng(0), rows)
    longer = mistakes(np.random.default_rng(3), few + more, truth)
    assert np.array_equal(longer[:few], mistakes(np.random.default_rng(3), few, truth))


def test_the_pieces_in_which_coins_are_drawn_do_not_show(monkeypatch):
    truth = two_classes(np.random.default_rng(0), 100)
    whole = mistakes(np.random.default_rng(3), 1_000, truth)
    for words in (1, 7, 64):
        monkeypatch.setattr("engine.studies.coins.MOST_WORDS", words)
        assert np.array_equal(mistakes(np.random.default_rng(3), 1_000, truth), whole)


def test_a_number_of_models_does_not_move_the_others():
    alone = LuckyRandomModels(models=30, repetitions=5).run(2).rows[0]
    among = LuckyRandomModels(models=(1, 30, 500), repetitions=5).run(2).rows[1]
    assert alone == among


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"models": ()}, "empty"),
        ({"models": (5, 5)}, "twice"),
        ({"models": (5, 0)}, "at least 1"),
        ({"models": 10**6, "public_rows": 10**6}, "1e+14 coins"),
    ],
)
def test_too_much_is_refused_before_anything_is_drawn(settings, says):
    with pytest.raises(KeyProblem, match=says.replace("+", r"\+")):
        LuckyRandomModels(**settings)


# --- peeking ----------------------------------------------------------------------------------------------------------


def test_public_climbs_and_private_stays():
    found = Peeking().run(0)
    numbers = found.numbers
    assert numbers["public_change"].sign == 1
    assert numbers["public_change"].mean > 0.02
    assert abs(numbers["private_change"].mean) < 0.005
    assert numbers["flattery"].mean == pytest.approx(
        numbers["public_change"].mean - numbers["private_change"].mean, abs=1e-12
    )
    assert "climbed" in found.says
    assert "flatter by" in found.says
    publics = [public.mean for _, _, public, _ in found.rows]
    assert publics == sorted(publics)
    assert [row[0] for row in found.rows] == [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]


def test_three_honest_models_are_of_different_strength_and_alike_on_both_sides():
    numbers = Peeking(tweaks=1).run(1).numbers
    for ridge in (1, 100, 1000):
        public, private = numbers[f"public_ridge_{ridge}"], numbers[f"private_ridge_{ridge}"]
        assert abs(public.mean - private.mean) < 4 * math.hypot(public.standard_error, private.standard_error)
    assert numbers["private_ridge_1000"].mean < numbers["private_ridge_100"].mean - 0.02


def test_what_did_not_happen_is_not_said():
    still = Peeking(size=1e-9, tweaks=50, repetitions=5).run(0)
    assert "None of 50 tweaks" in still.says
    assert "climbed" not in still.says
    assert "fell" in Peeking(size=1.0, repetitions=10).run(0).says
    many_rows = Peeking(public_rows=1_500, tweaks=1, repetitions=10).run(0)
    assert "flatter" not in many_rows.says


def test_rows_that_are_not_there_are_refused():
    with pytest.raises(KeyProblem, match="leave no private rows"):
        Peeking(public_rows=ROWS - 297, train_rows=297)
    assert Peeking(public_rows=ROWS - 298, train_rows=297, tweaks=2, repetitions=2).run(0).rows


# --- figures ----------------------------------------------------------------------------------------------------------


def test_a_spread():
    spread = spread_of([1.0, 2.0, 3.0, 4.0])
    assert spread == Spread(2.5, pytest.approx(math.sqrt(5 / 3)), 4)
    assert spread.standard_error == pytest.approx(math.sqrt(5 / 12))
    assert (spread.sign, Spread(-2.5, 1.0, 4).sign, Spread(0.9, 1.0, 4).sign, Spread(0.0, 0.0, 2).sign) == (1, -1, 0, 0)
    assert points(Spread(-0.0004, 0.0, 4)) == "0.0 ± 0.0 points"
    assert points(Spread(-0.034, 0.02, 4)) == "−3.4 ± 1.0 points"
