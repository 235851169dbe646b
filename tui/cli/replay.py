"""`lossbook replay`: the notebook with a page that plays, or plain lines."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator

from engine.errors import LabError
from engine.events import EpochEnded, Event, RunEnded
from sessions import codec
from sessions.archive import with_known_history
from sessions.in_use import require_runs
from sessions.moments import Moment, moments_of
from sessions.page import Page
from sessions.record import Record
from sessions.replay import Beat, beats
from sessions.tape import Tape
from tui.cli.open import open_app
from tui.cli.pages import store_of
from tui.cli.tables import study_table
from tui.numbers import figure
from tui.text import safe


def replay(options: argparse.Namespace) -> int:
    """Play a page again."""
    path = store_of(options).find(options.session)
    page = codec.read_page(path)
    require_runs(path, page)
    if page.record is None or not page.record.runs:
        raise LabError("holds no runs to replay", "train it first: `lossbook run`", where=str(path))
    last = max(run.epoch for run in page.record.runs)
    for name, epoch in (("--from", options.first), ("--to", options.last)):
        if epoch is not None and epoch > last:
            raise LabError(f"{name} {epoch} is later than its last epoch", f"they go from 0 to {last}", where=str(path))
    if options.plain or not sys.stdout.isatty():
        # Nobody watches a pipe: it waits only where it is told to.
        speed = options.speed or (1.0 if sys.stdout.isatty() else math.inf)
        play_plainly(page, with_known_history(path, page.record), speed, options.first or 0, options.last)
        return 0
    options.page = path
    return open_app(options)


def play_plainly(page: Page, record: Record, speed: float, first: int = 0, last: int | None = None) -> None:
    """Print a line for each epoch of each run from the first to the last, at the pace of the study times `speed`.

    To the end, with no last epoch given, a table of what came of the study follows.
    """
    tape = Tape(record)
    end = len(tape) if last is None else tape.position_of(last)
    start = tape.position_of(first)
    marks: dict[int, list[Moment]] = {}
    for moment in moments_of(record, page.notes):
        marks.setdefault(tape.position_of(moment.epoch, moment.role), []).append(moment)
    pause = 1 / (tape.pace() * speed)
    print(safe(page.title))
    begun, spoken = time.monotonic(), 0
    for position, beat in enumerate(beats(record), start=1):
        if not start <= position <= end:
            continue
        lines = [line for event in beat.events for line in _said_of(event, record)]
        if any(isinstance(event, EpochEnded) for event in beat.events):
            # By the clock, so that what the printing takes is no part of the pace.
            time.sleep(max(0.0, begun + spoken * pause - time.monotonic()))
            spoken += 1
        for line in [*lines, *(_mark(moment, beat) for moment in marks.get(position, ()))]:
            print(line, flush=True)
    if last is None:
        print(study_table(record, page.experiment.choose_by))


def _said_of(event: Event, record: Record) -> Iterator[str]:
    if isinstance(event, EpochEnded):
        for place, run in enumerate(event.runs):
            losses = [
                f"{part} loss {figure(columns['loss'][place])}"
                for part, columns in (("train", event.train), ("validation", event.validation))
                if "loss" in columns  # of a damaged page they may be called anything
            ]
            yield f"epoch {event.epoch} · {safe(record.runs[run].label)} · {' · '.join(losses)}"
    elif isinstance(event, RunEnded):
        yield f"{safe(record.runs[event.run].label)} {safe(event.status)}"


def _mark(moment: Moment, beat: Beat) -> str:
    return (
        f"mark {moment.letter} · {'refit, ' if beat.role == 'refit' else ''}epoch {moment.epoch} · {safe(moment.says)}"
    )
