"""Workers as real processes: their bits, their deaths, and that none is left."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import bits_by_run, ended, study, train

import engine
from engine import control, events, prepare, threads
from engine.control import Change, Pause, Resume, Step, Stop, Train
from engine.course import Course
from engine.data.sources import Line, Wine, Xor
from engine.errors import LabError
from engine.events import (
    BaselineMeasured,
    Changed,
    EnvironmentSeen,
    EpochEnded,
    JobEnded,
    Paused,
    RefitPlanned,
    Resumed,
    RunEnded,
    RunsAgain,
    RunsFailed,
    RunsStarted,
    Seen,
    StudyEnded,
    StudyStarted,
)
from engine.experiment import Data, Experiment, Model, Training, ValidationPlan
from engine.launch import Worker
from engine.optimizers import ClosedForm
from engine.plan import RunSpec, plan
from engine.pool import Pool
from engine.sharing import measuring, share_out
from engine.study import Study
from engine.tables import from_tables, to_tables
from engine.validations import KFold
from engine.worker import PARENT, ROOT

ENDLESS = 10_000_000
WHOLE = Experiment(
    Data(Wine()), Model((8,)), Training(epochs=5), ValidationPlan(KFold(3), refit=False), seed=4, restarts=2
)
SMALL = replace(WHOLE, baselines=False)
"""Without the worker that would be started for the baselines."""


def endless(restarts=4, *, baselines=False):
    training = Training(epochs=ENDLESS)
    return Experiment(Data(Line(rows=40)), Model((4,)), training, restarts=restarts, baselines=baselines)


def gone(pid):
    """Whether a process has ended, be it still waiting for somebody to ask."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in "ZX"


def gone_within(seconds, pids):
    until = time.monotonic() + seconds
    while not all(map(gone, pids)):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


async def collect(experiment, workers, act=lambda *_: None):
    """Run a study and return its events; `act(study, pool, said)` is called after each batch of them."""
    pool, said = Pool(workers), []
    try:
        work = Study(experiment, pool)
        async with asyncio.timeout(30):
            async for batch in work.events():
                said += batch
                act(work, pool, said)
    finally:
        pids = pool.process_ids
        await pool.close()
    assert gone_within(0, pids), "a worker is left after close()"
    return said


def run(experiment, workers, act=lambda *_: None):
    return asyncio.run(collect(experiment, workers, act))


class Once:
    """An act that is done the first time that its condition holds."""

    def __init__(self, *steps):
        self.steps = list(steps)

    def __call__(self, work, pool, said):
        if self.steps and self.steps[0][0](said):
            self.steps.pop(0)[1](work, pool)


def of(kind, count=1):
    return lambda said: sum(len(event.runs) for event in said if isinstance(event, kind)) >= count


def test_a_small_study_runs_to_the_bits_of_this_process():
    said = run(WHOLE, 1)
    assert isinstance(said[0], StudyStarted)
    assert said[-1] == StudyEnded("finished")
    assert said[0].labels == tuple(spec.label for spec in plan(WHOLE))
    assert {event.threads for event in said if isinstance(event, EnvironmentSeen)} == {1}
    assert bits_by_run(said) == bits_by_run(study(WHOLE)[1])
    assert len(ended(said)) == 6


@pytest.mark.parametrize("workers", [2, 3])
def test_more_workers_give_the_same_bits(workers):
    assert bits_by_run(run(SMALL, workers)) == bits_by_run(study(SMALL)[1])


def test_folds_are_followed_by_one_refit_that_alone_looks_at_the_test_rows():
    said = run(Experiment(Data(Wine()), Model((8,)), Training(epochs=5), ValidationPlan(KFold(3))), 2)
    (planned,) = [event for event in said if isinstance(event, RefitPlanned)]
    assert (planned.run, planned.label, planned.epochs) == (3, "refit", 5)
    assert [end.test is not None for _, end in sorted(ended(said).items())] == [False, False, False, True]
    assert ended(said)[3].validation is None


def test_a_pool_serves_many_studies_with_the_same_processes():
    async def twice():
        pool = Pool(2)
        try:
            results, pids = [], []
            for _ in range(2):
                batches = pool.train(WHOLE, plan(WHOLE), baselines=measuring(WHOLE, plan(WHOLE)))
                results.append([event async for batch in batches for event in batch])
                pids.append(pool.process_ids)
        finally:
            await pool.close()
        return results, pids

    results, pids = asyncio.run(twice())
    assert pids[0] == pids[1]
    assert len(set(pids[0])) == 2, "what has trained measures the baselines too"
    assert bits_by_run(results[0]) == bits_by_run(results[1])


@pytest.mark.parametrize(("deaths", "after"), [(1, 0), (1, 4), (2, 2)])
def test_where_the_worker_that_measures_baselines_dies_another_goes_on_once(deaths, after):
    experiment = from_tables(
        {
            # Pictures take so long that a worker is met while it measures.
            "data": {"name": "digits"},
            "training": {"epochs": 1},
            "validation": {"method": "holdout", "refit": False},
            "sweep": {"seed": list(range(3))},
        }
    )

    async def watched():
        said, killed, measured = [], 0, 0
        async with Pool(1) as pool:
            batches = pool.train(experiment, plan(experiment), baselines=measuring(experiment, plan(experiment)))
            async for batch in batches:
                said += batch
                measured += sum(isinstance(event, BaselineMeasured) for event in batch)
                worker = pool._measuring  # nobody else says which of the workers it is
                if worker is not None and killed < deaths and measured >= after * (killed + 1):
                    os.kill(worker.process.pid, signal.SIGKILL)
                    killed += 1
                    assert gone_within(2, [worker.process.pid])
            pids = pool.process_ids
            again = [event async for batch in pool.train(SMALL, plan(SMALL)) for event in batch]
            return said, killed, pids, again

    said, killed, pids, again = asyncio.run(watched())
    assert killed == deaths
    found = [(event.setting, event.name) for event in said if isinstance(event, BaselineMeasured)]
    whole = [(setting, name) for setting in range(3) for name in ("constant", "logistic", "linear-svm")]
    assert len(found) == len(set(found)), "none is measured twice"
    assert set(found) == set(whole) if deaths < 2 else set(found) < set(whole)
    assert not [event for event in said if isinstance(event, RunsAgain | RunsFailed)]
    assert len(ended(said)) == 3
    assert len(pids) == 1, "what has trained measures, or what comes into its place"
    assert len(ended(again)) == 6


@given(count=st.integers(1, 50), workers=st.integers(1, 60))
def test_shares_are_contiguous_and_even(count, workers):
    specs = [RunSpec(index, "run") for index in range(count)]
    shares = share_out(specs, workers)
    assert [spec for share in shares for spec in share] == specs
    sizes = [len(share) for share in shares]
    assert len(sizes) == min(workers, count)
    assert max(sizes) - min(sizes) <= 1


# --- questions beside ------------------------------------------------------------------------------------------------


def test_the_weights_of_a_run_that_trains_are_those_that_it_is_stopped_with():
    async def looked():
        async with Pool(2) as pool, asyncio.timeout(30):
            work, weights, said = Study(endless(3), pool), {}, []

            async def look():
                for run in (2, 0):
                    weights[run] = await pool.weights_now(run)
                with pytest.raises(LabError, match="does not train"):
                    await pool.weights_now(3)
                work.send(Stop())

            looking = None
            async for batch in work.events():
                said += batch
                if looking is None and any(isinstance(event, EpochEnded) for event in said):
                    work.send(Pause())
                if looking is None and of(Paused, 3)(said):
                    looking = asyncio.create_task(look())
            await looking
            return weights, ended(said), said

    weights, ends, said = asyncio.run(looked())
    assert {run: ends[run].weights for run in weights} == weights
    assert len(weights) == 2
    assert not [event for event in said if isinstance(event, Seen)]


def test_whoever_waits_for_a_run_that_ends_first_gets_what_it_ended_with():
    async def looked():
        async with Pool(1) as pool, asyncio.timeout(30):
            work, asked, said = Study(endless(1), pool), None, []
            async for batch in work.events():
                said += batch
                if asked is None and of(EpochEnded)(said):
                    work.send(Stop())
                    asked = asyncio.create_task(pool.weights_now(0))
            return await asked, ended(said)[0].weights

    assert len(set(asyncio.run(looked()))) == 1


def test_when_the_worker_dies_whoever_waits_is_told():
    async def looked():
        async with Pool(1) as pool, asyncio.timeout(30):
            work, asked = Study(endless(1), pool), None
            async for batch in work.events():
                if asked is None and of(EpochEnded)(batch):
                    os.kill(pool.process_ids[0], signal.SIGSTOP)
                    asked = asyncio.create_task(pool.weights_now(0))
                    await asyncio.sleep(0.05)
                    os.kill(pool.process_ids[0], signal.SIGKILL)
                elif asked is not None and asked.done():
                    work.send(Stop())
            return await asyncio.gather(asked, return_exceptions=True)

    (said,) = asyncio.run(looked())
    assert isinstance(said, LabError)


def test_questions_are_answered_one_after_another_and_a_dropped_one_does_not_answer_the_next():
    async def asked():
        async with Pool(1) as pool, asyncio.timeout(30):
            first = asyncio.create_task(pool.try_rates(SMALL))
            await asyncio.sleep(0.05)
            first.cancel()
            with pytest.raises(LabError, match="closed form"):
                await pool.try_rates(replace(SMALL, training=Training(optimizer=ClosedForm())))
            answers = await asyncio.gather(pool.try_rates(SMALL), pool.try_rates(SMALL))
            pids = pool.process_ids
        return answers, pids

    answers, pids = asyncio.run(asked())
    assert answers[0] == answers[1]
    assert answers[0].suggested is not None
    assert len(pids) == 1
    assert gone_within(0, pids)


# --- deaths -----------------------------------------------------------------------------------------------------------


def test_what_a_killed_worker_had_not_ended_is_trained_again_to_the_same_bits():
    experiment = Experiment(Data(Line(rows=40)), Model((4,)), Training(epochs=1_000), restarts=4, baselines=False)
    victims = []

    def kill(_, pool):
        victims.append(pool.worker_of(2))
        os.kill(victims[0], signal.SIGKILL)

    # Both workers are held first, so that the moment is always in the middle.
    act = Once(
        (lambda said: any(isinstance(event, EnvironmentSeen) for event in said), lambda work, _: work.send(Pause())),
        (of(Paused, 4), kill),
        # The worker in its place holds too: whoever has paused a study has paused all of it.
        (of(Paused, 6), lambda work, _: work.send(Resume())),
    )
    said = run(experiment, 2, act)
    assert not act.steps, "it ended before the commands came"
    assert not [event for event in said if isinstance(event, RunsFailed)]
    assert [event.run for event in said if isinstance(event, RunEnded)].count(2) == 1
    assert {run: end.status for run, end in ended(said).items()} == dict.fromkeys(range(4), "finished")
    assert said[-1] == StudyEnded("finished")
    again = [event for event in said if isinstance(event, RunsStarted) and 2 in event.runs]
    assert len(again) == 2
    assert bits_by_run(said) == bits_by_run(study(experiment)[1])
    assert gone(victims[0])


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_killed_twice_has_failed_and_the_next_study_gets_new_workers(workers):
    async def both():
        pool, said, victims = Pool(workers), [], set()
        try:
            async with asyncio.timeout(30):
                async for batch in Study(endless(2), pool).events():
                    said += batch
                    # What a worker had already said may still come after its death.
                    for event in batch:
                        victim = pool.worker_of(event.runs[0]) if isinstance(event, EpochEnded) else None
                        if victim is not None:
                            victims.add(victim)
                            with contextlib.suppress(ProcessLookupError):
                                os.kill(victim, signal.SIGKILL)
                first = pool.process_ids
                again = [event async for batch in Study(SMALL, pool).events() for event in batch]
                return said, again, first, victims
        finally:
            await pool.close()

    said, again, alive, victims = asyncio.run(both())
    failed = [event for event in said if isinstance(event, RunsFailed)]
    assert sorted(run for event in failed for run in event.runs) == [0, 1]
    assert all("SIGKILL" in event.problem and not event.bad_input for event in failed)
    assert said[-1] == StudyEnded("failed")
    assert again[-1] == StudyEnded("finished")
    assert not victims & set(alive)


def test_closing_a_pool_that_trains_leaves_no_worker():
    async def close_early():
        pool = Pool(2)
        events_of_study = Study(endless(baselines=True), pool).events()
        async for batch in events_of_study:
            if any(isinstance(event, BaselineMeasured) for event in batch):
                break
        await events_of_study.aclose()
        pids = pool.process_ids
        started = time.monotonic()
        await pool.close()
        return pids, time.monotonic() - started

    pids, seconds = asyncio.run(close_early())
    assert len(pids) == 3
    assert gone_within(0, pids)
    assert seconds < 2


PARENT_SCRIPT = """
import asyncio, sys
from engine.control import Pause
from engine.data.sources import Line
from engine.events import EpochEnded, Paused
from engine.experiment import Data, Experiment, Model, Training
from engine.pool import Pool
from engine.study import Study

async def main():
    pool = Pool(2)
    experiment = Experiment(Data(Line(rows=40)), Model((4,)), Training(epochs=10_000_000), restarts=4)
    study, heard, told = Study(experiment, pool), set(), False
    kind = Paused if "paused" in sys.argv else EpochEnded
    async for batch in study.events():
        for event in batch:
            if isinstance(event, EpochEnded) and kind is Paused:
                study.send(Pause())
            if isinstance(event, kind):
                heard |= set(event.runs)
        if heard == {0, 1, 2, 3} and len(pool.process_ids) == 3 and not told:
            told = True
            print(*pool.process_ids, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("state", ["training", "paused"])
@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_no_worker_outlives_a_killed_parent(state):
    command = [sys.executable, "-c", PARENT_SCRIPT, state]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(engine.__file__).parents[1]) as parent:
        try:
            pids = [int(word) for word in parent.stdout.readline().split()]
            assert len(pids) == 3
            assert not any(map(gone, pids))
        finally:
            parent.kill()
        assert gone_within(2, pids)


STEPPARENT_SCRIPT = f"""
import os, subprocess, sys
from pathlib import Path
import engine
from engine import threads
environment = os.environ | threads.environment(1)
environment |= {{{PARENT!r}: str(os.getpid()), {ROOT!r}: str(Path(engine.__file__).parent)}}
worker = subprocess.Popen([sys.executable, "-P", "-m", "engine.worker"], stdin=0, stdout=1, env=environment)
worker.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_a_worker_whose_input_somebody_else_keeps_open_dies_with_its_parent_too():
    command = [sys.executable, "-c", STEPPARENT_SCRIPT]
    root = Path(engine.__file__).parents[1]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root) as parent:
        parent.stdin.write(control.encode(Train(to_tables(endless(1)), plan(endless(1)))).encode() + b"\n")
        parent.stdin.flush()
        while not isinstance(events.decode(parent.stdout.readline()), EpochEnded):
            pass
        (worker,) = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
        assert not gone(worker)
        parent.kill()
        try:
            assert gone_within(2, [worker])
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(worker), signal.SIGKILL)


def start_worker(**changed):
    environment = (
        os.environ | threads.environment(1) | {PARENT: str(os.getpid()), ROOT: str(Path(engine.__file__).parent)}
    )
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "engine.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment | changed,
    )


def test_a_worker_leaves_at_the_end_of_its_input_even_while_it_trains():
    with start_worker() as worker:
        worker.stdin.write(control.encode(Train(to_tables(endless(1)), plan(endless(1)))).encode() + b"\n")
        worker.stdin.flush()
        while not isinstance(events.decode(worker.stdout.readline()), EpochEnded):
            pass
        worker.stdin.close()
        assert worker.wait(2) == 0


def test_a_worker_of_another_parent_leaves_at_once():
    with start_worker(**{PARENT: "1"}) as worker:
        assert worker.wait(5) == 0


def test_a_worker_of_another_package_called_engine_says_so():
    with start_worker(**{ROOT: "/elsewhere/engine"}) as worker:
        assert worker.wait(5) == 2
        assert b"another package" in worker.stderr.read()


def test_a_worker_that_is_sent_junk_does_not_stay_for_ever():
    with start_worker() as worker:
        worker.stdin.write(b"junk\n")
        worker.stdin.close()
        try:
            worker.wait(5)
        finally:
            worker.kill()


def test_a_worker_does_one_job_after_another():
    with start_worker() as worker:
        task = control.encode(Train(to_tables(SMALL), plan(SMALL)[:1])).encode() + b"\n"
        results = []
        for _ in range(2):
            worker.stdin.write(task)
            worker.stdin.flush()
            said = []
            while not (said and isinstance(said[-1], JobEnded)):
                said.append(events.decode(worker.stdout.readline()))
            results.append(bits_by_run(said))
        worker.stdin.close()
        assert worker.wait(5) == 0
    assert results[0] == results[1]
    assert len(results[0]) == 1


# --- commands ---------------------------------------------------------------------------------------------------------


def test_pause_step_and_resume_reach_all_workers_and_change_no_bit():
    experiment = Experiment(Data(Line(rows=40)), Model((4,)), Training(epochs=1_000), restarts=4, baselines=False)
    act = Once(
        (lambda said: any(isinstance(e, EnvironmentSeen) for e in said), lambda work, _: work.send(Pause())),
        (of(Paused, 4), lambda work, _: work.send(Step())),
        (of(Paused, 8), lambda work, _: work.send(Resume())),
    )
    said = run(experiment, 2, act)
    assert not act.steps, "it ended before the commands came"
    assert said[-1] == StudyEnded("finished")
    pauses = [event for event in said if isinstance(event, Paused)]
    for start, stop in zip(
        pauses[:2], [next(p for p in pauses[2:] if p.runs == q.runs) for q in pauses[:2]], strict=True
    ):
        assert stop.epoch == start.epoch + 1
        assert stop.update % (stop.update // stop.epoch) == 0
    assert sum(isinstance(event, Resumed) for event in said) == 4
    assert bits_by_run(said) == bits_by_run(study(experiment)[1])


def test_stop_ends_every_run_and_keeps_what_it_learned():
    said = run(endless(), 2, Once((of(EpochEnded, 4), lambda work, _: work.send(Stop()))))
    assert [end.status for end in ended(said).values()] == ["stopped"] * 4
    assert all(end.train and end.validation and end.weights and end.test is None for end in ended(said).values())
    assert said[-1] == StudyEnded("stopped")


def test_a_stop_during_the_folds_keeps_the_refit_from_starting():
    experiment = Experiment(Data(Line(rows=40)), training=Training(epochs=ENDLESS), validation=ValidationPlan(KFold(3)))
    said = run(experiment, 1, Once((of(EpochEnded), lambda work, _: work.send(Stop()))))
    assert not any(isinstance(event, RefitPlanned) for event in said)
    assert said[-1] == StudyEnded("stopped")


def test_a_changed_learning_rate_is_told_with_its_update():
    act = Once(
        (of(EpochEnded), lambda work, _: work.send(Change("learning_rate", 0.5))),
        (of(Changed, 2), lambda work, _: work.send(Stop())),
    )
    said = run(endless(2), 1, act)
    (change,) = [event for event in said if isinstance(event, Changed)]
    assert (change.runs, change.key, change.value) == ((0, 1), "learning_rate", 0.5)
    assert 0 < change.update <= ended(said)[0].updates


def test_runs_of_a_killed_worker_are_changed_again_at_the_same_update():
    experiment = Experiment(Data(Wine()), Model((8,)), Training(epochs=3_000), restarts=2, baselines=False)
    steps = [
        (of(EpochEnded), lambda work, _: work.send(Change("learning_rate", 0.02))),
        (of(Changed), lambda _, pool: os.kill(pool.worker_of(0), signal.SIGKILL)),
    ]
    said = run(experiment, 1, Once(*steps))
    (again,) = [place for place, event in enumerate(said) if isinstance(event, RunsAgain)]
    first, second = ([e for e in part if isinstance(e, Changed)] for part in (said[:again], said[again:]))
    assert [(e.update, e.value) for e in first] == [(e.update, e.value) for e in second]
    (part,) = prepare.read(experiment, plan(experiment))
    alone = [e for job in part.jobs for e in train([job], part.feed, course=Course(changes=tuple(first)))]
    assert bits_by_run(said) == bits_by_run(alone)


@pytest.mark.parametrize(
    ("experiment", "key"),
    [
        (Experiment(Data(Line(rows=10), test=0), validation=ValidationPlan(KFold(11))), "validation.k"),
        (Experiment(Data(Xor(), test_from=date(2013, 1, 1))), "data.test_from"),
    ],
)
def test_a_bad_experiment_fails_all_its_runs_and_the_pool_lives_on(experiment, key):
    async def both():
        pool = Pool(2)
        try:
            bad = [event async for batch in Study(experiment, pool).events() for event in batch]
            return bad, [event async for batch in Study(SMALL, pool).events() for event in batch]
        finally:
            await pool.close()

    bad, good = asyncio.run(both())
    failed = [event for event in bad if isinstance(event, RunsFailed)]
    assert {event.key for event in failed} == {key}
    assert all(event.bad_input for event in failed)
    assert sorted(run for event in failed for run in event.runs) == list(range(len(plan(experiment))))
    assert bad[-1] == StudyEnded("failed")
    assert not any(isinstance(event, RunEnded) for event in bad)
    assert good[-1] == StudyEnded("finished")


def test_workers_have_the_threads_that_an_experiment_says():
    async def both():
        pool = Pool(1)
        try:
            found = []
            for count in (1, 2, 2):
                training = replace(SMALL.training, threads=count)
                study_of = Study(replace(SMALL, training=training), pool)
                said = [event async for batch in study_of.events() for event in batch]
                (seen,) = {event.threads for event in said if isinstance(event, EnvironmentSeen)}
                found.append((seen, pool.process_ids))
            return found
        finally:
            await pool.close()

    one, two, again = asyncio.run(both())
    assert (one[0], two[0], again[0]) == (1, 2, 2)
    assert one[1] != two[1] == again[1]


@pytest.mark.parametrize("turns", range(4))
def test_a_start_or_an_end_that_nobody_waits_for_leaves_no_file_open(monkeypatch, turns):
    made, make = [], tempfile.TemporaryFile
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda: made.append(make()) or made[-1])

    async def given_up(waiting, after):
        task = asyncio.create_task(waiting)
        for _ in range(after):
            await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await (await task).close()

    async def scene():
        await given_up(Worker.start(), turns + 1)
        worker = await Worker.start()
        await given_up(worker.close(), 1)
        await worker.process.wait()

    asyncio.run(scene())
    assert [file.closed for file in made] == [True, True]
