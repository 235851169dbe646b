"""What `lossbook run` says on standard error while it goes: nothing of a moment's reading, and an error alone."""

from __future__ import annotations

import io
import sys

import pytest
from notebook import pages_in
from terminal import Terminal

from sessions.curve import Curve
from sessions.record import Record, RunRecord
from tui.cli import main
from tui.cli.line import PLAIN_SECONDS
from tui.cli.teller import Teller

RAGGED = "a,b\n" + "1,2\n" * 50_000 + "1\n"
WAITING = (RunRecord("fold 1/2"), RunRecord("fold 2/2"))
TRAINING = (RunRecord("run", status="training", epochs=9, epoch=3, train_curves={"loss": Curve([1], [0.5])}),)


@pytest.fixture
def experiment(tmp_path):
    (tmp_path / "bad.csv").write_text(RAGGED)
    path = tmp_path / "bad.toml"
    path.write_text('[data]\nfile = "bad.csv"\n[training]\nepochs = 1\n')
    return path


def test_in_a_pipe_an_error_in_the_data_is_the_only_line(experiment, tmp_path, capsys):
    assert main(["run", str(experiment), "--sessions", str(tmp_path / "pages")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "line 50002 has 1 cells" in said.err
    assert not pages_in(tmp_path / "pages")


def test_on_a_terminal_the_line_of_reading_is_gone_before_the_error(experiment, tmp_path):
    with Terminal(["run", experiment], tmp_path / "pages", size=(800, 24)) as terminal:
        terminal.until(lambda: terminal.ended_within(10) == 2, "over")
        lines = [line.rstrip() for line in terminal.text.splitlines() if line.strip()]
    assert len(lines) == 1
    assert lines[0].startswith("lossbook: ")
    assert "reading" not in lines[0]


def told(times_and_records):
    """Return what a pipe hears of records at some seconds after the start."""
    now = [100.0]
    teller = Teller("title", lambda: now[0])
    for seconds, record in times_and_records:
        now[0] = 100 + seconds
        teller.tell(record)
    teller.end()


def test_a_pipe_hears_of_reading_only_when_it_takes_long(monkeypatch):
    monkeypatch.setattr(sys, "stderr", heard := io.StringIO())
    told([(second, Record("training", WAITING, loading=second / 20)) for second in range(12)])
    assert [line.split()[-1] for line in heard.getvalue().splitlines()] == ["25%", "50%"]
    assert PLAIN_SECONDS == 5


def test_a_pipe_hears_of_training_at_once_and_of_a_failure_nothing(monkeypatch):
    monkeypatch.setattr(sys, "stderr", heard := io.StringIO())
    told([(0.1, Record("training", WAITING, loading=0.5)), (0.2, Record("training", TRAINING))])
    assert heard.getvalue() == "title · epoch 3/9 · run loss 0.5000\n"
    failed = tuple(RunRecord(run.label, status="failed") for run in WAITING)
    monkeypatch.setattr(sys, "stderr", heard := io.StringIO())
    told([(0.1, Record("training", WAITING, loading=0.5)), (60, Record("failed", failed, loading=1.0))])
    assert heard.getvalue() == ""
