"""Studies on executors: the bits of the pool, tasks that are lost, repeated or given up, machines that differ."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import bits_by_run
from terminal import children_of, gone_within, workers_of

from engine import control, errand, events
from engine.control import Pause, Stop, Train
from engine.data.sources import Line, Wine
from engine.errors import LabError
from engine.events import (
    BaselineMeasured,
    DataLoading,
    DataRead,
    EnvironmentSeen,
    JobEnded,
    RunEnded,
    RunsAgain,
    RunsFailed,
    RunsStarted,
    StudyEnded,
)
from engine.executor_pool import ExecutorPool
from engine.experiment import Data, Experiment, Model, Training, ValidationPlan
from engine.machines import Machines, joined
from engine.plan import plan
from engine.pool import Pool
from engine.study import Study
from engine.sweep import Sweep
from engine.tables import to_tables
from engine.validations import KFold

WHOLE = Experiment(
    Data(Wine()),
    Model((8,)),
    Training(epochs=4),
    ValidationPlan(KFold(3)),
    sweep=Sweep((("training.learning_rate", (0.001, 0.01)), ("model.hidden", ((4,), (8,))))),
    seed=4,
    restarts=2,
)
FOUR = Experiment(Data(Line(rows=40)), Model((4,)), Training(epochs=20), restarts=4, baselines=False)
TWO_SHAPES = Sweep((("model.hidden", ((4,), (8,))),))
ENDLESS = replace(FOUR, training=Training(epochs=10_000_000))


async def collect(experiment, trainers, act=lambda _: None):
    """Run a study and return its events; `act(study)` is done beside it, where it may wait."""
    said, work = [], Study(experiment, trainers)
    async with asyncio.timeout(30):
        acting = asyncio.create_task(asyncio.to_thread(act, work))
        try:
            async for batch in work.events():
                said += batch
        finally:
            await acting
            await trainers.close()
    return said


def run(experiment, trainers, act=lambda _: None):
    said = asyncio.run(collect(experiment, trainers, act))
    assert not workers_of(os.getpid()), "a worker is left"
    return said


def wait_for(condition):
    give_up = time.monotonic() + 20
    while not (found := condition()):
        assert time.monotonic() < give_up
        time.sleep(0.01)
    return found


def endings(said):
    return [event.run for event in said if isinstance(event, RunEnded)]


def baselines(said):
    return [event for event in said if isinstance(event, BaselineMeasured)]


class Faulty(ThreadPoolExecutor):
    """Two threads; what becomes of a task is decided by a function of (its number, function, arguments)."""

    def __init__(self, fate):
        super().__init__(2)
        self.fate = fate
        self.given = 0

    def submit(self, function, /, *arguments):
        number, self.given = self.given, self.given + 1
        instead = self.fate(number, function, arguments)
        return instead if instead is not None else super().submit(function, *arguments)


def lost(error=None):
    future = Future()
    if error is None:
        future.cancel()
        future.set_running_or_notify_cancel()
    else:
        future.set_exception(error)
    return future


# --- the same bits ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def expected():
    return run(WHOLE, Pool(2))


def test_threads_give_the_bits_of_the_pool(expected):
    with ThreadPoolExecutor(3) as executor:
        said = run(WHOLE, ExecutorPool(executor, 3))
    assert said[-1] == StudyEnded("finished")
    assert bits_by_run(said) == bits_by_run(expected)
    assert sorted(endings(said)) == list(range(2 * 2 * 3 * 2 + 1))
    assert baselines(said) == baselines(expected) != []
    assert not [event for event in said if isinstance(event, JobEnded | DataLoading)]


def test_processes_give_the_bits_of_the_pool(expected):
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as executor:
        assert bits_by_run(run(WHOLE, ExecutorPool(executor, 2))) == bits_by_run(expected)


def test_no_more_tasks_train_at_a_time_than_asked_for(expected):
    going, most, lock = set(), [], threading.Lock()

    def watch(number, function, arguments):
        def watched():
            with lock:
                going.add(number)
                most.append(len(going))
            said = function(*arguments)
            with lock:
                going.discard(number)
            return said

        return executor.inner.submit(watched)

    with Faulty(watch) as executor, ThreadPoolExecutor(8) as executor.inner:
        said = run(replace(WHOLE, baselines=False), ExecutorPool(executor, 8, most=1))
    assert len(most) == 3, "two shapes, and the refit"
    assert max(most) == 1
    assert bits_by_run(said) == bits_by_run(expected)


# --- tasks that are lost ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [None, OSError("the machine\nis gone")])
def test_a_lost_task_is_tried_once_more(error):
    with Faulty(lambda number, *_: lost(error) if number == 0 else None) as executor:
        said = run(FOUR, ExecutorPool(executor, 2))
    (again,) = [event for event in said if isinstance(event, RunsAgain)]
    assert again.runs == (0, 1)
    assert again.problem == (
        "the task was lost" if error is None else "the task was lost: OSError: the machine is gone"
    )
    assert sorted(endings(said)) == [0, 1, 2, 3]
    assert said[-1] == StudyEnded("finished")
    assert executor.given == 3


def test_what_is_lost_twice_has_failed_and_the_rest_stands():
    with Faulty(lambda number, *_: lost(OSError()) if number != 1 else None) as executor:
        said = run(FOUR, ExecutorPool(executor, 2))
    (failed,) = [event for event in said if isinstance(event, RunsFailed)]
    assert failed.runs == (0, 1)
    assert not failed.bad_input
    assert endings(said) == [2, 3]
    assert said[-1] == StudyEnded("finished")
    assert executor.given == 3


def test_a_task_whose_worker_is_killed_is_done_again_to_the_same_bits():
    longer = replace(FOUR, training=Training(epochs=1_500))

    def kill(_):
        os.kill(wait_for(lambda: workers_of(os.getpid()))[0], signal.SIGKILL)

    with ThreadPoolExecutor(2) as executor:
        said = run(longer, ExecutorPool(executor, 2), kill)
        quiet = run(longer, ExecutorPool(executor, 2))
    (again,) = [event for event in said if isinstance(event, RunsAgain)]
    assert "SIGKILL" in again.problem
    assert sorted(endings(said)) == [0, 1, 2, 3]
    assert bits_by_run(said) == bits_by_run(quiet)


def test_a_task_that_an_executor_does_twice_counts_once():
    def twice(_, function, arguments):
        return executor.inner.submit(lambda: [function(*arguments) for _ in range(2)][-1])

    with Faulty(twice) as executor, ThreadPoolExecutor(2) as executor.inner:
        said = run(FOUR, ExecutorPool(executor, 2))
    assert sorted(endings(said)) == [0, 1, 2, 3]
    assert sorted(run for event in said if isinstance(event, RunsStarted) for run in event.runs) == [0, 1, 2, 3]


def test_what_a_lost_task_had_done_all_the_same_is_not_taken():
    def done_but_lost(number, function, arguments):
        return lost(OSError(str(len(function(*arguments).lines)))) if number == 0 else None

    with Faulty(done_but_lost) as executor:
        said = run(FOUR, ExecutorPool(executor, 2))
    assert sorted(endings(said)) == [0, 1, 2, 3]


def test_lost_baselines_are_left_out():
    whole = replace(FOUR, baselines=True)
    with Faulty(lambda number, *_: lost(OSError()) if number == 2 else None) as executor:
        said = run(whole, ExecutorPool(executor, 2))
    assert not [event for event in said if isinstance(event, BaselineMeasured | RunsAgain | RunsFailed)]
    assert said[-1] == StudyEnded("finished")


def test_an_executor_that_breaks_takes_its_workers_along_and_fails_the_runs():
    def kill(_):
        # The first: of one that is started later the executor may notice the death only with the next task.
        first = wait_for(lambda: sorted(pid for pid in children_of(os.getpid()) if workers_of(pid))[:-1])[0]
        victims.extend(workers_of(first))
        os.kill(first, signal.SIGKILL)

    victims = []
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as executor:
        said = run(ENDLESS, ExecutorPool(executor, 2), kill)
    assert sorted(run for event in said if isinstance(event, RunsFailed) for run in event.runs) == [0, 1, 2, 3]
    assert all("BrokenProcessPool" in event.problem for event in said if isinstance(event, RunsFailed))
    assert said[-1] == StudyEnded("failed")
    assert victims
    assert gone_within(2, victims)


# --- a person's commands ----------------------------------------------------------------------------------------------


def test_a_stop_ends_the_study_at_once_and_soon_the_workers():
    wanted, stopped = threading.Event(), []
    wanted.set()

    async def stop():
        pool = ExecutorPool(executor, 2, most=1, wanted=wanted.is_set)
        work = Study(replace(ENDLESS, sweep=TWO_SHAPES), pool)

        async def press():
            pids = await asyncio.to_thread(wait_for, lambda: workers_of(os.getpid()))
            work.send(Pause())
            await asyncio.sleep(0.1)
            stopped.append(time.monotonic())
            work.send(Stop())
            return pids

        pressing = asyncio.create_task(press())
        said = [event async for batch in work.events() for event in batch]
        return said, time.monotonic() - stopped[0], await pressing

    with Faulty(lambda *_: None) as executor:
        said, seconds, pids = asyncio.run(stop())
        wanted.clear()
        assert gone_within(5, pids)
    assert seconds < 1
    assert said[-1] == StudyEnded("stopped")
    assert not [event for event in said if isinstance(event, RunsAgain | RunsFailed | RunEnded)]
    assert executor.given == 1, "the other shape never began"


# --- one task ---------------------------------------------------------------------------------------------------------


def command(experiment):
    return control.encode(Train(to_tables(experiment), plan(experiment))).encode()


def test_an_errand_returns_the_events_of_a_job():
    said = errand.run(command(FOUR), 1)
    assert not said.problem
    kinds = [type(events.decode(line)) for line in said.lines.splitlines()]
    assert kinds.count(RunEnded) == 4
    assert JobEnded not in kinds


def test_an_errand_tells_how_its_worker_died():
    said = errand.run(b"nonsense", 1)
    assert not said.lines
    assert "ended with status 2" in said.problem
    assert "not a command" in said.problem


def test_an_errand_that_is_interrupted_leaves_no_worker():
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        errand.run(command(ENDLESS), 1, interrupted)
    assert not workers_of(os.getpid())


# --- machines ---------------------------------------------------------------------------------------------------------

DATA = DataRead("own", 9, 2, 1, "regression", "", "abc", ())
HERE = EnvironmentSeen("3.11.7", "2.4.6", "openblas 0.3", 1, ("AVX2", "FMA3"))


def test_machines_that_read_different_data_do_not_share_a_study():
    machines = Machines(FOUR)
    assert machines.agree([DATA]) == [DATA]
    with pytest.raises(LabError, match="different data"):
        machines.agree([HERE, replace(DATA, sha256="def")])
    varied = Machines(replace(FOUR, sweep=Sweep((("data.noise", (0.1, 0.2)),))))
    assert varied.agree([DATA, replace(DATA, sha256="def")])


def test_a_task_that_read_other_data_is_tried_elsewhere_and_then_fails():
    def other_data(number, function, arguments):
        if number == 0:
            return None
        said = function(*arguments)
        sha = next(e.sha256 for e in map(events.decode, said.lines.splitlines()) if isinstance(e, DataRead))
        future = Future()
        future.set_result(errand.Said(said.lines.replace(sha.encode(), b"0" * len(sha))))
        return future

    with Faulty(other_data) as executor:
        said = run(replace(FOUR, sweep=TWO_SHAPES), ExecutorPool(executor, 2, most=1))
    failed, refit = [event for event in said if isinstance(event, RunsFailed)]
    assert (failed.runs, refit.runs) == ((4, 5, 6, 7), (8,))
    assert "different data" in failed.problem
    assert endings(said)[:4] == [0, 1, 2, 3]


def test_an_environment_names_all_that_its_machines_have():
    there = replace(HERE, numpy="2.3.0", cpu=("AVX2", "AVX512F"))
    both = joined(HERE, there)
    assert both == EnvironmentSeen("3.11.7", "2.4.6 and 2.3.0", "openblas 0.3", 1, ("AVX2", "FMA3?", "AVX512F?"))
    assert joined(both, HERE) == joined(both, there) == joined(both, both) == both
    machines = Machines(FOUR)
    assert machines.agree([HERE]) + machines.agree([there]) + machines.agree([HERE]) == [HERE, both, both]


@given(st.lists(st.tuples(st.sampled_from(["1", "2"]), st.sets(st.sampled_from("abc"))), min_size=1, max_size=4))
def test_a_page_never_calls_a_feature_firm_that_one_machine_lacks(seen):
    machines = Machines(FOUR)
    for numpy, cpu in seen:
        (last,) = machines.agree([replace(HERE, numpy=numpy, cpu=tuple(sorted(cpu)))])
    assert {name for name in last.cpu if not name.endswith("?")} == set.intersection(*(cpu for _, cpu in seen))
    assert {name.removesuffix("?") for name in last.cpu} == set.union(*(cpu for _, cpu in seen))
    assert set(last.numpy.split(" and ")) == {numpy for numpy, _ in seen}
