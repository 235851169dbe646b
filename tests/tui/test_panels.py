"""The panels, the notes and the help, by keys."""

from __future__ import annotations

import gc
from collections import Counter
from weakref import WeakSet

from notebook import SMALL, focused_key, go_to, pages_in, play, saved_page, value_shown
from textual.widget import Widget
from textual.widgets import Input, OptionList

from engine.data.sources import SOURCES
from tui.commands import GROUPS
from tui.panels.panel import Panel


def opened_panels(lab):
    return [panel.place for panel in lab.app.screen.query(Panel) if not panel.has_class("closed")]


def all_widgets():
    """Return the widgets of this process that something still holds."""
    gc.collect()
    return [thing for thing in gc.get_objects() if issubclass(type(thing), Widget)]


def test_arrows_step_through_values_and_choices(tmp_path):
    async def scene(lab):
        await go_to(lab, "training.learning_rate")
        assert "the size of a step" in lab.hint
        await lab.press("right")
        assert lab.controller.draft["training"]["learning_rate"] == 0.002
        assert value_shown(lab, "learning rate") == "0.002"
        await lab.press("left", "left")
        assert lab.controller.draft["training"]["learning_rate"] == 0.0005
        await lab.press("backspace")
        await lab.until(lambda: lab.controller.draft["training"] == {})
        assert value_shown(lab, "learning rate") == "0.001"
        await lab.press("k")
        assert focused_key(lab) == "training.optimizer"
        before = lab.text
        await lab.press("right")
        await lab.until(lambda: lab.text != before)
        chosen = lab.controller.draft["training"]["optimizer"]
        assert value_shown(lab, "optimizer") == chosen
        assert focused_key(lab) == "training.optimizer", "rows that come and go must not take the focus"

    play(scene, tmp_path)


def test_a_value_is_typed_and_bad_input_is_said_beside_it_and_can_be_mended(tmp_path):
    async def scene(lab):
        await go_to(lab, "training.epochs")
        await lab.press("enter")
        assert isinstance(lab.app.focused, Input)
        await lab.press("ctrl+u")
        await lab.type("many")
        await lab.press("enter")
        await lab.until(lambda: "✗" in lab.hint and "training.epochs" in lab.hint)
        assert isinstance(lab.app.focused, Input), "the typing goes on"
        assert lab.controller.draft.get("training", {}) == {}
        await lab.press("ctrl+u")
        await lab.type("12")
        await lab.press("enter")
        await lab.until(lambda: focused_key(lab) == "training.epochs")
        assert lab.controller.draft["training"] == {"epochs": 12}
        await lab.until(lambda: value_shown(lab, "epochs") == "12")
        assert "✗" not in lab.hint
        await lab.press("enter")
        await lab.type("34")
        await lab.press("escape")
        await lab.until(lambda: focused_key(lab) == "training.epochs")
        assert lab.controller.draft["training"] == {"epochs": 12}, "esc gives up"
        await lab.until(lambda: value_shown(lab, "epochs") == "12")

    play(scene, tmp_path)


def test_what_is_typed_is_no_command(tmp_path):
    async def scene(lab):
        await go_to(lab, "training.epochs")
        await lab.press("enter", "ctrl+u")
        await lab.type("rqxt:1")
        assert lab.app.focused.value == "rqxt:1"
        assert not lab.controller.trains
        await lab.press("escape")

    play(scene, tmp_path)


def test_a_value_that_an_experiment_cannot_have_is_said_and_the_old_one_stays(tmp_path):
    async def scene(lab):
        await go_to(lab, "data.more")
        await lab.press("enter")
        await go_to(lab, "data.test_from")
        await lab.press("enter")
        await lab.type("2013-01-01")
        await lab.press("enter")
        await lab.until(lambda: "test_from" in lab.controller.draft["data"])
        await go_to(lab, "data.split")
        before = lab.controller.draft
        await lab.press("right")
        await lab.until(lambda: "✗" in lab.hint and "data.test_from" in lab.hint)
        assert lab.controller.draft == before
        assert value_shown(lab, "split") == "auto"

    play(scene, tmp_path)


def test_a_choice_is_made_from_a_list(tmp_path):
    async def scene(lab):
        await go_to(lab, "data.name")
        await lab.press("enter")
        await lab.until_shown("digits", "Handwritten digits" if "Handwritten digits" in lab.text else "1797")
        offered = lab.app.screen.query_one(OptionList).options
        assert [str(option.prompt).split()[0] for option in offered] == list(SOURCES)
        await lab.press("down", "j", "k", "escape")
        await lab.until(lambda: focused_key(lab) == "data.name")
        assert lab.controller.draft["data"]["name"] == "births", "esc gives up"
        await lab.press("enter")
        await lab.until(lambda: isinstance(lab.app.focused, OptionList))
        for _ in range(list(SOURCES).index("digits") - list(SOURCES).index("births")):
            await lab.press("down")
        await lab.press("enter")
        await lab.until(lambda: lab.controller.draft["data"] == {"name": "digits"})
        await lab.until(lambda: value_shown(lab, "name") == "digits")
        await lab.until_shown("digits 32 relu")  # the page is called after its data

    play(scene, tmp_path)


def test_letters_jump_to_a_choice(tmp_path):
    async def scene(lab):
        await go_to(lab, "data.name")
        await lab.press("enter")
        await lab.until(lambda: isinstance(lab.app.focused, OptionList))

        def reached():
            return list(SOURCES)[lab.app.screen.query_one(OptionList).highlighted]

        for keys, name in (("fi", "file"), ("w", "wine"), ("sp", "spiral"), ("zz", "spiral"), ("moo", "moons")):
            await lab.press(*keys)
            await lab.until(lambda name=name: reached() == name)
        await lab.press("enter")
        await lab.until(lambda: lab.controller.draft["data"] == {"name": "moons"})

    play(scene, tmp_path)


def test_a_low_screen_shows_one_panel_and_a_tall_one_all(tmp_path):
    async def scene(lab):
        await lab.until(lambda: opened_panels(lab) == [0])
        for place in (1, 2, 3):
            await lab.press(str(place + 1))
            await lab.until(lambda place=place: opened_panels(lab) == [place])
        # Closed, a panel says in a line what it holds.
        await lab.until_shown("1 Data  births")
        while focused_key(lab) != "training.epochs":
            await lab.press("up")
        await lab.until(lambda: opened_panels(lab) == [2])
        await lab.pilot.resize_terminal(120, 60)
        await lab.until(lambda: opened_panels(lab) == [0, 1, 2, 3])
        # What a panel is told at once is on the screen with the next layout.
        await lab.until_shown("lags", "hidden", "learning rate", "choose by")
        await lab.pilot.resize_terminal(80, 24)
        await lab.until(lambda: opened_panels(lab) == [2])
        assert focused_key(lab) == "training.epochs"

    play(scene, tmp_path, size=(80, 24))


def test_a_screen_too_small_says_so_and_comes_back(tmp_path):
    async def scene(lab):
        for width, height in [(50, 10), (59, 40), (200, 15), (1, 1)]:
            await lab.pilot.resize_terminal(width, height)
            if width > 1:
                await lab.until_shown(f"{width}×{height}", "60×16")
            await lab.press("down", "up", "right", "left")
            await lab.pilot.resize_terminal(60, 16)
            await lab.until(lambda: "needs 60×16" not in lab.text and "1 Data" in lab.text)

    play(scene, tmp_path)


def test_notes_save_themselves(tmp_path):
    path = saved_page(tmp_path, "noted", notes="before")

    async def scene(lab):
        lab.controller.open(path)
        await lab.app._lab.show_page()
        await lab.press("n")
        await lab.until(lambda: lab.app.focused is lab.app.screen._notes)
        await lab.press("end")
        await lab.type(" q was wrong")
        await lab.until(lambda: pages_in(tmp_path)[0].notes == "before q was wrong")
        await lab.press("escape")
        assert focused_key(lab) == "data.name"
        assert not lab.controller.trains

    play(scene, tmp_path)


def test_notes_of_a_page_that_trains_come_with_it(tmp_path):
    async def scene(lab):
        await lab.press("n")
        await lab.type("my note")
        await lab.press("escape", "r")
        await lab.until_over()

    play(scene, tmp_path, draft=SMALL)
    assert pages_in(tmp_path)[0].notes == "my note"


def test_a_page_that_was_never_trained_can_be_saved(tmp_path):
    async def scene(lab):
        await lab.press("ctrl+s")
        await lab.until(lambda: lab.hint.startswith("saved"))
        await lab.press("c")
        await lab.until(lambda: lab.controller.page is None)

    play(scene, tmp_path)
    (page,) = pages_in(tmp_path)
    assert page.record is None
    assert page.experiment.data.lags == 7


def test_panels_that_say_something_else_than_the_page_are_told(tmp_path):
    async def scene(lab):
        lab.controller.open(saved_page(tmp_path))
        await lab.app._lab.show_page()
        assert "panels changed" not in lab.text
        await go_to(lab, "training.learning_rate")
        await lab.press("right")
        await lab.until_shown("panels changed: r starts a new page")

    play(scene, tmp_path)


def test_the_help_lists_all_keys_and_finds_some(tmp_path):
    async def scene(lab):
        await lab.press("question_mark")
        await lab.until_shown("type to search", GROUPS[0][0])
        await lab.type("epoch")
        await lab.until_shown("train one epoch, then hold", "one epoch back")
        assert "dark or light colours" not in lab.text
        await lab.type("zzz")
        await lab.until_shown("nothing found")
        await lab.press("escape")
        await lab.until_shown("press r to train")

    play(scene, tmp_path)


def test_the_command_palette_does_what_the_keys_do(tmp_path):
    async def scene(lab):
        names = {command.title: command for command in lab.app.get_system_commands(lab.app.screen)}
        assert {"Run", "Open", "Theme", "Help", "Quit"} <= set(names)
        await names["Training"].callback()
        await lab.until(lambda: focused_key(lab) == "training.loss")
        await names["Help"].callback()
        await lab.until_shown("type to search")
        await lab.press("escape")
        await lab.press("ctrl+p")
        await lab.type("theme")
        await lab.until_shown("dark or light colours (t)")
        await lab.press("enter")
        await lab.until(lambda: lab.app.theme == "textual-light")

    play(scene, tmp_path)


def test_every_key_of_the_lab_can_be_pressed_before_anything_trains(tmp_path):
    async def scene(lab):
        for title, commands in GROUPS[:2]:
            for command in commands:
                for key in command.keys.split(","):
                    if command.action not in {"run", "app.library"}:
                        await lab.press(key)
                        await lab.press("escape")
                        assert lab.app.is_running, f"{key} ({title}) ended the notebook"
        assert lab.app.screen is lab.app._lab

    play(scene, tmp_path, size=(80, 24))


def test_keys_leave_no_widgets_behind(tmp_path):
    # An app that an earlier test of this process has opened may be there still, and go at any time.
    earlier = WeakSet(all_widgets())

    async def scene(lab):
        def widgets():
            return Counter(type(widget).__name__ for widget in all_widgets() if widget not in earlier)

        await lab.press("down", "up")
        await lab.until_shown("q Quit")
        before = widgets()
        assert {"Field", "FooterKey"} <= set(before)
        for _ in range(5):
            await lab.press("down", "up")
        # Counters subtract to what is left over.
        await lab.until(lambda: not widgets() - before)

    play(scene, tmp_path, size=(80, 24))


def test_rarer_settings_are_a_key_away_and_stay_where_they_are_set(tmp_path):
    async def scene(lab):
        await go_to(lab, "model.more")
        assert "convolution" not in lab.text
        await lab.press("enter")
        await lab.until_shown("normalization", "residual", "convolution")
        assert focused_key(lab) == "model.more"
        await lab.press("down", "right")
        await lab.until(lambda: lab.controller.draft["model"].get("normalization") == "layer")
        await go_to(lab, "model.more")
        await lab.press("left")
        await lab.until(lambda: "convolution" not in lab.text)
        # What is set is no longer one of the rest.
        assert value_shown(lab, "normalization") == "layer"
        assert "2 settings" in value_shown(lab, "more")

    play(scene, tmp_path, size=(80, 24))


def test_early_stopping_is_stepped_typed_and_forgotten(tmp_path):
    async def scene(lab):
        await go_to(lab, "training.early_stopping")
        assert value_shown(lab, "early stopping") == "none"
        await lab.press("right")
        await lab.until(lambda: lab.controller.draft["training"].get("early_stopping") == {"patience": 10})
        await lab.press("enter")
        await lab.type("7, 0.5")
        await lab.press("enter")
        wanted = {"patience": 7, "min_delta": 0.5}
        await lab.until(lambda: lab.controller.draft["training"].get("early_stopping") == wanted)
        await lab.press("enter")
        await lab.type("x")
        await lab.press("enter")
        await lab.until(lambda: "✗" in lab.hint)
        await lab.press("escape", "delete")
        await lab.until(lambda: "early_stopping" not in lab.controller.draft["training"])
        await lab.until(lambda: value_shown(lab, "early stopping") == "none")

    play(scene, tmp_path, size=(80, 24))
