"""Text from outside reaches the screen as text: titles, notes, names of files, what is typed and pasted."""

from __future__ import annotations

from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st
from notebook import HOSTILE, SMALL, assert_harmless, play, saved_page
from textual.events import Paste

from engine.errors import LabError
from sessions import codec
from tui.screens.library import LibraryScreen
from tui.screens.replay import ReplayScreen
from tui.text import masked, safe

EVERYTHING = " ".join(HOSTILE.values())


@given(st.text(st.characters(exclude_categories=[]) | st.sampled_from(EVERYTHING + "\n\t\ud800")))
def test_a_masked_text_has_a_visible_sign_for_each_character(text):
    shown = masked(text)
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    assert len(shown) == len(lines)
    for sign, character in zip(shown, lines, strict=True):
        assert sign == character if character in "\n\t" else safe(sign) == sign
    assert masked(shown) == shown


def test_pages_with_it_everywhere(tmp_path):
    paths = {}
    for name, payload in HOSTILE.items():
        written = saved_page(tmp_path, "one", title=payload, notes=f"{payload}\n{payload}", tags=(payload,))
        stem = payload.replace("/", "")
        paths[name] = written.rename(tmp_path / f"{stem}.toml")
        (tmp_path / f"bad {stem}.toml").write_text(f'title = """{payload}', encoding="utf-8")

    async def scene(lab):
        await lab.press("o")
        await lab.until(lambda: isinstance(lab.app.screen, LibraryScreen))
        await lab.until_shown(f"{2 * len(HOSTILE)} pages")
        for _ in range(2 * len(HOSTILE)):
            assert_harmless(lab)
            await lab.press("down")
        await lab.press("enter")
        await lab.press("escape")
        await lab.until(lambda: lab.app.screen is lab.app._lab)
        for path in paths.values():
            lab.controller.open(path)
            await lab.app._lab.show_page()
            await lab.settle()
            # An editor knows one end of a line.
            assert lab.controller.notes.splitlines() == codec.read_page(path).notes.splitlines()
            assert_harmless(lab)
        for name in ("clipboard", "link"):
            lab.app.replay_page(paths[name])
            await lab.until(lambda: isinstance(lab.app.screen, ReplayScreen))
            await lab.until_shown("× · ")
            assert_harmless(lab)
            await lab.press("escape")
            await lab.until(lambda: lab.app.screen is lab.app._lab)

    play(scene, tmp_path)


def test_pasted_text_is_shown_as_text(tmp_path):
    async def scene(lab):
        await lab.press("n")
        lab.app.post_message(Paste(EVERYTHING))
        await lab.until(lambda: lab.controller.notes != "")
        await lab.settle()
        assert_harmless(lab)
        await lab.press("escape", "3", "down", "down", "enter")
        lab.app.post_message(Paste(EVERYTHING))
        await lab.settle()
        assert_harmless(lab)
        await lab.press("enter")
        await lab.until(lambda: "✗" in lab.hint)
        assert_harmless(lab)
        await lab.press("escape", "question_mark")
        lab.app.post_message(Paste(EVERYTHING))
        await lab.settle()
        assert_harmless(lab)
        await lab.press("escape", "o")
        await lab.until(lambda: isinstance(lab.app.screen, LibraryScreen))
        await lab.press("slash")
        lab.app.post_message(Paste(EVERYTHING))
        await lab.settle()
        assert_harmless(lab)

    play(scene, tmp_path)


def test_what_an_error_or_a_worker_says_is_shown_as_text(tmp_path):
    async def scene(lab):
        with patch.object(lab.controller, "save", side_effect=LabError(EVERYTHING, EVERYTHING)):
            await lab.press("ctrl+s")
            await lab.until(lambda: lab.notices)
        lab.controller.notices.append(EVERYTHING)
        await lab.until(lambda: len(lab.notices) > 1)
        await lab.settle()
        assert_harmless(lab)
        with patch.object(lab.controller, "train", side_effect=LabError(EVERYTHING)):
            await lab.press("r")
            await lab.until(lambda: len(lab.notices) > 2)
        assert_harmless(lab)

    play(scene, tmp_path)


def test_notes_with_anything_in_them_are_kept_as_they_are(tmp_path):
    path = saved_page(tmp_path, "one", SMALL, notes=EVERYTHING)
    before = codec.read_page(path).notes

    async def scene(lab):
        lab.controller.open(path)
        await lab.app._lab.show_page()
        await lab.press("n", "end")
        await lab.type("!")
        await lab.press("escape", "ctrl+s")
        await lab.until(lambda: codec.read_page(path).notes != before)

    play(scene, tmp_path)
    after = codec.read_page(path).notes
    assert after.count("!") == 1
    assert after.replace("!", "").splitlines() == before.splitlines()
