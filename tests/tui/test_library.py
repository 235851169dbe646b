"""The library: pages to find, to open, to replay; one that cannot be read hides no other."""

from __future__ import annotations

from notebook import LONG, SMALL, play, saved_page
from textual.widgets import DataTable

from tui.screens.library import LibraryScreen
from tui.screens.replay import ReplayScreen


async def open_library(lab, pages):
    await lab.press("o")
    await lab.until(lambda: isinstance(lab.app.screen, LibraryScreen))
    await lab.until_shown(f"Library  {pages} page" if pages else "no page yet")


def rows(lab):
    table = lab.app.screen.query_one(DataTable)
    return [[str(cell) for cell in table.get_row_at(number)] for number in range(table.row_count)]


def test_an_empty_library_says_what_to_do(tmp_path):
    async def scene(lab):
        await open_library(lab, 0)
        await lab.press("enter", "v", "slash", "a", "escape")
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
        assert {row[6] for row in rows(lab)} == {"one", "two", "three"}
        assert all("finished" in row[3] for row in rows(lab))
        await lab.press("slash")
        await lab.type("[/]xyz")
        await lab.until(lambda: rows(lab) == [])
        await lab.until_shown("0 of 3 pages", "nothing has these words")
        await lab.press("enter", "enter", "v")
        assert isinstance(lab.app.screen, LibraryScreen)
        await lab.press("escape")
        await lab.until(lambda: len(rows(lab)) == 3)
        await lab.press("slash")
        await lab.type("wine ONE")
        await lab.until(lambda: [row[6] for row in rows(lab)] == ["one"])
        await lab.until_shown("1 of 3 pages")
        await lab.press("enter", "enter")
        await lab.until(lambda: lab.app.screen is lab.app._lab)
        assert lab.controller.path == tmp_path / "one.toml"
        assert lab.controller.notes == "first line\nsecond"
        await lab.until_shown("fold 3/3", "finished · page one", "first line")

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
        listed = {row[6]: row for row in rows(lab)}
        assert set(listed) == {"good", "bad", "half", "folder", "dangling"}
        assert "finished" in listed["good"][3]
        table = lab.app.screen.query_one(DataTable)
        for number, row in enumerate(rows(lab)):
            table.move_cursor(row=number)
            await lab.settle()
            if row[6] != "good":
                assert row[1] == "cannot be read"
                before = len(lab.notices)
                await lab.press("enter")
                await lab.until(lambda before=before: len(lab.notices) > before)
                assert isinstance(lab.app.screen, LibraryScreen)
        assert any("UTF-8" in notice for notice in lab.notices)

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


def test_no_page_is_opened_while_a_study_trains(tmp_path):
    saved_page(tmp_path, "one")

    async def scene(lab):
        await lab.press("r")
        await lab.until_training()
        path = lab.controller.path
        await lab.press("o")
        await lab.until_shown("2 pages")
        table = lab.app.screen.query_one(DataTable)
        table.move_cursor(row=[row[6] for row in rows(lab)].index("one"))
        await lab.press("enter")
        await lab.until(lambda: any("a study trains" in notice for notice in lab.notices))
        assert lab.controller.path == path
        assert lab.controller.trains
        await lab.press("x")
        await lab.until_over()

    play(scene, tmp_path, draft=LONG)


def test_a_page_is_replayed_from_the_library(tmp_path):
    saved_page(tmp_path, "one")
    saved_page(tmp_path, "two", record=None)

    async def scene(lab):
        await open_library(lab, 2)
        table = lab.app.screen.query_one(DataTable)
        names = [row[6] for row in rows(lab)]
        table.move_cursor(row=names.index("two"))
        await lab.press("v")
        await lab.until(lambda: "this page holds no runs" in lab.notices)
        table.move_cursor(row=names.index("one"))
        await lab.press("v")
        await lab.until(lambda: isinstance(lab.app.screen, ReplayScreen))
        await lab.press("escape")
        await lab.until(lambda: lab.app.screen is lab.app._lab)

    play(scene, tmp_path)
