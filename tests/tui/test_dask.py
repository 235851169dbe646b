"""`lossbook run --dask`: a real cluster of two worker processes on this machine, one of which is killed meanwhile."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

import pytest
from notebook import pages_in
from terminal import LOSSBOOK, gone_within, workers_of

from engine.errors import LabError
from tui.cli import main
from tui.cli.cluster import _slots

PATIENCE = 60.0
STUDY = """\
restarts = 2
[data]
name = "wine"
[model]
hidden = [16]
[training]
epochs = 1000
[validation]
method = "k-fold"
k = 3
[sweep]
"training.learning_rate" = [1e-3, 1e-2]
"""
ENDLESS = ["--set", "training.epochs=1000000", "--set", "baselines=false"]


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(STUDY)
    return path


def until(condition):
    give_up = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < give_up
        time.sleep(0.02)
    return found


@contextmanager
def running(folder, *arguments):
    command = [*LOSSBOOK, "--sessions", str(folder), "run", "--json", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def finished(folder, *arguments, act=lambda: None):
    """Run to the end and return (status, the JSON, standard error); `act` is done meanwhile."""
    with running(folder, *arguments) as process:
        act()
        out, errors = process.communicate(timeout=PATIENCE)
        assert "Traceback" not in errors
        assert out, f"it ended with {process.returncode} and said {errors}"
        return process.returncode, json.loads(out), errors


def same_bits(folder, other):
    """Compare all that two pages say of their runs, but for times and deaths."""
    (first,), (second,) = pages_in(folder), pages_in(other)
    runs = [[replace(run, seconds=0.0, again="") for run in page.record.runs] for page in (first, second)]
    assert all(run.status == "finished" and run.sha256 for run in runs[0])
    assert runs[0] == runs[1]
    assert first.record.data == second.record.data
    assert first.record.environment == second.record.environment
    assert first.record.chosen == second.record.chosen
    assert first.record.baselines == second.record.baselines


# --- a cluster --------------------------------------------------------------------------------------------------------


class Cluster:
    """A scheduler and two workers with one thread each and nobody who would start them again."""

    def __init__(self, folder):
        pytest.importorskip("distributed")
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        port = self.address.rpartition(":")[2]
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")
        self.workers = []

    def _start(self, *arguments):
        # As on a machine of its own: nothing of this process's folders, and what it says goes to a file.
        command = [sys.executable, "-P", "-m", "dask", *arguments]
        with (self.folder / f"{arguments[0]}.log").open("ab") as log:
            return subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)

    def add(self, count):
        alone = ["--no-nanny", "--nthreads", "1", "--host", "127.0.0.1", "--no-dashboard", "--death-timeout", "60"]
        self.workers += [self._start("worker", self.address, *alone) for _ in range(count)]
        until(lambda: (self.folder / "scheduler.log").read_text().count("Register worker") >= len(self.workers))

    def programs(self):
        """The engine's worker programs on the whole cluster."""
        return [program for worker in self.workers for program in workers_of(worker.pid)]

    def close(self):
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A cluster that has no workers yet."""
    cluster = Cluster(tmp_path_factory.mktemp("dask"))
    until(lambda: "Scheduler at" in (cluster.folder / "scheduler.log").read_text())
    yield cluster
    cluster.close()


@pytest.fixture
def cluster(empty):
    if not empty.workers:
        empty.add(2)
    # What a test before has left would be taken for the next study's.
    until(lambda: not empty.programs())
    return empty


def test_a_cluster_without_workers_is_refused(empty, page, tmp_path, capsys):
    if empty.workers:
        pytest.skip("it has workers already")
    assert main(["--sessions", str(tmp_path / "none"), "run", str(page), "--dask", empty.address]) == 2
    assert "no workers" in one_line(capsys.readouterr())
    assert not (tmp_path / "none").exists()


def test_a_study_on_a_cluster_has_the_bits_of_a_local_one_though_a_worker_is_killed(cluster, page, tmp_path):
    def kill():
        # While both are at work; nobody starts it again.
        until(lambda: all(workers_of(worker.pid) for worker in cluster.workers))
        victims.extend(workers_of(cluster.workers[0].pid))
        cluster.workers[0].kill()

    victims = []
    assert finished(tmp_path / "local", page, "--workers", "2")[0] == 0
    status, quiet, _ = finished(tmp_path / "quiet", page, "--dask", cluster.address)
    assert (status, quiet["status"]) == (0, "finished")
    same_bits(tmp_path / "quiet", tmp_path / "local")
    assert not cluster.programs(), "a task is left"

    status, said, errors = finished(tmp_path / "killed", page, "--dask", cluster.address, act=kill)
    assert (status, said["status"]) == (0, "finished")
    assert len(said["runs"]) == 12
    assert said["test_looks"] == 1
    same_bits(tmp_path / "killed", tmp_path / "local")
    assert victims
    assert gone_within(2, victims)
    assert not cluster.programs(), "a task is left"
    assert "2 threads" in errors.splitlines()[0]
    # For the tests that follow: two again.
    cluster.workers[0].wait()
    cluster.add(1)


def test_ctrl_c_ends_promptly_with_a_page_and_the_cluster_is_free_soon(cluster, page, tmp_path):
    with running(tmp_path / "pages", page, "--dask", cluster.address, *ENDLESS) as process:
        programs = until(cluster.programs)
        pressed = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=PATIENCE)
        seconds = time.monotonic() - pressed
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert json.loads(out)["status"] == "stopped"
    (saved,) = pages_in(tmp_path / "pages")
    assert {run.status for run in saved.record.runs} == {"stopped"}
    assert seconds < 5
    assert gone_within(5, programs)


def test_a_killed_command_line_frees_the_cluster_too(cluster, page, tmp_path):
    with running(tmp_path / "pages", page, "--dask", cluster.address, *ENDLESS) as process:
        programs = until(cluster.programs)
        process.kill()
    assert gone_within(10, programs)


def test_a_scheduler_that_dies_fails_the_runs_and_keeps_the_page(cluster, page, tmp_path):
    def kill():
        victims.extend(until(cluster.programs))
        cluster.scheduler.kill()

    victims = []
    status, said, _ = finished(tmp_path / "pages", page, "--dask", cluster.address, *ENDLESS, act=kill)
    assert (status, said["status"]) == (1, "failed")
    assert len(pages_in(tmp_path / "pages")) == 1
    assert gone_within(10, victims)


# --- without one ------------------------------------------------------------------------------------------------------


def one_line(said):
    assert not said.out
    assert said.err.count("\n") == 1, said.err
    assert said.err.startswith("lossbook: ")
    return said.err


def test_without_the_package_it_says_what_to_install(page, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["--sessions", str(tmp_path / "none"), "run", str(page), "--dask", "tcp://127.0.0.1:8786"]) == 2
    assert "pip install 'lossbook[dask]'" in one_line(capsys.readouterr())
    assert not (tmp_path / "none").exists()


@pytest.fixture
def silent():
    """The address of somebody who takes calls and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "silent", "localhost", "tcp://127.0.0.1:many", "tls://h:1"])
def test_an_address_where_no_scheduler_answers_is_one_line(page, tmp_path, silent, address, capsys, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("tui.cli.cluster.CONNECT_SECONDS", 0.5)
    address = silent if address == "silent" else address
    assert main(["--sessions", str(tmp_path / "none"), "run", str(page), "--dask", address]) == 2
    assert address in one_line(capsys.readouterr())
    assert not (tmp_path / "none").exists()


def test_distributed_is_imported_only_when_asked_for(page, tmp_path):
    command = ["run", str(page), "--set", "training.epochs=1", "--set", "baselines=false"]
    script = (
        f"import sys; from tui.cli import main; main({command!r});"
        " print({'distributed', 'dask'} & set(sys.modules), file=sys.stderr)"
    )
    environment = os.environ | {"LOSSBOOK_SESSIONS": str(tmp_path)}
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True)
    assert said.stderr.splitlines()[-1] == "set()"


class Pretended:
    """What the command line asks a cluster before it trains there."""

    def __init__(self, found):
        self.found = found

    def nthreads(self):
        return dict.fromkeys(self.found, 2)

    def run(self, function, *arguments, on_error):
        assert (function(*arguments), on_error) == (version("lossbook"), "return")
        return self.found


@pytest.mark.parametrize("found", ["0.0.1", PackageNotFoundError("lossbook")])
def test_a_worker_with_another_lossbook_or_none_is_refused_by_name(found):
    mine = version("lossbook")
    assert _slots(Pretended({"tcp://a:1": mine, "tcp://b:2": mine}), "tcp://s:8786") == 4
    with pytest.raises(LabError, match=r"tcp://b:2 has (lossbook 0.0.1|no lossbook)") as refused:
        _slots(Pretended({"tcp://a:1": mine, "tcp://b:2": found}), "tcp://s:8786")
    assert mine in refused.value.hint
