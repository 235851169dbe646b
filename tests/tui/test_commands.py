"""The table of commands, held against the screens that use it and the pages that list it."""

from __future__ import annotations

import inspect
import re
from itertools import chain
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.keys import KEY_NAME_REPLACEMENTS, _character_to_key
from textual.widget import Widget

from tui import commands
from tui.app import Lossbook
from tui.commands import COMPARISON, EVERYWHERE, FORM, GROUPS, LAB, LIBRARY, NAMES, REPLAY
from tui.panels.field import Field
from tui.screens.compare import CompareScreen
from tui.screens.help import keys_matching
from tui.screens.lab import LabScreen
from tui.screens.library import LibraryScreen
from tui.screens.replay import ReplayScreen

README = Path(__file__).parents[2] / "README.md"
# Which commands a person has at once, and the classes that do them, nearest first.
SCREENS = {
    "lab": ((*FORM, *LAB, *EVERYWHERE), (Field, LabScreen, Lossbook)),
    "library": ((*LIBRARY, *EVERYWHERE), (LibraryScreen, Lossbook)),
    "comparison": ((*COMPARISON, *EVERYWHERE), (CompareScreen, Lossbook)),
    "replay": ((*REPLAY, *EVERYWHERE), (ReplayScreen, Lossbook)),
}
OWNERS = [
    (FORM, Field),
    (LAB, LabScreen),
    (LIBRARY, LibraryScreen),
    (REPLAY, ReplayScreen),
    (COMPARISON, CompareScreen),
    (EVERYWHERE, Lossbook),
]
ALL = [command for _, group in GROUPS for command in group]


def keys(command):
    return command.keys.split(",")


@pytest.mark.parametrize("name", SCREENS)
def test_no_key_means_two_things_on_one_screen(name):
    here = [key for command in SCREENS[name][0] for key in keys(command)]
    assert sorted(here) == sorted(set(here))


@pytest.mark.parametrize("name", SCREENS)
def test_each_command_of_a_screen_has_an_id_of_its_own(name):
    ids = [binding.id for binding in commands.bindings(SCREENS[name][0])]
    assert all(ids)
    assert sorted(ids) == sorted(set(ids))


def test_every_group_is_listed():
    groups = [group for _, group in GROUPS]
    assert [group for group, _ in OWNERS if group not in groups] == []
    assert len(groups) == len(OWNERS)


@pytest.mark.parametrize(
    ("command", "owner"), [(command, owner) for group, owner in OWNERS for command in group], ids=lambda x: str(x)[:40]
)
def test_every_command_can_be_done_where_its_key_is(command, owner):
    name, arguments = re.fullmatch(r"([a-z_.]+)(?:\((.*)\))?", command.action).groups()
    if name.startswith("app."):
        owner, name = Lossbook, name.removeprefix("app.")
    action = getattr(owner, f"action_{name}", None)
    assert callable(action), f"{owner.__name__} has no action_{name}"
    given = [int(part) for part in arguments.split(",")] if arguments else []
    inspect.signature(action).bind(owner, *given)


@pytest.mark.parametrize(("group", "owner"), OWNERS)
def test_every_command_is_bound_from_the_table(group, owner):
    bound = {binding.id: binding.key for binding in owner.BINDINGS if isinstance(binding, Binding) and binding.id}
    assert bound == {binding.id: binding.key for binding in commands.bindings(group)}


def test_no_screen_binds_a_key_beside_the_table():
    for group, owner in OWNERS:
        assert len(owner.BINDINGS) == len(group)


@pytest.mark.parametrize("key", sorted(set(chain.from_iterable(map(keys, ALL)))))
def test_every_key_has_a_name_that_textual_knows(key):
    *modifiers, last = key.split("+")
    assert set(modifiers) <= {"ctrl", "shift"}
    shown = NAMES.get(last, last)
    if len(shown) == 1 and shown.isascii():
        name = _character_to_key(shown)
        assert KEY_NAME_REPLACEMENTS.get(name, name) == last
    else:
        known = "f1 space enter escape backspace delete up down left right pageup pagedown home end"
        assert last in known.split()


def test_every_command_says_what_it_does_in_words():
    for command in ALL:
        assert command.label.strip()
        assert command.help.strip()
        assert not command.help.endswith(".")
        assert "_" not in command.shown_keys, "a key is shown by its name in the code"


def test_the_help_shows_every_command_and_the_search_finds_it_by_any_of_its_words():
    everything = keys_matching("", 80).plain
    for command in ALL:
        assert command.shown_keys in everything
        for words in (command.shown_keys, command.label.upper(), command.help):
            found = keys_matching(words, 400).plain
            assert command.help in found
    assert keys_matching("no such words", 80).plain == "nothing found"


def test_the_readme_lists_every_command():
    text = README.read_text(encoding="utf-8") if README.exists() else ""
    if "| key |" not in text:
        pytest.skip("the README has no table of commands yet")
    assert commands.as_markdown().strip() in text


def test_the_markdown_lists_every_command():
    text = commands.as_markdown()
    for title, group in GROUPS:
        assert f"**{title}**" in text
        for command in group:
            row = next(line for line in text.splitlines() if f"| {command.label} | {command.help} |" in line)
            # A bar would end the cell of the table.
            assert all(f"`{NAMES.get(key, key)}`" in row.replace("\\|", "|") for key in keys(command))
    assert issubclass(Field, Widget)
