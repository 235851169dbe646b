"""`lossbook replay`: the notebook with a page that plays, or plain lines."""

from __future__ import annotations

import argparse
import sys
import time

from engine.errors import LabError
from engine.events import EpochEnded, RunEnded
from sessions import codec
from sessions.page import Page
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
    if page.record is None or not page.record.runs:
        raise LabError("holds no runs to replay", "train it first: `lossbook run`", where=str(path))
    if options.plain or not sys.stdout.isatty():
        play_plainly(page, options.speed)
        return 0
    options.page = path
    return open_app(options)


def play_plainly(page: Page, speed: float) -> None:
    """Print a line for each epoch, at the pace of the study times `speed`."""
    if page.record is None:
        return
    tape = Tape(page.record)
    wait = 1 / (tape.pace() * speed)
    print(safe(page.title))
    for beat in tape.beats:
        spoken = False
        for event in beat.events:
            if isinstance(event, EpochEnded):
                spoken = True
                for place, run in enumerate(event.runs):
                    losses = [
                        f"{part} loss {figure(columns['loss'][place])}"
                        for part, columns in (("train", event.train), ("validation", event.validation))
                        if "loss" in columns  # of a damaged page they may be called anything
                    ]
                    print(
                        f"epoch {event.epoch} · {safe(page.record.runs[run].label)} · {' · '.join(losses)}", flush=True
                    )
            elif isinstance(event, RunEnded):
                print(f"{safe(page.record.runs[event.run].label)} {event.status}", flush=True)
        if spoken:
            time.sleep(wait)
    print(study_table(page.record, page.experiment.choose_by))
