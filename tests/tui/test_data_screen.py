"""The look at the data in the app."""

from __future__ import annotations

import threading
import time
from unittest.mock import patch

import pytest
from notebook import HOSTILE, assert_harmless, play

from engine.data import SOURCES
from tui.screens.data import DataScreen


def opened(lab):
    return isinstance(lab.app.screen, DataScreen)


LOOKS = [
    ({"name": "births", "lags": 7}, "births over time", "→ target"),
    ({"name": "digits"}, "Pictures (8 × 8 pixels)", "pixel-7-7"),
    ({"name": "moons", "rows": 90}, "● upper", "moons"),
    ({"name": "mnist-1d", "rows": 100}, "Signals (one row of each", "x40"),
]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_it_opens_scrolls_and_closes(tmp_path, size):
    async def look(lab, first, last):
        await lab.press("d")
        await lab.until(lambda: opened(lab))
        await lab.until_shown(first, "esc closes")
        view = lab.app.screen._view
        assert last in view.text
        top = view.scroll_offset.y
        await lab.press("j", "down")
        assert view.scroll_offset.y == min(top + 2, view.max_scroll_y)
        await lab.press("k", "up")
        assert view.scroll_offset.y == 0
        await lab.press("pagedown")
        assert view.scroll_offset.y == min(view.size.height - 1, view.max_scroll_y)
        await lab.press("pageup")
        assert view.scroll_offset.y == 0
        await lab.press("end")
        await lab.until_shown("→ target")
        await lab.press("home")
        await lab.until_shown(first)
        await lab.press("escape")
        await lab.until(lambda: not opened(lab))

    async def scene(lab):
        for draft, first, last in LOOKS:
            await lab.take({"data": draft})
            await look(lab, first, last)

    play(scene, tmp_path, size=size)


def test_settings_and_seed_are_those_of_the_panels(tmp_path):
    draft = {"data": {"name": "moons", "rows": 50, "noise": 0.0}, "seed": 3}

    async def scene(lab):
        await lab.press("d")
        await lab.until_shown("moons: 50 rows")
        text = lab.app.screen._view.text
        await lab.press("escape")
        await lab.take(draft | {"data": draft["data"] | {"noise": 0.5}})
        await lab.press("d")
        await lab.until(lambda: opened(lab) and "moons: 50 rows" in lab.text)
        noisy = lab.app.screen._view.text
        assert noisy != text
        await lab.press("escape")
        await lab.take({"data": draft["data"] | {"noise": 0.5}, "seed": 4})
        await lab.press("d")
        await lab.until(lambda: opened(lab) and "moons: 50 rows" in lab.text)
        assert lab.app.screen._view.text not in {text, noisy}

    play(scene, tmp_path, draft=draft)


def test_an_own_file_with_gaps_shows_its_columns_and_what_is_wrong(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("size,kind,price\n1,a,3\n,b,4\n5,a,9\n")

    async def scene(lab):
        await lab.press("d")
        await lab.until_shown("cannot be trained on as it is", "empty cells", "kind", "→ price")
        await lab.press("escape")
        await lab.take({"data": {"file": str(path), "name": "file", "missing": "drop"}})
        await lab.press("d")
        await lab.until_shown("left out", "→ price", "2 rows, 2 features")

    play(scene, tmp_path / "pages", draft={"data": {"name": "file", "file": str(path)}})


@pytest.mark.parametrize("text", ["", "a,b\n1\n"])
def test_a_bad_file_is_one_line(tmp_path, text):
    path = tmp_path / "bad.csv"
    path.write_text(text)

    async def scene(lab):
        await lab.press("d")
        await lab.until_shown("✗ /")
        said = "".join(lab.app.screen._view.text.split())
        assert str(path) in said
        assert ("isempty" if not text else "line2has1cells") in said
        assert lab.app.screen._view.text.count("✗") == 1
        await lab.press("escape")
        await lab.until(lambda: not opened(lab))

    play(scene, tmp_path / "pages", draft={"data": {"name": "file", "file": str(path)}}, size=(80, 24))


def test_text_from_a_file_is_shown_as_text(tmp_path):
    names = [text.replace('"', "").replace("\r", "") for text in HOSTILE.values()]
    path = tmp_path / f"{names[-4].replace('/', '')}.csv"
    header = ",".join(f'"{name}"' for name in names)
    path.write_text("\n".join([f"{header},y", *(f"{header},{number}" for number in range(9))]) + "\n")

    async def scene(lab):
        await lab.press("d")
        await lab.until(lambda: opened(lab) and "Columns (" in lab.app.screen._view.text)
        for _ in range(4):
            assert_harmless(lab)
            await lab.press("pagedown")

    play(scene, tmp_path / "pages", draft={"data": {"name": "file", "file": str(path)}})


def test_keys_are_taken_while_it_reads_and_closing_does_not_wait(tmp_path):
    go_on, reading = threading.Event(), threading.Event()
    load = SOURCES["wine"].load

    def slow(*arguments):
        reading.set()
        go_on.wait(20)
        return load(*arguments)

    async def scene(lab):
        with patch.object(SOURCES["wine"], "load", slow):
            await lab.press("d")
            await lab.until_shown("reading the data")
            await lab.until(reading.is_set)
            await lab.press("escape")
            await lab.until(lambda: not opened(lab))
            await lab.press("d")
            await lab.until(lambda: opened(lab))

    before = time.monotonic()
    play(scene, tmp_path, draft={"data": {"name": "wine"}})
    assert time.monotonic() - before < 15
    go_on.set()


def test_it_is_drawn_anew_where_the_size_changes_and_in_a_light_theme(tmp_path):
    async def scene(lab):
        await lab.press("d")
        await lab.until_shown("Pictures")
        await lab.pilot.resize_terminal(120, 40)
        await lab.until(lambda: "most frequent" in lab.app.screen._view.text)
        greys = {segment.style.bgcolor.name for strip in lab.strips for segment in strip if "▀" in segment.text}
        assert {"#000000", "#ffffff"} <= greys
        colours = {segment.style.color for strip in lab.strips for segment in strip if "━━" in segment.text}
        lab.app.theme = "textual-light"
        await lab.until(
            lambda: {s.style.color for strip in lab.strips for s in strip if "━━" in s.text}.isdisjoint(colours)
        )

    play(scene, tmp_path, draft={"data": {"name": "digits"}}, size=(80, 24))
