"""`lossbook predict`: which network, what it prints where, and what is refused in a line."""

from __future__ import annotations

import csv
import io
import json
import os

import pytest

from sessions import codec
from tui.cli import main

PENGUINS = """\
[data]
name = "penguins"
missing = "mean"
[model]
hidden = [8]
[training]
epochs = 4
learning_rate = 0.01
[validation]
method = "k-fold"
k = 3
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The path of a page, with its weights, as the command line leaves it."""
    folder = tmp_path_factory.mktemp("pages")
    file = folder / "file.toml"
    file.write_text(PENGUINS.replace("[data]", 'title = "birds"\n[data]'), encoding="utf-8")
    assert main(["run", str(file), "--json", "--workers", "1", "--sessions", str(folder / "kept")]) == 0
    return next((folder / "kept").glob("*.toml"))


def said(capsys, *command, status=0):
    assert main(["predict", *map(str, command)]) == status
    return capsys.readouterr()


def test_the_refits_classes_and_probabilities_are_printed(page, capsys):
    printed = said(capsys, page, "penguins")
    assert printed.err.splitlines() == ["lossbook: run 4 of 4: refit predicts species"]
    rows = list(csv.DictReader(io.StringIO(printed.out)))
    assert len(rows) == 344
    classes = [name for name in rows[0] if name.startswith("species=")]
    assert classes == ["species=Adelie", "species=Chinstrap", "species=Gentoo"]
    for row in rows[::40]:
        shares = [float(row[name]) for name in classes]
        assert sum(shares) == pytest.approx(1)
        assert row["species"] == classes[shares.index(max(shares))].removeprefix("species=")


def test_a_run_is_chosen_and_a_file_is_written_once(page, tmp_path, capsys):
    out = tmp_path / "out.csv"
    assert "run 2 of 4: fold 2/3" in said(capsys, page, "penguins", "--run", 2, "--out", out).err
    first = out.read_bytes()
    assert "is there already" in said(capsys, page, "penguins", "--out", out, status=2).err
    assert out.read_bytes() == first
    assert said(capsys, page, "penguins", "--out", out, "--force").out == ""
    assert out.read_bytes() != first


def test_a_class_that_a_spreadsheet_would_execute_is_defused(tmp_path, capsys):
    lines = [f"{place},{'=cmd' if place % 2 else '-1'}" for place in range(40)]
    (tmp_path / "own.csv").write_text("\n".join(["@x,+y", *lines]), encoding="utf-8")
    file = tmp_path / "file.toml"
    file.write_text('[data]\nfile = "own.csv"\n[training]\nepochs = 1\n', encoding="utf-8")
    assert main(["run", str(file), "--json", "--workers", "1", "--sessions", str(tmp_path)]) == 0
    session = json.loads(capsys.readouterr().out)["session"]
    header, *rows = csv.reader(io.StringIO(said(capsys, session, tmp_path / "own.csv").out))
    assert header == ["row", "'+y", "'+y=-1", "'+y==cmd"]
    assert {row[1] for row in rows} <= {"'=cmd", "-1"}


def test_what_cannot_be_is_one_line(page, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    os.mkfifo(tmp_path / "pipe.csv")
    for command, says in (
        ((page, "bad.csv"), "has no columns"),
        ((page, "nothing.csv"), "cannot be read"),
        ((page, "pipe.csv"), "file"),
        ((page, "."), "."),
        ((page, "penguin"), "did you mean penguins?"),
        ((page, "iris"), "iris: has no column"),
        ((page, "penguins", "--run", 9), "there is no run 9"),
        (("nowhere", "penguins"), "there is no session"),
    ):
        printed = said(capsys, *command, status=2)
        assert printed.out == ""
        assert printed.err.count("\n") == 1
        assert says in printed.err


def test_a_page_without_weights_says_so(page, tmp_path, capsys):
    lone = tmp_path / "lone.toml"
    lone.write_text(codec.write_page(codec.read_page(page)), encoding="utf-8")
    assert "the page has no weights" in said(capsys, lone, "penguins", status=2).err


@pytest.mark.parametrize(
    "command", [["predict", "PAGE", "penguins"], ["inspect", "PAGE"], ["export", "PAGE", "--to", "pytorch"]]
)
@pytest.mark.parametrize(
    ("old", "new"),
    [('activation = "relu"', 'activation = "tanh"'), ("k = 3", "k = 2"), ("standardize = true", "standardize = false")],
)
def test_weights_are_not_put_into_another_network_than_they_are_of(page, tmp_path, capsys, command, old, new):
    edited = tmp_path / page.name
    text = page.read_text(encoding="utf-8")
    assert old in text
    edited.write_text(text.replace(old, new, 1), encoding="utf-8")
    edited.with_suffix(".npz").write_bytes(page.with_suffix(".npz").read_bytes())
    assert main([str(edited) if word == "PAGE" else word for word in command]) == 2
    problem = capsys.readouterr().err
    assert problem.count("\n") == 1
    assert "has been edited since it was run, so its runs are others; undo the edit" in problem
