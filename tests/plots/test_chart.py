"""A whole plot: legend, axes, marks, sizes, texts from outside."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.plots.cells import Cells, changed, fitted
from tui.plots.chart import Mark, PlotData, compose
from tui.plots.series import Line, reference


def curve(n, label="train", role="train", emphasis="main", family=0, start=1.0):
    x = np.arange(1.0, n + 1)
    return Line(label, x, start * np.exp(-x / 30) + 0.1, role, emphasis, family)


def plot(n=60, **more):
    lines = (curve(n), curve(n, "validation", "validation", start=1.2), reference("noise", 0.1))
    return PlotData(**{"lines": lines, "x_total": 100, "y_title": "loss (squared)", "empty": "press r to run"} | more)


def shown(data, width=80, height=24):
    return compose(data, width, height).cells.text()


def test_a_plot_names_all_that_it_shows():
    text = shown(plot(marks=(Mark(50, "best 50"),), notes=("faint: 5 folds",), title="Births"))
    for part in ("Births", "loss (squared)", "── train", "╌╌ validation", "▲ best 50", "faint: 5 folds"):
        assert part in text
    assert "·· noise 0.100" in text
    assert text.splitlines()[-1].split() == ["0", "20", "40", "60", "80", "epoch", "100"]


@pytest.mark.parametrize("width", range(20, 130, 9))
@pytest.mark.parametrize("height", [5, 6, 9, 14, 24, 40])
def test_every_size_is_filled_exactly(width, height):
    rows = compose(plot(notes=("a note",), marks=(Mark(3, "best 3"),)), width, height, tile=6).cells.rows
    assert len(rows) == height
    assert all(cell_len("".join(text for text, _ in row)) == width for row in rows)
    assert any("epoch" in "".join(text for text, _ in row) for row in rows) or width < 24


def test_too_small_a_size_gives_the_newest_values_and_no_data_the_invitation():
    assert shown(plot(), 40, 3).split() == ["train", "0.235", "validation", "0.262"]
    assert shown(PlotData(empty="press r to run")).strip() == "press r to run"
    assert shown(plot(0)).strip() == "press r to run"


def test_log_ticks_are_decades():
    assert {"0.1", "1"} <= {row.split()[0] for row in shown(plot(log=True)).splitlines()[1:] if row.strip()}


def test_a_short_run_marks_each_epoch():
    text = shown(PlotData((curve(3), curve(3, "v", "validation", start=2.0)), 3))
    assert text.count("●") == text.count("○") == 3


def test_a_diverging_curve_shows_where_it_leaves_and_where_it_ends():
    x = np.arange(1.0, 101)
    leaves = Line("loss", x, np.concatenate([np.ones(60), 10.0 ** np.arange(1, 41)]), "train")
    ends = Line("loss", x, np.concatenate([np.ones(60), np.full(40, np.nan)]), "train")
    assert "↑" in shown(PlotData((leaves,), 100))
    assert "×" in shown(PlotData((ends,), 100))
    assert "×" not in shown(PlotData((curve(50),), 100))


def test_families_are_numbered_for_those_who_see_no_colour():
    text = shown(PlotData(tuple(curve(60, f"rate {k}", family=k, start=1 + k) for k in range(3)), 60))
    assert "1 ── rate 0" in text
    assert all(any(row.rstrip().endswith(number) for row in text.splitlines()) for number in "123")


def falling(high, low):
    return Line("train", np.arange(1.0, 61), np.geomspace(high, low, 60), "train")


@pytest.mark.parametrize(
    ("level", "log", "says"),
    [
        (11.9, True, "·· constant 11.9"),
        (12.1, True, "constant 12.1 (above)"),
        (400.0, True, "constant 400 (above)"),
        (0.35, True, "·· constant 0.350"),
        (0.32, True, "constant 0.320 (below)"),
        (-2.0, True, "constant -2.00 (below)"),
        (0.0, True, "constant 0.000 (below)"),
        (6.9, False, "·· constant 6.90"),
        (7.2, False, "constant 7.20 (above)"),
        (-1.9, False, "·· constant -1.90"),
        (-2.2, False, "constant -2.20 (below)"),
    ],
)
def test_a_level_far_from_the_curves_is_left_out_and_said_with_its_value(level, log, says):
    data = PlotData((falling(4, 1), reference("constant", level)), 60, log=log, y_title="loss")
    frame = compose(data, 80, 24)
    text = frame.cells.text()
    alone = compose(PlotData((falling(4, 1),), 60, log=log, y_title="loss"), 80, 24)
    assert says in text.splitlines()[0]
    drawn = "··" in says
    assert ("··" in text) == drawn
    assert any(role == "reference" and part.strip() for row in frame.cells.rows[2:] for part, role in row) == drawn
    assert (frame.y_limits == alone.y_limits) != drawn
    low, high = frame.y_limits[:2]
    least, largest = (np.log10([1, 4])) if log else (1, 4)
    # Round limits may add to the three times that a level may.
    assert (high - low) <= (largest - least + 2 * np.log10(3) + 0.4 if log else 3 * 3 + 2)


def test_a_level_that_an_earlier_axis_still_holds_is_drawn_and_called_so():
    data = PlotData((falling(4, 1), reference("constant", 8.0)), 60)
    assert "constant 8.00 (above)" in shown(data)
    before = compose(PlotData((falling(9, 0.5),), 60), 80, 24).y_limits
    assert "·· constant 8.00" in compose(data, 80, 24, before).cells.text()


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize("values", [(1.0, 1.0), (0.11, 0.12), (0.6, 900.0), (0.11, 1.3)])
@pytest.mark.parametrize("size", [(44, 11), (44, 16), (50, 12), (84, 24), (120, 40)])
def test_names_of_levels_lie_neither_on_a_curve_nor_on_each_other(size, values, log):
    names = ("constant", "copy-last-week")
    levels = [reference(name, value) for name, value in zip(names, values, strict=True)]
    data = plot(
        lines=(curve(100), curve(100, "validation", "validation"), *levels), log=log, marks=(Mark(9, "best 9"),)
    )
    rows = shown(data, *size).splitlines()
    top = next(y for y, row in enumerate(rows) if "│" in row or "┤" in row)
    header, picture = "\n".join(rows[:top]), rows[top:-1]
    for name, value in zip(names, values, strict=True):
        assert header.count(f"{name} {value:.3f}" if value < 1 else name) == 1
    assert not any(character.isalpha() and character.isascii() for row in picture for character in row[6:])


def test_a_crowded_legend_keeps_levels_before_notes():
    lines = [curve(60, f"setting {k}", "validation", family=k) for k in range(6)]
    levels = [reference("constant (lags=7)", 0.5), reference("copy-last-week (lags=7)", 0.3)]
    text = shown(PlotData((*lines, *levels), 60, y_title="loss", notes=("a note of the many settings",)), 49, 16)
    assert "·· constant (lags=7) 0.500" in text
    assert "·· copy-last-week (lags=7) 0.300" in text
    assert "a note" not in text


@pytest.mark.parametrize(("height", "says"), [(15, True), (13, False)])
def test_a_note_has_the_second_row_where_the_plot_is_high_enough(height, says):
    lines = (curve(60), curve(60, "validation", "validation"), reference("constant", 0.5), reference("linear", 0.3))
    rows = shown(PlotData(lines, 60, y_title="loss", notes=("bold: mean of 5 folds", "dotted: ± sd")), 50, height)
    assert ("bold: mean of 5 folds" in rows.splitlines()[1]) == says
    assert "dotted" not in rows


def test_settings_that_find_no_room_leave_that_of_levels():
    lines = [curve(60, f"a setting of a long name {k}", "validation", family=k) for k in range(6)]
    rows = shown(PlotData((*lines, reference("constant", 0.5), reference("linear", 0.3)), 60), 44, 12).splitlines()
    assert rows[3].split("  ")[:2] == ["·· constant 0.500", "·· linear 0.300"]
    assert "name 2" in rows[2]


@pytest.mark.parametrize("log", [True, False])
def test_a_plot_too_low_for_names_has_no_levels(log):
    low = compose(plot(log=log), 60, 10)
    alone = compose(plot(log=log, lines=plot().lines[:2]), 60, 10)
    assert low.cells.rows == alone.cells.rows
    assert low.y_limits == alone.y_limits


def test_a_level_that_is_no_number_is_not_spoken_of():
    text = shown(plot(lines=(curve(60), reference("lost", np.nan), reference("endless", np.inf))))
    assert "lost" not in text
    assert "endless" not in text


def test_texts_from_outside_are_made_safe():
    evil = "\x1b[31m\u202ex\x9b"
    lines = (Line(evil, np.arange(9.0), np.arange(9.0), "train"), reference(evil, 3.0))
    text = shown(
        PlotData(lines, 9, title=evil, y_title=evil, x_title=evil, notes=(evil,), marks=(Mark(2, evil),)), 120, 40
    )
    assert not set(text) & set("\x1b\u202e\x9b")
    assert "␛[31m" in text


@settings(max_examples=60)
@given(st.text("ab 验证\u0301", max_size=30), st.integers(0, 40), st.sampled_from([0, 2, 4, 6]))
def test_wide_characters_are_whole_and_on_one_tile(text, x, tile):
    cells = Cells(40, 1, tile)
    cells.put(x, 0, text, "text")
    row = cells.rows[0]
    assert cell_len("".join(part for part, _ in row)) == 40
    for column, (part, _) in enumerate(row):
        if cell_len(part) == 2:
            assert row[column + 1][0] == ""
            assert tile == 0 or column // tile == (column + 1) // tile
    assert cell_len(fitted(text, 10)) <= 10


def test_only_changed_cells_are_named():
    before, after = Cells(40, 3), Cells(40, 3)
    assert changed(before, after) == []
    after.put(5, 1, "ab", "train")
    after.put(30, 1, "验", "train")
    assert changed(before, after) == [(5, 1, 2), (30, 1, 2)]
    assert changed(after, before) == [(5, 1, 2), (30, 1, 2)]
