"""One's own arrays and pictures: what becomes of them as a data set."""

from __future__ import annotations

import numpy as np
import pytest
from making import ended, own, study
from pictures import folder_of, some

from engine import tables
from engine.data import prepare
from engine.data import test_rows as cut_test_rows
from engine.data.loading import load
from engine.errors import KeyProblem, LabError


@pytest.fixture
def save(tmp_path):
    def write(**arrays):
        np.savez(tmp_path / "mine.npz", **arrays)
        return tmp_path / "mine.npz"

    return write


def numbers(rows=40, columns=3, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, columns))


class TestFolders:
    def test_pictures_are_read_and_their_test_rows_kept_apart(self, tmp_path):
        pictures, labels = some(50)
        more, others = some(20, seed=1)
        data = own(folder_of(tmp_path / "clothes", (pictures, labels), (more, others), packed=True))
        found = prepare(data, 0)
        rest, test = cut_test_rows(data, found, 0)
        assert (len(rest), len(test), found.grid) == (50, 20, (28, 28))
        assert found.classes == tuple("0123456789")
        raw = (found.inputs + found.centre).reshape(-1, 28, 28)
        np.testing.assert_allclose(raw, np.concatenate([pictures, more]), atol=1e-3)
        np.testing.assert_array_equal(found.labels, np.concatenate([labels, others]))
        assert any("read as classes" in note for note in found.notes)
        assert prepare(own(data.source.file, task="regression"), 0).task == "regression"

    def test_they_train(self, tmp_path):
        folder = folder_of(tmp_path / "clothes", some(60, 8, 8), some(10, 8, 8))
        made = {
            "data": {"file": str(folder)},
            "model": {"hidden": [8], "convolution": [2]},
            "training": {"epochs": 2, "augment": ["shift"]},
            "validation": {"method": "k-fold", "k": 3},
        }
        assert {end.status for end in ended(study(tables.from_tables(made))[1]).values()} == {"finished"}

    def test_a_folder_of_something_else_is_said(self, tmp_path):
        (tmp_path / "readme.txt").write_text("nothing")
        with pytest.raises(LabError, match="images"):
            load(own(tmp_path), 0)


class TestNpz:
    def test_numbers_are_a_regression_and_texts_classes(self, save):
        x = numbers()
        table = load(own(save(x=x, y=x[:, 0] * 2)), 0)
        assert (table.task, table.feature_names, table.rows) == ("regression", ("x-0", "x-1", "x-2"), 40)
        words = np.array(["no", "yes"] * 20)
        table = load(own(save(x=x, y=words)), 0)
        assert table.classes == ("no", "yes")
        assert table.targets[:3].tolist() == [0, 1, 0]
        whole = load(own(save(x=x, y=np.arange(40) % 3)), 0)
        assert whole.task == "regression"
        classes = prepare(own(save(x=x, y=np.arange(40) % 3), task="classification"), 0)
        assert classes.classes == ("0", "1", "2")

    def test_powers_of_bytes_do_not_overflow(self, save):
        x = np.arange(200, dtype=np.uint8)[:, None]
        found = prepare(own(save(x=x, y=numbers(200, 1)), polynomial=3), 0)
        raw = found.inputs + found.centre
        np.testing.assert_allclose(raw[:, 2], np.arange(200.0) ** 3, rtol=1e-4, atol=2)

    def test_gaps_have_to_be_decided(self, save):
        x = numbers()
        x[3, 1] = x[7, 0] = np.nan
        y = numbers(40, 1)
        y[5] = np.nan
        path = save(x=x, y=y)
        with pytest.raises(KeyProblem, match=r"3 rows hold nan, the first is row 4"):
            load(own(path), 0)
        assert load(own(path, missing="drop"), 0).rows == 37
        filled = load(own(path, missing="mean"), 0)
        assert (filled.rows, filled.fill) == (39, "mean")
        with pytest.raises(KeyProblem, match="leaves no row"):
            load(own(save(x=np.full((4, 2), np.nan), y=np.ones(4)), missing="drop"), 0)
        with pytest.raises(LabError, match="holds inf"):
            prepare(own(save(x=np.array([[1.0], [np.inf], [2.0]]), y=np.ones(3))), 0)

    @pytest.mark.parametrize(
        "key", ["test_file", "date", "group", "most_words", "delimiter", "decimal", "encoding", "header"]
    )
    def test_keys_of_tables_are_refused(self, save, key):
        values = {"delimiter": "comma", "decimal": "comma", "encoding": "latin-1", "header": True, "most_words": 7}
        with pytest.raises(KeyProblem, match=rf"data\.{key} belongs to CSV and TSV files"):
            load(own(save(x=numbers(), y=numbers(40, 1)), **{key: values.get(key, "x")}), 0)

    def test_one_value_is_no_target(self, save):
        with pytest.raises(KeyProblem, match="has 1 different values"):
            load(own(save(x=numbers(), y=np.array(["same"] * 40))), 0)

    def test_features_are_chosen_by_name(self, save):
        path = save(age=np.arange(5.0), height=np.arange(5.0) * 2, weight=np.arange(5.0) * 3)
        table = load(own(path, target="weight", features=("height",)), 0)
        assert (table.feature_names, table.target_names) == (("height",), ("weight",))
        assert np.asarray(table.features)[:, 0].tolist() == [0, 2, 4, 6, 8]
