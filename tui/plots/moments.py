"""Moments of a study as marks of its plot: a letter on the axis, a line through the plot for what a person changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from sessions.moments import Moment, by_hand
from sessions.record import Record
from tui.plots.chart import Mark

DRAWN_THROUGH = {"changed", "turn"}


def marks_of(moments: Sequence[Moment], in_hand: Collection[Moment] = ()) -> tuple[Mark, ...]:
    """Return the marks of moments of the candidates' course; those in hand have a line and a label, and lie on top.

    The refit's course is not drawn, so that its moments have no place.
    """
    drawn = [one for one in moments if one.role == "candidate"]
    return tuple(_mark(one, in_hand=one in in_hand) for one in sorted(drawn, key=lambda one: one in in_hand))


def marks_by_hand(record: Record) -> tuple[Mark, ...]:
    """Return what a person changed on the way, the last change with its label."""
    # Runs side by side are told at different epochs: which ones are meant would fill the legend.
    changes = [replace(one, of="") for one in by_hand(record)]
    return marks_of(changes, changes[-1:])


def _mark(moment: Moment, *, in_hand: bool) -> Mark:
    line = in_hand or moment.kind in DRAWN_THROUGH
    return Mark(moment.epoch, moment.says if in_hand else "", line, moment.letter)
