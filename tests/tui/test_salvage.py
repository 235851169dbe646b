"""`lossbook salvage`, and `lossbook resume` of a page that another process writes."""

from __future__ import annotations

import os
import subprocess

import pytest
from notebook import SMALL, saved_page
from terminal import LOSSBOOK

from engine import tables
from sessions import codec, lock
from sessions.page import Page
from tui.cli import main


def call(capsys, *arguments):
    status = main([*map(str, arguments)])
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.fixture(name="page")
def _page(tmp_path):
    return saved_page(tmp_path, "wine")


def test_a_damaged_page_is_listed_with_what_to_do_and_salvaged(page, tmp_path, capsys):
    whole = codec.read_page(page)
    good = saved_page(tmp_path, "good")
    content = page.read_bytes()
    page.write_bytes(content[: content.rindex(b"[[record.runs]]") + 30])
    status, out, _ = call(capsys, "--sessions", tmp_path, "list")
    assert (status, "good" in out, "lossbook salvage wine" in out) == (0, True, True)
    status, out, err = call(capsys, "--sessions", tmp_path, "salvage", "wine")
    assert (status, err) == (0, "")
    assert out.startswith("wine: the page was damaged and is salvaged")
    assert "the damaged file is damaged/wine.toml.1" in out
    after = codec.read_page(page)
    assert after.record.runs[:2] == whole.record.runs[:2]
    assert after.record.runs[2].status == "interrupted"
    assert "2 of 4 runs are lost, and `lossbook resume` trains what is lost again" in out
    status, out, _ = call(capsys, "--sessions", tmp_path, "show", "wine")
    assert "! salvaged from damaged/wine.toml.1" in out
    status, out, _ = call(capsys, "--sessions", tmp_path, "salvage", "good")
    assert (status, "nothing is to be salvaged" in out) == (0, True)
    assert codec.read_page(good).warning == ""
    assert not list(tmp_path.glob("*.lock"))


def test_a_mistake_is_told_and_nothing_can_be_had_of_noise(page, tmp_path, capsys):
    text = page.read_text()
    for content in (text.replace("epochs = 20", "epochs = 0", 1), "\0\0"):
        page.write_text(content)
        status, out, err = call(capsys, "--sessions", tmp_path, "salvage", "wine")
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert page.read_text() == content
        listed = call(capsys, "--sessions", tmp_path, "list")[1]
        assert "lossbook salvage" not in listed
    assert "nothing of it can be had: delete it" in listed
    page.with_name("wine.toml.bak").write_text(text)
    listed = call(capsys, "--sessions", tmp_path, "list")[1]
    assert "nothing of it can be had: wine.toml.bak is the page as it was before the last save" in listed
    assert not (tmp_path / "damaged").exists()


def test_a_page_that_another_process_has_is_not_resumed(tmp_path, capsys):
    path = tmp_path / "wine.toml"
    path.write_text(codec.write_page(Page(tables.from_tables(SMALL), "wine")))
    held = lock.acquire(path, "trained")
    try:
        command = [*LOSSBOOK, "--sessions", str(tmp_path), "resume", "wine"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert f"wine: is being trained by process {os.getpid()} on {os.uname().nodename} since" in done.stderr
    finally:
        held.release()
    status, _, err = call(capsys, "--sessions", tmp_path, "resume", "wine")
    assert (status, "no runs" in err) == (2, True)
    assert not list(tmp_path.glob("*.lock"))


@pytest.mark.parametrize("broken", ['\x01raining.learning_rate" = [', '"training.learning_rat\x01" = ['])
def test_runs_of_a_sweep_that_is_damaged_stay_on_the_page(tmp_path, capsys, broken):
    experiment = tmp_path / "sweep.toml"
    experiment.write_text(
        '[data]\nname = "wine"\n[training]\nepochs = 2\n[validation]\nmethod = "k-fold"\nk = 2\n'
        '[sweep]\n"training.learning_rate" = [0.001, 0.01, 0.1]\n'
    )
    folder = tmp_path / "pages"
    assert call(capsys, "--sessions", folder, "run", experiment)[0] == 0
    (page,) = folder.glob("*.toml")
    whole = codec.read_page(page)
    assert whole.record.chosen is not None
    text = page.read_text()
    assert '"training.learning_rate" = [' in text
    page.write_text(text.replace('"training.learning_rate" = [', broken, 1))
    page.with_name(f"{page.name}.bak").unlink(missing_ok=True)
    status, out, _ = call(capsys, "--sessions", folder, "salvage", page.stem)
    assert status == 0
    assert "its runs stay as they are, of settings that are lost" in out
    after = codec.read_page(page)
    assert after.record.runs == whole.record.runs
    assert after.record.chosen == whole.record.chosen
    assert "edited since it was run" in after.warning
    for command in (["show"], ["list"], ["export", "--to", "md", "--out", tmp_path / "report.md"]):
        named = [] if command == ["list"] else [page.stem]
        assert call(capsys, "--sessions", folder, command[0], *named, *command[1:])[0] == 0
    for command in ("verify", "resume", "predict"):
        status, _, said = call(
            capsys, "--sessions", folder, command, page.stem, *(["wine"] if command == "predict" else [])
        )
        assert (status, said.count("\n")) == (2, 1)
        assert "edited since" in said


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_page_that_an_editor_saved_as_utf_16_is_whole_after_it(page, tmp_path, capsys, encoding, end):
    whole = codec.read_page(page)
    text = page.read_text().replace("\n", end)
    mark = "" if encoding == "utf-16" else "\ufeff"
    page.write_bytes((mark + text).encode(encoding))
    assert "lossbook salvage wine" in call(capsys, "--sessions", tmp_path, "list")[1]
    assert call(capsys, "--sessions", tmp_path, "salvage", "wine")[0] == 0
    after = codec.read_page(page)
    assert (after.record.runs, after.experiment, after.notes) == (whole.record.runs, whole.experiment, whole.notes)


def test_every_command_says_how_a_damaged_page_is_had(page, tmp_path, capsys):
    content = page.read_bytes()
    for damaged in (
        content.replace(b"status", b"sta\xfftus", 1),
        content[: content.rindex(b"[[record.runs]]") + 30] + b"x = [",
    ):
        page.write_bytes(damaged)
        for command in (["show"], ["verify"], ["tag", "+a"], ["rename"], ["resume"], ["predict"], ["branch"]):
            more = {"rename": ["new"], "predict": ["wine"], "branch": ["--at", "1", "--set", "training.l1=0.1"]}
            words = [command[0], "wine", *command[1:], *more.get(command[0], [])]
            status, _, said = call(capsys, "--sessions", tmp_path, *words)
            assert (status, said.count("\n")) == (2, 1), said
            assert said.endswith("; `lossbook salvage wine` keeps what can be had of it\n"), said
    elsewhere = tmp_path / "elsewhere" / "mine.toml"
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(damaged)
    assert "salvage" not in call(capsys, "--sessions", tmp_path, "show", elsewhere)[2]


def test_once_it_is_resumed_a_salvaged_page_lacks_nothing(tmp_path, capsys):
    experiment = tmp_path / "file.toml"
    experiment.write_text(
        '[data]\nname = "wine"\n[training]\nepochs = 3\n[validation]\nmethod = "k-fold"\nk = 3\nrefit = false\n'
    )
    folder = tmp_path / "pages"
    assert call(capsys, "--sessions", folder, "run", experiment)[0] == 0
    (page,) = folder.glob("*.toml")
    page.write_bytes(page.read_bytes()[:-400])
    page.with_name(f"{page.name}.bak").unlink(missing_ok=True)
    assert "1 of 3 runs is lost" in call(capsys, "--sessions", folder, "salvage", page.stem)[1]
    assert "trains what is lost again" in codec.read_page(page).warning
    assert call(capsys, "--sessions", folder, "resume", page.stem)[0] == 0
    warning = codec.read_page(page).warning
    assert warning.startswith("salvaged from damaged/")
    assert "lost" not in warning
    assert "same: 3 runs" in call(capsys, "--sessions", folder, "verify", page.stem)[1]
