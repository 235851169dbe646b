"""Plots of more than one page: a branch over its parent, and pages beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sessions.chosen import chosen_page
from sessions.moments import LETTERS
from sessions.page import Page
from sessions.parents import Parent
from sessions.record import Record
from tui.plots.chart import PlotData
from tui.plots.curves import BAND, plot_of
from tui.plots.families import FEW
from tui.plots.series import Line
from tui.text import safe


def over_parent(plot: PlotData, parent: PlotData, under: Parent) -> PlotData:
    """Return a branch's plot over its parent's: that dotted and dim, the branch from its epoch on.

    Up to there both are the same. Of several runs only the means are drawn: whose a faint curve is could not be told.
    Where the parent is gone, the branch's plot is as it is, and its title says so.
    """
    # The title says what the mark of the turn would say in the legend.
    marks = tuple(replace(mark, label="") if mark.sign == LETTERS["turn"] else mark for mark in plot.marks)
    plot = replace(plot, title=under.says(), marks=marks)
    if under.record is None:
        return plot
    beneath = [
        replace(line, label="parent" if line.label else "", emphasis="behind")
        for line in parent.lines
        if line.emphasis == "main" and line.role != "reference"
    ]
    own = [_from(line, under.epoch) for line in plot.lines if line.emphasis == "main"]
    notes = tuple(note for note in plot.notes if note != BAND)
    total = max(plot.x_total, parent.x_total)
    return replace(plot, lines=(*beneath, *own), notes=notes, x_total=total)


def _from(line: Line, epoch: int) -> Line:
    if line.role == "reference":
        return line
    kept = line.x >= epoch
    return replace(line, x=line.x[kept], y=line.y[kept])


def plot_of_pages(pages: Sequence[Page], names: Sequence[str], *, metric: str = "loss", log: bool = False) -> PlotData:
    """Return the curves of pages in one plot, each with a colour of its own: means where a page has several runs.

    Of a sweep it is the chosen setting. More than six pages cannot be told apart: the others are left out, which a note
    says.
    """
    lines: list[Line] = []
    totals = [0]
    for family, (page, name) in enumerate(zip(pages[:FEW], names, strict=False)):
        plot = plot_of(chosen_page(page).record or Record(), metric=metric)
        totals.append(plot.x_total)
        curves = [line for line in plot.lines if line.role != "reference" and line.emphasis == "main"]
        named = "validation" if any(line.role == "validation" for line in curves) else "train"
        lines += [replace(line, family=family, label=name if line.role == named else "") for line in curves]
    both = len({line.role for line in lines}) > 1
    left = len(pages) - FEW
    notes = [*(["solid: train"] if both else []), *([f"{left} more are not drawn"] if left > 0 else [])]
    return PlotData(
        lines=tuple(lines),
        x_total=max(totals),
        log=log,
        y_title=safe(metric, 40),
        notes=tuple(notes),
        empty=f"no {safe(metric, 40)} that can be drawn",
    )
