"""A sweep in the app: typed into a panel, counted, trained, and looked at."""

from __future__ import annotations

from dataclasses import replace

from notebook import HOSTILE, assert_harmless, focused_key, go_to, pages_in, play, value_shown
from textual.widgets import Input

from sessions.record import Record, RunRecord
from tui.screens.run_lines import ManyLines, aligned, table_of
from tui.screens.runs import RunsTable

SWEPT = {
    "data": {"name": "wine"},
    "training": {"epochs": 3},
    "validation": {"method": "k-fold", "k": 3},
    "sweep": {"training.learning_rate": [0.001, 0.01, 0.1]},
}
RATE = "training.learning_rate"


def view(lab):
    return lab.app.screen.query_one("#settings")


def test_several_values_are_typed_shown_counted_and_taken_back(tmp_path):
    async def scene(lab):
        await go_to(lab, RATE)
        await lab.press("vertical_line")
        await lab.until(lambda: isinstance(lab.app.focused, Input))
        assert lab.app.focused.value == "0.001 | "
        await lab.until(lambda: "several values, separated by |" in lab.hint)
        await lab.type("0.01")
        await lab.press("enter")
        await lab.until(lambda: lab.controller.draft.get("sweep") == {RATE: [0.001, 0.01]})
        await lab.until(lambda: value_shown(lab, "learning rate") == "0.001 | 0.01")
        await lab.until_shown("· 2 settings")
        await lab.until(lambda: lab.hint.startswith("swept: 2 values"))
        await lab.press("right")
        await lab.until(lambda: "✗" in lab.hint and "enter edits the list" in lab.hint)
        await go_to(lab, "validation.method")
        await lab.press("right")
        await lab.until_shown("2 settings × 5 folds = 10 runs", "10 runs")
        for _ in range(5):
            await lab.press("down")
        await lab.until(lambda: focused_key(lab) == "sweep.sample")
        await lab.until_shown("sample")
        assert value_shown(lab, "sample") == "all"
        await go_to(lab, RATE)
        await lab.press("enter")
        await lab.until(lambda: isinstance(lab.app.focused, Input))
        await lab.press("escape")
        await lab.until(lambda: focused_key(lab) == RATE)
        await lab.press("backspace")
        await lab.until(lambda: "sweep" not in lab.controller.draft)
        await lab.until(lambda: lab.app.focused.row.text == "0.001")
        assert focused_key(lab) == RATE

    play(scene, tmp_path)


def test_a_choice_is_swept_by_typing(tmp_path):
    async def scene(lab):
        await go_to(lab, "model.activation")
        await lab.press("vertical_line")
        await lab.until(lambda: isinstance(lab.app.focused, Input))
        await lab.type("tanh")
        await lab.press("enter")
        await lab.until(lambda: lab.controller.draft["sweep"] == {"model.activation": ["relu", "tanh"]})
        await lab.until(lambda: focused_key(lab) == "model.activation")
        await lab.press("enter")
        await lab.until(lambda: isinstance(lab.app.focused, Input))
        assert lab.app.focused.value == "relu | tanh", "its list is edited, not chosen from"
        await lab.press("escape")

    play(scene, tmp_path)


def test_a_sweep_that_cannot_be_leaves_no_page_behind(tmp_path):
    async def scene(lab):
        await lab.take(SWEPT | {"validation": {"method": "none"}})
        await lab.until_shown("needs rows that validate")
        await lab.press("r")
        await lab.until(lambda: any("needs rows that validate" in notice for notice in lab.notices))
        assert not lab.controller.trains

    play(scene, tmp_path)
    assert pages_in(tmp_path) == []


def test_the_settings_show_themselves_at_the_end_and_the_curves_are_a_key_away(tmp_path):
    async def scene(lab):
        await lab.press("r")
        await lab.until_over()
        await lab.until_shown("loss over learning_rate (log), mean of 3 folds", "▲ chosen", "best by validation loss")
        assert focused_key(lab) == "data.name", "the focus stays where it was"
        await lab.press("m")
        await lab.until_shown("accuracy over learning_rate")
        await lab.until(lambda: lab.hint == "drawn: accuracy")
        await lab.press("5")
        await lab.until(lambda: lab.app.focused is view(lab))
        await lab.press("w")
        await lab.until_shown("epoch 3", "solid: train")
        await lab.until(lambda: lab.app.focused is lab.app.screen.query_one(RunsTable))
        await lab.press("escape", "w")
        await lab.until_shown("accuracy over learning_rate")
        await lab.press("v")
        await lab.until_shown("Replay")
        await lab.press("end")
        await lab.until_shown("loss over learning_rate")
        await lab.press("w")
        await lab.until_shown("solid: train")

    play(scene, tmp_path, draft=SWEPT, size=(80, 24))


def test_a_table_of_settings_scrolls_between_its_title_and_its_words(tmp_path):
    async def scene(lab):
        lab.controller.page = replace(lab.controller._new_page(), record=many())
        lab.controller.version += 1
        await lab.until_shown("learning", "best by validation loss", "★")
        await lab.press("5")
        before = lab.text
        await lab.until(lambda: lab.app.focused is view(lab) and view(lab).show_vertical_scrollbar)
        await lab.press("pagedown", "down", "j")
        await lab.until(lambda: lab.text != before and "★" not in lab.text)
        assert "best by validation loss" in lab.text
        assert "val. loss" in lab.text
        await lab.press("pageup", "pageup", "k")
        await lab.until_shown("★")
        await lab.press("t", "l")
        await lab.until_shown("★")

    play(scene, tmp_path, size=(80, 24))


def test_hostile_values_are_harmless(tmp_path):
    async def scene(lab):
        for keys in (["data.target"], ["data.target", "data.features"], ["data.target", "data.features", "data.date"]):
            for payload in HOSTILE.values():
                settings = tuple({key: [payload, value] for key in keys} for value in ("a", "b"))
                runs = tuple(run(n, f"{payload}={n}") for n in (0, 1))
                lab.controller.page = replace(
                    lab.controller._new_page(), record=Record("finished", runs, settings=settings)
                )
                lab.controller.version += 1
                await lab.settle()
                assert_harmless(lab)
            await lab.press("w")
            assert_harmless(lab)
            await lab.press("w")

    play(scene, tmp_path, size=(80, 24))


def test_hostile_values_can_be_edited_and_stay_what_they_are(tmp_path):
    values = [[HOSTILE["clear"]], [HOSTILE["direction"]]]

    async def scene(lab):
        await lab.take({"data": {"name": "wine"}, "sweep": {"data.features": values}})
        await go_to(lab, "data.features")
        await lab.press("enter")
        await lab.until(lambda: isinstance(lab.app.focused, Input))
        await lab.settle()
        assert_harmless(lab)
        await lab.press("enter")
        await lab.until(lambda: focused_key(lab) == "data.features")
        assert lab.controller.draft["sweep"] == {"data.features": values}

    play(scene, tmp_path, size=(80, 24))


def run(setting, label, fold=1):
    figures = {"loss": 1.0 + setting}
    return RunRecord(label, setting=setting, fold=fold, status="finished", train=figures, validation=figures)


def many():
    settings = [
        {RATE: rate / 100, "model.hidden": [hidden], "model.activation": name}
        for rate in range(1, 11)
        for hidden in (4, 8, 16)
        for name in ("relu", "tanh")
    ]
    runs = tuple(
        run(n, f"learning_rate={settings[n][RATE]} · hidden=[1] · activation=relu · fold {fold}/4", fold)
        for n in range(60)
        for fold in (1, 2, 3, 4)
    )
    return Record("finished", runs, settings=tuple(settings), chosen=0, chosen_by="loss")


def test_many_runs_are_listed_as_few_are():
    record = many()
    for width in (49, 60, 82, 120):
        lines = ManyLines(record, width)
        header, rows = table_of(record, width)
        assert len(lines) == len(rows) + 1
        few = aligned([header, *rows])
        assert [line.split() for line in (lines[0], lines[1], lines[-1])] == [
            line.split() for line in (few[0], few[1], few[-1])
        ]
        assert all(len(line) <= width for line in lines)


def test_a_narrow_table_of_a_sweep_still_has_figures():
    header, rows = table_of(many(), 49)
    assert header[-1] == "val. loss"
    assert rows[0] == ["0.01 · [1] · relu · fold 1/4", "✓", "1.000"]


def test_a_sweep_has_no_row_of_means():
    assert all("mean" not in row[0] for row in table_of(many(), 120)[1])
