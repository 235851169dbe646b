"""The learning-rate range test by command and on the screen, and where it cannot be."""

from __future__ import annotations

import json

import pytest
from notebook import SMALL, play

from engine.events import RatesTried
from tui import insight
from tui.cli import main
from tui.plots.chart import compose
from tui.plots.curves import plot_of_rates
from tui.screens.range_test import RangeTestScreen

WINE = '[data]\nname = "wine"\n[model]\nhidden = [8]\n[training]\noptimizer = "sgd"\n'


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "wine.toml"
    path.write_text(WINE)
    return path


def test_the_command_draws_the_loss_over_the_rate(file, capsys):
    assert main(["find-rate", str(file)]) == 0
    said = capsys.readouterr().out
    first, _, drawn = said.partition("\n")
    assert first.startswith("Try 0.")
    assert "the loss falls from" in first
    for word in ("training loss", "learning rate", "1e-6", "0.01", f"▲ try {first.split()[1][:-1]}", "5 starts"):
        assert word in drawn
    assert max(map(len, drawn.splitlines())) <= 79


def test_json_has_every_start(file, capsys):
    assert main(["find-rate", str(file), "--json", "--set", "training.optimizer=adam"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["suggested"] in said["rates"] or said["suggested"] > 0
    assert len(said["starts"]) == 5
    for start in said["starts"]:
        assert start["before"] > 0
        assert len(start["losses"]) == len(said["rates"])


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("training.optimizer=closed-form", "line 4: model.hidden has no closed form"),
        ("training.loss=cross-entrophy", "did you mean cross-entropy?"),
        ("validation.k=0", "validation.k"),
        ("nonsense", "is not KEY=VALUE"),
    ],
)
def test_what_cannot_be_is_one_line(file, capsys, override, says):
    assert main(["find-rate", str(file), "--set", override]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert says in captured.err


def test_a_file_that_is_not_there(tmp_path, capsys):
    assert main(["find-rate", str(tmp_path / "none.toml")]) == 2
    assert "none.toml" in capsys.readouterr().err


def test_the_screen_hands_the_rate_to_the_panel(tmp_path):
    async def scene(lab):
        await lab.press("f")
        await lab.until(lambda: isinstance(lab.app.screen, RangeTestScreen))
        await lab.until_shown("Try 0", "▲ try", "learning rate")
        suggested = lab.app.screen._suggested
        await lab.press("enter")
        await lab.until(lambda: "learning_rate" in lab.controller.draft["training"])
        assert lab.controller.draft["training"]["learning_rate"] == suggested
        assert "as the range test suggests" in lab.hint
        await lab.press("f")
        await lab.until_shown("▲ try")
        await lab.press("escape")
        assert lab.controller.draft["training"]["learning_rate"] == suggested

    play(scene, tmp_path, draft=SMALL, size=(80, 24))


def test_the_screen_says_what_has_no_rate(tmp_path):
    async def scene(lab):
        await lab.press("f")
        await lab.until_shown("✗ training.optimizer takes no steps")
        await lab.press("enter")
        await lab.settle()
        assert lab.controller.draft["training"] == {"optimizer": "closed-form"}

    linear = {"data": {"name": "line"}, "training": {"optimizer": "closed-form"}, "validation": {"method": "none"}}
    play(scene, tmp_path, draft=linear)


def seen(losses, suggested, before=(1.0,)):
    rates = tuple(10.0**power for power in range(-6, -6 + len(losses)))
    return RatesTried(rates, before, {"1": tuple(losses)}, suggested)


def test_words():
    fell, loss = insight.verdict_on_rates(seen([1.0, 0.9, 0.5, 0.8, 1.0], 5e-5)).split(". ")
    assert fell == "Try 5e-5"
    assert loss == "As the rate rises the loss falls from 1.000 to 0.5000 at 0.0001, from 0.01 on it is thrown up."
    never = insight.verdict_on_rates(seen([1.0, 1.0, float("inf")], None))
    assert never.startswith("No rate from 1e-6 to 0.0001 lowers the loss of 1.000")
    calm = insight.verdict_on_rates(seen([1.0, 0.9], 1e-6))
    assert calm.endswith("to 0.9000 at 1e-5.")


def test_losses_of_any_size_are_drawn():
    for losses in ([float("nan")] * 3, [0.0, 0.0], [1.0, float("inf"), 1e300], [2.0]):
        assert compose(plot_of_rates(seen(losses, None)), 60, 12).cells.text()
