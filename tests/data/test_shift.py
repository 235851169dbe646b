"""Changes of the data on purpose: test rows from elsewhere, and labels that are wrong."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import ended, own, study

from engine import tables
from engine.data import prepare
from engine.data import test_rows as cut_test_rows
from engine.data.shifting import shifted
from engine.data.sources import Births, Births1969, Digits, Iris, Line, Mnist1D, Wine
from engine.errors import KeyProblem
from engine.experiment import Data, Experiment, ValidationPlan
from engine.plan import plan
from engine.prepare import read as read_parts
from engine.prepare import read_one as read
from engine.shift import Shift
from engine.validations import NoValidation


def both(data, shift, seed=0):
    """Return raw inputs and targets of the rest, and of the test rows before and after."""
    before, after = prepare(data, seed), prepare(data, seed)
    rest, test = cut_test_rows(data, before, seed)
    after = shifted(after, rest, test, shift)
    np.testing.assert_array_equal(after.inputs[rest], before.inputs[rest])
    np.testing.assert_array_equal(after.targets[rest], before.targets[rest])
    raw = [found.inputs.astype(np.float64) + found.centre for found in (before, after)]
    return raw[0][rest], raw[0][test], raw[1][test], before.targets[test], after.targets[test]


class TestShift:
    def test_values_are_scaled_and_offset(self):
        _, before, after, _, _ = both(Data(Wine()), Shift(scale=2, offset=-3))
        np.testing.assert_allclose(after, 2 * before - 3, rtol=1e-5, atol=1e-4)

    def test_pictures_are_inverted_black_for_white(self):
        rest, before, after, targets, same = both(Data(Digits()), Shift(invert=True))
        assert (rest.min(), rest.max()) == pytest.approx((0, 16), abs=1e-5)
        np.testing.assert_allclose(after, 16 - before, atol=1e-5)
        np.testing.assert_array_equal(targets, same)

    def test_each_column_of_a_table_is_mirrored_in_its_own_range(self):
        rest, before, after, _, _ = both(Data(Iris()), Shift(invert=True))
        np.testing.assert_allclose(after, rest.min(axis=0) + rest.max(axis=0) - before, atol=1e-5)

    @pytest.mark.parametrize("pixels", [1, -2, 7, 8, -9])
    def test_pictures_move_sideways_over_their_background(self, pixels):
        _, before, after, _, _ = both(Data(Digits()), Shift(pixels=pixels))
        was, now = before.reshape(-1, 8, 8), after.reshape(-1, 8, 8)
        expected = np.zeros_like(was)
        for column in range(8):
            if 0 <= column + pixels < 8:
                expected[:, :, column + pixels] = was[:, :, column]
        np.testing.assert_allclose(now, expected, atol=1e-5)

    def test_signals_move_too(self):
        _, before, after, _, _ = both(Data(Mnist1D(rows=60)), Shift(pixels=3))
        np.testing.assert_allclose(after[:, 3:], before[:, :-3], atol=1e-5)

    def test_of_a_series_the_test_days_change_wherever_they_are_read(self):
        _, before, after, targets, moved = both(Data(Births(), lags=(1, 3)), Shift(scale=0.5, offset=1))
        np.testing.assert_allclose(moved, 0.5 * targets + 1)
        # The first rows read days that train, and these stay.
        np.testing.assert_allclose(after[0], before[0], atol=1e-5)
        np.testing.assert_allclose(after[1:, 0], 0.5 * before[1:, 0] + 1, atol=1e-4)
        np.testing.assert_allclose(after[:3, 1], before[:3, 1], atol=1e-5)
        np.testing.assert_allclose(after[3:, 1], 0.5 * before[3:, 1] + 1, atol=1e-4)

    def test_a_series_from_elsewhere_changes_with_all_its_past(self):
        _, before, after, _, _ = both(Data(Births1969(), lags=(1, 7), test_name="births"), Shift(scale=2))
        np.testing.assert_allclose(after, 2 * before, atol=1e-3)

    def test_words_stay(self, tmp_path):
        path = tmp_path / "mine.csv"
        path.write_text("word,x,y\n" + "".join(f"{'ab'[row % 2]},{row},{row}\n" for row in range(20)))
        _, before, after, _, _ = both(own(path, most_words=5), Shift(scale=10))
        np.testing.assert_allclose(after[:, :2], before[:, :2], atol=1e-6)
        np.testing.assert_allclose(after[:, 2], 10 * before[:, 2], atol=1e-4)

    @pytest.mark.parametrize(
        ("data", "shift", "says"),
        [
            (Data(Wine()), Shift(pixels=1), "are no pictures or signals"),
            (Data(Births(), lags=7), Shift(pixels=1), "are no pictures or signals"),
            (Data(Wine(), test=0), Shift(scale=2), "there are none"),
        ],
    )
    def test_what_cannot_be_is_refused(self, data, shift, says):
        with pytest.raises(KeyProblem, match=says):
            both(data, shift)

    @pytest.mark.parametrize("keys", [{"target_transform": "log"}, {"polynomial": 2}])
    def test_it_stands_beside_nothing_that_was_made_of_the_values(self, keys):
        data = Data(Births(), lags=2, shift=Shift(scale=2), **keys)
        experiment = Experiment(data)
        with pytest.raises(KeyProblem, match=r"data\.shift"):
            read(experiment, plan(experiment))

    def test_it_is_said_and_training_does_not_feel_it(self):
        made = {"data": {"name": "wine"}, "training": {"epochs": 3}, "validation": {"method": "none"}}
        plain = tables.from_tables(made)
        moved = tables.from_tables(made | {"data": {"name": "wine", "shift": {"scale": 3.0, "invert": True}}})
        assert tables.from_tables(tables.to_tables(moved)) == moved
        first, second = ended(study(plain)[1])[0], ended(study(moved)[1])[0]
        assert first.sha256 == second.sha256
        assert first.test != second.test
        (part,) = read_parts(moved, plan(moved))
        assert "the test rows are inverted, multiplied by 3" in part.seen.warnings


class TestAnotherEra:
    def test_its_rows_are_the_test_rows_with_a_past_of_their_own(self):
        data = Data(Births1969(), lags=7, test_name="births")
        found = prepare(data, 0)
        rest, test = cut_test_rows(data, found, 0)
        assert (len(rest), len(test)) == (7305 - 7, 5479 - 7)
        assert str(found.dates[rest[-1]]) == "1988-12-31"
        assert str(found.dates[test[0]]) == "2000-01-08"
        alone = prepare(Data(Births(), lags=7), 0)
        np.testing.assert_array_equal(found.targets[test], alone.targets)
        raw, theirs = found.inputs[test] + found.centre, alone.inputs + alone.centre
        np.testing.assert_allclose(raw, theirs, atol=1e-5)

    @pytest.mark.parametrize(
        ("keys", "says"),
        [
            ({"test_name": "wine"}, "has other"),
            ({"test_name": "brith"}, r"data\.test_name cannot be 'brith'"),
            ({"test_name": "file"}, "cannot be 'file'"),
            ({"test_name": "births-1969", "test_from": date(2010, 1, 1)}, "test_from stands beside"),
        ],
    )
    def test_what_is_of_another_kind_is_refused(self, keys, says):
        data = Data(Births(), lags=7, **keys)
        experiment = Experiment(data, validation=ValidationPlan(NoValidation()))
        with pytest.raises(KeyProblem, match=says):
            read(experiment, plan(experiment))

    def test_a_test_file_that_goes_on_keeps_its_first_days(self, tmp_path):
        days = [f"2020-01-{day:02},{day}" for day in range(1, 31)]
        (tmp_path / "a.csv").write_text("day,y\n" + "\n".join(days[:20]) + "\n")
        for name, later in (("next.csv", days[20:]), ("gap.csv", days[22:])):
            (tmp_path / name).write_text("day,y\n" + "\n".join(later) + "\n")

        def rows(name):
            data = own(tmp_path / "a.csv", date="day", lags=3, test_file=str(tmp_path / name))
            found = prepare(data, 0)
            _, test = cut_test_rows(data, found, 0)
            return found.targets[test, 0].tolist(), (found.inputs[test] + found.centre)[0].round(3).tolist()

        assert rows("next.csv") == (list(range(21, 31)), [20, 19, 18])
        assert rows("gap.csv") == (list(range(26, 31)), [25, 24, 23])


class TestLabelNoise:
    @given(share=st.floats(0.01, 1), seed=st.integers(0, 50))
    def test_a_share_of_the_labels_shows_another_class(self, share, seed):
        found = prepare(Data(Iris(), label_noise=share), seed)
        shown, true = found.taught.argmax(axis=1), found.targets.argmax(axis=1)
        assert (found.taught.sum(axis=1) == 1).all()
        assert (shown != true).sum() == int(np.floor(share * 150 + 0.5))
        if share > 0.5:
            counts = np.bincount((shown - true)[shown != true] % 3, minlength=3)
            assert counts[1] == pytest.approx(counts[2], abs=40)
            fewer = prepare(Data(Iris(), label_noise=share / 2), seed).taught.argmax(axis=1)
            assert set(np.flatnonzero(fewer != true)) < set(np.flatnonzero(shown != true))
            assert (shown == fewer)[fewer != true].all()

    def test_only_training_feels_it(self):
        made = {
            "data": {"name": "digits", "label_noise": 0.4},
            "model": {"hidden": [128]},
            "training": {"epochs": 80, "optimizer": "adam", "learning_rate": 0.003},
            "validation": {"method": "holdout"},
        }
        noisy = ended(study(tables.from_tables(made))[1])[0]
        # It has learned the wrong labels by heart, and is measured against them; the others are true.
        assert noisy.train["accuracy"] > 0.95
        assert 0.4 < noisy.validation["accuracy"] < 0.9
        clean = ended(study(tables.from_tables(made | {"data": {"name": "digits"}}))[1])[0]
        assert clean.validation["accuracy"] > noisy.validation["accuracy"] + 0.08

    def test_a_number_has_no_other_class(self):
        with pytest.raises(KeyProblem, match=r"data\.label_noise needs classes"):
            prepare(Data(Line(), label_noise=0.1), 0)
