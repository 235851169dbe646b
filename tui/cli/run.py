"""`lossbook run`: train headless, with a progress line on a terminal and plain lines in a pipe."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from engine.control import Stop
from engine.course import Course
from engine.errors import KeyProblem, LabError
from engine.executor_pool import ExecutorPool
from engine.experiment import Experiment
from engine.plan import plan
from engine.pool import Pool
from engine.study import Study
from sessions import checkpoints, codec
from sessions.branching import root_title
from sessions.course_of import turns_of
from sessions.page import Page
from sessions.parents import change_of
from sessions.record import Record
from sessions.recorder import SAVES_AGAIN, Recorder
from sessions.report import as_json
from sessions.store import Store
from tui.cli import FAILED, INTERRUPTED, OK, complain
from tui.cli.experiments import blame, overrides_of, settled
from tui.cli.json_text import json_text
from tui.cli.line import mute_lost_terminal
from tui.cli.tables import problems, study_table
from tui.cli.teller import Teller
from tui.text import safe


def run(options: argparse.Namespace) -> int:
    """Train each file in turn; the status is the worst of them."""
    store = Store(Path(options.sessions) if "sessions" in options else None)
    overrides = overrides_of(options)
    jobs = []
    for name in options.files:
        path = store.find(name)
        page = codec.read_page(path, overrides)
        titled = replace(page, title=root_title(page), record=None)
        experiment = settled(page, path, overrides)
        try:
            plan(experiment)
        except KeyProblem as error:
            raise LabError(blame(path, error.key, str(error), overrides)) from error
        jobs.append(Job(path, overrides, titled, experiment))
        if said := _not_repeated(page):
            print(f"lossbook: {safe(f'{path.stem} {said}', 500)}", file=sys.stderr)
    return train_all(jobs, store, options)


def _not_repeated(page: Page) -> str:
    """Return what was done on the way to the runs of a page and is not done to new ones; empty where nothing was."""
    record = page.record or Record()
    if turns_of(record):
        return (
            f"is a branch: its settings are trained from the start, without {change_of(page)}"
            f" from epoch {turns_of(record)[-1].epoch}; `lossbook branch` makes one"
        )
    return "was changed while it trained: that is not repeated" if record.interventions else ""


def train_all(jobs: list[Job], store: Store, options: argparse.Namespace) -> int:
    """Train jobs one after another, here or on a cluster; the status is the worst of them."""
    for left in store.recover():
        print(f"lossbook: {safe(left, 500)}", file=sys.stderr)
    if options.dask is None:
        return asyncio.run(_run_all(jobs, store, Pool(options.workers), options))
    from tui.cli.cluster import cluster

    with cluster(options.dask, options.workers) as pool:
        return asyncio.run(_run_all(jobs, store, pool, options))


@dataclass(frozen=True, slots=True)
class Job:
    """A file to train."""

    path: Path
    overrides: Mapping[str, str]
    page: Page
    experiment: Experiment
    """The page's, with its data files named from the root."""
    course: Course = checkpoints.ORDINARY
    """Of a branch: what its runs have in common with their parent's."""
    conclude: Callable[[Page], list[str]] = lambda _: []
    """What is to be said of the page in the end."""


async def _run_all(jobs: list[Job], store: Store, pool: Pool | ExecutorPool, options: argparse.Namespace) -> int:
    worst = OK
    try:
        for job in jobs:
            status = await _run_one(job, store, pool, as_json_line=options.json)
            worst = max(worst, status)
            if status >= INTERRUPTED:
                break
    finally:
        await pool.close()
    return worst


async def _run_one(job: Job, store: Store, pool: Pool | ExecutorPool, *, as_json_line: bool) -> int:
    study = Study(job.experiment, pool, course=job.course)
    recorder = Recorder(store, job.page, now())
    if recorder.problem:
        return complain(recorder.problem)
    return await conduct(study, recorder, job, as_json_line=as_json_line)


def now() -> datetime:
    """Return this moment, to the second, with its zone."""
    return datetime.now().astimezone().replace(microsecond=0)


async def conduct(study: Study, recorder: Recorder, job: Job, *, as_json_line: bool) -> int:
    """Train a study to its end, save its page and print it; return the exit status."""
    caught = await _train(study, recorder, Teller(safe(job.page.title, 60)))
    record = recorder.record
    if record.bad_input:
        recorder.discard()
        return complain(blame(job.path, record.runs[0].bad_key, record.bad_input, job.overrides))
    is_saved = recorder.finish()
    for line in recorder.found:
        complain(line)
    if not is_saved:
        complain(recorder.problem)
        return FAILED
    record = recorder.record
    if as_json_line:
        print(json_text(as_json(recorder.path, recorder.page)))
    else:
        print(study_table(record, job.experiment.choose_by))
        for line in job.conclude(recorder.page):
            print(line)
        for line in problems(record):
            print(f"! {line}")
        print(f"saved {safe(str(recorder.path), 500)}")
    return caught[0] if caught else exit_status(record)


async def _train(study: Study, recorder: Recorder, teller: Teller) -> list[int]:
    """Train to the end, and return the exit statuses of the signals that came meanwhile."""
    told = ""
    try:
        with _signals(study) as caught:
            async for batch in study.events():
                teller.tell(recorder.take(batch))
                await recorder.keep()
                while recorder.found:
                    teller.say(f"lossbook: {safe(recorder.found.pop(0), 500)}")
                if recorder.problem != told:
                    told = recorder.problem
                    teller.say(f"lossbook: {safe(told or SAVES_AGAIN, 500)}")
    finally:
        teller.end()
    return caught


def exit_status(record: Record) -> int:
    """Return 1 where every run failed or diverged, or the refit did; else 0."""
    bad = {"failed", "diverged"}
    refit = record.refit
    return FAILED if all(run.status in bad for run in record.candidates) or (refit and refit.status in bad) else OK


@contextlib.contextmanager
def _signals(study: Study) -> Iterator[list[int]]:
    """Turn ctrl+c, SIGTERM and a closed terminal into a stop that keeps what was learned; yield the exit statuses."""
    loop = asyncio.get_running_loop()
    caught: list[int] = []

    def stop(number: int) -> None:
        if caught and number == signal.SIGINT:
            # Twice is meant: the journal has everything and is recovered at the next start.
            os._exit(INTERRUPTED)
        caught.append(128 + number)
        mute_lost_terminal()
        study.send(Stop())

    # Under nohup, or in a job of its own, a closed terminal is none of its business.
    numbers = [
        number
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is not signal.SIG_IGN
    ]
    for number in numbers:
        loop.add_signal_handler(number, stop, number)
    try:
        yield caught
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
