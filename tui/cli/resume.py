"""`lossbook resume`: train what a stopped or killed study has left, and keep it on the same page."""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from engine.errors import LabError
from engine.pool import Pool
from engine.study import OtherData, Study
from sessions import checkpoints, codec, lock
from sessions.again import Left, left_of
from sessions.archive import with_known_history
from sessions.lock import Lock
from sessions.record import Record
from sessions.recorder import Recorder
from sessions.store import Store
from tui.cli import OK, complain
from tui.cli.experiments import settled
from tui.cli.json_text import json_text
from tui.cli.pages import store_of
from tui.cli.run import Job, conduct, now
from tui.text import safe


def resume(options: argparse.Namespace) -> int:
    """Go on with a page."""
    store = store_of(options)
    # What a kill has left is first brought onto the page.
    for left in store.recover():
        print(f"lossbook: {safe(left, 500)}", file=sys.stderr)
    path = store.find(options.session)
    held = lock.acquire(path, "trained")
    try:
        return _resume(path, held, store, options)
    finally:
        held.release()


def _resume(path: Path, held: Lock, store: Store, options: argparse.Namespace) -> int:
    page = codec.read_page(path)
    if page.record is not None:
        page = replace(page, record=with_known_history(path, page.record))
    try:
        page.check_writable()
        todo = left_of(page, checkpoints.read(path))
    except LabError as error:
        raise LabError(error.problem, error.hint, where=path.stem) from error
    if todo is None:
        if options.json:
            from sessions.report import as_json

            print(json_text(as_json(path, page)))
        else:
            print(f"{safe(path.stem, 200)}: every run has finished, nothing is left to do")
        return OK
    job = Job(path, {}, page, settled(page, path, {}))
    return asyncio.run(_go_on(job, todo, store, held, options))


async def _go_on(job: Job, todo: Left, store: Store, held: Lock, options: argparse.Namespace) -> int:
    async with Pool(options.workers) as pool:
        study = Study(job.experiment, pool, todo.ends, todo.course, todo.measured, data=todo.data)
        recorder = Recorder(store, job.page, now(), path=job.path, held=held)
        if recorder.problem:
            return complain(recorder.problem)
        ended = len(recorder.go_on(todo, job.page.record or Record()).ended)
        try:
            return await conduct(study, recorder, job, as_json_line=options.json)
        except OtherData as error:
            # In a sweep over the data it may be those of a later setting: what was trained before is not lost.
            if len(recorder.record.ended) > ended:
                recorder.finish()
            else:
                recorder.discard()
            raise LabError(error.problem, error.hint, where=job.path.stem) from error
