"""Names from outside: whatever a title, a session or a link is called, nothing is written outside the folder."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from making import study

from engine.data.sources import Xor
from engine.errors import LabError
from engine.events import StudyEnded, StudyStarted
from engine.experiment import Data, Experiment, Training
from sessions import codec, files
from sessions.page import Page
from sessions.record import fold
from sessions.recorder import Recorder
from sessions.store import Store, journal_of
from tui.cli import main

NOW = datetime(2026, 11, 22, 10, 15)
EXPERIMENT = Experiment(Data(Xor(), test=0.0), training=Training(epochs=2))
TITLES = {
    "up": "../x",
    "far up": "../../../../../../tmp/x",
    "root": "/etc/x",
    "home": "~/x",
    "dot": ".",
    "dots": "..",
    "hidden": ".profile",
    "300 bytes": "n" * 300,
    "300 bytes of Chinese": "名" * 100,
    "NUL": "a\0b",
    "line": "a\nb",
    "return": "a\rb",
    "escape": "\x1b]0;owned\x07",
    "page": "x.toml",
    "weights": "x.npz",
    "journal": "x.journal",
    "backup": "x.toml.bak",
    "option": "--sessions",
    "shell": "$(touch x); `touch x`",
    "glob": "*",
    "backslash": "..\\x",
    "surrogate": "a\udcffb",
    "blank": " ",
    "empty": "",
    "device": "CON",
}
COMMANDS = {
    "show": ["show", "{}"],
    "replay": ["replay", "--plain", "{}"],
    "resume": ["resume", "{}"],
    "compare": ["compare", "{}", "{}"],
    "inspect": ["inspect", "{}"],
    "run": ["run", "{}"],
}


@pytest.fixture(scope="module")
def said():
    started = StudyStarted(("run",), (1,), (1,), (1,), 2, ({},), (0,))
    return [started, *study(EXPERIMENT)[1], StudyEnded("finished")]


class Around:
    """A folder of pages inside a folder that nothing may touch."""

    def __init__(self, outside):
        self.outside = outside
        self.folder = outside / "deep" / "pages"
        self.store = Store(self.folder)
        files.make_folder(self.folder)
        self.precious = outside / "precious.toml"
        self.precious.write_text('title = "precious"\n[data]\nname = "xor"\n')
        self.before = self._seen()

    def _seen(self):
        inside = {self.folder, *self.folder.rglob("*")}
        others = sorted(path for path in self.outside.rglob("*") if path not in inside)
        return [(path, hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "") for path in others]

    def assert_untouched(self):
        assert self._seen() == self.before


@pytest.fixture
def around(tmp_path, monkeypatch):
    around = Around(tmp_path / "outside")
    # Where a name that was taken for a path would lead.
    monkeypatch.chdir(around.outside / "deep")
    yield around
    around.assert_untouched()


def keep(around, title, said):
    """Record a study on a page with a title."""
    keeper = Recorder(around.store, Page(EXPERIMENT, title), NOW, lambda: 0.0)
    assert keeper.problem == ""
    keeper.take(said)
    assert keeper.finish()
    return keeper.path


# --- titles -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TITLES)
def test_a_title_is_no_path(around, said, name):
    path = keep(around, TITLES[name], said)
    assert path.parent == around.folder
    assert path.name.isprintable()
    assert len(path.name.encode()) <= 200
    assert not path.name.startswith((".", "-"))
    assert codec.read_page(path).record == fold(said)
    assert {left.parent for left in around.folder.rglob("*")} == {around.folder}


def test_titles_that_differ_by_case_do_not_meet(around, said):
    paths = [keep(around, title, said) for title in ("Page", "page", "PAGE", "ｐａｇｅ", "Page!")]
    assert len({path.name.casefold() for path in paths}) == len(paths)
    for path in paths:
        assert codec.read_page(path).record == fold(said)


# --- names of sessions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", [name for name in TITLES if name not in {"option", "empty"}])
def test_a_name_that_is_no_page_is_one_line(around, capsys, command, name):
    arguments = [part.format(TITLES[name]) for part in COMMANDS[command]]
    assert main(["--sessions", str(around.folder), *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith("lossbook: ")
    assert said.err.strip().isprintable()
    assert not list(around.folder.iterdir())


@pytest.mark.parametrize("name", ["n" * 300, "../precious.toml", "../precious.toml/pages"])
def test_a_folder_that_cannot_be_is_one_line(around, capsys, name):
    for arguments in (["list"], ["run", str(around.precious)]):
        status = main(["--sessions", name, *arguments])
        said = capsys.readouterr()
        assert status in {0, 2}
        assert "Traceback" not in said.err


# --- links ------------------------------------------------------------------------------------------------------------


def lure(path, victim):
    """Put a link to a file outside in the place of one inside."""
    path.unlink(missing_ok=True)
    path.symlink_to(victim)


@pytest.mark.parametrize("suffix", [".toml", ".toml.bak", ".npz", ".npz.bak"])
def test_a_link_in_the_place_of_a_file_is_replaced_and_not_followed(around, said, suffix):
    for victim in (around.precious, around.outside / "none"):
        keeper = Recorder(around.store, Page(EXPERIMENT, "A page"), NOW, lambda: 0.0)
        keeper.take(said)
        place = keeper.path.with_name(keeper.path.stem + suffix)
        lure(place, victim)
        assert keeper.finish(), keeper.problem
        assert codec.read_page(keeper.path).record == fold(said)
        assert not keeper.path.is_symlink()
        assert not keeper.path.with_suffix(".npz").is_symlink()
        around.assert_untouched()


@pytest.mark.parametrize("suffix", [".toml", ".journal", ".npz"])
def test_a_link_that_leads_nowhere_is_not_made_a_file(around, said, suffix):
    first = around.store.new_path(Page(EXPERIMENT, "A page"), NOW)
    (around.folder / f"{first.stem}{suffix}").symlink_to(around.outside / "none")
    keeper = Recorder(around.store, Page(EXPERIMENT, "A page"), NOW, lambda: 0.0)
    keeper.take(said)
    assert keeper.finish(), keeper.problem
    assert codec.read_page(keeper.path).record == fold(said)


def test_a_link_in_the_place_of_a_temporary_file_is_not_followed(around, monkeypatch):
    path = around.folder / "page.toml"
    made = []
    real = os.open

    def seen(name, *arguments, **named):
        made.append(Path(os.fsdecode(name)))
        return real(name, *arguments, **named)

    monkeypatch.setattr("secrets.token_hex", lambda _: "01234567")
    monkeypatch.setattr(os, "open", seen)
    files.save(path, b"first")
    temporary = next(name for name in made if name.name.endswith(".tmp"))
    lure(temporary, around.precious)
    with pytest.raises(LabError):
        files.save(path, b"second")
    assert path.read_bytes() == b"first"
    monkeypatch.undo()
    files.save(path, b"third")
    assert path.read_bytes() == b"third"


def test_a_link_in_the_place_of_a_journal_is_not_recovered(around, said):
    keeper = Recorder(around.store, Page(EXPERIMENT, "A page"), NOW, lambda: 0.0)
    keeper.take(said)
    keeper._journal.close()
    outside = around.outside / "outside.journal"
    outside.write_bytes(journal_of(keeper.path).read_bytes())
    around.before = around._seen()
    lure(journal_of(keeper.path), outside)
    around.store.recover()
    assert outside.exists()
    assert codec.read_page(keeper.path).record != fold(said)


def test_a_link_to_a_page_outside_is_recovered_inside(around, said):
    keeper = Recorder(around.store, Page(EXPERIMENT, "A page"), NOW, lambda: 0.0)
    keeper.take(said)
    keeper._journal.close()
    around.precious.write_bytes(keeper.path.read_bytes())
    around.before = around._seen()
    lure(keeper.path, around.precious)
    around.store.recover()


def test_strays_and_links_of_strays_are_swept_and_nothing_else(around):
    path = around.folder / "page.toml"
    files.save(path, codec.write_page(replace(Page(EXPERIMENT), title="A page")).encode())
    kept = {".hidden", ".page.toml.tmp", "page.tmp", "notes.txt", ".page.toml.0123abcd.swp"}
    for name in kept:
        (around.folder / name).write_text("mine")
    (around.folder / ".page.toml.0123abcd.tmp").symlink_to(around.precious)
    around.store.recover()
    assert kept <= {left.name for left in around.folder.iterdir()}
