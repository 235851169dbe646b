"""The notebook beside another one: pages that open to read, notes that are never lost, settings that survive a kill."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from notebook import SMALL, pages_in, play, saved_page

from engine import tables
from sessions import codec, lock
from tui.controller import Controller
from tui.panels.form import first_draft


@pytest.fixture(name="page")
def _page(tmp_path):
    return saved_page(tmp_path, "wine")


@pytest.fixture(name="taken")
def _taken(page):
    held = lock.acquire(page, "trained")
    yield page
    held.release()


async def open_page(lab, path):
    lab.controller.open(path)
    await lab.app._lab.show_page()
    await lab.settle()


def test_a_page_that_another_has_opens_to_read_and_its_notes_go_to_a_new_page(tmp_path, taken):
    before = taken.read_bytes()

    async def scene(lab):
        await open_page(lab, taken)
        says = f"is being trained by process {os.getpid()} on {os.uname().nodename} since"
        await lab.until(lambda: any(f"wine {says}" in notice and "opened to read" in notice for notice in lab.notices))
        await lab.until_shown("read only: is being trained by process")
        await lab.press("n", "h", "i")
        await lab.until(lambda: any("notes are not saved into it; ctrl+s" in notice for notice in lab.notices))
        assert taken.read_bytes() == before
        await lab.press("escape", "ctrl+s")
        await lab.until(lambda: lab.hint.startswith("saved"))
        await lab.until(lambda: "read only" not in lab.app._lab._headed)
        assert lab.controller.path != taken
        await lab.press("n", "x")
        await lab.until(lambda: not lab.controller._unsaved_notes)

    play(scene, tmp_path, size=(120, 40))
    assert taken.read_bytes() == before
    (new,) = [page for page in pages_in(tmp_path) if page.notes]
    assert (len(new.notes), new.record, new.title) == (3, None, "wine")
    assert new.experiment == codec.read_page(taken).experiment
    assert [path.name for path in tmp_path.glob("*.lock")] == ["wine.lock"]


def test_a_page_on_the_screen_that_is_edited_by_hand_keeps_both(tmp_path, page):
    async def scene(lab):
        await open_page(lab, page)
        edited = replace(codec.read_page(page), title="Theirs", notes="theirs")
        page.write_text(codec.write_page(edited))
        await lab.press("ctrl+s")
        await lab.until(lambda: any("its title and notes are kept" in notice for notice in lab.notices))
        await lab.until(lambda: lab.app._lab._notes.text == "theirs")
        page.write_text(codec.write_page(replace(edited, notes="other")))
        await lab.press("n", "x")
        await lab.until(lambda: any("notes were edited here and by hand" in notice for notice in lab.notices))

    play(scene, tmp_path, size=(120, 40))
    now = codec.read_page(page)
    assert (now.title, sorted(now.notes)) == ("Theirs", sorted("theirsx"))
    assert 'notes = "other"' in (tmp_path / "damaged" / "wine.toml.1").read_text()


@pytest.mark.parametrize("how", ["clear", "keep_now"])
def test_notes_of_a_page_that_is_read_only_are_kept_when_it_leaves_the_screen(tmp_path, taken, how):
    async def scene(lab):
        await open_page(lab, taken)
        lab.controller.write("typed")
        getattr(lab.controller, how)()

    play(scene, tmp_path)
    assert codec.read_page(taken).notes == ""
    assert "typed" in [page.notes for page in pages_in(tmp_path)]


def test_a_page_on_the_screen_is_locked_until_another_takes_its_place(tmp_path, page):
    other = saved_page(tmp_path, "other")

    async def scene(lab):
        await open_page(lab, page)
        with pytest.raises(lock.Taken, match="is being edited"):
            lock.acquire(page, "trained")
        await open_page(lab, other)
        lock.acquire(page, "trained").release()
        with pytest.raises(lock.Taken):
            lock.acquire(other, "trained")
        lab.controller.clear()
        lock.acquire(other, "trained").release()
        await lab.take(SMALL)
        await lab.press("r")
        await lab.until_over()
        await lab.controller._kept.wait()
        # It has been trained, and is still on the screen.
        with pytest.raises(lock.Taken, match="is being edited"):
            lock.acquire(lab.controller.path, "trained")

    play(scene, tmp_path)
    assert not list(tmp_path.glob("*.lock"))


def test_notes_are_saved_by_themselves_into_the_page_that_is_ours(tmp_path, page):
    async def scene(lab):
        await open_page(lab, page)
        await lab.press("n", "h", "i")
        await lab.until(lambda: codec.read_page(page).notes == "hi", "saved")

    play(scene, tmp_path)


def test_settings_and_notes_that_are_on_no_page_survive_a_kill(tmp_path):
    changed = {**first_draft(), "seed": 7}

    async def killed(lab):
        await lab.take(changed)
        await lab.press("n", "h", "i")
        await lab.until(lambda: any(b'notes = "hi"' in path.read_bytes() for path in tmp_path.glob(".*.draft")), "kept")
        # As after SIGKILL: nothing is put away at the end.
        lab.controller._drafts._held.forget()
        lab.controller._is_over = True

    async def again(lab):
        await lab.until(lambda: any("are back from last time" in notice for notice in lab.notices))
        assert (lab.controller.draft, lab.controller.notes) == (changed, "hi")
        await lab.until_shown("hi")
        beside.append(Controller(lab.controller.store, lab.controller._now).restore())
        await lab.press("ctrl+s")
        await lab.until(lambda: lab.hint.startswith("saved"))
        await lab.until(lambda: not list(tmp_path.glob(".*.draft")), "on a page, and no longer kept beside it")

    beside = []
    play(killed, tmp_path)
    play(again, tmp_path)
    assert beside == [False], "what one notebook has brought back is not another's too"
    (page,) = pages_in(tmp_path)
    assert (page.experiment, page.notes) == (tables.from_tables(changed), "hi")


def test_what_was_brought_back_can_be_taken_away(tmp_path):
    async def first(lab):
        await lab.take(SMALL)
        await lab.press("q")

    async def second(lab):
        await lab.until(lambda: any("settings that were on no page" in notice for notice in lab.notices))
        assert lab.controller.draft == SMALL
        await lab.press("c")
        await lab.until(lambda: lab.controller.draft == first_draft())
        await lab.until(lambda: not list(tmp_path.glob(".*.draft")), "gone")

    play(first, tmp_path)
    play(second, tmp_path)
