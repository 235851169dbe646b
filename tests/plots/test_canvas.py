"""What reaches plotext never harms it, and what it draws is where it should be."""

import json
import subprocess
import sys

import numpy as np
import pytest

from tui.plots.axes import Limits
from tui.plots.canvas import Run, draw, families_of
from tui.plots.series import Line, reference

X, Y = Limits(0, 19), Limits(0, 1)


def line(y, role="train", emphasis="main", x=None, family=0):
    y = np.asarray(y, np.float64)
    return Line("loss", np.arange(float(len(y))) if x is None else np.asarray(x, np.float64), y, role, emphasis, family)


def text(rows: list[tuple[Run, ...]]) -> list[str]:
    return ["".join(run.text for run in row) for row in rows]


def roles(rows: list[tuple[Run, ...]]) -> set[str]:
    return {run.role for row in rows for run in row if run.role}


# Curves that training can produce when it goes wrong, and sizes a terminal can have, in a process that may die.
HOSTILE = """
import json, sys
import numpy as np
from tui.plots.axes import Limits
from tui.plots.canvas import draw
from tui.plots.chart import Mark, PlotData, compose
from tui.plots.series import Line, reference

inf, nan = float("inf"), float("nan")
rng = np.random.default_rng(0)
curves = [
    [], [1.0], [nan], [inf, -inf], [0.0] * 5, [5.0] * 50, [1e308, -1e308] * 20, [1e-320, 1e-310, 5e-324],
    [1.0, nan] * 50, [1.0, 1e300, 1e308, inf, nan], [-1.0, 0.0, 1.0], [1e15, 1e15 + 0.125],
    10.0 ** rng.uniform(-320, 308, 400),
    rng.standard_normal(50_000), np.exp(np.arange(400.0)), np.where(rng.random(3000) < 0.5, nan, rng.random(3000)),
]
sizes = [(0, 0), (1, 1), (2, 1), (1, 30), (20, 5), (30, 6), (80, 24), (120, 40), (300, 3)]
count = 0
for number, y in enumerate(curves):
    y = np.asarray(y, float)
    x = np.arange(1.0, len(y) + 1)
    other = np.asarray(curves[number - 1], float)
    lines = (
        Line("a", x, y, "train"), Line("b", x, y[::-1], "validation"), Line("c", x, -y, "train", "faint"),
        Line("d", np.arange(len(other)) * 1e3, other, "validation", "faint"),
        *(reference(str(v), v) for v in (0.5, nan, inf, -1e308, 1e308, 0.0)),
    )
    marks = (Mark(3, "m", line=True), Mark(nan, "n"), Mark(inf, "i"))
    for log in (False, True):
        for width, height in sizes:
            frame = compose(PlotData(lines, x_total=len(y), log=log, marks=marks), width, height)
            assert all(len(row) == width for row in frame.cells.rows)
            for limits in (Limits(-1.0, 1.0), Limits(-3.0, 3.0, True), Limits(0.0, 1e-300), Limits(-1e300, 1e300)):
                rows = draw(lines, width, height, Limits(0.0, 10.0), limits)
                assert all(sum(len(run.text) for run in row) == width for row in rows)
                count += 1
print(json.dumps(count))
"""


def test_hostile_data_at_any_size_neither_raise_nor_kill():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", HOSTILE], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == 16 * 2 * 9 * 4


def test_a_rising_line_goes_from_corner_to_corner():
    rows = text(draw([line(np.linspace(0, 1, 20))], 10, 5, X, Y))
    assert rows[0][-1] != " "
    assert rows[-1][0] != " "
    assert rows[0][0] == rows[-1][-1] == " "
    assert all(len(row) == 10 for row in rows)


@pytest.mark.parametrize(("level", "row"), [(0.0, 4), (1.0, 0), (0.5, 2)])
def test_a_level_lies_in_its_row(level, row):
    rows = text(draw([line([level] * 20)], 10, 5, X, Y))
    assert [y for y, shown in enumerate(rows) if shown.strip()] == [row]


def test_forms_differ_without_colour():
    """Training is solid, validation has gaps, a reference is dotted."""
    wide = Limits(0, 100)
    x = np.arange(101.0)
    solid = text(draw([line([0.5] * 101, x=x)], 60, 1, wide, Y))[0]
    dashes = text(draw([line([0.5] * 101, "validation", x=x)], 60, 1, wide, Y))[0]
    dots = text(draw([reference("level", 0.5)], 60, 1, wide, Y))[0]
    assert len({solid, dashes, dots}) == 3
    assert len(set(solid)) == 1
    assert dashes.count(" ") >= 8
    assert " " not in dots


def test_main_lines_lie_over_faint_ones_and_a_reference_shines_through():
    faint, main = line([0.5] * 20, emphasis="faint"), line([0.5] * 20)
    assert roles(draw([main, faint], 10, 5, X, Y)) == {"train"}
    assert roles(draw([faint], 10, 5, X, Y)) == {"train-faint"}
    both = draw([main, reference("level", 0.42)], 10, 5, X, Y)
    alone = draw([main], 10, 5, X, Y)
    assert roles(both) == {"train"}
    assert text(both) != text(alone)


def test_several_families_have_colours_of_their_own():
    lines = [line([0.2 * k] * 20, family=k) for k in (1, 3)]
    assert families_of(lines) == [1, 3]
    assert roles(draw(lines, 10, 5, X, Y)) == {"family-1", "family-3"}


def test_a_gap_in_the_data_is_a_gap_on_the_screen():
    y = np.full(20, 0.5)
    y[8:12] = np.nan
    row = text(draw([line(y)], 10, 5, X, Y))[2]
    assert row[:4].strip()
    assert row[5] == " "
    assert row[6:].strip()


def test_what_is_drawn_stays_while_a_curve_grows():
    """Each further epoch changes only what lies near the tip."""
    rng = np.random.default_rng(2)
    y = 0.2 + 0.7 * np.exp(-np.arange(400) / 80) + 0.01 * rng.standard_normal(400)
    x_limits = Limits(0, 400)
    for k in range(150, 400, 50):
        before, after = (text(draw([line(y[:n], "validation")], 60, 15, x_limits, Y)) for n in (k, k + 4))
        tip = int(k / 400 * 60)
        assert [row[: tip - 8] for row in before] == [row[: tip - 8] for row in after]
