"""The command line: what it prints where, the exit statuses, the JSON that scripts rely on, and what it imports."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
import tomllib
from contextlib import contextmanager
from pathlib import Path

import pytest
from notebook import pages_in, saved_page
from pictures import folder_of, some
from terminal import LOSSBOOK, gone_within, workers_of

from engine import tables
from engine.data import here
from sessions import codec
from tui.cli import main

XOR = """\
title = "four rows"
[data]
name = "xor"
test = 0.0
[model]
hidden = [4]
[training]
batch_size = 4
epochs = 3
[validation]
method = "none"
"""
WINE = """\
[data]
name = "wine"
[model]
hidden = [8]
[training]
epochs = 4
[validation]
method = "k-fold"
k = 3
"""
DIVERGING = """\
[data]
name = "births"
lags = 7
[model]
hidden = [16]
[training]
optimizer = "sgd"
learning_rate = 1e5
epochs = 30
"""
ENDLESS = """\
restarts = 2
baselines = false
[data]
name = "digits"
[model]
hidden = [32]
[training]
epochs = 1_000_000
"""
PATIENCE = 30.0
BARE = ["--set", "baselines=false"]
"""Where they are not what is looked at: a worker would be started for them."""


def put(folder, text, name="page.toml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "sessions"


@pytest.fixture
def lossbook(folder, capsys):
    """Run the command line in this process; return (status, output, errors)."""

    def call(*arguments):
        try:
            status = main(["--sessions", str(folder), *map(str, arguments)])
        except SystemExit as end:
            status = end.code
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def one_line(text):
    assert text.count("\n") == 1, text
    assert text.startswith("lossbook: ")
    assert "Traceback" not in text
    return text.strip()


# --- run --------------------------------------------------------------------------------------------------------------


def test_run_trains_and_saves_a_page(tmp_path, folder, lossbook):
    status, out, _ = lossbook("run", put(tmp_path, WINE))
    assert status == 0
    for word in ("fold 1/3", "fold 3/3", "mean ± sd", "refit", "finished"):
        assert word in out
    (page,) = pages_in(folder)
    assert page.experiment == tables.from_tables(tomllib.loads(WINE))
    assert page.record.status == "finished"
    assert str(next(folder.glob("*.toml"))) in out
    assert sorted(path.suffix for path in folder.iterdir()) in ([".npz", ".toml"], [".bak", ".npz", ".toml"])


NUMBERS = {"loss", "accuracy"}


def test_the_json_of_run_is_what_scripts_rely_on(tmp_path, folder, lossbook):
    status, out, _ = lossbook("run", "--json", put(tmp_path, WINE))
    assert status == 0
    assert out.count("\n") == 1
    said = json.loads(out)
    assert set(said) >= {
        "session", "status", "runs", "candidates", "chosen", "summary", "refit", "test_looks", "verdict",
    }  # fmt: skip
    assert Path(said["session"]).parent == folder
    assert said["status"] == "finished"
    assert [run["label"] for run in said["runs"]] == ["fold 1/3", "fold 2/3", "fold 3/3"]
    for number, run in enumerate(said["runs"], start=1):
        assert (run["restart"], run["repeat"], run["fold"]) == (1, 1, number)
        assert run["settings"] == {}
        assert (run["status"], run["epochs"]) == ("finished", 4)
        assert 1 <= run["best_epoch"] <= 4
        assert run["parameters"] == (13 + 1) * 8 + (8 + 1) * 3
        assert run["seconds"] > 0
        assert set(run["train"]) >= NUMBERS
        assert set(run["validation"]) >= NUMBERS
        assert run["test"] is None
        assert run["coefficients"] is None
    losses = [run["validation"]["loss"] for run in said["runs"]]
    mean = sum(losses) / 3
    assert said["summary"]["validation.loss"]["mean"] == pytest.approx(mean)
    sd = (sum((loss - mean) ** 2 for loss in losses) / 2) ** 0.5
    assert said["summary"]["validation.loss"]["sd"] == pytest.approx(sd)
    assert said["candidates"] == [{"settings": {}, "summary": said["summary"]}]
    assert said["chosen"] == {}
    assert said["refit"]["label"] == "refit"
    assert said["refit"]["validation"] is None
    assert set(said["refit"]["test"]) >= NUMBERS
    assert said["test_looks"] == 1
    assert said["verdict"] is None


def test_a_linear_model_tells_its_coefficients(tmp_path, lossbook):
    experiment = '[data]\nname = "line"\n[training]\nepochs = 5\n[validation]\nmethod = "none"\n'
    status, out, _ = lossbook("run", "--json", *BARE, put(tmp_path, experiment))
    assert status == 0
    (run,) = json.loads(out)["runs"]
    assert "intercept" in run["coefficients"]
    assert run["validation"] is None


def test_set_overrides_a_key(tmp_path, folder, lossbook):
    path = put(tmp_path, XOR)
    overrides = ["--set", "training.epochs=2", "--set", "training.optimizer=momentum", "--set", "title=a = b"]
    status, out, _ = lossbook("run", path, "--json", *BARE, *overrides, "--set", "model.hidden=[3, 2]")
    assert status == 0
    assert json.loads(out)["runs"][0]["epochs"] == 2
    (page,) = pages_in(folder)
    assert page.title == "a = b"
    assert page.experiment.model.hidden == (3, 2)
    assert path.read_text() == XOR


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("training.epoch=5", "epochs"),
        ("training.epochs=0", "at least 1"),
        ("training.epochs=many", "whole number"),
        ("training.epochs", "KEY=VALUE"),
        ("=5", "KEY=VALUE"),
        ("title.x=5", "title"),
        ("training=5", "training"),
        ("training.optimizer=adamm", "adam"),
    ],
)
def test_a_bad_override_is_one_line(tmp_path, folder, lossbook, override, says):
    status, out, errors = lossbook("run", put(tmp_path, XOR), "--set", override)
    assert (status, out) == (2, "")
    assert says in one_line(errors)
    assert not folder.exists()


def test_an_override_that_the_data_forbid_is_blamed_and_not_a_line(tmp_path, folder, lossbook):
    status, _, errors = lossbook(
        "run", put(tmp_path, XOR), "--set", "training.loss=hinge", "--set", "data.task=regression"
    )
    assert status == 2
    assert one_line(errors).startswith("lossbook: --set training.loss: training.loss cannot be hinge for a regression")


def test_a_varied_override_that_the_data_forbid_is_blamed(tmp_path, folder, lossbook):
    varied = 'sweep."data.label_noise"=[0.1, 0.2]'
    status, _, errors = lossbook("run", put(tmp_path, BIRTHS), "--set", "data.label_noise=0", "--set", varied)
    assert status == 2
    assert one_line(errors).startswith(f"lossbook: --set {varied.partition('=')[0]}: data.label_noise needs classes")


def test_several_files_give_a_page_and_a_line_each(tmp_path, folder, lossbook):
    files = [put(tmp_path, XOR, "a.toml"), put(tmp_path, XOR.replace("four", "other"), "b.toml")]
    status, out, _ = lossbook("run", "--json", *BARE, *files)
    assert status == 0
    assert [json.loads(line)["title"] for line in out.splitlines()] == ["four rows", "other rows"]
    assert len(pages_in(folder)) == 2


def test_the_worst_of_several_is_the_status_and_the_others_are_kept(tmp_path, folder, lossbook):
    files = [put(tmp_path, DIVERGING, "a.toml"), put(tmp_path, XOR, "b.toml")]
    status, out, _ = lossbook("run", "--json", *BARE, *files)
    assert status == 1
    assert [json.loads(line)["status"] for line in out.splitlines()] == ["diverged", "finished"]
    assert len(pages_in(folder)) == 2


def test_a_bad_file_among_several_is_found_before_anything_trains(tmp_path, folder, lossbook):
    status, out, errors = lossbook("run", put(tmp_path, XOR, "a.toml"), tmp_path / "none.toml")
    assert (status, out) == (2, "")
    assert "none.toml" in one_line(errors)
    assert not folder.exists()


def test_a_diverging_run_is_a_failure_with_nulls_for_what_is_no_number(tmp_path, lossbook):
    status, out, _ = lossbook("run", "--json", *BARE, put(tmp_path, DIVERGING))
    assert status == 1
    said = json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert said["status"] == said["runs"][0]["status"] == "diverged"
    status, out, _ = lossbook("run", *BARE, put(tmp_path, DIVERGING))
    assert status == 1
    assert "no longer a number" in out


def test_a_session_is_an_experiment_file(tmp_path, folder, lossbook):
    lossbook("run", *BARE, put(tmp_path, XOR))
    (first,) = folder.glob("*.toml")
    for name in (first, first.stem, first.name):
        assert lossbook("run", "--json", *BARE, name)[0] == 0
    assert len(pages_in(folder)) == 4
    assert len({page.record.runs[0].sha256 for page in pages_in(folder)}) == 1, "the same bits each time"


@pytest.mark.parametrize("workers", [1, 3])
def test_the_number_of_workers_changes_no_figure(tmp_path, folder, lossbook, workers):
    path = put(tmp_path, WINE)
    lossbook("run", *BARE, path)
    assert lossbook("run", path, *BARE, "--workers", workers)[0] == 0
    one, other = ([run.sha256 for run in page.record.runs] for page in pages_in(folder))
    assert one == other


# --- bad input --------------------------------------------------------------------------------------------------------

BIRTHS = '[data]\nname = "births"\nlags = 1\n'
BAD = {
    "an unknown key": (XOR.replace("epochs", "epoch"), "line 9", "epochs"),
    "a wrong type": (XOR.replace("epochs = 3", 'epochs = "3"'), "line 9", "whole number"),
    "out of range": (XOR.replace("[4]", "[0]"), "line 6", "at least 1"),
    "an unknown data set": (XOR.replace('"xor"', '"xorr"'), "line 3", "xor"),
    "an unknown table": (XOR + "[modle]\n", "line 12", "model"),
    "a sweep over a table": (XOR + "[sweep]\ntraining = [{ epochs = 2 }]\n", "line 13", "training.epochs"),
    "a sweep over the sweep": (XOR + '[sweep]\n"sweep.model.hidden" = [[1]]\n', "line 13", "sweep itself"),
    "a varied value that the data forbid": (
        BIRTHS + "label_noise = 0.0\n[sweep]\n'data.label_noise' = [0.1, 0.2]\n",
        "line 6",
        "data.label_noise",
    ),
    "varied lags that are too long": (BIRTHS + "[sweep]\ndata.lags = [1, 999_999]\n", "line 5", "data.lags"),
    "a key that is not varied beside one that is": (
        BIRTHS + "label_noise = 0.5\n[sweep.data]\nlags = [1, 2]\n",
        "line 4",
        "data.label_noise",
    ),
    "a figure that such data do not have": (
        'choose_by = "accuracy"\n' + BIRTHS + "[sweep]\nseed = [1, 2]\n",
        "line 1",
        "choose_by",
    ),
    "no data": ('title = "x"\n', "", "data.name is missing"),
    "a syntax error": (XOR + "x == 3\n", "line 12", "TOML"),
    "what only the data tell": (XOR + "[restarts]\n", "line 12", "restarts"),
    "what the data cannot be": (WINE.replace('name = "wine"', 'name = "wine"\nlags = 3'), "line 3", "data.lags"),
}


@pytest.mark.parametrize(("text", "line", "says"), BAD.values(), ids=BAD)
def test_a_bad_file_is_one_line_that_names_file_and_line(tmp_path, folder, lossbook, text, line, says):
    path = put(tmp_path, text)
    status, out, errors = lossbook("run", path)
    assert (status, out) == (2, "")
    said = one_line(errors)
    assert f"{path}, {line}" in said if line and "TOML" not in says else str(path) in said
    assert line in said
    assert says in said
    assert not list(folder.glob("*")), "what cannot be leaves no page"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "none.toml"], "none.toml"),
        (["run", "no-such-page"], "no-such-page"),
        (["run", "/"], "/"),
        (["show", "no-such-page"], "no-such-page"),
        (["replay", "no-such-page"], "no-such-page"),
        (["data", "digit"], "digits"),
        (["data", "file.csv"], "file.csv"),
        (["show", "a\x1b]52;c;x\x07"], "no session"),
        (["show", "a\x1b]52;c;x\x07.toml"], "␛]52"),
    ],
)
def test_what_is_not_there_is_one_line(lossbook, arguments, says):
    status, out, errors = lossbook(*arguments)
    assert (status, out) == (2, "")
    said = one_line(errors)
    assert says in said
    assert "\x1b" not in said


@pytest.mark.parametrize("name", ["own.csv", "own.TSV", "own.txt", "own.npz", "pictures"])
def test_a_table_in_the_place_of_an_experiment_is_told_what_to_do_with_it(
    tmp_path, folder, lossbook, monkeypatch, name
):
    monkeypatch.chdir(tmp_path)
    Path("pictures").mkdir()
    for table in ("own.csv", "own.TSV", "own.txt"):
        Path(table).write_text("a,b\n1,2\n3,4\n")
    Path("own.npz").write_bytes(b"PK\x03\x04\xff\xfe")
    for given in (name, f"./{name}", tmp_path / name):
        for command in ("run", "find-rate"):
            status, out, errors = lossbook(command, given)
            assert (status, out) == (2, "")
            path = str(Path(given))
            hint = f'write an experiment file with [data] and file = "{path}", or try `lossbook data {path}`'
            assert one_line(errors).endswith(hint)
    assert not folder.exists()


def test_only_what_is_no_experiment_is_taken_for_a_table(tmp_path, lossbook):
    assert "did you mean epochs?" in lossbook("run", put(tmp_path, XOR.replace("epochs", "epoch"), "own.txt"))[2]
    assert lossbook("run", *BARE, put(tmp_path, XOR, "own.txt"))[0] == 0
    assert "lossbook new" in lossbook("run", put(tmp_path, "a,b"))[2]
    assert "cannot be read: No such file" in lossbook("run", tmp_path / "none.csv")[2]
    assert "there is no session 'none.csv'" in lossbook("run", "none.csv")[2]
    for name in ("x" * 300, "x" * 300 + ".toml"):
        assert lossbook("run", name)[0] == 2


@pytest.mark.parametrize(
    "arguments",
    [["run"], ["fly"], ["run", "x.toml", "--workers", "0"], ["--fps", "61"], ["replay", "x", "--speed", "fast"]],
)
def test_bad_usage_is_status_2(lossbook, arguments):
    status, out, errors = lossbook(*arguments)
    assert (status, out) == (2, "")
    assert "usage: lossbook" in errors
    assert "Traceback" not in errors


# --- list, show, data, new, replay ------------------------------------------------------------------------------------


def test_list_and_show(folder, lossbook):
    assert "no pages" in lossbook("list")[1]
    saved_page(folder, "one", notes="a note\nof two lines")
    (folder / "bad.toml").write_text("x = [")
    status, out, _ = lossbook("list")
    assert status == 0
    assert "one" in out
    assert "cannot be read" in out
    listed = json.loads(lossbook("list", "--json")[1])
    assert {Path(entry["session"]).stem: entry["status"] for entry in listed} == {"one": "finished", "bad": None}
    status, out, _ = lossbook("show", "one")
    assert status == 0
    for words in ("one", "training.learning_rate  0.001", "fold 3/3", "a note", "of two lines"):
        assert words in out
    shown = json.loads(lossbook("show", "one", "--json")[1])
    assert [run["fold"] for run in shown["runs"]] == [1, 2, 3]


def test_an_edited_record_is_told(folder, lossbook):
    path = saved_page(folder, "one")
    path.write_text(path.read_text().replace('label = "fold 1/3"', 'label = "fold 9/3"'))
    status, out, _ = lossbook("show", "one")
    assert status == 0
    assert "edited, or is damaged" in out


def test_data(lossbook, tmp_path, monkeypatch):
    monkeypatch.setenv("LOSSBOOK_DATA", str(tmp_path / "data"))
    for name in ("fashion-mnist", "mnist"):
        folder_of(tmp_path / "data" / name, some(20), some(10))
    listed = lossbook("data")[1]
    known = json.loads(lossbook("data", "--json")[1])
    assert {"births", "digits", "wine"} <= {entry["name"] for entry in known}
    for entry in known:
        assert entry["name"] in listed
        status, out, errors = lossbook("data", entry["name"])
        if not here(entry["name"]):
            assert (status, entry["rows"]) == (2, None)
            assert entry["problem"] in errors
            continue
        assert status == 0
        assert all(column["name"] in out for column in entry["columns"][:20])
        described = json.loads(lossbook("data", entry["name"], "--json")[1])
        assert described["rows"] == entry["rows"] > 0
        assert sum(entry["classes"].values()) in {0, entry["rows"]}
        for column in (*entry["columns"], *entry["targets"]):
            if column["type"] == "number":
                assert column["minimum"] <= column["mean"] <= column["maximum"]
            assert column["missing"] == 0 or entry["name"] == "penguins"


def test_new_writes_a_file_that_runs(tmp_path, lossbook, folder):
    path = tmp_path / "first.toml"
    status, out, _ = lossbook("new", path)
    assert status == 0
    assert str(path) in out
    assert path.read_text() == lossbook("new")[1]
    assert path.stat().st_mode & 0o777 == 0o600
    assert lossbook("run", path, *BARE, "--set", "training.epochs=1")[0] == 0
    status, out, errors = lossbook("new", path)
    assert (status, out) == (2, "")
    assert "is there already" in one_line(errors)
    assert "cannot be written" in one_line(lossbook("new", tmp_path / "no" / "where.toml")[2])


def test_every_key_of_the_new_file_is_a_key(lossbook):
    lines = lossbook("new")[1].splitlines()
    table = ""
    for line in lines:
        if line.startswith("["):
            table = line[1 : line.index("]")]
        key, equals, rest = line.removeprefix("# ").partition(" = ")
        if not equals or " " in key or "with " in line or rest.startswith(" "):
            continue
        value = tomllib.loads(f"{key} = {rest}")[key]
        body = {"data": {"name": "births"}}
        if table:
            body.setdefault(table, {})[key] = value
        elif key != "title":
            body[key] = value
        tables.from_tables(body)


def test_a_plain_replay_prints_the_study_again(folder, lossbook):
    saved_page(folder, "one")
    status, out, _ = lossbook("replay", "one", "--plain", "--speed", "10000")
    assert status == 0
    epochs = [line for line in out.splitlines() if line.startswith("epoch ")]
    assert len(epochs) == 3 * 20
    assert "epoch 1 · fold 1/3 · train loss" in epochs[0]
    assert "fold 3/3 finished" in out
    assert "mean ± sd" in out
    saved_page(folder, "empty", record=None)
    assert "no runs to replay" in one_line(lossbook("replay", "empty", "--plain")[2])


def test_a_plain_replay_of_some_epochs_says_marks_and_waits_for_nobody(folder, lossbook):
    saved_page(folder, "one", notes="epoch 12: [/]\x1b[2J\n@13 later")
    begun = time.monotonic()
    status, out, _ = lossbook("replay", "one", "--from", "11", "--to", "12")
    assert time.monotonic() - begun < 5, "at its pace it would take ten seconds"
    lines = out.splitlines()
    assert status == 0
    assert [line.split(" ·")[0] for line in lines[1:]] == [*["epoch 11"] * 3, *["epoch 12"] * 3, "mark n"]
    assert lines[-1] == "mark n · epoch 12 · [/]␛[2J"
    assert "later" in lossbook("replay", "one", "--from", "13")[1]
    for epoch in ("--from", "--to"):
        assert f"{epoch} 21 is later than its last epoch" in one_line(lossbook("replay", "one", epoch, "21")[2])


def test_a_plain_replay_keeps_the_pace_that_it_is_given(folder, lossbook):
    saved_page(folder, "one")
    begun = time.monotonic()
    assert lossbook("replay", "one", "--from", "19", "--speed", "1")[0] == 0
    assert time.monotonic() - begun > 10 / 22 * 0.9, "one of two epochs is waited for"


# --- what goes wrong meanwhile ----------------------------------------------------------------------------------------


@contextmanager
def running(folder, *arguments, **options):
    """Start a command in a process of its own, and end it whatever happens."""
    process = subprocess.Popen(
        [*LOSSBOOK, "--sessions", str(folder), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(condition):
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def until_training(folder):
    """Wait until the journal holds the end of an epoch."""
    until(lambda: any(b"EpochEnded" in path.read_bytes() for path in folder.glob("*.journal")))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_and_saves(tmp_path, folder, number):
    with running(folder, "run", "--json", put(tmp_path, ENDLESS)) as process:
        until_training(folder)
        workers = workers_of(process.pid)
        process.send_signal(number)
        out, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 128 + number
    assert "Traceback" not in errors
    assert json.loads(out)["status"] == "stopped"
    (page,) = pages_in(folder)
    assert any(run.epoch for run in page.record.runs)
    assert not list(folder.glob("*.journal"))
    assert workers
    assert gone_within(5, workers)


def test_ctrl_c_leaves_the_files_that_follow(tmp_path, folder):
    with running(folder, "run", put(tmp_path, ENDLESS, "a.toml"), put(tmp_path, XOR, "b.toml")) as process:
        until_training(folder)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 130
    assert len(pages_in(folder)) == 1


def test_a_killed_run_leaves_no_worker_and_is_recovered(tmp_path, folder, lossbook):
    with running(folder, "run", put(tmp_path, ENDLESS)) as process:
        until_training(folder)
        workers = workers_of(process.pid)
        process.kill()
        process.communicate()
    assert gone_within(5, workers)
    status, out, errors = lossbook("list")
    assert status == 0
    assert "recovered to epoch" in errors
    assert "interrupted" in out
    (page,) = pages_in(folder)
    assert any(len(run.train_curves["loss"]) for run in page.record.runs if run.train_curves)
    assert not list(folder.glob("*.journal"))


def said_in_journals(folder, word, times=1):
    return sum(path.read_bytes().count(word) for path in folder.glob("*.journal")) >= times


def kill_twice(process, folder):
    """Kill the worker of a run, and the one that trains it again."""
    first, *others = workers_of(process.pid)
    os.kill(first, signal.SIGKILL)
    until(lambda: said_in_journals(folder, b"RunsAgain"))
    until(lambda: len(workers_of(process.pid)) == 1 + len(others))
    (second,) = set(workers_of(process.pid)) - {first, *others}
    os.kill(second, signal.SIGKILL)


def test_a_worker_killed_twice_is_told_and_the_other_runs_are_kept(tmp_path, folder):
    with running(folder, "run", "--json", "--workers", "2", put(tmp_path, ENDLESS)) as process:
        until_training(folder)
        until(lambda: len(workers_of(process.pid)) == 2)
        kill_twice(process, folder)
        until(lambda: said_in_journals(folder, b"RunsFailed"))
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in errors
    runs = json.loads(out)["runs"]
    assert sorted(run["status"] for run in runs) == ["failed", "stopped"]
    (failed,) = [run for run in runs if run["status"] == "failed"]
    assert "SIGKILL" in failed["problem"]
    (page,) = pages_in(folder)
    assert sorted(run.status for run in page.record.runs) == ["failed", "stopped"]


def test_every_worker_killed_is_a_failed_run(tmp_path, folder):
    with running(folder, "run", "--workers", "1", put(tmp_path, ENDLESS)) as process:
        until_training(folder)
        kill_twice(process, folder)
        out, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 1
    assert "SIGKILL" in out
    assert "Traceback" not in errors
    assert len(pages_in(folder)) == 1


def test_a_full_disk_is_told_and_the_run_goes_on(tmp_path, folder):
    def little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    experiment = put(tmp_path, WINE.replace("epochs = 4", "epochs = 2_000"))
    with running(folder, "run", experiment, preexec_fn=little_room) as process:
        out, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 1
    assert "Traceback" not in errors
    assert "too large" in errors
    assert "refit" in out + errors or "cannot be saved" in errors
    # The page as it was when the study began is whole, and the journal has what could be written.
    (page,) = pages_in(folder)
    assert page.experiment.training.epochs == 2_000


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path, capsys):
    blocked = put(tmp_path, "", "file")
    assert main(["run", str(put(tmp_path, XOR)), "--sessions", str(blocked / "sessions")]) == 2
    assert "cannot be made" in one_line(capsys.readouterr().err)


def test_an_early_reader_of_a_pipe_is_no_error(folder):
    saved_page(folder, "one")
    command = " ".join([*LOSSBOOK, "--sessions", str(folder), "replay", "one", "--plain", "--speed", "10000"])
    done = subprocess.run(
        ["bash", "-c", f"{command} | head -n 1; exit ${{PIPESTATUS[0]}}"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


# --- what is imported -------------------------------------------------------------------------------------------------


def modules_after(*arguments, folder):
    """Return the status of a command and what it has imported at its end."""
    code = (
        "import sys\nfrom tui.cli import main\n"
        "try:\n    status = main(sys.argv[1:])\nexcept SystemExit as end:\n    status = end.code\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)\nsys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--sessions", str(folder), *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, set(done.stderr.splitlines())


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["replay", "--help"]])
def test_help_imports_nothing_heavy(folder, arguments):
    status, modules = modules_after(*arguments, folder=folder)
    assert status == 0
    assert not modules & {"numpy", "textual", "plotext", "rich", "asyncio", "tomli_w", "engine.experiment"}


def test_no_command_that_prints_imports_the_app(tmp_path, folder):
    saved_page(folder, "one")
    commands = {
        "run": ["run", *BARE, put(tmp_path, XOR)],
        "show": ["show", "one"],
        "replay": ["replay", "one", "--plain", "--speed", "10000"],
    }
    for name, arguments in commands.items():
        status, modules = modules_after(*arguments, folder=folder)
        assert status == 0, name
        assert "sessions" in modules or "engine" in modules
        assert not modules & {"textual", "plotext"}, name


def test_the_installed_command_is_this_one():
    script = Path(sys.executable).with_name("lossbook")
    if not script.exists():
        pytest.skip("lossbook is not installed here")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("lossbook ")


def test_pages_can_be_parsed_after_all(folder, lossbook, tmp_path):
    lossbook("run", put(tmp_path, XOR))
    (path,) = folder.glob("*.toml")
    assert codec.write_page(codec.read_page(path)) == path.read_text()
