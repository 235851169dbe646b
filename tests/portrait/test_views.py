"""The views of a portrait: what they say, that they fit, and that no text from outside gets through."""

from __future__ import annotations

import re

import numpy as np
import pytest
from notebook import HOSTILE, STEERING
from portraits import every_kind, table
from rich.cells import cell_len

from tui.cli.colour import coloured, has_colours
from tui.portrait.balance import balance, share
from tui.portrait.correlogram import correlogram, in_words
from tui.portrait.describe import describe, series_of
from tui.portrait.lines import bar, levels, plain
from tui.portrait.look import look_at_file, look_at_set
from tui.portrait.page import page
from tui.portrait.parts import Correlations, Sample, Scatter
from tui.portrait.pictures import pictures
from tui.portrait.scatter import MARKERS, scatter
from tui.portrait.signals import signals

WIDTHS = [60, 80, 120]
RNG = np.random.default_rng(0)


def width_of(line):
    return sum(cell_len(run.text) for run in line)


def drawn(found, width=80, greys=False, most=20):
    return plain(page(found, width, greys=greys, most=most))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["births", "digits", "moons", "mnist-1d", "wine", "xor", "line", "breast-cancer"])
def test_every_line_fits(name, width):
    found = look_at_set(name)
    for greys in (False, True):
        lines = page(found, width, greys=greys)
        assert max(map(width_of, lines)) <= width
        assert len(lines) > 8


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_is_shown_as_text_in_every_view(kind, tmp_path):
    text = HOSTILE[kind]
    portraits = [describe(data, text) for data in every_kind(text).values()]
    file = tmp_path / "bad.csv"
    cell = text.replace('"', "").replace("\r", "")
    file.write_text(f'"{cell}","{cell}1",day\n' + f'"{cell}",1,2020-01-01\n"b",2,2020-01-02\n' * 9, encoding="utf-8")
    portraits.append(look_at_file(file))
    for found in portraits:
        for width in WIDTHS:
            lines = page(found, width, greys=True, most=3)
            assert not STEERING & set(drawn(found, width).replace("\n", ""))
            assert not STEERING & set(re.sub(r"\x1b\[[0-9;]+m|\n", "", coloured(lines)))
            assert max(map(width_of, lines)) <= width


@pytest.mark.parametrize("text", ["数据" * 30, "e\u0301" * 40, "x" * 500, "", " "])
def test_long_wide_and_empty_texts_fit(text):
    for data in every_kind(text).values():
        for width in WIDTHS:
            assert max(map(width_of, page(describe(data, text), width, greys=True))) <= width


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_few_rows_have_a_page(rows):
    for data in every_kind("x", 3 if rows > 2 else 6).values():
        kept = {"features": data.features[:rows], "targets": data.targets[:rows]}
        cut = table(kept["features"], kept["targets"], classes=data.classes, image_shape=data.image_shape)
        assert f"{rows} row" in drawn(describe(cut, "t"))


def test_constant_and_missing_columns():
    features = np.stack([np.full(9, 3.0), np.full(9, np.nan), np.append(np.nan, np.arange(8.0))], axis=1)
    text = drawn(describe(table(features, np.full((9, 1), 2.0), fill="mean"), "t"), 100)
    rows = {line.split()[0]: line for line in text.splitlines() if re.match(r"\s+x\d ", line)}
    assert "constant" in rows["x1"]
    assert rows["x2"].count("–") == 4
    assert rows["x3"].split()[5] == "1", "one cell is empty"


def test_the_target_is_marked_and_many_columns_are_cut():
    found = describe(table(RNG.normal(size=(50, 1_000)), RNG.normal(size=(50, 1)), target="goal"), "t")
    text = drawn(found)
    assert re.search(r"^→ goal ", text, re.MULTILINE)
    assert "x20 " in text
    assert "x21 " not in text
    assert "… and 980 columns more" in text
    assert "x1000 " in drawn(found, most=1_000)
    assert "columns more" not in drawn(found, most=1_000)


def test_every_cell_stands_under_its_title():
    for names in (("a", "b"), ("longer names", "b"), ("宽的名字", "b")):
        found = describe(table(RNG.normal(size=(40, 2)), np.arange(40) % 2, names=names, classes=("u", "v")), "t")
        for width in WIDTHS:
            header, *rows = drawn(found, width).partition("  name")[2].splitlines()[:4]
            end = cell_len("  name" + header.partition("distinct")[0]) + len("distinct")
            for row in rows:
                cells = [character for character in row for _ in range(cell_len(character))]
                assert cells[end - 1].isdigit()
                assert "".join(cells[end : end + 2]).strip() == ""


def test_a_sample_is_told():
    text = drawn(describe(table(RNG.normal(size=(30_000, 2)), RNG.normal(size=(30_000, 1))), "t"), 120)
    assert "a sample of 20,000 rows" in text
    assert "≥20000" in text


def test_bars_and_levels():
    assert [bar(share, 4) for share in (0, 0.001, 0.5, 1, 2)] == ["", "╸", "━━", "━━━━", "━━━━"]
    assert levels([0, 1, 50, 100]) == "·▁▄▇"
    assert levels([]) == levels(()) == ""


@pytest.mark.parametrize(
    ("count", "total", "text"),
    [(1, 2, "50 %"), (1, 1000, "0.1 %"), (999, 1000, "99.9 %"), (0, 9, "0 %"), (9, 9, "100 %")],
)
def test_shares(count, total, text):
    assert share(count, total) == text


def test_classes_are_bars_and_a_large_one_is_a_warning():
    text = plain(balance([("cat", 40), ("dog", 20)], 60))
    cat, dog = text.splitlines()[1:]
    assert cat.split()[:3] == ["cat", "40", "67"]
    assert cat.count("━") == 2 * dog.count("━")
    assert "unbalanced" not in plain(balance([("a", 100), ("b", 10)], 60))
    warned = plain(balance([("a", 110), ("b", 10)], 80)).replace("\n ", "")
    assert "unbalanced: a has 11 times as many rows as b" in warned
    assert "already right in 92 %" in warned
    assert "none has b" in plain(balance([("a", 1), ("b", 0)], 80))


def test_three_hundred_classes():
    classes = [(f"c{number}", number + 1) for number in range(300)]
    lines = plain(balance(classes, 80)).splitlines()
    assert lines[1].startswith("c299")
    assert "… and 280 classes more" in lines
    assert len(plain(balance(classes, 80, most=1_000)).splitlines()) > 300


# --- series -----------------------------------------------------------------------------------------------------------


def test_births_in_words_and_dates():
    text = drawn(look_at_set("births"))
    words = " ".join(text.split())
    assert "lag 7 stands out: .91, its neighbours .39 and .40; so do 14, 21, 28, 35" in words
    assert "Of the differences lag 7 also stands out: .90" in words
    for expected in (
        "2000-01-01",
        "2014-12-31",
        "births over time (thousand births a day)",
        "Autocorrelation of births",
    ):
        assert expected in text


def test_a_random_walk_is_told_no_period():
    walk = np.random.default_rng(1).standard_normal(800).cumsum()
    words = " ".join(plain(in_words(series_of("w", "", walk, None), 80)).split())
    assert "No lag from 1 to 35 stands out" in words
    assert "changes slowly, not that it repeats itself" in words
    constant = series_of("w", "", np.ones(50), None)
    assert "no autocorrelation" in plain(in_words(constant, 80))


def test_bars_stand_over_their_lags():
    values = np.zeros(35)
    values[6], values[2] = 1.0, -0.5
    lines = plain(correlogram(Correlations(values, (7,)), 80)).splitlines()
    column = lines[-1].index("7")
    assert [line[column] for line in lines[:4]] == ["█"] * 4
    assert lines[-2][column] == "▲"
    low = lines[5].index("█")
    assert column - low == 4 * 2, "two cells a lag"
    for width in WIDTHS:
        assert "lag" in plain(correlogram(Correlations(values, ()), width))


# --- pictures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(8, 8), (28, 28), (5, 12), (31, 7), (1, 40), (200, 300)])
@pytest.mark.parametrize("width", WIDTHS)
def test_pictures_of_any_shape_fit(shape, width):
    samples = [Sample(f"class {number}", RNG.random(shape)) for number in range(10)]
    for greys in (False, True):
        lines = pictures(samples, width, greys=greys)
        assert max(map(width_of, lines)) <= width
        assert "class 0"[:6] in plain(lines)


def test_a_picture_is_what_it_is_of():
    picture = np.zeros((4, 4))
    picture[:2, 2:] = 1
    text = plain(pictures([Sample("a", picture)], 80, greys=False)).splitlines()
    assert text[1:] == ["  ██", "", " a"]
    (half, *_), *_ = [line for line in pictures([Sample("a", picture)], 80, greys=True)[1:] if line]
    assert (half.text, half.role) == ("▀▀", "grey-0-0")
    roles = [run.role for run in pictures([Sample("a", np.array([[0.0], [1.0], [1.0]]))], 80, greys=True)[1]]
    assert roles == ["grey-0-23"]


def test_constant_and_odd_pictures():
    for value in (0.0, 7.0, np.nan, 1e308):
        assert "a" in plain(pictures([Sample("a", np.full((3, 3), value))], 80, greys=False))


def test_second_ones_are_shown_where_the_first_leave_room():
    samples = [Sample(label, RNG.random((8, 8))) for label in 2 * "abc"]
    assert plain(pictures(samples, 80, greys=False)).count("b") == 2
    many = [Sample(str(n % 10), RNG.random((8, 8))) for n in range(20)]
    labels = [
        line.split() for line in plain(pictures(many, 60, greys=False)).splitlines() if "0" in line or "9" in line
    ]
    assert ["0", "1", "2", "3", "4", "5"] in labels
    assert sum(line.count("9") for line in labels) == 1


# --- planes and signals -----------------------------------------------------------------------------------------------


def test_classes_differ_by_marker_and_colour():
    x, labels = np.arange(10.0), np.arange(10)
    lines = scatter(Scatter("x", "y", x, x, labels, tuple("abcdefghij")), 80)
    text = plain(lines)
    for number, name in enumerate("abcdefghij"):
        assert f"{MARKERS[number]} {name}" in text
        assert text.count(MARKERS[number]) == 2, "once in the legend and once as the point"
    pairs = {(run.text[0], run.role) for line in lines for run in line if run.role.startswith("family")}
    assert len(pairs) == 10
    # The points rise to the right.
    points = [(line.index(m), y) for m in MARKERS for y, line in enumerate(text.splitlines()[3:]) if m in line]
    assert points == sorted(points, key=lambda point: (point[0], -point[1]))


def test_many_points_are_dots_and_few_are_markers():
    x = RNG.normal(size=1_000)
    assert "●" not in plain(scatter(Scatter("x", "y", x, x), 80))
    assert plain(scatter(Scatter("x", "y", x[:20], x[:20]), 80)).count("●") > 10


@pytest.mark.parametrize(
    "values",
    [[1.0, 1.0], [0.0, 0.0], [1e308, -1e308], [1e-320, 2e-320], [1e17, 1e17 + 16], [np.nan, 5.0, np.nan], [3.0]],
)
def test_any_points_have_a_plane(values):
    x = np.array(values)
    for labels in (None, np.zeros(len(x), dtype=int)):
        assert max(map(width_of, scatter(Scatter("x", "y", x, x[::-1], labels, ("a",)), 60))) <= 60
    assert scatter(Scatter("x", "y", np.array([np.nan]), np.array([1.0])), 60) == []


def test_each_signal_has_its_curve():
    rising, flat = np.arange(40.0), np.zeros(40)
    lines = plain(signals([Sample("up", rising), Sample("flat", flat)], 80)).splitlines()
    assert lines[1].startswith("up ─")
    assert "flat ─" in lines[1]
    curve = [line[:38] for line in lines[2:]]
    assert len(curve[0].strip()) < len(lines[2][:38])
    assert curve[0].index(curve[0].strip()[0]) > curve[-1].index(curve[-1].strip()[0])
    assert signals([Sample("none", np.full(5, np.nan))], 80) == []


def test_colours_only_where_they_are_wanted():
    class Stream:
        def __init__(self, terminal):
            self.isatty = lambda: terminal

    assert has_colours(Stream(terminal=True), {"TERM": "xterm-256color"})
    assert not has_colours(Stream(terminal=True), {"TERM": "xterm-256color", "NO_COLOR": "1"})
    assert not has_colours(Stream(terminal=True), {"TERM": "dumb"})
    assert not has_colours(Stream(terminal=False), {"TERM": "xterm-256color"})
    found = look_at_set("digits")
    assert "\x1b[38;5;232;48;5;232m▀" in coloured(page(found, 80, greys=True))


def test_one_of_a_thing_is_said_in_the_singular(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("x,y\n1,2\n")
    text = drawn(look_at_file(path))
    assert "1 row," in text
    assert not re.search(r"\b1 (rows|columns|features|classes)\b", text)
    path.write_text("y\n1\n2\n2\n")
    assert not re.search(r"\b1 (rows|columns|features|classes)\b", drawn(look_at_file(path)))
