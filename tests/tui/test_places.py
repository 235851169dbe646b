"""A page names its data files as a person wrote them, and they are found from anywhere."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from notebook import pages_in, play

from engine.experiment import located
from sessions import codec
from sessions.origin import Origin
from tui.cli import main

ROWS = "height,weight\n" + "".join(f"{150 + row},{50 + row % 7}\n" for row in range(40))
EXPERIMENT = 'baselines = false\n[data]\nfile = "data/people.csv"\n[training]\nepochs = 2\n'


@pytest.fixture
def project(tmp_path):
    """An experiment with its table in a folder beside it, and a second table with the same columns."""
    folder = tmp_path / "project"
    (folder / "data").mkdir(parents=True)
    for name in ("people.csv", "others.csv"):
        (folder / "data" / name).write_text(ROWS)
    (folder / "people.toml").write_text(EXPERIMENT)
    return folder


@pytest.fixture
def lossbook(tmp_path, capsys):
    """Run a command on the pages of one folder, which need not be there yet; return (status, output, errors)."""

    def call(*arguments, sessions=tmp_path / "pages"):
        status = main([*map(str, arguments), "--sessions", str(sessions)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


@pytest.fixture
def page(project, tmp_path, lossbook, monkeypatch):
    """The page of a run, which has then been left for another folder."""
    monkeypatch.chdir(project)
    status, out, _ = lossbook("run", "people.toml", "--json")
    assert status == 0
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return Path(json.loads(out)["session"])


def test_a_page_reads_as_it_was_written(project, page, lossbook):
    text = page.read_text()
    assert 'file = "data/people.csv"' in text
    assert f'[record]\nbase_dir = "{project}"\nchecksum = ' in text
    read = codec.read_page(page)
    assert (read.base_dir, read.warning) == (str(project), "")
    assert codec.write_page(read) == text
    shown = lossbook("show", page)[1]
    assert "data/people.csv" in shown
    assert str(project) in shown


def test_its_data_are_found_from_anywhere(page, tmp_path, lossbook):
    others = tmp_path / "other pages"
    for name, sessions in ((page, others), (page.stem, page.parent)):
        assert lossbook("run", name, sessions=sessions)[0] == 0
        assert lossbook("find-rate", name, sessions=sessions)[0] == 0
        assert lossbook("inspect", name, sessions=sessions)[0] == 0
        assert "40 rows" in lossbook("data", f"{name}" if name is page else f"{name}.toml", sessions=sessions)[1]
    copies = [*pages_in(others), *pages_in(page.parent)]
    assert len(copies) == 3
    assert {(copy.experiment.data.source.file, copy.base_dir) for copy in copies} == {
        ("data/people.csv", str(page.parent.parent / "project"))
    }
    assert len({copy.record.data.sha256 for copy in copies}) == 1


def test_the_test_file_is_found_in_the_same_folder(project, page, lossbook, tmp_path):
    assert lossbook("run", page, "--set", "data.test_file=data/others.csv", "--set", "data.test=0")[0] == 0
    newest = max(pages_in(page.parent), key=lambda found: found.experiment.data.source.test_file or "")
    assert newest.experiment.data.source.test_file == "data/others.csv"
    assert newest.record.runs[0].test_rows == 40


def test_the_panels_open_and_train_a_page_again(page, project):
    async def scene(lab):
        lab.controller.open(page)
        assert not lab.controller.draft_differs
        assert lab.controller.draft["data"]["file"] == str(project / "data" / "people.csv")
        await lab.press("r")
        await lab.until_over()
        assert lab.controller.record.status == "finished"
        assert not lab.controller.draft_differs

    play(scene, page.parent)
    assert len(pages_in(page.parent)) == 2


def test_a_page_without_a_base_is_read_against_its_own_folder(project, page, lossbook, tmp_path):
    text = page.read_text()
    page.write_text(text.replace(f'base_dir = "{project}"\n', ""))
    status, _, errors = lossbook("run", page)
    assert status == 2
    assert f"{page.parent}/data/people.csv: cannot be read" in errors
    moved = project / "moved.toml"
    moved.write_text(page.read_text())
    assert lossbook("run", moved)[0] == 0
    # One may be written by hand, in a file without a record as well, and be meant from the file's folder.
    by_hand = tmp_path / "by-hand.toml"
    by_hand.write_text(EXPERIMENT + '[record]\nbase_dir = "project"\n')
    assert lossbook("run", by_hand)[0] == 0
    assert codec.read_page(by_hand).base_dir == str(project)


def test_an_old_page_with_a_whole_path_is_left_as_it_is(project, page, lossbook):
    # It says neither from where its data are named nor which experiment was run.
    new = codec.read_page(page)
    record = replace(new.record, origin=Origin(experiment=""))
    old = replace(new, experiment=located(new.experiment, project), base_dir="", record=record)
    page.write_text(codec.write_page(old))
    read = codec.read_page(page)
    assert (read.base_dir, read.warning) == ("", "")
    assert codec.write_page(read) == page.read_text()
    assert lossbook("run", page)[0] == 0
    assert "base_dir" not in page.read_text()


def test_a_base_that_moved_is_told_in_a_line_and_can_be_set(project, page, lossbook):
    moved = project.rename(project.with_name("moved"))
    line = 1 + page.read_text()[: page.read_text().index("base_dir")].count("\n")
    for command in ("run", "inspect", "find-rate", "data"):
        status, out, errors = lossbook(command, page)
        assert (status, out, errors.count("\n")) == (2, "", 1)
        assert f"{page}, line {line}: record.base_dir is {project}, and there is no such folder" in errors
    assert lossbook("show", page)[0] == lossbook("list")[0] == 0
    assert lossbook("run", page, "--set", f"record.base_dir={moved}")[0] == 0
    page.write_text(page.read_text().replace(str(project), str(moved)))
    assert codec.read_page(page).warning == ""
    assert lossbook("run", page)[0] == 0


@pytest.mark.parametrize("value", ["5", "[]", "true", "{ a = 1 }"])
def test_a_base_that_is_no_text_is_told_with_its_line(project, lossbook, value):
    path = project / "people.toml"
    path.write_text(EXPERIMENT + f"[record]\nbase_dir = {value}\n")
    for command in ("run", "show", "data", "find-rate"):
        status, out, errors = lossbook(command, path)
        assert (status, out, errors.count("\n")) == (2, "", 1)
        assert f"{path}, line 7: record.base_dir must be a text" in errors


def test_a_home_that_is_not_known_is_one_line(project, lossbook):
    path = project / "people.toml"
    path.write_text(EXPERIMENT.replace("data/people.csv", "~nobody-of-that-name/people.csv"))
    for command in ("run", "data", "find-rate"):
        status, _, errors = lossbook(command, path)
        assert (status, errors.count("\n")) == (2, 1)
        assert "line 3: data.file begins with ~" in errors
