"""The worker: a child process that trains. Commands come in, events go out, both as JSON lines.

`python -P -m engine.worker` is started by `engine.launch`, never by a person. It leaves when its input ends or its
parent dies, whatever it is doing.
"""

from __future__ import annotations

import ctypes
import os
import queue
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from engine import baselines, control, events, inspection, prediction, prepare, range_test, tables, trainer
from engine.control import Command, Control, Inspect, Job, Measure, Predict, Train, TryRates
from engine.course import Course
from engine.data.new_rows import Given
from engine.data.progress import Progress, silent
from engine.errors import LabError
from engine.events import (
    BaselineMeasured,
    DataLoading,
    Event,
    Inspected,
    JobEnded,
    Paused,
    RatesTried,
    RunEnded,
    RunsFailed,
)
from engine.jobs import stacks
from engine.prepare import Part
from engine.reader import Reader
from engine.results import unpacked
from engine.setup import bytes_of

PARENT = "LOSSBOOK_PARENT"
ROOT = "LOSSBOOK_ROOT"
PR_SET_PDEATHSIG = 1
FLUSH_SECONDS = 0.05
MOST_BYTES = 128 << 20
"""What the stacks that train at a time need, about: the first may need more."""


def main() -> int:
    """Serve until the input ends."""
    _die_with_parent()
    sys.excepthook = _leave
    if os.environ.get(ROOT, "") != str(Path(__file__).parent):
        sys.stderr.write(f"this is another package called engine: {Path(__file__).parent}\n")
        return 2
    # A stack of a hundred runs keeps both cores busy: the screen of the person who watches comes first.
    os.nice(10)
    commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(commands,), daemon=True).start()
    outbox, reader = Outbox(), Reader()
    while True:
        command = commands.get()
        if not isinstance(command, Job):
            continue  # it came too late: what it was meant for has ended
        for event in _events_of(command, commands, outbox, reader):
            outbox.put(event)
        outbox.put(JobEnded())


def _events_of(job: Job, commands: queue.SimpleQueue[Command], outbox: Outbox, reader: Reader) -> Iterator[Event]:
    match job:
        case Train():
            return work(job, commands, lambda share: outbox.put(DataLoading(share)), reader)
        case Measure():
            return measure(job, commands)
        case Inspect():
            return look_into(job)
        case TryRates():
            return try_rates(job)
        case Predict():
            return apply(job)


def work(
    job: Train, commands: queue.SimpleQueue[Command], progress: Progress = silent, reader: Reader | None = None
) -> Iterator[Event]:
    """Yield the events of one job: its stacks in turn, an event each, so that all folds are seen to grow.

    `progress` is told how far the data are read, which comes before the first event.
    """
    left = {spec.index for spec in job.runs}
    try:
        experiment = tables.from_tables(job.experiment)
        wishes = Control(commands)
        said = False
        for part in prepare.read(experiment, job.runs, progress, reader):
            if not said:
                yield prepare.environment()
                said = True
            yield part.seen
            for event in _take_turns(deque(_trainings(part, wishes, job.course)), wishes):
                left -= {event.run} if isinstance(event, RunEnded) else set()
                yield event
    except LabError as error:
        problem = f"{error.where}: {error.problem}" if error.where else error.problem
        key = getattr(error, "key", "")
        yield RunsFailed(tuple(sorted(left)), problem, error.hint, bad_input=True, key=key)
    except MemoryError:
        hint = "use fewer rows, narrower layers or fewer workers"
        yield RunsFailed(tuple(sorted(left)), "there is not enough memory", hint)


def _trainings(part: Part, wishes: Control, course: Course) -> Iterator[tuple[int, Iterator[Event]]]:
    """Yield each stack of a part: the bytes that it will need, and its training, not yet begun."""
    for stack in stacks(part.jobs, start_of=course.start_of):
        per_run = bytes_of(stack[0], part.feed)
        most = max(1, MOST_BYTES // per_run)
        for share in (stack[start : start + most] for start in range(0, len(stack), most)):
            training = trainer.train(share, part.feed, wishes, time.perf_counter, course=course)
            yield per_run * len(share), training


def measure(job: Measure, commands: queue.SimpleQueue[Command]) -> Iterator[Event]:
    """Yield what the baselines reach; nothing where the data cannot be read, which the runs themselves say."""
    wishes, reader = Control(commands), Reader()
    for setting in dict.fromkeys(spec.setting for spec in job.runs):
        runs = [spec for spec in job.runs if spec.setting == setting]
        known = {name for number, name in job.known if number == setting}
        try:
            for one in baselines.of_study(tables.from_tables(job.experiment), runs, known, reader, tests=job.tests):
                yield BaselineMeasured(
                    one.name, one.says, one.train, one.validation, one.test, one.left_out, setting=setting
                )
                wishes.take_in()
                if wishes.stopping:
                    return
        except (LabError, MemoryError):
            continue


def look_into(job: Inspect) -> Iterator[Event]:
    """Yield what is seen in a network."""
    try:
        experiment = tables.from_tables(job.experiment)
        feed, (run,) = prepare.read_one(experiment, (job.run,))
        seen = inspection.inspect(run, feed, unpacked(job.weights))
    except (LabError, ValueError) as error:
        hint = error.hint if isinstance(error, LabError) else "the page's weights are not of its experiment"
        yield RunsFailed((job.run.index,), f"the network cannot be looked into: {error}", hint)
        return
    yield Inspected(
        job.run.index,
        seen.layers,
        seen.gradient_norms,
        seen.weight_norms,
        tuple(units.mean for units in seen.units),
        tuple(units.sd for units in seen.units),
        tuple(units.dead for units in seen.units),
        seen.curvature.lowest,
        seen.curvature.highest,
        seen.curvature.error,
        seen.curvature.gradient_norm,
        seen.curvature.place,
    )


def try_rates(job: TryRates) -> Iterator[Event]:
    """Yield what a learning-rate range test sees."""
    try:
        feed, jobs = prepare.read_one(tables.from_tables(job.experiment), range_test.starts_of(job.run))
        seen = range_test.range_test(jobs, feed)
    except LabError as error:
        yield RunsFailed((job.run.index,), error.problem, error.hint, bad_input=True, key=getattr(error, "key", ""))
        return
    losses = {str(start): values for start, values in enumerate(seen.losses, 1)}
    yield RatesTried(seen.rates, seen.before, losses, seen.suggested)


def apply(job: Predict) -> Iterator[Event]:
    """Yield what a network makes of other rows."""
    try:
        yield prediction.predict(
            tables.from_tables(job.experiment), job.run, unpacked(job.weights), Given(job.rows, job.is_file)
        )
    except LabError as error:
        problem = f"{error.where}: {error.problem}" if error.where else error.problem
        yield RunsFailed((job.run.index,), problem, error.hint, bad_input=True, key=getattr(error, "key", ""))
    except MemoryError:
        yield RunsFailed((job.run.index,), "there is not enough memory", "predict fewer rows at a time")


def _take_turns(waiting: deque[tuple[int, Iterator[Event]]], wishes: Control) -> Iterator[Event]:
    """Yield an event of each stack in turn; while a person holds all of them, sleep until the next command.

    Stacks begin when there is room for them: what a worker holds must not grow with the study.
    """
    turns: deque[tuple[int, Iterator[Event]]] = deque()
    held = seen = 0
    while waiting or turns:
        while waiting and (not turns or sum(size for size, _ in turns) + waiting[0][0] <= MOST_BYTES):
            turns.append(waiting.popleft())
        if held == len(turns):
            wishes.wait()
        if wishes.moved(seen):
            wishes.take_in()
            seen, held = wishes.version, 0
        event = next(turns[0][1], None)
        if event is None:
            turns.popleft()
            continue
        turns.rotate(-1)
        held = held + 1 if isinstance(event, Paused) else 0
        yield event


class Outbox:
    """Writes events to standard output, at most twenty times a second: many epochs may end in one."""

    def __init__(self) -> None:
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._write, daemon=True).start()

    def put(self, event: Event) -> None:
        """Queue an event; it is on its way within 50 ms."""
        self._lines.put(events.encode(event).encode() + b"\n")

    def _write(self) -> None:
        try:
            while True:
                lines = [self._lines.get()]
                time.sleep(FLUSH_SECONDS)
                while not self._lines.empty():
                    lines.append(self._lines.get())
                sys.stdout.buffer.write(b"".join(lines))
                sys.stdout.buffer.flush()
        except OSError:
            os._exit(0)  # nobody listens any more


def _listen(commands: queue.SimpleQueue[Command]) -> None:
    for line in sys.stdin.buffer:
        try:
            commands.put(control.decode(line))
        except LabError as error:
            # A parent that speaks another language would wait for ever for an answer: the last words name the line.
            sys.stderr.write(f"{error}\n")
            sys.stderr.flush()
            os._exit(2)
    os._exit(0)


def _leave(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """End at once after an error that nobody expected: an orderly end waits for the thread that reads the input."""
    sys.__excepthook__(kind, error, trace)
    sys.stderr.flush()
    os._exit(1)


def _die_with_parent() -> None:
    """Ask the kernel for a kill when the parent dies, and leave if it has died before it was asked (prctl(2))."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if str(os.getppid()) != os.environ.get(PARENT):
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
