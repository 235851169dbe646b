"""Marks of a study on its plot, a branch over its parent, and pages beside each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.tables import from_tables
from sessions.curve import Curve
from sessions.moments import Moment
from sessions.page import Page
from sessions.parents import Parent
from sessions.record import Intervention, Record, RunRecord
from tui.plots.chart import compose
from tui.plots.curves import plot_of
from tui.plots.moments import marks_of
from tui.plots.overlay import over_parent, plot_of_pages

EPOCHS = 40
EXPERIMENT = from_tables({"data": {"name": "wine"}})


def record(scale=1.0, runs=1, epochs=EPOCHS, **fields):
    made = []
    for number in range(1, runs + 1):
        values = [scale * (1 + number / 9) / epoch for epoch in range(1, epochs + 1)]
        curve = {"loss": Curve(range(1, epochs + 1), values)}
        usual = {"status": "finished", "epoch": epochs, "epochs": epochs, "updates_per_epoch": 10}
        curves = {"train_curves": curve, "validation_curves": curve}
        made.append(RunRecord(f"fold {number}", fold=number, **usual, **curves))
    return Record("finished", tuple(made), **fields)


def text(plot, width=80, height=20):
    return compose(plot, width, height).cells.text()


def test_letters_stand_on_the_axis_and_the_one_in_hand_has_a_line_and_a_label():
    moments = [Moment(10, "note", "why"), Moment(20, "best", "best"), Moment(5, "refit", "no", "refit")]
    marks = marks_of(moments, moments[1:2])
    assert [(mark.sign, mark.label, mark.line) for mark in marks] == [("n", "", False), ("b", "best", True)]
    drawn = text(plot_of(record(), marks=marks))
    axis = next(line for line in drawn.splitlines() if "└" in line)
    assert axis.index("n") < axis.index("b")
    assert "b best" in drawn.splitlines()[0]
    assert "┊" in drawn


def test_a_changed_rate_is_marked_on_any_plot():
    changes = (Intervention((0,), 95, "learning_rate", 0.5), Intervention((0,), 195, "learning_rate", 0.25))
    drawn = text(plot_of(record(interventions=changes)))
    axis = next(line for line in drawn.splitlines() if "└" in line)
    assert axis.count("c") == 2
    assert "c learning_rate → 0.25" in drawn
    assert "→ 0.5" not in drawn


def test_a_branch_lies_over_its_parent_from_its_epoch_on():
    parent, branch = plot_of(record(runs=3)), plot_of(record(0.5, runs=3, epochs=30))
    under = Parent("one", 12, "learning_rate 1 → 2", record(runs=3))
    plot = over_parent(branch, parent, under)
    beneath = [line for line in plot.lines if line.emphasis == "behind"]
    own = [line for line in plot.lines if line.emphasis == "main"]
    assert {line.emphasis for line in plot.lines} == {"behind", "main"}
    assert [line.x.min() for line in beneath] == [1, 1]
    assert [(line.x.min(), line.x.max()) for line in own] == [(12, 30), (12, 30)]
    assert plot.x_total == EPOCHS
    drawn = text(plot)
    assert drawn.startswith("branch of one from epoch 12: learning_rate 1 → 2")
    assert "⠤⠤ parent" in drawn
    first, last = (np.concatenate([line.y for line in lines]) for lines in (beneath, own))
    assert first.max() > last.max()


def test_without_its_parent_a_branch_is_drawn_whole_and_says_so():
    branch = plot_of(record(0.5))
    plot = over_parent(branch, plot_of(Record()), Parent("one", 12, "learning_rate 1 → 2"))
    assert plot.lines == branch.lines
    assert "which is gone" in text(plot)


def test_dim_and_dotted_is_another_form_than_the_branch_has():
    curve = plot_of(record()).lines[0]
    solid, behind = (
        compose(replace(plot_of(record()), lines=(line,)), 80, 20).cells
        for line in (curve, replace(curve, emphasis="behind"))
    )
    dots = [
        sum((ord(c) - 0x2800).bit_count() for c in cells.text() if "\u2800" < c < "\u2900") for cells in (solid, behind)
    ]
    assert dots[1] < 0.6 * dots[0]
    roles = {role for row in behind.rows for _, role in row}
    assert "train-faint" in roles
    assert "train" not in roles


def test_pages_beside_each_other_have_a_colour_and_a_letter_each():
    pages = [Page(EXPERIMENT, record=record(1 + number, runs=2)) for number in range(3)]
    plot = plot_of_pages(pages, "abc")
    assert sorted({line.family for line in plot.lines}) == [0, 1, 2]
    assert {line.label for line in plot.lines} == {"", "a", "b", "c"}
    assert {line.emphasis for line in plot.lines} == {"main"}
    drawn = text(plot)
    for entry in ("1 ╌╌ a", "2 ╌╌ b", "3 ╌╌ c", "solid: train"):
        assert entry in drawn
    many = plot_of_pages([*pages, *pages, *pages], "abcdefghi")
    assert "3 more are not drawn" in many.notes
    assert "no mae that can be drawn" in text(plot_of_pages(pages, "abc", metric="mae"))
