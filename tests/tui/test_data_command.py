"""`lossbook data`: pages for people, values for programs."""

from __future__ import annotations

import json
import re
from unittest.mock import patch

import numpy as np
import pytest
from notebook import HOSTILE, STEERING
from terminal import Terminal

from engine.data import SOURCES
from engine.errors import LabError
from tui.cli import main

ROWS = "day;size;kind\n" + "".join(f"2020-01-{day + 1:02};{day},5;{'ab'[day % 2]}\n" for day in range(20))


@pytest.fixture
def says(capsys):
    def call(*arguments):
        status = main(["data", *map(str, arguments)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


def test_births(says):
    status, out, _ = says("births")
    assert status == 0
    words = " ".join(out.split())
    for expected in ("# births", "2000-01-01", "lag 7 stands out: .91, its neighbours .39 and .40", "→ births"):
        assert expected in words
    assert "\x1b" not in out


def test_digits_are_shades_in_a_pipe_and_moons_have_markers(says):
    digits, moons = says("digits")[1], says("moons")[1]
    assert re.search(r"[░▒▓█]{3}", digits)
    assert "▀" not in digits
    assert "Classes (10)" in digits
    assert "● upper   ○ lower" in moons
    assert "data.noise = 0.1" in moons


def test_a_file_says_how_it_was_read(says, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(ROWS)
    status, out, _ = says(path)
    assert status == 0
    for expected in ("cells end at semicolons", "decimal comma", "20 rows", "2020-01-01 – 2020-01-20", "Classes (2)"):
        assert expected in out
    assert re.search(r"^→ kind +class", out, re.MULTILINE)


def test_what_cannot_be_read_is_one_line(says, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("a,b\n1,2\n3\n")
    for wrong in (path, tmp_path / "none.csv", tmp_path / ("x" * 300), tmp_path):
        status, out, errors = says(wrong)
        assert (status, out) == (2, "")
        assert errors.count("\n") == 1
    assert "line 3 has 1 cells" in says(path)[2]


AMBIGUOUS = "size;weight;kind\n" + "".join(f"{row},500;{row}5;{row % 2}\n" for row in range(1, 20))


@pytest.mark.parametrize(
    ("overrides", "status", "says_so"),
    [
        ([], 2, 'set data.decimal = "comma"'),
        (["data.decimal=comma"], 0, " size +number +1.500"),
        (["data.decimal=point"], 0, " size +words"),
        (["data.decimal=comma", "data.target=weight"], 0, "→ weight"),
        (["data.header=false", "data.decimal=point"], 0, r"cannot be trained on as it is: .*column-3\s+holds"),
        (["data.delimiter=comma"], 2, "line 2 has 2 cells"),
        (["data.decimal=comma", "data.encoding=latin-1"], 0, "größe"),
    ],
    ids=str,
)
def test_a_file_is_read_as_set_says(says, tmp_path, overrides, status, says_so):
    path = tmp_path / "own.csv"
    if "data.encoding=latin-1" in overrides:
        path.write_text(AMBIGUOUS.replace("size", "größe"), encoding="latin-1")
    else:
        path.write_text(AMBIGUOUS)
    found, out, errors = says(path, *(word for override in overrides for word in ("--set", override)))
    assert found == status
    assert re.search(says_so, errors if status else re.sub(r"\n +", " ", out), re.IGNORECASE | re.DOTALL)


def test_a_data_set_is_drawn_as_set_says(says):
    moons = json.loads(says("moons", "--json", "--set", "data.rows=50", "--set", "data.noise=0.3")[1])
    assert moons["rows"] == 50
    assert {setting["key"]: (setting["value"], setting["default"]) for setting in moons["settings"]} == {
        "rows": (50, 400),
        "noise": (0.3, 0.1),
    }
    assert "data.noise = 0.3" in says("moons", "--set", "data.noise=0.3")[1]
    assert json.loads(says("wine", "--json", "--set", "data.target=ash")[1])["target"] == ["ash"]


@pytest.mark.parametrize(
    ("name", "override", "expected"),
    [
        ("own.csv", "data.decimel=comma", "--set data.decimel: data.decimel is not a key; did you mean decimal?"),
        ("own.csv", "data.encoding=latin1", "did you mean latin-1?"),
        ("own.csv", "data.target", "KEY=VALUE"),
        ("own.toml", "data.mising=drop", "--set data.mising: data.mising is not a key; did you mean missing?"),
        ("moons", "data.nois=1", "--set data.nois: data.nois is not a key; did you mean noise?"),
        ("moons", "data.rows=0", "--set data.rows: data.rows must be at least"),
        ("wine", "data.target=hues", "--set data.target: data.target names 'hues'"),
        (None, "data.rows=5", "--set needs data to look at"),
    ],
)
def test_what_cannot_be_set_is_one_line(says, tmp_path, monkeypatch, name, override, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.csv").write_text(AMBIGUOUS)
    (tmp_path / "own.toml").write_text('[data]\nfile = "own.csv"\n')
    for arguments in ([], ["--json"]):
        status, out, errors = says(*([name] if name else []), *arguments, "--set", override)
        assert (status, out, errors.count("\n")) == (2, "", 1)
        assert expected in errors


def test_of_an_experiment_file_is_shown_what_its_data_say(says, tmp_path):
    (tmp_path / "own.csv").write_text(AMBIGUOUS)
    path = tmp_path / "own.toml"
    path.write_text('[data]\nfile = "own.csv"\ndecimal = "comma"\ntarget = "weight"\nfeatures = ["size"]\n')
    status, out, _ = says(path)
    assert status == 0
    assert re.search("^→ weight +number", out, re.MULTILINE)
    assert re.search("^× kind", out, re.MULTILINE)
    assert json.loads(says(path, "--json")[1])["target"] == ["weight"]
    assert "→ kind" in says(path, "--set", "data.target=kind")[1]
    path.write_text('[data]\nname = "moons"\nrows = 60\n')
    assert json.loads(says(path, "--json")[1])["rows"] == 60
    path.write_text('[data]\nname = "wine"\ntarget = "hues"\n')
    assert f"{path}, line 3: data.target names" in says(path)[2]


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_name_and_its_cells_steer_nothing(says, tmp_path, kind):
    text = HOSTILE[kind].replace('"', "").replace("\r", "")
    path = tmp_path / f"{text.replace('/', '')}.csv"
    path.write_text(f'"{text}",y\n"{text}",1\nb,2\n', encoding="utf-8")
    status, out, errors = says(path)
    assert status == 0
    assert not STEERING & set((out + errors).replace("\n", ""))
    described = json.loads(says(path, "--json")[1])
    assert described["columns"][0]["name"] == text.strip()


def test_values_for_programs(says, tmp_path):
    births = json.loads(says("births", "--json")[1])
    found = births["autocorrelation"]
    assert found["lags"] == list(range(1, 36))
    assert [round(value, 2) for value in found["series"][5:8]] == [0.39, 0.91, 0.40]
    assert found["standing_out"] == [7, 14, 21, 28, 35]
    assert round(found["differences"][6], 2) == 0.90
    assert births["columns"] == []
    assert births["dates"] == ["2000-01-01", "2014-12-31"]
    wine = json.loads(says("wine", "--json")[1])
    loaded = SOURCES["wine"]().load(np.random.default_rng(0))
    for place, column in enumerate(wine["columns"]):
        found = column["histogram"]
        edges = (found["low"], found["high"])
        expected = np.histogram(loaded.features[:, place], len(found["counts"]), edges)[0]
        assert found["counts"] == expected.tolist()
        assert sum(found["counts"]) == wine["rows"] > 0
    assert wine["autocorrelation"] is None
    path = tmp_path / "own.csv"
    path.write_text("a,b,c\n,1,x\n,2,x\n")
    text = says(path, "--json")[1]
    assert "NaN" not in text
    empty, numbers, words = json.loads(text)["columns"]
    assert (empty["type"], empty["minimum"], empty["missing"]) == ("empty", None, 2)
    assert (numbers["minimum"], numbers["mean"], numbers["maximum"]) == (1, 1.5, 2)
    assert words["common"] == [{"value": "x", "rows": 2}]
    assert "one class" in json.loads(text)["problem"]


def test_all_columns_are_in_the_values_and_twenty_in_the_page(says, tmp_path):
    path = tmp_path / "wide.csv"
    names = [f"c{place}" for place in range(1_200)]
    path.write_text("\n".join(",".join(row) for row in (names, ["1"] * 1_200, ["2"] * 1_200)) + "\n")
    out = says(path)[1]
    assert "… and 1,179 columns more" in out
    assert re.search(r"^→ c1199 ", out, re.MULTILINE)
    assert len(json.loads(says(path, "--json")[1])["columns"]) == 1_200


def test_values_say_how_many_columns_they_leave_out(says, tmp_path, monkeypatch):
    path = tmp_path / "wide.csv"
    path.write_text("\n".join(",".join(row) for row in ([f"c{n}" for n in range(60)], ["1"] * 60, ["2"] * 60)) + "\n")
    whole = json.loads(says(path, "--json")[1])
    assert (len(whole["columns"]), whole["more_columns"]) == (60, 0)
    monkeypatch.setattr("tui.cli.data.MOST_LISTED", 50)
    found = json.loads(says(path, "--json")[1])
    # The target stands there wherever it is in the file.
    assert [column["name"] for column in found["columns"]] == [f"c{n}" for n in (*range(50), 59)]
    assert found["more_columns"] == 9


def test_a_set_that_cannot_be_loaded_now_stands_in_the_list_with_what_to_do(says):
    problem = LabError("is not downloaded", "run lossbook fetch wine")
    with patch.object(SOURCES["wine"], "load", side_effect=problem):
        status, out, _ = says()
        described = {entry["name"]: entry for entry in json.loads(says("--json")[1])}
        alone = says("wine")
    line = next(line for line in out.splitlines() if line.startswith("wine"))
    assert status == 0
    assert line.split()[:4] == ["wine", "–", "–", "–"]
    assert "run lossbook fetch wine" in line
    assert described["wine"]["rows"] is None
    assert "not downloaded" in described["wine"]["problem"]
    assert described["births"]["rows"] == 5479
    assert (alone[0], alone[2].count("\n")) == (2, 1)


@pytest.mark.parametrize(
    ("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_a_terminal_has_greys_unless_a_person_wants_none(tmp_path, environment, coloured):
    with Terminal(["data", "digits"], tmp_path, size=(80, 60), **{"NO_COLOR": ""} | environment) as terminal:
        terminal.until(lambda: terminal.ended_within(10) == 0, "over")
        said = terminal.said.decode()
    assert ("\x1b[38;5;" in said) == coloured
    assert ("▀" in said) == coloured
    assert "Classes (10)" in re.sub(r"\x1b\[[0-9;]*m", "", said)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", said.partition("digits: ")[2]).splitlines()
    assert max(map(len, lines)) <= 80
