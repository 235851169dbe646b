"""Renaming, tagging, deleting and bringing back: nothing is lost, nothing is written over, nothing else is changed."""

from __future__ import annotations

import errno
import os
import stat
import tomllib
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notebook import HOSTILE, SMALL

from engine import tables
from engine.errors import LabError
from sessions import codec, lock, moving
from sessions.beside import MOVED
from sessions.bin import Bin
from sessions.heading import with_key
from sessions.index import entries_of
from sessions.moving import files_of
from sessions.page import Page
from sessions.record import Record, RunRecord
from sessions.tidying import change_tags, rename

NAN = float("nan")
RECORD = Record("diverged", (RunRecord("r", status="diverged", train={"loss": NAN}),))
TEXT = codec.write_page(Page(tables.from_tables(SMALL), "old", notes="title = 1\n[data]\ntags = []\n", record=RECORD))


def put(folder, name="old-20261122-101500", text=TEXT, beside=MOVED):
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    for ending in beside:
        file = folder / f"{name}{ending}"
        if ending == ".ckpt":
            file.mkdir()
            file = file / "weights.npz"
        file.write_bytes(os.fsencode(f"{name} {ending}"))
    return path


def everything(folder):
    """All files below a folder, the index left out."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".index.json" and path.suffix != ".lock"
    }


# --- the text ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        TEXT.replace('title = "old"', "# mine\n  title='''\na\nb'''  # why # not\n"),
        TEXT.replace('title = "old"\n', ""),
        "[data]\nname = 'wine'\n",
        "\ufeff" + TEXT,
        TEXT.replace('title = "old"', 'title = "old"\ntags = [ # [\n  "x", "]", \n]\n'),
        'tags = ["a"]\r\ntitle = "x"\r\nseed = 3\r\n[data]\r\nname = "wine"\r\n',
        "seed = 3 # the end\ntitle = 'x'",
    ],
)
@pytest.mark.parametrize(("key", "value"), [("title", 'new "\n[x] ü'), ("tags", ["a", "b # c"]), ("tags", [])])
def test_one_key_changes_and_every_other_line_stays(text, key, value):
    text = text if "name" in text else text + '\n[data]\nname = "wine"\n'
    changed = with_key(text, key, value)
    before, after = (tomllib.loads(one.lstrip("\ufeff")) for one in (text, changed))
    before.pop("record", None), after.pop("record", None)
    wanted = {name: said for name, said in before.items() if name != key} | ({key: value} if value else {})
    assert after == wanted
    assert changed.partition("[data]\n")[2][-500:] == text.partition("[data]\n")[2][-500:]
    assert changed.count("#") >= text.count("#") - 2


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50).filter(str.strip))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_title_is_kept_as_it_is(tmp_path, title):
    folder = tmp_path / "t"
    folder.mkdir(exist_ok=True)
    path = rename(put(folder, "p", beside=()), title)
    assert codec.read_page(path).title == title.strip()
    assert path.parent == folder
    for file in folder.iterdir():
        file.unlink()


def test_a_page_of_a_newer_schema_keeps_its_title_and_its_tags(tmp_path):
    path = put(tmp_path, text=TEXT.replace("schema = 1", "schema = 99", 1))
    before = everything(tmp_path)
    for change in (lambda: rename(path, "new"), lambda: change_tags(path, add=["a"])):
        with pytest.raises(LabError, match="schema 99, this lossbook knows 1"):
            change()
    assert everything(tmp_path) == before


@pytest.mark.parametrize("title", ["", " \n", "x" * 201])
def test_what_is_no_title_is_told(tmp_path, title):
    path = put(tmp_path)
    before = everything(tmp_path)
    with pytest.raises(LabError):
        rename(path, title)
    assert everything(tmp_path) == before


@pytest.mark.parametrize(
    "head", ['"title" = "x"\n', "title.a = 1\n", "x = [\n[1]]\n", 'title = "x"\ntitle = "y"\n', "tit\\le = 3\n"]
)
def test_what_is_written_in_an_unusual_way_is_left_as_it_is(tmp_path, head):
    path = put(tmp_path, text=head + TEXT.partition("\n")[2].replace('title = "old"\n', ""))
    before = everything(tmp_path)
    with pytest.raises(LabError):
        rename(path, "new")
    assert everything(tmp_path) == before


def test_a_record_that_was_edited_is_still_told_after_a_change_of_tags(tmp_path):
    path = put(tmp_path, text=TEXT.replace('label = "r"', 'label = "s"'))
    assert codec.read_page(path).warning
    assert change_tags(path, ["a", "b", "a"], []) == ("a", "b")
    assert change_tags(path, ["c"], ["a", "never"]) == ("b", "c")
    page = codec.read_page(path)
    assert page.warning
    assert page.tags == ("b", "c")
    assert (
        path.read_text().partition("[record]")[2] == TEXT.replace('label = "r"', 'label = "s"').partition("[record]")[2]
    )
    assert change_tags(path, [], ["b", "c"]) == ()
    assert "tags" not in path.read_text().partition("notes")[0]


# --- the files --------------------------------------------------------------------------------------------------------


def test_a_page_is_renamed_with_all_its_files_and_keeps_its_moment(tmp_path):
    path = put(tmp_path)
    now = rename(path, "A new: name/../etc")
    assert now.name == "a-new-name-etc-20261122-101500.toml"
    stem = now.name.removesuffix(".toml")
    assert not [file for file in tmp_path.rglob("*") if file.name.startswith("old")]
    for ending in (".npz", ".npz.bak", ".journal"):
        assert (tmp_path / f"{stem}{ending}").read_text() == f"old-20261122-101500 {ending}"
    assert (tmp_path / f"{stem}.ckpt" / "weights.npz").read_text() == "old-20261122-101500 .ckpt"
    assert (tmp_path / f"{stem}.toml.bak").read_text() == TEXT
    assert stat.S_IMODE(now.stat().st_mode) == 0o600
    again = rename(now, "A  new name, etc")
    assert again == now, "the same name serves"
    assert codec.read_page(again).title == "A  new name, etc"


@pytest.mark.parametrize("ending", [".toml", *MOVED])
def test_no_file_is_ever_written_over(tmp_path, ending):
    path = put(tmp_path)
    taken = tmp_path / f"new-20261122-101500{ending}"
    taken.write_text("mine")
    assert rename(path, "new").name == "new-20261122-101500-2.toml"
    assert taken.read_text() == "mine"


def test_a_dangling_link_takes_a_name_too(tmp_path):
    (tmp_path / "new-20261122-101500.toml").symlink_to("nowhere")
    assert rename(put(tmp_path), "new").name == "new-20261122-101500-2.toml"
    assert not (tmp_path / "nowhere").exists()


def test_a_name_that_is_taken_at_the_last_moment_is_not_written_over(tmp_path):
    path = put(tmp_path)
    with mock.patch.object(moving, "_is_free", return_value=True):
        (tmp_path / "new-20261122-101500.journal").write_text("mine")
        assert rename(path, "new").name == "new-20261122-101500-2.toml"
    assert everything(tmp_path)["new-20261122-101500.journal"] == b"mine"
    assert not (tmp_path / "new-20261122-101500.npz").exists(), "what was made before is taken back"


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("fails", range(8))
def test_whatever_fails_the_page_is_whole_at_one_name(tmp_path, fails, links):
    path = put(tmp_path)
    before = everything(tmp_path)
    calls = iter(range(100))

    def link(*args, real=os.link, **kwargs):
        if next(calls) == fails:
            raise OSError(errno.EIO, "broken")
        if not links:
            raise OSError(errno.EPERM, "none here")
        real(*args, **kwargs)

    def unlink(self, *args, real=Path.unlink, **kwargs):
        if self == path and fails == 7:
            raise OSError(errno.EACCES, "no")
        real(self, *args, **kwargs)

    with mock.patch.object(os, "link", link), mock.patch.object(Path, "unlink", unlink):
        try:
            put_to = Bin(tmp_path).put(path)
        except LabError:
            assert everything(tmp_path) == before
            return
    assert {name.removeprefix("bin/"): content for name, content in everything(tmp_path).items()} == before
    assert put_to.parent == tmp_path / "bin"


def test_a_page_that_is_trained_stays(tmp_path):
    path = put(tmp_path, beside=())
    held = lock.acquire(path, "trained")
    (tmp_path / f"{path.stem}.journal").write_text("x")
    before = everything(tmp_path)
    for change in (lambda: rename(path, "x"), lambda: change_tags(path, ["x"]), lambda: Bin(tmp_path).put(path)):
        with pytest.raises(LabError, match="is being trained"):
            change()
    assert everything(tmp_path) == before
    held.release()
    assert rename(path, "x").with_suffix(".journal").exists(), "an interrupted one moves with its journal"


# --- the bin ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [payload.replace("/", "") for payload in HOSTILE.values()] + ["..", "x" * 200, "\udc80"]
)
def test_what_is_deleted_comes_back_to_the_byte(tmp_path, name):
    path = put(tmp_path, name)
    before = everything(tmp_path)
    the_bin = Bin(tmp_path)
    the_bin.put(path)
    assert entries_of(tmp_path) == []
    assert len(files_of(tmp_path / "bin" / path.name)) == 6
    assert stat.S_IMODE((tmp_path / "bin").stat().st_mode) == 0o700
    assert the_bin.restore(name) == path
    assert everything(tmp_path) == before


def test_a_page_comes_back_beside_one_that_has_its_name(tmp_path):
    the_bin = Bin(tmp_path)
    for text in ("first", "second", "third"):
        put_to = the_bin.put(put(tmp_path, "p", text))
    assert put_to.name == "p-3.toml"
    put(tmp_path, "p", "fourth")
    assert the_bin.restore("p").name == "p-2.toml"
    assert the_bin.restore("p-2").name == "p-2-2.toml"
    kept = {name: content for name, content in everything(tmp_path).items() if name.endswith(".toml")}
    assert sorted(kept.values()) == [b"first", b"fourth", b"second", b"third"]
    with pytest.raises(LabError, match="no page 'q' in the bin; known are p-3"):
        the_bin.restore("q")
    for name in ("../p", "/etc/passwd", "..", ""):
        with pytest.raises(LabError, match="no page"):
            the_bin.restore(name)


def test_the_bin_of_a_bin_is_one_more_folder(tmp_path):
    outer = Bin(tmp_path)
    first = outer.put(put(tmp_path, "p"))
    inner = Bin(outer.folder)
    inner.put(first)
    assert (tmp_path / "bin" / "bin" / "p.toml").exists()
    outer.put(put(tmp_path, "q"))
    assert outer.empty() == (1, 1), "the bin within stays"
    assert inner.restore("p") == tmp_path / "bin" / "p.toml"
    assert outer.restore("p") == tmp_path / "p.toml"


def test_emptying_deletes_pages_with_their_files_and_nothing_else(tmp_path):
    the_bin = Bin(tmp_path)
    assert the_bin.empty() == (0, 0)
    the_bin.put(put(tmp_path, "p"))
    mine = the_bin.folder / "thesis.txt"
    mine.write_text("mine")
    outside = tmp_path / "keep.toml"
    outside.write_text("keep")
    (the_bin.folder / "link.toml").symlink_to(outside)
    (the_bin.folder / "folder.toml").mkdir()
    assert the_bin.empty() == (2, 2)
    assert everything(tmp_path) == {"bin/thesis.txt": b"mine", "keep.toml": b"keep"}


def test_only_pages_of_the_folder_go_to_its_bin_and_no_link_leads_it_astray(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir(), outside.mkdir()
    with pytest.raises(LabError, match="is not in"):
        Bin(inside).put(put(outside))
    (inside / "bin").symlink_to(outside)
    path = put(inside)
    for act in (lambda: Bin(inside).put(path), lambda: Bin(inside).restore("p"), Bin(inside).empty):
        with pytest.raises(LabError, match="is a link"):
            act()
    assert path.exists()


def test_links_and_damaged_pages_can_be_deleted_and_folders_cannot(tmp_path):
    the_bin = Bin(tmp_path)
    target = put(tmp_path, "target", beside=())
    link = tmp_path / "link.toml"
    link.symlink_to(target)
    with pytest.raises(LabError, match="is a link"):
        rename(link, "new")
    with pytest.raises(LabError, match="is a link"):
        change_tags(link, ["new"])
    assert the_bin.put(link).readlink() == target
    assert target.read_text() == TEXT
    damaged = tmp_path / "damaged.toml"
    damaged.write_bytes(b"\xff")
    with pytest.raises(LabError, match="UTF-8"):
        rename(damaged, "new")
    assert the_bin.put(damaged).read_bytes() == b"\xff"
    assert {entry.name: bool(entry.problem) for entry in the_bin.entries()} == {"link": False, "damaged": True}
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(LabError, match="is a folder"):
        the_bin.put(tmp_path / "folder.toml")
