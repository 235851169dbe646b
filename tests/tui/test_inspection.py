"""Looking into networks: by command, on the screen, and where it cannot be."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest
from notebook import SMALL, play, saved_page

from tui import insight
from tui.cli import main
from tui.screens.inspection import InspectionScreen

BARE = SMALL | {"baselines": False}


@pytest.fixture
def trained(tmp_path, capsys):
    """A page with its weights, as the command line leaves it."""
    file = tmp_path / "small.toml"
    file.write_text(
        '[data]\nname = "wine"\n[model]\nhidden = [8]\n[training]\nepochs = 5\n[validation]\nmethod = "k-fold"\nk = 3\n'
    )
    assert main(["run", str(file), "--json", "--workers", "1", "--sessions", str(tmp_path / "pages")]) == 0
    page = json.loads(capsys.readouterr().out)["session"]
    return tmp_path / "pages", page


def test_the_command_says_where_a_run_stands(trained, capsys):
    folder, page = trained
    assert main(["inspect", page, "--sessions", str(folder)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("refit: It stands on a")
    for word in ("gradient", "curvature", "dense 1", "dense 2", "hidden 1", "dead"):
        assert word in said
    assert main(["inspect", page, "--run", "2", "--json"]) == 0
    seen = json.loads(capsys.readouterr().out)
    assert seen["label"] == "fold 2/3"
    assert seen["place"] in {"minimum", "saddle", "plateau", "slope"}
    assert len(seen["layers"]) == len(seen["gradient_norms"]) == 2
    assert seen["lowest"] <= seen["highest"]


def test_what_cannot_be_looked_into_is_one_line(trained, tmp_path, capsys):
    folder, page = trained
    weights = next(folder.glob("*.npz"))

    def refused(*arguments):
        assert main(["inspect", *arguments]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.count("\n") == 1
        return captured.err

    assert "there is no run 9" in refused(page, "--run", "9")
    whole = weights.read_bytes()
    np.savez(weights, run_3_final=np.zeros(7, dtype=np.float32))
    assert "are not those that the page was saved with" in refused(page)
    assert "no weights of run 1" in refused(page, "--run", "1")
    np.savez(weights, run_3_final=np.array([{"a": 1}], dtype=object))
    assert "cannot be read" in refused(page)
    weights.write_bytes(whole[: len(whole) // 2])
    assert "cannot be read" in refused(page)
    weights.unlink()
    assert "the page has no weights" in refused(page)
    never = saved_page(tmp_path / "more", "never", record=None)
    assert "there is no run" in refused(str(never))


def test_the_screen_shows_it_and_leads_to_the_other_runs(tmp_path):
    async def scene(lab):
        await lab.press("i")
        assert "no run to look into" in lab.hint
        await lab.press("r")
        await lab.until_over()
        await lab.press("i")
        await lab.until(lambda: isinstance(lab.app.screen, InspectionScreen))
        await lab.until_shown("refit", "It stands on a", "dense 2", "hidden 1", "dead")
        await lab.press("left")
        await lab.until_shown("fold 3/3", "It stands on a")
        await lab.press("escape")
        await lab.until(lambda: not isinstance(lab.app.screen, InspectionScreen))

    play(scene, tmp_path, draft=SMALL, size=(80, 24))


def test_what_trains_is_looked_into_again_and_again(tmp_path):
    async def scene(lab):
        await lab.press("r")
        await lab.until_training()
        await lab.press("i")
        await lab.until_shown("It stands on", ", training", "dense 1", "━")
        before = re.search(r"epoch (\d+), training", lab.text)[1]
        await lab.until(lambda: f"epoch {before}, training" not in lab.text and ", training" in lab.text)
        epoch = lab.controller.record.runs[0].epoch
        await lab.until_training(epoch + 1)
        await lab.press("escape", "p")
        await lab.until_paused()
        await lab.press("i")
        await lab.until_shown(f"run · epoch {lab.controller.record.runs[0].epoch}", "It stands on")
        assert ", training" not in lab.text
        await lab.press("escape", "x")
        await lab.until_over()
        await lab.press("i")
        await lab.until_shown("It stands on")
        assert "epoch" not in lab.text.partition("It stands on")[0].rpartition("run")[2]

    play(scene, tmp_path, draft=BARE | {"training": {"epochs": 1_000_000}, "validation": {"method": "none"}})


def test_folds_that_have_ended_are_looked_into_while_others_train(tmp_path):
    draft = BARE | {"training": {"epochs": 3}, "validation": {"method": "k-fold", "k": 3, "refit": False}}

    async def scene(lab):
        await lab.press("r")
        await lab.until_over()
        await lab.press("i", "left")
        await lab.until_shown("fold 2/3", "It stands on")

    play(scene, tmp_path, draft=draft)


def test_what_is_longer_than_the_screen_scrolls(tmp_path):
    async def scene(lab):
        await lab.press("r")
        await lab.until_over()
        await lab.press("i")
        await lab.until_shown("It stands on")
        assert "esc closes" not in lab.text
        await lab.press("pagedown", "pagedown")
        await lab.until_shown("esc closes")
        await lab.press("pageup", "pageup", "down", "up")
        await lab.until_shown("It stands on")

    play(scene, tmp_path, draft=BARE | {"model": {"hidden": [4] * 8}}, size=(80, 24))


def test_bars_count_powers_of_ten():
    assert insight.bars((1.0, 0.1, 1e-3, 1e-6, 1e-9, 0.0, math.nan)) == ["━" * n for n in (12, 10, 6, 0, 0, 0, 0)]
    assert insight.bars((0.0, 0.0)) == ["", ""]
    assert insight.bars((math.inf, 2.0)) == ["", "━" * 12]
