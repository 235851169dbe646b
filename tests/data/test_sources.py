"""Every source gives a sound table; the bundled ones equal the packages they were taken from."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import numpy as np
import pytest
from pictures import folder_of, some

from engine import tables
from engine.data import SOURCES, card, here, prepare
from engine.data.bundled import read
from engine.data.loading import load as load_data
from engine.data.sources import (
    Births,
    Births1969,
    Blobs,
    BreastCancer,
    Circles,
    Curve,
    Digits,
    FashionMnist,
    HighDimensionalLine,
    Iris,
    Kinks,
    Line,
    Mnist,
    Mnist1D,
    Moons,
    Polynomial,
    Spiral,
    Wine,
    Xor,
    mnist_1d,
)
from engine.data.sources.base import start_of
from engine.errors import KeyProblem, LabError
from engine.experiment import Data

COMING_ALONG = [name for name in SOURCES if name != "file" and here(name)]
FILES = Path(__file__).resolve().parents[2] / "engine" / "data" / "files"


def load(source, seed=0):
    return load_data(Data(source), seed)


def begun(name, seed=0):
    """Return the table of a data set with the settings that it should begin with."""
    begin = {"name": name, **start_of(name).get("data", {}), "lags": 0}
    return load_data(tables.from_tables({"data": begin}).data, seed)


@pytest.mark.parametrize("name", COMING_ALONG)
def test_tables_are_sound(name):
    table = begun(name)
    values = np.asarray(table.features)
    assert values.shape == table.features.shape == (table.rows, len(table.feature_names))
    assert values.dtype == np.float64
    assert np.isfinite(values).all() or (table.fill is not None and not np.isinf(values).any())
    if table.task == "classification":
        assert table.targets.shape == (table.rows,)
        assert table.targets.dtype == np.int64
        assert set(table.targets.tolist()) == set(range(len(table.classes)))
    else:
        assert table.targets.shape == (table.rows, len(table.target_names))
        assert table.targets.dtype == np.float64
    if table.dates is not None:
        assert (np.diff(table.dates) > np.timedelta64(0, "D")).all()
    if table.image_shape is not None:
        assert np.prod(table.image_shape) == len(table.feature_names)


@pytest.mark.parametrize("name", COMING_ALONG)
def test_the_seed_decides(name):
    first, again = begun(name, 3), begun(name, 3)
    assert np.asarray(first.features).tobytes() == np.asarray(again.features).tobytes()
    assert first.targets.tobytes() == again.targets.tobytes()


@pytest.mark.parametrize("name", [name for name in SOURCES if name != "file"])
def test_cards(name):
    text = card(name)
    assert text.startswith(f"# {name}\n")
    assert max(map(len, text.splitlines())) < 400


def test_bundled_cards_name_source_and_licence():
    for path in FILES.glob("*.md"):
        text = card(path.stem)
        assert "**Source.**" in text
        assert "**Licence.**" in text


def test_no_card_for_what_is_not_there():
    with pytest.raises(LabError, match="did you mean births"):
        card("birth")


def test_packed_without_time_or_name():
    for path in FILES.glob("*.csv.gz"):
        head = path.read_bytes()[:10]
        assert head[3] == 0, "no optional header fields, so no file name"
        assert head[4:8] == b"\0\0\0\0", "no time"
        assert gzip.decompress(path.read_bytes()).endswith(b"\n")


def test_births_are_consecutive_days_in_thousands():
    table = load(Births())
    assert table.rows == 5479
    assert table.features.shape == (5479, 0)
    assert str(table.dates[0]) == "2000-01-01"
    assert str(table.dates[-1]) == "2014-12-31"
    assert (np.diff(table.dates) == np.timedelta64(1, "D")).all()
    assert table.targets[:2].ravel().tolist() == [9.083, 8.006]


def test_births_of_another_era():
    table = load(Births1969())
    assert table.rows == 7305
    assert (str(table.dates[0]), str(table.dates[-1])) == ("1969-01-01", "1988-12-31")
    assert table.targets[:2].ravel().tolist() == [8.486, 9.002]


@pytest.mark.parametrize(("source", "loader"), [(Iris(), "load_iris"), (BreastCancer(), "load_breast_cancer")])
def test_flowers_and_tumours_equal_scikit_learn(source, loader):
    bunch = getattr(pytest.importorskip("sklearn.datasets"), loader)()
    table = load(source)
    np.testing.assert_array_equal(table.features, bunch.data)
    np.testing.assert_array_equal(table.targets, bunch.target)
    assert table.classes == tuple(bunch.target_names)
    names = [name.removesuffix(" (cm)").replace(" ", "-") for name in bunch.feature_names]
    assert list(table.feature_names) == names


def test_all_bundled_tables_together_are_small():
    assert sum(path.stat().st_size for path in FILES.glob("*.gz")) <= 400_000


def test_digits_equal_scikit_learn():
    bunch = pytest.importorskip("sklearn.datasets").load_digits()
    table = load(Digits())
    np.testing.assert_array_equal(table.features, bunch.data)
    np.testing.assert_array_equal(table.targets, bunch.target)
    assert table.feature_names[8 * 3 + 5] == "pixel-3-5"
    assert table.image_shape == (8, 8)


def test_wine_equals_scikit_learn():
    bunch = pytest.importorskip("sklearn.datasets").load_wine()
    table = load(Wine())
    np.testing.assert_array_equal(table.features, bunch.data)
    np.testing.assert_array_equal(table.targets, bunch.target)
    assert [name.replace("-", "_") for name in table.feature_names] == bunch.feature_names


def test_circles_equal_scikit_learn_without_noise():
    datasets = pytest.importorskip("sklearn.datasets")
    points, rings = datasets.make_circles(101, shuffle=False, factor=0.3)
    table = load(Circles(rows=101, noise=0.0, factor=0.3))
    np.testing.assert_allclose(table.features, points, atol=1e-15)
    np.testing.assert_array_equal(table.targets, rings)


def test_moons_equal_scikit_learn_without_noise():
    datasets = pytest.importorskip("sklearn.datasets")
    points, moons = datasets.make_moons(101, shuffle=False)
    table = load(Moons(rows=101, noise=0.0))
    np.testing.assert_allclose(table.features, points, atol=1e-15)
    np.testing.assert_array_equal(table.targets, moons)


def test_a_polynomial_equals_its_formula():
    table = load(Polynomial(rows=50, noise=0.0))
    x, y = table.features[:, 0], table.targets[:, 0]
    np.testing.assert_allclose(y, 5 + 1.2 * x - 3.4 * x**2 / 2 + 5.6 * x**3 / 6, rtol=1e-12, atol=1e-12)
    errors = load(Polynomial(rows=4000)).targets - load(Polynomial(rows=4000, noise=0.0)).targets
    assert abs(errors.std() - 0.1) < 0.005
    for weights in ((), (1.0,) * 101):
        with pytest.raises(KeyProblem, match=r"data\.w has"):
            Polynomial(w=weights)


def test_a_line_in_many_dimensions():
    table = load(HighDimensionalLine(rows=1000))
    assert table.features.shape == (1000, 200)
    errors = table.targets[:, 0] - 0.05 - table.features @ np.full(200, 0.01)
    assert abs(errors.std() - 0.01) < 0.001


@pytest.mark.parametrize("arms", [2, 3, 5])
def test_arms_of_a_spiral_are_one_arm_turned(arms):
    table = load(Spiral(rows=60 * arms, arms=arms, turns=1.5, noise=0.0))
    assert np.bincount(table.targets).tolist() == [60] * arms
    points = [table.features[table.targets == arm] @ np.array([1, 1j]) for arm in range(arms)]
    for arm, turned in enumerate(points):
        np.testing.assert_allclose(turned, points[0] * np.exp(2j * np.pi * arm / arms), atol=1e-12)
    radius, angle = np.abs(points[0]), np.unwrap(np.angle(points[0]))
    assert (radius[0], radius[-1]) == (pytest.approx(0.05), pytest.approx(1.0))
    assert angle[-1] - angle[0] == pytest.approx(1.5 * 2 * np.pi)
    assert (np.diff(radius) > 0).all()
    assert load(Spiral(rows=2, arms=20)).classes == ("arm-1", "arm-2")


def test_blobs_lie_around_their_centres():
    table = load(Blobs(rows=9000, centres=3, inputs=4, noise=0.5))
    for blob in range(3):
        points = table.features[table.targets == blob]
        assert len(points) == 3000
        assert np.abs(points.mean(axis=0)).max() <= 10.1
        np.testing.assert_allclose(points.std(axis=0), 0.5, rtol=0.06)
    assert load(Blobs(rows=2, centres=5)).classes == ("blob-1", "blob-2")


def test_line_is_what_it_says():
    table = load(Line(rows=2000, w=(1.0, -2.0, 3.0), b=0.5, noise=0.1))
    errors = table.targets[:, 0] - table.features @ [1.0, -2.0, 3.0] - 0.5
    assert abs(errors.mean()) < 0.01
    assert 0.095 < errors.std() < 0.105
    assert np.abs(table.features.mean(axis=0)).max() < 0.1
    assert np.abs(table.features.std(axis=0) - 1).max() < 0.05


def test_line_needs_a_weight():
    with pytest.raises(KeyProblem, match=r"data\.w is empty"):
        Line(w=())


def test_xor_has_the_four_corners_in_turn():
    table = load(Xor(rows=6))
    assert table.features.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1], [0, 0], [0, 1]]
    assert table.targets.tolist() == [0, 1, 1, 0, 0, 1]
    noisy = load(Xor(rows=4000, noise=0.2))
    assert abs((noisy.features - np.round(noisy.features.clip(0, 1))).std() - 0.2) < 0.02


def test_curve_equals_its_formula():
    table = load(Curve(rows=41))
    x, y = table.features[:, 0], table.targets[:, 0]
    np.testing.assert_allclose(x, np.arange(-20, 21) / 10, atol=1e-15)
    np.testing.assert_allclose(y, np.sin(2 * x) + 0.3 * x, atol=1e-15)
    noisy = load(Curve(rows=4000, noise=0.2))
    errors = noisy.targets - np.sin(2 * noisy.features) - 0.3 * noisy.features
    assert abs(errors.std() - 0.2) < 0.01


@pytest.mark.parametrize("kinks", [0, 1, 3, 8, 32])
@pytest.mark.parametrize("seed", [0, 1])
def test_kinks_are_as_many_as_it_says(kinks, seed):
    table = load(Kinks(rows=1001, kinks=kinks), seed)
    x, y = table.features[:, 0], table.targets[:, 0]
    bent = np.abs(np.diff(y, 2)) > 1e-9
    # A kink between two rows bends the curve at both of them.
    first = bent & ~np.concatenate([[False], bent[:-1]])
    assert first.sum() == kinks
    places = np.linspace(-2, 2, kinks + 2)[1:-1]
    assert np.abs(x[1:-1][first] - places).max(initial=0) <= x[1] - x[0]
    assert np.abs(np.diff(y)).max() <= 2 * (x[1] - x[0]) + 1e-12, "continuous"


def test_noise_on_kinks_leaves_the_curve_as_it_is():
    errors = load(Kinks(rows=4000, noise=0.2)).targets - load(Kinks(rows=4000)).targets
    assert abs(errors.std() - 0.2) < 0.01


def test_mnist_1d_has_each_digit_as_often():
    table = load(Mnist1D(rows=200))
    assert table.features.shape == (200, 40)
    assert np.bincount(table.targets).tolist() == [20] * 10
    assert table.ordered
    assert table.features.tobytes() != load(Mnist1D(rows=200), seed=1).features.tobytes()


def test_mnist_1d_shuffled_has_the_same_columns_in_another_order():
    ordered, shuffled = load(Mnist1D(rows=200)), load(Mnist1D(rows=200, shuffle_positions=True))
    assert shuffled.feature_names != ordered.feature_names
    order = [ordered.feature_names.index(name) for name in shuffled.feature_names]
    assert sorted(order) == list(range(40))
    np.testing.assert_array_equal(shuffled.features, ordered.features[:, order])
    np.testing.assert_array_equal(shuffled.targets, ordered.targets)
    assert shuffled.ordered, "so that a convolution can be tried on it"


def test_mnist_1d_draws_its_templates(monkeypatch):
    for name in ("SCALING", "SHEAR", "WHITE_NOISE", "CORRELATED_NOISE"):
        monkeypatch.setattr(mnist_1d, name, 0.0)
    monkeypatch.setattr(mnist_1d, "TRANSLATION", 1)
    monkeypatch.setattr(mnist_1d, "LEAST_PADDING", mnist_1d.MOST_PADDING)
    drawn = load(Mnist1D(rows=20)).features
    heights = (mnist_1d.TEMPLATES - 5) / mnist_1d.TEMPLATES.std(axis=1, keepdims=True) / 6
    moments = np.linspace(0, 71, 40)
    for row, signal in enumerate(drawn):
        # The canvas has a moment for each of the template's, then zeros.
        np.testing.assert_allclose(signal, np.interp(moments, np.arange(12), heights[row % 10]), atol=1e-12)


@pytest.fixture
def downloads(tmp_path, monkeypatch):
    monkeypatch.setenv("LOSSBOOK_DATA", str(tmp_path))
    return tmp_path


FETCHED = [name for name in SOURCES if getattr(SOURCES[name], "fetched", False)]


@pytest.mark.parametrize("name", FETCHED)
def test_downloaded_pictures_are_bytes_with_their_own_test_rows(downloads, name):
    train, test = some(40), some(20, seed=1)
    folder_of(downloads / name, train, test, packed=True)
    assert here(name)
    table = load(SOURCES[name]())
    assert table.features.dtype == np.uint8
    np.testing.assert_array_equal(table.features, np.concatenate([train[0], test[0]]).reshape(60, 784))
    assert table.targets.dtype == np.int64
    np.testing.assert_array_equal(table.targets, np.concatenate([train[1], test[1]]))
    assert (table.test_rows, table.image_shape, table.task) == (20, (28, 28), "classification")
    dataset = prepare(Data(SOURCES[name]()), 0)
    np.testing.assert_allclose(dataset.inputs + dataset.centre, table.features, atol=1e-4)
    assert dataset.grid == (28, 28)


def test_classes_of_downloaded_pictures_have_names(downloads):
    for name in FETCHED:
        folder_of(downloads / name, some(20), some(10))
    assert load(FashionMnist()).classes[5] == "Sandal"
    assert load(Mnist()).classes == tuple("0123456789")


@pytest.mark.parametrize("name", FETCHED)
def test_what_is_not_downloaded_says_how_it_can_be(downloads, monkeypatch, name):
    assert not here(name)
    with pytest.raises(LabError, match=rf"^{name} is not on this machine; lossbook fetch {name} downloads it \("):
        load(SOURCES[name]())
    folder_of(downloads / name, some(20))
    assert not here(name)
    with pytest.raises(LabError, match=f"^{name} is only partly on this machine"):
        load(SOURCES[name]())
    monkeypatch.delenv("LOSSBOOK_DATA")
    assert not here(name)
    with pytest.raises(LabError, match="is not on this machine"):
        load(SOURCES[name]())


def test_a_label_without_a_class_is_refused(downloads):
    folder_of(downloads / "mnist", some(24, classes=12), some(10))
    with pytest.raises(LabError, match="has the label 10 in row 11, and only 10 classes"):
        load(Mnist())


@pytest.mark.slow
def test_mnist_1d_is_as_hard_for_a_linear_model_as_the_paper_says():
    linear_model = pytest.importorskip("sklearn.linear_model")
    table = load(Mnist1D())
    train, test = slice(0, 4000), slice(4000, 5000)
    model = linear_model.LogisticRegression(max_iter=1000).fit(table.features[train], table.targets[train])
    assert 0.27 < model.score(table.features[test], table.targets[test]) < 0.37


@pytest.mark.parametrize(("name", "milliseconds"), [("births", 30), ("digits", 30), ("wine", 10)])
def test_reading_is_quick(name, milliseconds):
    dtype = [("date", "datetime64[D]"), ("births", np.int64)] if name == "births" else np.float64
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        read(name, dtype)
        seconds.append(time.perf_counter() - start)
    # The best of five: a busy machine says nothing about the reader.
    assert min(seconds) * 1000 < milliseconds
