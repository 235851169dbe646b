"""From a record to the view of its settings: which of the three it is, and the words below it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sessions.advice import conclusions
from sessions.levels import said_of_baselines
from sessions.record import Record
from sessions.settings import is_number, names_of, results_of, values_of, varied
from tui.numbers import counted, figure
from tui.portrait.lines import Line, line, plain, within, wrapped
from tui.settings.apart import baselines_of
from tui.settings.curve import curve_of, placed
from tui.settings.heatmap import heatmap_of
from tui.settings.listing import listing_of
from tui.text import safe

LEAST_BODY = 5
"""So many lines are left to what is drawn, however much there is to say."""
LEAST_CURVE = 9
"""A curve keeps so many lines where there are baselines below it: these can be scrolled to."""


@dataclass(frozen=True, slots=True)
class View:
    """Lines that stay at the top, lines that scroll, lines that stay at the bottom."""

    top: Sequence[Line] = ()
    body: Sequence[Line] = ()
    bottom: Sequence[Line] = ()

    @property
    def text(self) -> str:
        """Everything as plain text."""
        return plain([*self.top, *self.body, *self.bottom])


def view_of(record: Record, by: str, width: int, height: int, *, log: bool = False) -> View:
    """Return the view of a sweep's settings by a validation figure, in lines of at most `width` cells.

    One numeric key makes a validation curve, two keys a grid, everything else a table.
    """
    keys = varied(record)
    if not keys:
        return View(bottom=(line("this page tries one setting: | in a panel's row tries several values of it"),))
    results = results_of(record)
    said = [*conclusions(record, by, figure, results), *said_of_baselines(record, by, figure)]
    words = [row for sentence in said for row in wrapped(sentence, width, indent="  ")]
    words = words[: max(2, height - LEAST_BODY - 1)] or [line("no setting has been validated yet")]
    title = _title(f"validation {by}", record, width)
    room = height - 1 - len(words)
    apart = baselines_of(record, by, width)
    if len(keys) == 1 and all(map(is_number, values_of(record, keys[0]))):
        over = f" over {safe(names_of(keys)[0], 40)}{placed(results, keys[0], width)[1]}"
        height = min(max(LEAST_BODY, room), max(LEAST_CURVE, room - len(apart)))
        drawn = curve_of(record, results, keys[0], by, (width, height), log=log)
        return View((_title(by + over, record, width),), [*drawn, *apart], words)
    if len(keys) == 2:
        drawn = heatmap_of(record, results, (keys[0], keys[1]), by, width)
        return View((title,), [*(within(row, width) for row in drawn), *apart], words)
    header, rows = listing_of(record, results, keys, by, width)
    return View((title, header), [*rows, *apart], words)


def _title(what: str, record: Record, width: int) -> Line:
    return within(line(f"{what}{_over(record)}", "title"), width)


def _over(record: Record) -> str:
    """Say what the means are taken over."""
    runs = record.of_setting(0)
    folds = len({(run.repeat, run.fold) for run in runs})
    if len(runs) < 2:
        return ""
    return f", mean of {counted(folds, 'fold') if folds > 1 else counted(len(runs), 'restart')}"
