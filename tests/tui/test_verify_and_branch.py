"""`lossbook verify` and `branch`, and `resume` from checkpoints: run, kill -9, resume, verify ends with "same"."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from terminal import gone_within, workers_of

from engine.events import EnvironmentSeen
from sessions import checkpoints, codec
from sessions.again import left_of
from sessions.beside import checkpoints_of
from sessions.store import Store
from tui.cli import main

EXPERIMENT = """
[data]
name = "wine"
[model]
hidden = [8]
dropout = 0.1
[training]
epochs = 12
[validation]
method = "k-fold"
k = 3
"""
LONG = EXPERIMENT.replace("epochs = 12", "epochs = 1_500")
# Runs that say five times a second where they stand.
OFTEN = """
import sys
from dataclasses import replace
from sessions import checkpoints
checkpoints.ORDINARY = replace(checkpoints.ORDINARY, checkpoint_seconds=0.05)
from tui.cli import main
sys.exit(main(sys.argv[1:]))
"""


def call(capsys, *arguments):
    status = main([*map(str, arguments)])
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with one finished page, and the page's path."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "x.toml").write_text(EXPERIMENT)
    assert main(["--sessions", str(folder / "pages"), "run", str(folder / "x.toml")]) == 0
    (path,) = (folder / "pages").glob("*.toml")
    return path


def test_a_killed_study_goes_on_from_its_checkpoints_and_verify_says_same(tmp_path, capsys):
    (tmp_path / "x.toml").write_text(LONG)
    pages = tmp_path / "pages"
    command = [sys.executable, "-c", OFTEN, "--sessions", str(pages), "run", str(tmp_path / "x.toml")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 60
            while not list(pages.glob("*.ckpt/*")):
                assert process.poll() is None, "it was over before it could be killed"
                assert time.monotonic() < deadline
                time.sleep(0.01)
            workers = workers_of(process.pid)
        finally:
            process.kill()
    assert gone_within(5, workers)
    store = Store(pages)
    (said,) = store.recover()
    assert "recovered to epoch" in said
    (path,) = pages.glob("*.toml")
    left = left_of(codec.read_page(path), checkpoints.read(path))
    starts = [left.course.start_of(run) for run in range(3)]
    assert max(starts) > 0
    status, _, _ = call(capsys, "--sessions", pages, "resume", path.stem)
    assert status == 0
    assert not checkpoints_of(path).exists()
    status, out, _ = call(capsys, "--sessions", pages, "verify", path.stem)
    assert (status, out.split(":")[0]) == (0, "same")
    assert "4 runs" in out


def test_damaged_checkpoints_are_as_if_there_were_none(trained):
    page = codec.read_page(trained)
    cut = replace(
        page.record,
        status="interrupted",
        runs=(replace(page.record.runs[0], status="interrupted"), *page.record.runs[1:3]),
    )
    folder = checkpoints_of(trained)
    folder.mkdir()
    try:
        (folder / "a").write_bytes(b"0" * 64 + b"\n" + b'{"event":"Checkpoint"}')
        (folder / "b").write_bytes(b"")
        (folder / "c").mkdir()
        (folder / "d").symlink_to("/etc/passwd")
        assert checkpoints.read(trained) == ()
        left = left_of(replace(page, record=cut), checkpoints.read(trained))
        assert left.course.start_of(0) == 0
    finally:
        checkpoints.remove(trained)
    assert not folder.exists()


def test_verify_says_same_and_counts_no_look(trained, capsys):
    before = trained.read_bytes()
    status, out, _ = call(capsys, "--sessions", trained.parent, "verify", trained.stem)
    assert (status, out) == (0, "same: 4 runs, 252 losses and metrics, the final weights of 4 runs agree to the bit\n")
    status, out, _ = call(capsys, "--sessions", trained.parent, "verify", trained.stem, "--json", "--workers", "1")
    assert (status, json.loads(out)["same"], json.loads(out)["environment"]) == (0, True, {})
    assert trained.read_bytes() == before
    assert [*trained.parent.glob("*.toml")] == [trained]


def edited(page, run, **changed):
    runs = page.record.runs
    return replace(
        page, record=replace(page.record, runs=(*runs[:run], replace(runs[run], **changed), *runs[run + 1 :]))
    )


def verify(capsys, tmp_path, page, *more):
    (tmp_path / "p.toml").write_text(codec.write_page(page))
    return call(capsys, "--sessions", tmp_path, "verify", "p", "--workers", "1", *more)


def nudged(curve, epoch):
    values = curve.values
    values[epoch - 1] += 1e-12
    return type(curve)(curve.epochs.tolist(), values.tolist())


def test_verify_names_the_first_run_and_epoch_that_differ_with_the_size(trained, tmp_path, capsys):
    page = codec.read_page(trained)
    second = page.record.runs[1]
    late = {**second.train_curves, "loss": nudged(second.train_curves["loss"], 9)}
    early = {**second.validation_curves, "f1": nudged(second.validation_curves["f1"], 4)}
    damaged = edited(page, 1, train_curves=late, validation_curves=early)
    status, out, _ = verify(capsys, tmp_path, edited(damaged, 2, sha256="0" * 64))
    assert status == 1
    assert "\ndiffers: fold 2/3, epoch 4: validation.f1 was " in out
    assert "1.0e-12 apart" in out
    status, out, _ = verify(capsys, tmp_path, damaged, "--json")
    said = json.loads(out)["difference"]
    assert (status, said["run"], said["epoch"], said["what"]) == (1, "fold 2/3", 4, "validation.f1")
    assert said["size"] == pytest.approx(1e-12, rel=1e-3)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"sha256": "0" * 64}, "fold 3/3: the final weights was 0000000000000000, and is "),
        ({"best_epoch": 5}, "fold 3/3: best epoch was 5, and is 12"),
        ({"train": {"loss": 0.5}}, "fold 3/3: the final train.loss was 0.5, and is "),
    ],
)
def test_verify_looks_at_ends_too(changed, says, trained, tmp_path, capsys):
    status, out, _ = verify(capsys, tmp_path, edited(codec.read_page(trained), 2, **changed))
    assert (status, says in out) == (1, True)


def test_verify_says_first_where_the_environment_differs(trained, tmp_path, capsys):
    page = codec.read_page(trained)
    other = replace(page.record.environment, numpy="1.0.0", cpu=("ABACUS",))
    assert isinstance(other, EnvironmentSeen)
    elsewhere = replace(page, record=replace(page.record, environment=other))
    status, out, _ = verify(capsys, tmp_path, elsewhere)
    assert status == 0
    first, second, last = (line for line in out.splitlines() if not line.startswith("!"))
    assert first.startswith("NumPy was 1.0.0, and is ")
    assert second.startswith("CPU features was ABACUS, and is ")
    assert last.startswith("same: ")
    status, out, _ = verify(capsys, tmp_path, edited(elsewhere, 0, sha256="0" * 64))
    assert (status, "differs (other environment): fold 1/3" in out) == (1, True)


def test_verify_of_an_edited_experiment_is_refused(trained, tmp_path, capsys):
    text = trained.read_text()
    assert "epochs = 12" in text
    (tmp_path / "edited.toml").write_text(text.replace("epochs = 12", "epochs = 13", 1))
    status, out, err = call(capsys, "--sessions", tmp_path, "verify", "edited")
    assert (status, out, "has been edited since it was run" in err) == (2, "", True)


def test_verify_never_says_same_of_less_than_all(trained, tmp_path, capsys):
    page = codec.read_page(trained)
    first = page.record.runs[0]
    fewer = {name: curve for name, curve in first.validation_curves.items() if name != "f1"}
    status, out, _ = verify(capsys, tmp_path, edited(page, 0, validation_curves=fewer))
    assert (status, "fold 1/3, epoch 1: validation.f1 was None, and is" in out) == (1, True)
    more = replace(page, record=replace(page.record, runs=(*page.record.runs, first)))
    status, out, _ = verify(capsys, tmp_path, more)
    assert (status, "the number of runs was 5, and is 4" in out) == (1, True)
    status, out, _ = verify(capsys, tmp_path, edited(page, 1, label="fold 9/3"))
    assert (status, "its label was fold 9/3, and is fold 2/3" in out) == (1, True)


def test_a_failed_run_is_compared_as_far_as_it_came_and_nothing_is_not_the_same(trained, tmp_path, capsys):
    page = codec.read_page(trained)
    second = page.record.runs[1]
    failed = {"status": "failed", "sha256": "", "train": None, "validation": None, "problem": "killed"}
    status, out, _ = verify(capsys, tmp_path, edited(page, 1, **failed))
    assert (status, "fold 2/3 failed then, and is compared as far as it came" in out) == (0, True)
    off = {**second.train_curves, "loss": nudged(second.train_curves["loss"], 3)}
    status, out, _ = verify(capsys, tmp_path, edited(page, 1, **failed, train_curves=off))
    assert (status, "fold 2/3, epoch 3: train.loss" in out) == (1, True)


def test_what_is_wrong_beside_the_page_is_said_first(trained, tmp_path, capsys):
    page = codec.read_page(trained)
    status, out, _ = verify(capsys, tmp_path, page)
    first, last = out.splitlines()
    assert (status, last.startswith("same: ")) == (0, True)
    assert first == "! the page has no weights: weights are compared by the page's hashes"
    text = codec.write_page(page).replace("checksum = ", 'checksum = "0" # ', 1)
    (tmp_path / "p.toml").write_text(text)
    status, out, _ = call(capsys, "--sessions", tmp_path, "verify", "p", "--json")
    assert "edited, or is damaged" in json.loads(out)["warnings"][0]


def test_verify_without_runs_is_refused(tmp_path, capsys):
    (tmp_path / "bare.toml").write_text(EXPERIMENT)
    status, out, err = call(capsys, "--sessions", tmp_path, "verify", "bare")
    assert (status, out, err) == (
        2,
        "",
        "lossbook: bare: holds no runs to verify; train it first: lossbook run SESSION\n",
    )


def test_a_branch_is_its_parent_up_to_the_epoch_and_verifies(trained, capsys):
    folder = trained.parent
    parent = codec.read_page(trained)
    arguments = ("--sessions", folder, "branch", trained.stem, "--at", 5, "--set", "training.learning_rate=0.05")
    status, out, _ = call(capsys, *arguments, "--json")
    assert status == 0
    path = folder / json.loads(out)["session"]
    try:
        child = codec.read_page(path)
        assert child.experiment == parent.experiment
        assert (child.record.branch.parent, child.record.branch.epochs) == (trained.stem, (5,))
        assert child.record.branch.settings == ({"training.learning_rate": 0.05},)
        assert child.record.branch.parent_created == parent.created.isoformat()
        for old, new in zip(parent.record.runs, child.record.runs, strict=True):
            for name, curve in old.train_curves.items():
                assert new.train_curves[name].until(5) == curve.until(5)
                assert new.train_curves[name] != curve
        assert call(capsys, "--sessions", folder, "verify", path.stem)[1].startswith("same: 4 runs")
        status, out, _ = call(
            capsys, *arguments[:2], "branch", path.stem, "--at", 8, "--set", "model.dropout=0", "--json"
        )
        assert status == 0
        grandchild = codec.read_page(folder / json.loads(out)["session"])
        assert grandchild.record.branch.epochs == (5, 8)
        assert grandchild.record.runs[0].train_curves["loss"].until(8) == child.record.runs[0].train_curves[
            "loss"
        ].until(8)
        assert call(capsys, "--sessions", folder, "verify", json.loads(out)["session"])[1].startswith("same: 4 runs")
        shown = call(capsys, "--sessions", folder, "show", path.stem)[1].splitlines()
        assert f"branch of {trained.stem}" in shown
        assert "epoch 5: branch: learning_rate = 0.05" in shown
        told = json.loads(call(capsys, "--sessions", folder, "show", path.stem, "--json")[1])["branch"]
        assert told == {
            "parent": trained.stem,
            "parent_created": parent.created.isoformat(),
            "turns": [{"epoch": 5, "settings": {"training.learning_rate": 0.05}}],
        }
        status, out, err = call(capsys, "--sessions", folder, "run", path.stem, "--json")
        assert json.loads(out)["branch"] is None
        assert f"{path.stem} is a branch: its settings are trained from the start, without learning_rate" in err
        assert json.loads(out)["title"] == parent.title
        again = folder / json.loads(out)["session"]
        assert codec.read_page(again).record.runs[0].train_curves == parent.record.runs[0].train_curves
        for file in folder.glob(f"{again.stem}.*"):
            file.unlink()
    finally:
        for made in [*folder.glob("*epoch-*")]:
            made.unlink()


@pytest.mark.parametrize(
    ("at", "change", "says"),
    [
        (13, "training.learning_rate=0.1", "cannot branch at epoch 13; its runs have trained for 12 epochs: 0 to 12"),
        (3, "model.hidden=[3]", "model.hidden cannot change on the way"),
        (3, "data.name=iris", "data.name cannot change on the way"),
        (3, "training.learning_rate=-1", "learning_rate"),
        (3, "training.learning_rat=1", "learning_rate"),
        (3, "training.learning_rate", "has no value"),
        (3, "training.learning_rate=0.001", "is 0.001 already"),
    ],
)
def test_a_branch_that_cannot_be_is_refused_in_a_line(at, change, says, trained, capsys):
    status, out, err = call(capsys, "--sessions", trained.parent, "branch", trained.stem, "--at", at, "--set", change)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert says in err
    assert [*trained.parent.glob("*.toml")] == [trained]
