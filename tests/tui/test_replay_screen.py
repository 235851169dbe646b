"""A replay in the app: it plays, holds, seeks and ends as the study did."""

from __future__ import annotations

from notebook import LONG, SMALL, assert_harmless, play, saved_page

from sessions import codec, thinning
from sessions.archive import save_archive
from sessions.record import Record
from tui.screens.ask import AskScreen
from tui.screens.branch import BranchScreen
from tui.screens.compare import CompareScreen
from tui.screens.page_choice import PageChoiceScreen
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


def test_marks_and_epochs_are_gone_to_by_key(tmp_path):
    path = saved_page(tmp_path, "one", notes="epoch 4: a note\n@9 [/]\x1b[2J")

    async def scene(lab):
        await lab.until(lambda: isinstance(lab.app.screen, ReplayScreen))
        player = lab.app.screen._player
        await lab.press("space", "home", "n")
        await lab.until_shown("epoch 4/20 · n a note", "▸ n  epoch 4   a note")
        await lab.press("full_stop")
        await lab.until_shown("epoch 9/20 · n [/]␛[2J", "▸ n  epoch 9")
        assert_harmless(lab)
        await lab.press("N")
        assert player.tape.where(int(player.position)) == ("candidate", 4)
        await lab.press("g")
        await lab.until(lambda: isinstance(lab.app.screen, AskScreen))
        await lab.type("99")
        await lab.press("enter")
        await lab.until_shown("there is no epoch 99")
        await lab.press("backspace", "backspace")
        await lab.type("17")
        await lab.press("enter")
        await lab.until_shown("epoch 17/20")
        assert not player.playing

    play(scene, tmp_path, replay=path, size=(120, 40))


def test_thinned_curves_are_completed_from_beside_the_page(tmp_path, monkeypatch):
    path = saved_page(tmp_path, "one")
    full = codec.read_page(path)
    monkeypatch.setattr(thinning, "MOST_VALUES", 10)
    monkeypatch.setattr(thinning, "MOST_POINTS", 5)
    path.write_text(codec.write_page(full))
    save_archive(path, full.record, {})
    assert len(codec.read_page(path).record.runs[0].train_curves["loss"]) <= 5

    async def scene(lab):
        await lab.until(lambda: isinstance(lab.app.screen, ReplayScreen))
        player = lab.app.screen._player
        await lab.until(lambda: len(player.tape) == 22)
        player.playing = False
        for epoch in range(1, 21):
            player.go_to(str(epoch))
            assert player.record.runs[0].train_curves["loss"].last_epoch == epoch

    play(scene, tmp_path, replay=path)


def test_a_branch_is_trained_over_its_parent_and_opened_again(tmp_path):
    saved_page(tmp_path, "one")

    async def scene(lab):
        await lab.until(lambda: isinstance(lab.app.screen, ReplayScreen))
        lab.app.screen._player.go_to("12")
        await lab.press("b")
        await lab.until(lambda: isinstance(lab.app.screen, BranchScreen))
        await lab.until_shown("training.learning_rate = 0.001")
        await lab.press("enter")
        await lab.until_shown("is 0.001 already")
        await lab.press("1", "enter")
        await lab.until(lambda: lab.app.screen is lab.app._lab)
        await lab.until_over()
        words = "branch of one from epoch 12: learning_rate 0.001 → 0.0011"
        await lab.until_shown(words, "⠤⠤ parent", "learning_rate 0.0011 from epoch 12")
        await lab.controller._kept.wait()
        (path,) = tmp_path.glob("one-learning-rate*.toml")
        branch = codec.read_page(path).record.branch
        assert (branch.parent, branch.epochs) == ("one", (12,))
        await lab.press("c")
        await lab.until(lambda: words not in lab.text)
        (tmp_path / "one.toml").unlink()
        lab.controller.open(path)
        await lab.app._lab.show_page()
        await lab.until_shown("branch of one, which is gone, from epoch 12")
        await lab.press("b")
        await lab.until(lambda: isinstance(lab.app.screen, BranchScreen))
        await lab.press("escape")
        lab.controller.clear()
        await lab.press("b")
        await lab.until(lambda: "a branch needs a page" in lab.hint)

    play(scene, tmp_path, replay=tmp_path / "one.toml", size=(120, 40))


def test_the_learning_rate_of_what_trains_is_changed_by_key(tmp_path):
    async def scene(lab):
        await lab.press("right_square_bracket")
        await lab.until(lambda: "nothing trains" in lab.hint)
        await lab.press("r")
        await lab.until_training(2)
        await lab.press("right_square_bracket", "right_square_bracket", "left_square_bracket")
        assert "learning rate 0.004 → 0.002" in lab.hint
        await lab.until(lambda: {one.value for one in lab.controller.record.interventions} >= {0.002, 0.004})
        await lab.until_shown("c learning_rate → 0.002")
        await lab.press("x")
        await lab.until_over()

    play(scene, tmp_path, draft=LONG, size=(120, 40))


def test_pages_are_laid_beside_each_other(tmp_path):
    saved_page(tmp_path, "one")
    saved_page(tmp_path, "two", SMALL | {"model": {"hidden": [4]}})
    saved_page(tmp_path, "empty", record=None)

    async def scene(lab):
        await lab.press("equals_sign")
        await lab.until(lambda: "no finished study" in lab.hint)
        lab.controller.open(tmp_path / "one.toml")
        await lab.app._lab.show_page()
        await lab.press("equals_sign")
        await lab.until(lambda: isinstance(lab.app.screen, PageChoiceScreen))
        await lab.until_shown("two")
        assert "empty" not in lab.text
        await lab.type("tw")
        await lab.press("enter")
        await lab.until(lambda: isinstance(lab.app.screen, CompareScreen))
        await lab.until_shown("a one  b two", "1 ╌╌ a", "2 ╌╌ b", "model.hidden  [8]  [4]", "cannot be paired")
        assert "b - a" in lab.text
        await lab.press("l", "m", "down", "escape")
        await lab.until(lambda: lab.app.screen is lab.app._lab)

    play(scene, tmp_path, size=(120, 40))


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
