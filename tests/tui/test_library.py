"""The library: pages to find, to open, to replay, to tidy up; one that cannot be read hides no other."""

from __future__ import annotations

import os

from notebook import LONG, SMALL, play, saved_page

from sessions import codec, index, lock
from tui.screens.ask import AskScreen, PickScreen
from tui.screens.compare import CompareScreen
from tui.screens.library import LibraryScreen
from tui.screens.pages_table import PagesTable
from tui.screens.preview import Preview
from tui.screens.replay import ReplayScreen


async def open_library(lab, pages):
    await lab.press("o")
    await lab.until(lambda: isinstance(lab.app.screen, LibraryScreen))
    await lab.until_shown(f"Library  {pages} page" if pages else "no page yet")


def table(lab):
    return lab.app.screen.query_one(PagesTable)


def names(lab):
    return [entry.name for entry in table(lab).entries]


def go_to(lab, name):
    table(lab).go_to(names(lab).index(name))


def test_an_empty_library_says_what_to_do(tmp_path):
    async def scene(lab):
        await open_library(lab, 0)
        await lab.press(*"vnd#fsrpu", "enter", "slash", "a", "escape", "down", "end")
        await lab.press("b")
        await lab.until_shown("the bin is empty")
        await lab.press("escape")
        await lab.until_shown("no page yet")
        await lab.press("escape")
        await lab.until(lambda: lab.app.screen is lab.app._lab)

    play(scene, tmp_path / "none")


def test_pages_are_listed_filtered_and_opened(tmp_path):
    saved_page(tmp_path, "one", notes="first line\nsecond")
    saved_page(tmp_path, "two", SMALL | {"seed": 3})
    saved_page(
        tmp_path, "three", {"data": {"name": "xor"}, "training": {"epochs": 3}, "validation": {"method": "none"}}
    )

    async def scene(lab):
        await open_library(lab, 3)
        assert set(names(lab)) == {"one", "two", "three"}
        assert table(lab).text.count("✓ finished") == 3
        await lab.press("slash")
        await lab.type("[/]xyz")
        await lab.until(lambda: names(lab) == [])
        await lab.until_shown("0 of 3 pages", "nothing has these words")
        await lab.press("enter", "enter", "v")
        assert isinstance(lab.app.screen, LibraryScreen)
        await lab.press("escape")
        await lab.until(lambda: len(names(lab)) == 3)
        await lab.press("slash")
        await lab.type("wine ONE")
        await lab.until(lambda: names(lab) == ["one"])
        await lab.until_shown("1 of 3 pages")
        await lab.press("enter", "enter")
        await lab.until(lambda: lab.app.screen is lab.app._lab)
        assert lab.controller.path == tmp_path / "one.toml"
        assert lab.controller.notes == "first line\nsecond"
        await lab.until_shown("fold 3/3", "finished · page one", "first line")

    play(scene, tmp_path, size=(200, 36))


def test_pages_are_sorted_picked_and_previewed(tmp_path):
    saved_page(tmp_path, "b", SMALL, notes="what I saw", tags=("todo",))
    saved_page(tmp_path, "c", SMALL | {"seed": 3}, record=None, tags=("todo", "week [/]"))
    saved_page(tmp_path, "a", {"data": {"name": "xor"}, "validation": {"method": "none"}}, record=None)

    async def scene(lab):
        await open_library(lab, 3)
        go_to(lab, "b")
        await lab.until_shown("what I saw", "hidden [8]", "3 folds")
        go_to(lab, "c")
        await lab.until_shown("no run yet", "· not run" if lab.app.size.width > 150 else "not run")
        await lab.press(*"ss")
        await lab.until_shown("by title")
        assert names(lab) == ["a", "b", "c"]
        await lab.press("r")
        await lab.until_shown("by title, backwards")
        assert names(lab) == ["c", "b", "a"]
        await lab.press("f")
        await lab.until(lambda: isinstance(lab.app.screen, PickScreen))
        await lab.until_shown("data: wine (2)", "tag: week [/] (1)")
        await lab.press("enter")
        await lab.until(lambda: names(lab) == ["c", "b"])
        await lab.press("f", *["j"] * 3, "enter")
        await lab.until(lambda: names(lab) == ["c"])
        assert lab.app.screen._search.value == 'data:"wine" tag:"week [/]"'
        await lab.press("escape", "p")
        await lab.until(lambda: not lab.app.screen.query_one(Preview).display)

    play(scene, tmp_path)


def test_a_page_is_renamed_tagged_deleted_and_brought_back(tmp_path):
    path = saved_page(tmp_path, "one")
    path.with_suffix(".npz").write_bytes(b"weights")
    saved_page(tmp_path, "two")

    async def scene(lab):
        lab.controller.open(path)
        await open_library(lab, 2)
        go_to(lab, "one")
        await lab.press("n")
        await lab.until(lambda: isinstance(lab.app.screen, AskScreen))
        await lab.type("A new name")
        await lab.press("enter")
        await lab.until(lambda: "a-new-name" in names(lab))
        moved = tmp_path / "a-new-name.toml"
        assert codec.read_page(moved).title == "A new name"
        assert moved.with_suffix(".npz").read_bytes() == b"weights"
        await lab.until(lambda: (entry := table(lab).entry) is not None and entry.name == "a-new-name")
        assert (lab.controller.path, lab.controller.title) == (moved, "A new name")
        await lab.press("number_sign")
        await lab.until(lambda: isinstance(lab.app.screen, AskScreen))
        await lab.type("todo, week 2,")
        await lab.press("enter")
        await lab.until(lambda: (entry := table(lab).entry) is not None and entry.tags == ("todo", "week 2"))
        await lab.until(lambda: lab.controller.page is not None and lab.controller.page.tags == ("todo", "week 2"))
        await lab.press("d")
        await lab.until(lambda: names(lab) == ["two"])
        assert lab.controller.path is None
        await lab.press("b")
        await lab.until(lambda: names(lab) == ["a-new-name"])
        await lab.press("enter", "n", "number_sign", "d")
        assert lab.notices.count("bring it back first (u)") == 3
        await lab.press("u")
        await lab.until(lambda: names(lab) == [])
        await lab.press("escape")
        await lab.until(lambda: set(names(lab)) == {"two", "a-new-name"})
        go_to(lab, "two")
        await lab.press("d")
        await lab.until(lambda: names(lab) == ["a-new-name"])
        await lab.press("u")
        await lab.until(lambda: len(names(lab)) == 2)

    play(scene, tmp_path)


def test_a_damaged_page_is_told_and_hides_no_other(tmp_path):
    saved_page(tmp_path, "good")
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe not toml")
    whole = saved_page(tmp_path, "gone").read_text()
    (tmp_path / "half.toml").write_text(whole[: whole.index("learning_rate = ") + len("learning_rate = ")])
    (tmp_path / "gone.toml").unlink()
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "dangling.toml").symlink_to(tmp_path / "nowhere")

    async def scene(lab):
        await open_library(lab, 5)
        assert set(names(lab)) == {"good", "bad", "half", "folder", "dangling"}
        lines = dict(zip(names(lab), table(lab).text.splitlines(), strict=True))
        assert "✓" in lines["good"]
        for name in names(lab):
            go_to(lab, name)
            await lab.settle()
            if name != "good":
                assert "cannot be read" in lines[name]
                await lab.until_shown(table(lab).entry.problem[:30])
                before = len(lab.notices)
                await lab.press("enter")
                await lab.until(lambda before=before: len(lab.notices) > before)
                assert isinstance(lab.app.screen, LibraryScreen)
        assert any("UTF-8" in notice for notice in lab.notices)
        go_to(lab, "bad")
        await lab.press("d")
        await lab.until(lambda: "bad" not in names(lab))
        assert (tmp_path / "bin" / "bad.toml").read_bytes() == b"\xff\xfe not toml"

    play(scene, tmp_path)


def test_what_was_last_read_is_shown_at_once_and_what_is_new_follows(tmp_path, monkeypatch):
    # As if two seconds had passed: what has just been changed is not kept.
    monkeypatch.setattr(index, "SETTLED_NS", 0)
    old = saved_page(tmp_path, "old")
    os.utime(old, (1e9, 1e9))

    async def scene(lab):
        await open_library(lab, 1)
        await lab.press("escape")
        saved_page(tmp_path, "new")
        await open_library(lab, 2)
        assert names(lab) == ["new", "old"]
        assert table(lab).entry.name == "new", "what is new comes above what was known, and the cursor is at the top"
        await lab.until((tmp_path / ".index.json").exists)

    play(scene, tmp_path)


def test_a_page_that_vanishes_while_it_is_chosen_is_told(tmp_path):
    path = saved_page(tmp_path, "one")

    async def scene(lab):
        await open_library(lab, 1)
        path.unlink()
        await lab.press("enter")
        await lab.until(lambda: any("cannot be read" in notice for notice in lab.notices))
        assert lab.controller.page is None

    play(scene, tmp_path)


def test_no_page_is_opened_or_moved_while_it_trains(tmp_path):
    saved_page(tmp_path, "one")

    async def scene(lab):
        await lab.press("r")
        await lab.until_training()
        path = lab.controller.path
        await lab.press("o")
        await lab.until(lambda: set(names(lab)) == {"one", path.stem})
        go_to(lab, path.stem)
        await lab.press("d")
        await lab.until(lambda: any("is being trained" in notice for notice in lab.notices))
        assert path.exists()
        go_to(lab, "one")
        await lab.press("enter")
        await lab.until(lambda: any("a study trains" in notice for notice in lab.notices))
        assert lab.controller.path == path
        assert lab.controller.trains
        await lab.press("x")
        await lab.until_over()

    play(scene, tmp_path, draft=LONG)


def test_marked_pages_are_laid_over_each_other(tmp_path):
    for name in ("one", "two", "three"):
        saved_page(tmp_path, name)
    saved_page(tmp_path, "bare", record=None)

    async def scene(lab):
        await open_library(lab, 4)
        await lab.press("equals_sign")
        assert lab.notices[-1].startswith("space marks pages")
        go_to(lab, "bare")
        await lab.press("space")
        assert lab.notices[-1] == "this page holds no runs to compare"
        for name in ("three", "one", "two", "two"):
            go_to(lab, name)
            await lab.press("space")
        assert "2 marked" in lab.text
        assert sum(row.startswith("•") for row in lab.text.splitlines()) == 2
        await lab.press("slash", *"one", "enter", "equals_sign")
        await lab.until(lambda: isinstance(lab.app.screen, CompareScreen))
        await lab.until_shown("a three", "b one")
        await lab.press("escape")
        assert isinstance(lab.app.screen, LibraryScreen)
        # A page that has gone is not marked any more; one that is alone is laid beside the page under the cursor.
        await lab.press("d")
        await lab.until(lambda: lab.app.screen._shelf.marked == ["three.toml"])
        await lab.press("escape")
        go_to(lab, "two")
        await lab.press("equals_sign")
        await lab.until_shown("a three", "b two")

    play(scene, tmp_path)


def test_a_page_is_replayed_from_the_library(tmp_path):
    saved_page(tmp_path, "one")
    saved_page(tmp_path, "two", record=None)

    async def scene(lab):
        await open_library(lab, 2)
        go_to(lab, "two")
        await lab.press("v")
        await lab.until(lambda: "this page holds no runs" in lab.notices)
        held = lock.acquire(tmp_path / "two.toml", "trained")
        await lab.press("v")
        await lab.until(lambda: any("two is being trained by process" in notice for notice in lab.notices))
        held.release()
        go_to(lab, "one")
        await lab.press("v")
        await lab.until(lambda: isinstance(lab.app.screen, ReplayScreen))
        await lab.press("escape")
        await lab.until(lambda: lab.app.screen is lab.app._lab)

    play(scene, tmp_path)
