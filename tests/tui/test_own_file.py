"""A person's own table by command and on the screen."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import tomli_w
from notebook import HOSTILE, STEERING, pages_in, play

from tui.cli import main

PEOPLE = "height,sex,age,weight\n" + "".join(
    f"{150 + row % 40},{'fm'[row % 2]},{'' if row % 9 == 8 else 20 + row % 50},{50 + row % 40}\n" for row in range(60)
)


@pytest.fixture
def people(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "people.csv").write_text(PEOPLE)
    file = tmp_path / "people.toml"
    file.write_text('baselines = false\n[data]\nfile = "data/people.csv"\nmissing = "drop"\n[training]\nepochs = 2\n')
    return file


def run(*arguments):
    return main(["run", *map(str, arguments)])


def test_a_path_is_meant_from_where_the_experiment_lies(people, tmp_path, monkeypatch, capsys):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    folder = tmp_path / "pages"
    assert run(people, "--json", "--sessions", folder) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["title"] == "people linear"
    assert said["data"]["rows"] == 54
    assert any("6 of 60 rows" in warning for warning in said["warnings"])
    # The page knows where the table is, and runs again from anywhere.
    people.unlink()
    assert run(said["session"], "--json", "--sessions", folder) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["runs"][0]["train"] == said["runs"][0]["train"]
    assert again["data"]["sha256"] == said["data"]["sha256"]


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("data.missing=error", "column age has 6 empty cells, the first in row 9"),
        ("data.target=wieght", "did you mean weight?"),
        ("data.file=none.csv", "none.csv: cannot be read"),
        ("data.group=weight", "data.group is weight, which is the target"),
        ("data.date=sex", "data.date is sex, a column of words"),
        ("validation.method=rolling", "the rows are in no order of time"),
        ("data.test_file=people.toml", "people.toml: has no column"),
        ("data.rows=3", "data.rows is not a key"),
    ],
)
def test_what_cannot_be_is_one_line(people, tmp_path, capsys, override, says):
    assert run(people, "--set", override, "--sessions", tmp_path / "pages") == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert says in error
    assert not list((tmp_path / "pages").glob("*"))


def test_the_columns_are_described_without_a_choice_of_target(people, capsys):
    table = people.parent / "data" / "people.csv"
    assert main(["data", str(table)]) == 0
    said = capsys.readouterr().out
    assert "f (50 %), m (50 %)" in said
    assert "60 rows" in said
    assert main(["data", str(table), "--json"]) == 0
    columns = {column["name"]: column for column in json.loads(capsys.readouterr().out)["columns"]}
    assert columns["age"]["missing"] == 6
    assert (columns["height"]["minimum"], columns["height"]["maximum"]) == (150, 189)
    assert columns["sex"]["type"] == "word"


def test_hostile_headers_and_words_steer_no_terminal(tmp_path, capsys):
    words = [text.replace('"', "").replace("\r", "") for text in HOSTILE.values()]
    header = ",".join(f'"{name}"' for name in (*words, *(f"{word}y" for word in words)))
    numbers = [",".join([str(row)] * len(words)) for row in (1, 2)]
    hostile, harmless = (",".join(f'"{cell}"' for cell in cells) for cells in (words, ["b"] * len(words)))
    table = tmp_path / "bad.csv"
    table.write_text(f"{header}\n" + f"{hostile},{numbers[0]}\n{harmless},{numbers[1]}\n" * 20, encoding="utf-8")
    # Every hostile text is a word, the name of a feature and that of a target.
    draft = {"data": {"file": "bad.csv", "target": [f"{word}y" for word in words]}, "training": {"epochs": 1}}
    file = tmp_path / "bad.toml"
    file.write_text(tomli_w.dumps(draft), encoding="utf-8")
    assert main(["data", str(table)]) == 0
    assert run(file, "--sessions", tmp_path / "pages") == 0
    captured = capsys.readouterr()
    assert not STEERING & set((captured.out + captured.err).replace("\n", ""))
    (page,) = pages_in(tmp_path / "pages")
    assert page.record.data.outputs == len(HOSTILE)
    assert page.record.data.features >= len(HOSTILE)


def houses(path, rows=1_460):
    """Write a table like the prices of houses that courses use: 80 mixed columns with gaps, and a price."""
    rng = np.random.default_rng(0)
    quality = rng.integers(1, 11, rows)
    price = np.exp(11 + 0.12 * quality + rng.normal(0, 0.1, rows)).round()
    columns = {"Id": np.arange(1, rows + 1).astype(str), "Quality": quality.astype(str)}
    for place in range(36):
        columns[f"Number{place}"] = rng.normal(100, 30, rows).round(1).astype(str)
    for place in range(42):
        columns[f"Word{place}"] = rng.choice([f"w{number}" for number in range(2 + place % 30)], rows)
    for place, cells in enumerate(list(columns.values())[2:]):
        cells[rng.random(rows) < (0.3 if place % 3 == 0 else 0.0)] = "NA"
    columns["SalePrice"] = price.astype(int).astype(str)
    path.write_text(",".join(columns) + "\n" + "\n".join(map(",".join, zip(*columns.values(), strict=True))) + "\n")


def test_eighty_mixed_columns_with_gaps_train_five_folds_on_a_log_price(tmp_path, capsys):
    houses(tmp_path / "houses.csv")
    file = tmp_path / "houses.toml"
    file.write_text(
        '[data]\nfile = "houses.csv"\nmissing = "median"\ntarget_transform = "log"\ntest = 0\n'
        '[training]\noptimizer = "adam"\nlearning_rate = 0.01\nweight_decay = 0.01\nepochs = 60\n'
        '[validation]\nmethod = "k-fold"\nk = 5\n'
    )
    assert run(file, "--json", "--sessions", tmp_path / "pages") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["data"]["rows"] == 1_460
    assert said["data"]["features"] > 400
    assert [each["status"] for each in said["runs"]] == ["finished"] * 5
    # A constant guess is off by 0.36; the noise alone by 0.1.
    assert said["summary"]["validation.rmse"]["mean"] < 0.2


CERTIFIED = {"intercept": -1467.48961422980, "x": -2772.17959193342, "x^10": -0.402962525080404e-4}
"""Of NIST's Filip, https://www.itl.nist.gov/div898/strd/lls/data/Filip.shtml."""


@pytest.mark.parametrize(("solver", "least", "most"), [("qr", 7, 15), ("svd", 7, 15), ("normal", -1, 1)])
def test_filip_keeps_its_digits_by_qr_and_loses_them_by_normal_equations(tmp_path, capsys, solver, least, most):
    table = Path(__file__).parents[1] / "engine" / "nist" / "filip.csv"
    file = tmp_path / "filip.toml"
    file.write_text(
        f'baselines = false\n[data]\nfile = "{table}"\ntarget = "y"\npolynomial = 10\ntest = 0\n'
        f'[training]\noptimizer = "closed-form"\nsolver = "{solver}"\n[validation]\nmethod = "none"\n'
    )
    assert run(file, "--json", "--sessions", tmp_path / "pages") == 0
    found = json.loads(capsys.readouterr().out)["runs"][0]["coefficients"]
    for name, certified in CERTIFIED.items():
        assert least <= -math.log10(abs(found[name] / certified - 1)) <= most


def test_a_table_is_chosen_typed_and_trained_in_the_panels(people, tmp_path, monkeypatch):
    monkeypatch.chdir(people.parent / "data")

    async def scene(lab):
        await lab.take({"data": {"name": "file", "file": "people.csv"}, "training": {"epochs": 2}})
        await lab.press("r")
        await lab.until(lambda: lab.notices)
        assert "column age has 6 empty cells" in lab.notices[-1]
        await lab.take({"data": {"name": "file", "file": "people.csv", "missing": "drop"}, "training": {"epochs": 2}})
        await lab.press("r")
        await lab.until_over()
        await lab.until_shown("people linear", "finished")

    play(scene, tmp_path / "pages")
    (page,) = pages_in(tmp_path / "pages")
    assert page.experiment.data.source.file == "people.csv"
    assert page.base_dir == str(people.parent / "data")
