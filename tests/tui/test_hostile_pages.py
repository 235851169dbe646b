"""No text of a page, wherever it stands on it, steers the terminal of whoever reads the page on the command line."""

from __future__ import annotations

import re
import tomllib

import pytest
import tomli_w
from notebook import saved_page

from tui.cli import main

STEERS = "\x1b]52;c;aGk=\x07\x9b31m\u202e"
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
COMMANDS = (
    ["list"],
    ["show", "wine"],
    ["show", "wine", "--runs"],
    ["compare", "wine", "other"],
    *(["export", "wine", "--to", form] for form in ("csv", "json", "md", "svg")),
    ["replay", "wine", "--plain"],
    ["verify", "wine", "--json"],
)


def places_of(value, found=()):
    """Return the way to each text of a value."""
    if isinstance(value, str):
        return [found]
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way for key, one in pairs for way in places_of(one, (*found, key))]


def put(body, way):
    for key in way[:-1]:
        body = body[key]
    body[way[-1]] += STEERS


@pytest.fixture(name="folder")
def _folder(tmp_path):
    """Return a folder with two pages of which every text that may be anything steers."""
    for name in ("wine", "other"):
        path = saved_page(tmp_path, name, title="one", notes="two", tags=("three",))
        body = tomllib.loads(path.read_text())
        body["record"]["salvaged"] = "S"
        for way in places_of(body):
            if way[0] in {"record", "title", "notes", "tags"} and way[-1] not in {"checksum", "role"}:
                put(body, way)
        path.write_text(tomli_w.dumps(body))
    return tmp_path


def test_nothing_of_a_page_steers_the_terminal(folder, capsys):
    shown = 0
    for command in COMMANDS:
        status = main(["--sessions", str(folder), *command])
        said = capsys.readouterr()
        assert not STEERING.search(said.out + said.err), command
        assert said.out or status, command
        shown += status == 0
    assert shown >= len(COMMANDS) - 2
