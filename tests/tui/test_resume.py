"""`lossbook resume`: what a stop or a kill has left is trained to the bits of a study that nobody interrupted."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from dataclasses import replace

import numpy as np
import pytest
from notebook import pages_in
from terminal import LOSSBOOK, gone_within, workers_of

from sessions import codec
from sessions.again import left_of
from sessions.beside import journal_of
from sessions.record import RunRecord
from tui.cli import main

EXPERIMENT = """
[data]
name = "digits"
[training]
epochs = 120
[validation]
method = "k-fold"
k = 2
[sweep]
"model.hidden" = [[4], [8], [12], [16], [24]]
"""


FEW_ROWS = """
[data]
name = "wine"
[training]
epochs = 3
[validation]
method = "k-fold"
k = 2
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the experiment's file, and the JSON and weights of a run that nobody interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    path = folder / "experiment.toml"
    path.write_text(EXPERIMENT)
    command = [*LOSSBOOK, "--sessions", str(folder / "pages"), "run", "--json", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
    return path, json.loads(done.stdout), weights_in(folder / "pages")


def weights_in(folder):
    (path,) = folder.glob("*.npz")
    with np.load(path) as arrays:
        return {name: arrays[name].tobytes() for name in arrays.files}


def call(capsys, *arguments):
    status = main([*map(str, arguments)])
    said = capsys.readouterr()
    return status, said.out, said.err


def figures(run):
    return {
        key: run[key] for key in ("label", "settings", "status", "epochs", "best_epoch", "train", "validation", "test")
    }


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_study_goes_on_to_the_same_bits(how, whole, tmp_path, capsys):
    path, expected, weights = whole
    folder = tmp_path / "pages"
    command = [*LOSSBOOK, "--sessions", str(folder), "run", str(path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 30
            # In the middle: some runs have ended, others train.
            while not any(text.read_bytes().count(b'"RunEnded"') >= 3 for text in folder.glob("*.journal")):
                assert process.poll() is None, "it was over before it could be interrupted"
                assert time.monotonic() < deadline
                time.sleep(0.01)
            workers = workers_of(process.pid)
            process.send_signal(how)
            process.wait(20)
        finally:
            process.kill()
    assert gone_within(5, workers)
    (name,) = (page.stem for page in folder.glob("*.toml"))
    status, out, _ = call(capsys, "--sessions", folder, "resume", name, "--json")
    assert status == 0
    said = json.loads(out)
    assert [figures(run) for run in said["runs"]] == [figures(run) for run in expected["runs"]]
    assert figures(said["refit"]) == figures(expected["refit"])
    for key in ("status", "candidates", "chosen", "summary", "test_looks", "differences", "baselines"):
        assert said[key] == expected[key]
    assert {one["name"] for one in said["baselines"]} == {"constant", "logistic", "linear-svm"}
    assert weights_in(folder) == weights
    (page,) = pages_in(folder)
    assert page.warning == ""
    assert not journal_of(folder / f"{name}.toml").exists()
    before = (folder / f"{name}.toml").read_bytes()
    status, out, _ = call(capsys, "--sessions", folder, "resume", name)
    assert (status, "nothing is left to do" in out) == (0, True)
    assert (folder / f"{name}.toml").read_bytes() == before


def finished_page(whole):
    return codec.read_page(next(iter((whole[0].parent / "pages").glob("*.toml"))))


@pytest.mark.parametrize("known", [0, 1, 2, 3])
@pytest.mark.parametrize("left", ["baselines", "refit", "run and refit"])
def test_a_baseline_in_the_page_is_not_measured_twice_and_the_others_are(known, left, tmp_path, capsys):
    text = FEW_ROWS + ("refit = false\n" if left == "baselines" else "")
    (tmp_path / "e.toml").write_text(text)
    assert call(capsys, "--sessions", tmp_path / "pages", "run", tmp_path / "e.toml")[0] == 0
    (path,) = (tmp_path / "pages").glob("*.toml")
    page = codec.read_page(path)
    whole = page.record
    # A figure that nobody measures shows that what was known has stayed.
    marked = [replace(one, train={"loss": (0.125, 0.25)}) for one in whole.baselines[:known]]
    runs = whole.runs if left == "baselines" else whole.candidates[left == "run and refit" :]
    if left == "run and refit":
        first = whole.candidates[0]
        runs = (RunRecord(first.label, fold=first.fold, status="interrupted", epochs=first.epochs), *runs)
    cut = replace(whole, status="interrupted", runs=tuple(runs), baselines=tuple(marked))
    path.write_text(codec.write_page(replace(page, record=cut)))
    assert call(capsys, "--sessions", tmp_path / "pages", "resume", "--workers", "1", path.stem)[0] == 0
    again = codec.read_page(path).record
    assert again.status == "finished"
    assert again.baselines == (*marked, *whole.baselines[known:])
    assert len(whole.baselines) == 3
    assert [run.sha256 for run in again.runs] == [run.sha256 for run in whole.runs]
    assert left_of(codec.read_page(path)) is None


def test_what_cannot_go_on_is_refused(whole, tmp_path, capsys):
    page = finished_page(whole)
    assert left_of(page) is None
    text = codec.write_page(page)
    cases = {
        "edited": text.replace("[4]", "[5]", 1),
        "bare": EXPERIMENT,
    }
    says = {"edited": "has been edited", "bare": "no runs"}
    for name, content in cases.items():
        (tmp_path / f"{name}.toml").write_text(content)
        status, out, err = call(capsys, "--sessions", tmp_path, "resume", name)
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert says[name] in err
        assert (tmp_path / f"{name}.toml").read_text() == content
    assert call(capsys, "--sessions", tmp_path, "resume", "nowhere")[0] == 2


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """Return the text of a page whose second fold and refit are left to do."""
    folder = tmp_path_factory.mktemp("stopped")
    (folder / "e.toml").write_text(FEW_ROWS)
    assert main(["--sessions", str(folder / "pages"), "run", str(folder / "e.toml")]) == 0
    (path,) = (folder / "pages").glob("*.toml")
    return codec.write_page(cut_short(codec.read_page(path)))


def cut_short(page, kept=1):
    """Return a page as it is when a study is stopped after so many runs."""
    left = [
        RunRecord(run.label, setting=run.setting, fold=run.fold, status="stopped") for run in page.record.candidates
    ]
    runs = (*page.record.candidates[:kept], *left[kept:])
    return replace(page, record=replace(page.record, status="stopped", runs=runs, chosen=None, refit_reason=""))


@pytest.mark.parametrize(
    ("before", "after", "goes_on"),
    [
        ("learning_rate = 0.001", "learning_rate = 0.002", False),
        ('activation = "relu"', 'activation = "tanh"', False),
        ('choose_by = "loss"', 'choose_by = "accuracy"', False),
        ("[validation]", "[validation]\nrefit = false", False),
        ("[training]", "[training]\nclip = 1.0", False),
        ('title = "', 'tags = ["mine"]\nnotes = "seen"\ntitle = "my ', True),
        ("status = ", "experiment_is_not_said = 1\nstatus = ", True),
    ],
)
def test_a_study_goes_on_only_with_the_experiment_that_was_run(before, after, goes_on, stopped, tmp_path, capsys):
    assert before in stopped
    page = tmp_path / "page.toml"
    text = stopped.replace(before, after, 1)
    if "not_said" in after:
        # A page of an older version: its plan is compared.
        text = re.sub(r'\nexperiment = "[0-9a-f]+"\n', "\n", text)
    page.write_text(text)
    status, _, err = call(capsys, "--sessions", tmp_path, "resume", "--workers", "1", "page")
    if goes_on:
        assert (status, codec.read_page(page).record.status) == (0, "finished")
    else:
        assert (status, err.count("\n")) == (2, 1)
        assert "the experiment has been edited since" in err
        assert page.read_text() == text


OWN = """
[data]
file = "mine.csv"
features = ["a", "b"]
[training]
epochs = 3
[validation]
method = "k-fold"
k = 2
"""


def written(path, times=1):
    rows = [f"{a},{b},{(a * b + a) * times}" for a in range(9) for b in range(5)]
    path.write_text("a,b,y\n" + "\n".join(rows) + "\n")


@pytest.mark.parametrize(
    ("sweep", "changed", "kept"),
    [
        ("", "mine.csv", 1),
        ('[sweep]\n"data.features" = [["a"], ["b"], ["a", "b"]]', "mine.csv", 2),
        ('[sweep]\n"data.file" = ["FOLDER/mine.csv", "FOLDER/other.csv"]', "other.csv", 3),
        ('[sweep]\n"data.train_rows" = [10, 15]', "mine.csv", 1),
    ],
)
def test_a_study_whose_data_have_changed_does_not_go_on(sweep, changed, kept, tmp_path, capsys):
    for name in ("mine.csv", "other.csv"):
        written(tmp_path / name)
    (tmp_path / "e.toml").write_text(OWN + sweep.replace("FOLDER", str(tmp_path)))
    assert call(capsys, "--sessions", tmp_path / "pages", "run", tmp_path / "e.toml")[0] == 0
    (path,) = (tmp_path / "pages").glob("*.toml")
    whole = codec.read_page(path)
    path.write_text(codec.write_page(cut_short(whole, kept)))
    before = path.read_bytes()
    written(tmp_path / changed, times=1_000)
    status, out, err = call(capsys, "--sessions", tmp_path / "pages", "resume", "--workers", "1", path.stem)
    assert (status, out) == (2, "")
    assert "the data have changed since" in err
    assert f"since: {changed.removesuffix('.csv')} is not" in err.splitlines()[-1]
    assert path.read_bytes() == before
    assert not journal_of(path).exists()
    written(tmp_path / changed)
    assert call(capsys, "--sessions", tmp_path / "pages", "resume", "--workers", "1", path.stem)[0] == 0
    assert [run.sha256 for run in codec.read_page(path).record.runs] == [run.sha256 for run in whole.record.runs]
