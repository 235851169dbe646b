"""`lossbook study`: the list, a table that fits a terminal, JSON, and what is refused in one line."""

from __future__ import annotations

import json

import pytest

from engine.fields import fields_of
from engine.studies import STUDIES
from tui.cli import main

FAST = {
    "lucky-random-models": ["--set", "models=[10, 1000]", "--set", "repetitions=5"],
    "peeking": ["--set", "tweaks=20", "--set", "repetitions=3"],
}


@pytest.fixture
def study(capsys):
    """Run the command; return (status, output, errors)."""

    def call(*arguments):
        try:
            status = main(["study", *arguments])
        except SystemExit as end:
            status = end.code
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def test_without_a_name_they_are_listed_with_their_settings(study):
    status, out, _ = study()
    assert status == 0
    assert max(map(len, out.splitlines())) < 80
    listed = json.loads(study("--json")[1])
    assert [entry["study"] for entry in listed] == [*STUDIES, "learning-curve"]
    for entry in listed:
        assert entry["study"] in out
        assert entry["says"].endswith(".")
        declared = fields_of(STUDIES[entry["study"]]) if entry["study"] in STUDIES else ()
        assert [setting["key"] for setting in entry["settings"]] == ([info.key for info in declared] or ["points"])
        for setting in entry["settings"]:
            assert f"{setting['key']} = " in out


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_is_a_table_a_legend_and_a_conclusion(study, name):
    status, out, errors = study(name, *FAST[name], "--seed", "3")
    assert (status, errors) == (0, "")
    assert max(map(len, out.splitlines())) < 80
    assert out.startswith(f"{name} · seed 3 · ")
    found = json.loads(study(name, *FAST[name], "--seed", "3", "--json")[1])
    assert (found["study"], found["seed"]) == (name, 3)
    for column in found["columns"]:
        assert column["name"].replace("_", " ") in out
        assert column["says"] in out
    assert " ".join(out.split()).endswith(found["says"])
    _, shown, legend, _ = out.strip().split("\n\n")
    assert len(shown.splitlines()) == len(found["rows"]) + 1
    assert len({len(line) for line in shown.splitlines()}) == 1, "the columns are aligned"
    assert "standard deviation over" in legend
    for row in found["rows"]:
        assert f"{next(iter(row.values())):,}" in shown


def test_settings_and_the_seed_are_heard(study):
    found = json.loads(study("lucky-random-models", *FAST["lucky-random-models"], "--json")[1])
    assert found["settings"] == {"public_rows": 100, "private_rows": 10_000, "models": [10, 1000], "repetitions": 5}
    assert [row["models"] for row in found["rows"]] == [10, 1000]
    assert set(found["rows"][0]["best_public"]) == {"mean", "sd"}
    other = json.loads(study("lucky-random-models", *FAST["lucky-random-models"], "--seed", "1", "--json")[1])
    assert other["rows"] != found["rows"]
    one = study("lucky-random-models", "--set", "models=1_000", "--set", "repetitions=2")[1]
    assert "1,000" in one


def test_small_spreads_are_still_seen(study):
    arguments = ["--set", "models=3", "--set", "public_rows=1_000_000", "--set", "repetitions=5"]
    out = study("lucky-random-models", *arguments)[1]
    assert "± 0.000 " not in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["pekking"], "did you mean peeking?"),
        (["a\x1b]52;c;x\x07"], "there is no study"),
        (["peeking", "--set", "tweek=3"], "tweek is not a key; did you mean tweaks?"),
        (["peeking", "--set", "tweaks=many"], "--set tweaks: tweaks must be a whole number, not 'many'"),
        (["peeking", "--set", "tweaks=1.5"], "must be a whole number"),
        (["peeking", "--set", "size=nan"], "size must be above 0"),
        (["peeking", "--set", "public_rows=0"], "public_rows must be at least 1"),
        (["peeking", "--set", "public_rows=1500", "--set", "train_rows=1500"], "leave no private rows"),
        (["peeking", "--set", "tweaks"], "is not KEY=VALUE"),
        (["peeking", "--set", f"tweaks={'1' * 5000}"], "tweaks must be a whole number"),
        (["peeking", "--set", "a.b=1"], "a.b is not a key"),
        (["lucky-random-models", "--set", "models=1000000000000"], "--set models: models must be at least 1"),
        (["lucky-random-models", "--set", "models=[1, 1.5]"], "--set models: models[1] must be a whole number"),
        (["lucky-random-models", "--set", "models=1000000", "--set", "public_rows=1000000"], "set fewer"),
        (["--set", "tweaks=3"], "--set needs a study"),
    ],
)
def test_what_cannot_be_is_one_line(study, arguments, says):
    status, out, errors = study(*arguments)
    assert (status, out) == (2, "")
    assert errors.count("\n") == 1
    assert says in errors
    assert "\x1b" not in errors


@pytest.mark.parametrize("seed", ["-1", "x", str(2**63)])
def test_a_seed_that_is_none(study, seed):
    status, out, errors = study("peeking", "--seed", seed)
    assert (status, out) == (2, "")
    assert "--seed" in errors
