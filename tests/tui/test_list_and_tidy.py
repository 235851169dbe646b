"""`lossbook list`, `tag`, `rename`, `delete`, `restore` and `bin`, as a script or a person at a terminal meets them."""

from __future__ import annotations

import json
import shlex
import sys
from unittest import mock

import pytest
from notebook import HOSTILE, SMALL, STEERING, saved_page

from sessions import codec, lock
from sessions.finding import ORDERS
from tui.cli import build_parser, main

HOSTILE_TITLE = " ".join(HOSTILE.values())


@pytest.fixture
def lossbook(tmp_path, capsys):
    def run(*arguments):
        status = main(["--sessions", str(tmp_path), *arguments])
        out, errors = capsys.readouterr()
        assert "Traceback" not in errors
        return status, out, errors

    return run


def listed(lossbook, *arguments):
    return [
        entry["session"].rpartition("/")[2].removesuffix(".toml")
        for entry in json.loads(lossbook("list", "--json", *arguments)[1])
    ]


def test_a_list_is_filtered_and_sorted(lossbook, tmp_path):
    saved_page(tmp_path, "b", tags=("todo", "week"), notes="a fine day")
    saved_page(tmp_path, "c", SMALL | {"seed": 3}, tags=("week",))
    saved_page(tmp_path, "a", {"data": {"name": "xor"}, "validation": {"method": "none"}}, record=None)
    (tmp_path / "bad.toml").write_bytes(b"\xff")
    assert listed(lossbook, "--sort", "name") == ["a", "b", "bad", "c"]
    assert listed(lossbook, "--sort", "name", "--reverse") == ["c", "bad", "b", "a"]
    assert listed(lossbook, "--tag", "week", "--sort", "title") == ["b", "c"]
    assert listed(lossbook, "--tag", "week", "--tag", "todo") == ["b"]
    assert listed(lossbook, "--data", "XOR") == ["a"]
    assert listed(lossbook, "--status", "cannot be read") == ["bad"]
    assert listed(lossbook, "--status", "not run") == ["a"]
    assert listed(lossbook, "fine", "DAY") == ["b"]
    assert listed(lossbook, "tag:to") == ["b"]
    assert listed(lossbook, "--verdict", "overfitting") == []
    assert lossbook("list", "nothing", "like", "it")[:2] == (0, "none of 4 pages is like that\n")
    status, out, _ = lossbook("list", "--sort", "name")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == ["page", "a", "b", "bad", "c"]
    assert "todo, week" in out
    assert "UTF-8" in out


def test_the_json_of_a_list_has_what_it_had_and_more(lossbook, tmp_path):
    saved_page(tmp_path, "one", notes="seen")
    (tmp_path / "bad.toml").write_bytes(b"\xff")
    bad, one = sorted(json.loads(lossbook("list", "--json")[1]), key=lambda entry: entry["session"])
    assert set(bad) == {"session", "status", "problem"}
    page = json.loads(lossbook("show", "--json", "one")[1])
    assert {key: one[key] for key in ("session", "title", "status", "summary", "test_looks")} == {
        key: page[key] for key in ("session", "title", "status", "summary", "test_looks")
    }
    assert one["created"] == "2026-11-22T10:15:00+00:00"
    assert (one["data"], one["tags"], one["runs"], one["notes"], one["verdict"]) == ("wine", [], 3, "seen", None)


def test_every_order_can_be_asked_for():
    parser = build_parser()
    for order in ORDERS:
        assert parser.parse_args(["list", "--sort", order]).sort == order
    with pytest.raises(SystemExit):
        parser.parse_args(["list", "--sort", "colour"])


def test_tags_are_given_and_taken(lossbook, tmp_path):
    path = saved_page(tmp_path, "one")
    assert lossbook("tag", "one")[1] == "no tags\n"
    assert lossbook("tag", "one", "+a", "+b c")[1] == "a, b c\n"
    assert lossbook("tag", "one", "-a", "+d", "--sessions", str(tmp_path))[1] == "b c, d\n"
    assert codec.read_page(path).tags == ("b c", "d")
    status, _, errors = lossbook("tag", "one", "e")
    assert (status, errors) == (2, "lossbook: 'e' says neither whether to add nor to take away; write +e or -e\n")
    assert lossbook("tag", "one", "+")[0] == 2
    assert lossbook("tag", "two", "+a")[0] == 2


def test_a_page_is_renamed_deleted_and_brought_back(lossbook, tmp_path):
    saved_page(tmp_path, "one")
    assert lossbook("rename", "one", "A", "new", "name")[:2] == (0, "a-new-name\n")
    assert lossbook("rename", "one", "x")[0] == 2
    status, out, _ = lossbook("delete", "a-new-name")
    assert (status, out) == (0, "a-new-name is in the bin: `lossbook restore a-new-name` brings it back\n")
    assert listed(lossbook) == []
    assert "A new name" in lossbook("restore")[1]
    assert json.loads(lossbook("bin", "--json")[1])[0]["title"] == "A new name"
    assert lossbook("restore", "one")[0] == 2
    saved_page(tmp_path, "a-new-name")
    assert lossbook("restore", "a-new-name")[:2] == (0, "a-new-name-2 is back\n")
    assert set(listed(lossbook)) == {"a-new-name", "a-new-name-2"}
    assert lossbook("restore")[1] == "the bin is empty\n"


def test_a_page_that_trains_is_left_alone(lossbook, tmp_path):
    path = saved_page(tmp_path, "one")
    held = lock.acquire(path, "trained")
    for command in (("rename", "one", "x"), ("delete", "one"), ("tag", "one", "+x")):
        status, _, errors = lossbook(*command)
        assert (status, errors.count("\n")) == (2, 1)
        assert "one: is being trained" in errors
    held.release()
    assert path.exists()


def test_the_bin_is_emptied_only_when_asked_twice(lossbook, tmp_path, monkeypatch):
    saved_page(tmp_path, "one")
    lossbook("delete", "one")
    status, _, errors = lossbook("bin", "--empty")
    assert status == 2
    assert "--yes" in errors
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    for answers in (["no"], ["yes", "no"], ["", ""], ["y"]):
        with mock.patch("builtins.input", side_effect=answers):
            assert lossbook("bin", "--empty")[1] == "nothing was deleted\n"
    assert (tmp_path / "bin" / "one.toml").exists()
    with mock.patch("builtins.input", side_effect=["yes", "yes"]):
        assert lossbook("bin", "--empty")[1] == "1 page deleted\n"
    assert not (tmp_path / "bin").exists()
    saved_page(tmp_path, "two")
    lossbook("delete", "two")
    (tmp_path / "bin" / "mine.txt").write_text("mine")
    assert lossbook("bin", "--empty", "--yes")[1].startswith("1 page deleted; 1 other file stayed in ")


def test_nothing_in_a_page_steers_the_terminal(lossbook, tmp_path):
    path = saved_page(tmp_path, "one", title=HOSTILE_TITLE, notes=HOSTILE_TITLE, tags=(HOSTILE_TITLE,))
    name = HOSTILE_TITLE.replace("/", "")[:80]
    path.rename(tmp_path / f"{name}.toml")
    said = [lossbook("list"), lossbook("tag", name), lossbook("rename", name, HOSTILE_TITLE)]
    (renamed,) = tmp_path.glob("*.toml")
    said += [lossbook("delete", renamed.stem), lossbook("restore"), lossbook("restore", renamed.stem)]
    for status, out, errors in said:
        assert status == 0
        assert not STEERING.intersection(out.replace("\n", "") + errors.replace("\n", ""))


def test_a_terminal_hears_how_far_the_reading_of_many_pages_is(tmp_path, monkeypatch, capsys):
    for name in ("one", "two", "three"):
        saved_page(tmp_path, name)
    monkeypatch.setattr("tui.cli.line.REDRAW_SECONDS", 0.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert main(["--sessions", str(tmp_path), "list"]) == 0
    said = capsys.readouterr().err
    assert "reading 3 pages ━" in said
    assert said.endswith("100%\r\x1b[K")


@pytest.mark.parametrize(("name", "wanted"), [("-x", "-- -x"), ("a b", "'a b'"), ("plain", "plain")])
def test_what_brings_a_page_back_can_be_typed_as_it_is_said(lossbook, tmp_path, name, wanted):
    saved_page(tmp_path, name)
    _, out, _ = lossbook("delete", "--", name)
    assert f"`lossbook restore {wanted}` brings it back" in out
    assert lossbook("restore", *shlex.split(wanted))[0] == 0
