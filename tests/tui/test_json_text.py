"""JSON for scripts: it says the same, stays readable, and holds nothing that steers a terminal."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notebook import HOSTILE, STEERING, saved_page

import tui
from tui.cli import main
from tui.cli.json_text import json_text

# Two lone surrogates beside each other would come back as the one character that they spell.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@given(st.recursive(TEXTS | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner)))
def test_it_says_what_was_given_in_characters_that_can_be_printed(value):
    text = json_text(value)
    text.encode()
    assert json.loads(text) == value
    assert not (STEERING | BIDIRECTIONAL) & set(text)


def test_hidden_characters_are_written_out_and_letters_stay():
    hidden = "".join(map(chr, (0x7F, 0x85, 0x9B, 0x9F, 0x200B, 0x200F, 0x2028, 0x202E, 0x2060, 0x2069, 0xFEFF, 0xD800)))
    assert json_text(hidden) == '"' + "".join(f"\\u{ord(character):04x}" for character in hidden) + '"'
    readable = "价格 größe ção Ελ 🙂 e\u0301"
    assert json_text({readable: 1.5}) == f'{{"{readable}": 1.5}}'
    assert json_text("\\" + "\u202e") == r'"\\\u202e"'
    with pytest.raises(ValueError, match="JSON"):
        json_text(float("nan"))


def test_every_command_prints_its_json_through_it():
    for path in Path(tui.__file__).parent.rglob("*.py"):
        if path.name != "json_text.py":
            assert not re.search(r"json\.dumps|ensure_ascii", path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_titles_and_columns_come_to_scripts_whole_and_to_terminals_harmless(tmp_path, capsys, kind):
    pages = tmp_path / "pages"
    bad = HOSTILE[kind].replace("\r", "")
    saved_page(pages, "one", title=bad)
    column = bad.replace('"', "")
    (tmp_path / "bad.csv").write_text(f'"{column}",y\n1,2\n2,3\n3,1\n' + "4,2\n" * 9, encoding="utf-8")
    for command in (["list"], ["show", "one"], ["data", tmp_path / "bad.csv"]):
        assert main([*map(str, command), "--json", "--sessions", str(pages)]) == 0
        out = capsys.readouterr().out
        assert not STEERING & set(out.replace("\n", ""))
        assert json.dumps(column.strip()) in json.dumps(json.loads(out))


def test_a_run_with_hostile_columns_comes_to_scripts_whole_and_to_terminals_harmless(tmp_path, capsys):
    columns = [text.replace('"', "").replace("\r", "") for text in HOSTILE.values()]
    header = ",".join(f'"{column}"' for column in columns)
    rows = "".join(",".join([str(row)] * len(columns)) + f",{row % 3}\n" for row in range(12))
    (tmp_path / "bad.csv").write_text(f"{header},y\n{rows}", encoding="utf-8")
    # One layer without units between: its coefficients are told by the columns' names.
    (tmp_path / "bad.toml").write_text(
        '[data]\nfile = "bad.csv"\n[model]\nhidden = []\n[training]\nepochs = 1\n[validation]\nmethod = "none"\n'
    )
    assert main(["run", str(tmp_path / "bad.toml"), "--json", "--sessions", str(tmp_path / "pages")]) == 0
    out = capsys.readouterr().out
    assert not STEERING & set(out.replace("\n", ""))
    (run,) = json.loads(out)["runs"]
    assert set(run["coefficients"]) == {*(column.strip() for column in columns), "intercept"}
