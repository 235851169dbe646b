"""A replay in the app: it plays, holds, seeks and ends as the study did."""

from __future__ import annotations

from notebook import play, saved_page

from sessions import codec
from sessions.record import Record
from tui.screens.replay import ReplayScreen


def replayed(scene, tmp_path, speed=1.0, **options):
    path = saved_page(tmp_path, "one")

    async def whole(lab):
        await lab.until(lambda: isinstance(lab.app.screen, ReplayScreen))
        await lab.until_shown("× · ")
        await scene(lab, lab.app.screen._player, codec.read_page(path))

    play(whole, tmp_path, replay=path, speed=speed, **options)


def test_it_plays_to_the_end_and_shows_what_the_study_showed(tmp_path):
    async def scene(lab, player, page):
        # So slow that it cannot be over before it has been seen.
        await lab.until_shown("▶ replay 1/64×")
        await lab.press(*["plus"] * 10)
        assert player.speed == 16
        await lab.until(lambda: player.over)
        await lab.until_shown("· end", "fold 3/3", "mean ± sd")
        assert player.record == page.record
        told = lab.app.screen._stage.runs.text
        await lab.press("escape")
        lab.controller.open(lab.controller.store.find("one"))
        await lab.app._lab.show_page()
        await lab.until(lambda: lab.app._lab._stage.runs.text == told)

    replayed(scene, tmp_path, speed=1 / 64)


def test_it_holds_and_goes_on_at_another_speed(tmp_path):
    async def scene(lab, player, page):
        await lab.until(lambda: player.position > 1)
        await lab.press("space")
        await lab.until_shown("‖ replay")
        await lab.press("plus", "equals_sign")
        assert player.speed == 4
        await lab.until_shown("4×")
        await lab.press("minus", "minus", "minus")
        await lab.until_shown("1/2×")
        for _ in range(12):
            await lab.press("plus")
        assert player.speed == 256
        held = player.position
        await lab.pilot.pause(0.5)
        assert player.position == held
        await lab.press("p")
        await lab.until(lambda: player.position > held)

    replayed(scene, tmp_path)


def test_it_seeks_and_jumps(tmp_path):
    async def scene(lab, player, page):
        await lab.press("space", "home")
        assert (player.position, player.record) == (0, Record())
        await lab.press("right", "right", "right")
        assert player.position == 3
        assert max(run.epoch for run in player.record.runs) == 2
        await lab.until_shown("epoch 2/20")
        await lab.press("left")
        assert player.position == 2
        await lab.press("pagedown")
        assert player.position == 2 + len(player.tape) / 10
        await lab.press("pageup", "left", "left", "left", "left")
        assert player.position == 0
        await lab.press("end")
        assert player.over
        assert player.record == page.record
        await lab.press("space")
        await lab.until(lambda: 0 < player.position < len(player.tape))

    replayed(scene, tmp_path)


def test_its_panels_show_the_settings_and_take_none(tmp_path):
    async def scene(lab, player, page):
        await lab.press("space", "end")
        await lab.until_shown("wine", "k-fold")
        before = lab.controller.draft
        await lab.press("1", "down", "enter", "backspace", "r", "x", "n", "l", "m")
        assert isinstance(lab.app.screen, ReplayScreen)
        assert lab.controller.draft == before
        assert not lab.controller.trains
        await lab.press("v")
        await lab.until(lambda: lab.app.screen is lab.app._lab)

    replayed(scene, tmp_path, size=(80, 24))


def test_a_page_that_cannot_be_replayed_is_told_and_the_lab_is_there(tmp_path):
    (tmp_path / "bad.toml").write_text("format = 3")

    async def scene(lab):
        await lab.until(lambda: any("bad.toml" in notice for notice in lab.notices))
        await lab.until_shown("press r to train")

    play(scene, tmp_path, replay=tmp_path / "bad.toml")


def test_a_page_without_runs_cannot_be_replayed(tmp_path):
    path = saved_page(tmp_path, "one", record=None)

    async def scene(lab):
        await lab.until(lambda: lab.notices)
        assert lab.app.screen is lab.app._lab

    play(scene, tmp_path, replay=path)


def test_the_page_on_the_screen_is_replayed(tmp_path):
    path = saved_page(tmp_path, "one")

    async def scene(lab):
        await lab.press("v")
        await lab.until(lambda: "no finished study" in lab.hint)
        lab.controller.open(path)
        await lab.app._lab.show_page()
        await lab.press("v")
        await lab.until(lambda: isinstance(lab.app.screen, ReplayScreen))

    play(scene, tmp_path)
