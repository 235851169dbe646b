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
