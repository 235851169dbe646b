"""Pages of every age open and say what they said; those of a later age are read and never written over."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.sources import Xor
from engine.errors import LabError
from engine.events import Branched
from engine.experiment import Data, Experiment
from sessions import codec, schema
from sessions.archive import with_history
from sessions.curve import Curve
from sessions.page import Page
from sessions.record import Intervention, Record, RunRecord
from sessions.report import as_json
from sessions.store import Store
from tui.cli import main

PAGES = sorted((Path(__file__).parent / "pages").glob("schema-*/*.toml"))
IDS = [f"{path.parent.name}/{path.stem}" for path in PAGES]
SAYS = "schema 3, this lossbook knows 1: opened to read; install a newer one to go on"


def said_before(found, expected):
    """Tell whether a report says all that it said before; it may say more."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(k in found and said_before(found[k], v) for k, v in expected.items())
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(said_before, found, expected))
    return found == expected


@pytest.mark.parametrize("path", PAGES, ids=IDS)
def test_a_page_of_every_released_schema_opens_and_says_what_it_said(path):
    page = codec.read_page(path)
    assert page.warning == page.read_only == ""
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert said_before(json.loads(json.dumps(as_json(Path("PAGE"), page))), expected)
    again = codec.parse(codec.write_page(page), "f")
    # repr shows what is not a number too.
    assert repr(again) == repr(page)
    assert f"\nschema = {schema.SCHEMA}\n" in codec.write_page(page)


def test_there_is_a_page_of_each_schema_and_kind():
    assert {path.parent.name for path in PAGES} == {f"schema-{number}" for number in range(1, schema.SCHEMA + 1)}
    records = [codec.read_page(path).record for path in PAGES]
    assert None in records
    told = [record for record in records if record]
    assert {record.status for record in told} >= {"finished", "stopped", "diverged"}
    assert any(record.interventions for record in told)
    assert any(record.refit for record in told)
    assert any(len(record.settings) > 1 for record in told)
    assert any(record.origin.history for record in told)
    assert any(record.origin.experiment == "" for record in told)


def test_the_full_curves_of_an_old_page_are_found():
    path = next(path for path in PAGES if path.stem == "thinned")
    record = codec.read_page(path).record
    full = with_history(path, record)
    for thin, whole in zip(record.runs, full.runs, strict=True):
        assert set(thin.train_curves["loss"]) < set(whole.train_curves["loss"])


def test_every_schema_has_a_way_to_the_next():
    assert set(schema.MIGRATIONS) == set(range(1, schema.SCHEMA))


# --- a toy schema 2: `restarts` was once called `repeats`, and a run's `seconds` were milliseconds --------------------


def to_second(tables):
    said = {("restarts" if key == "repeats" else key): value for key, value in tables.items()}
    runs = [{**run, "seconds": run["ms"] / 1000} for run in said.get("record", {}).get("runs", [])]
    runs = [{key: value for key, value in run.items() if key != "ms"} for run in runs]
    return {**said, "record": {**said["record"], "runs": runs}} if "record" in said else said


OLD = """schema = 1
repeats = 3
data.name = "xor"

[record]
status = "finished"

[[record.runs]]
label = "restart 1/3"
ms = 1500.0
"""


def test_tables_go_from_schema_to_schema_and_stay_as_they_were_themselves():
    tables = codec.guarded.loads(OLD, "f")
    before = json.dumps(tables)
    found = schema.migrated(tables, {1: to_second, 2: lambda tables: {**tables, "third": True}}, to=3)
    assert json.dumps(tables) == before
    assert found["schema"] == 3
    assert found["third"]
    assert found["restarts"] == 3
    assert "repeats" not in found
    assert found["record"]["runs"] == [{"label": "restart 1/3", "seconds": 1.5}]
    assert schema.migrated(found, {1: to_second}, to=2) is found


def test_a_page_of_an_older_schema_is_read_and_saved_in_the_newer(monkeypatch, tmp_path):
    monkeypatch.setattr(schema, "SCHEMA", 2)
    monkeypatch.setattr(schema.migrated, "__defaults__", ({1: to_second}, 2))
    monkeypatch.setattr(schema.newer, "__defaults__", (2,))
    path = tmp_path / "page.toml"
    path.write_text(OLD)
    page = codec.read_page(path, {"restarts": "4"})
    assert page.experiment.restarts == 4
    page = codec.read_page(path)
    assert page.experiment.restarts == 3
    assert page.record.runs[0].seconds == 1.5
    Store(tmp_path).save(path, page)
    assert "schema = 2\n" in path.read_text()
    assert codec.read_page(path).record == page.record
    assert (tmp_path / "page.toml.bak").read_text() == OLD


# --- a newer schema ---------------------------------------------------------------------------------------------------

RECORD = Record(
    "finished",
    (RunRecord("run", status="finished", train={"loss": 0.5}, train_curves={"loss": Curve([1, 2], [1.0, 0.5])}),),
)
NOW = codec.write_page(Page(Experiment(Data(Xor())), "a page", notes="kept", record=RECORD))
NEWER = NOW.replace("schema = 1\n", 'schema = 3\nmood = "good"\n').replace("[data]\n", "[data]\nweight = 2\n")
NEWER = NEWER.replace("[[record.runs]]\n", "[[record.runs]]\ngpu = true\n")


def test_of_a_newer_page_what_is_understood_is_shown(tmp_path, capsys):
    path = tmp_path / "page.toml"
    path.write_text(NEWER)
    page = codec.read_page(path)
    assert (page.title, page.notes, page.record) == ("a page", "kept", RECORD)
    assert page.experiment == Experiment(Data(Xor()))
    assert page.read_only == SAYS
    assert page.warning.startswith(SAYS)
    assert "not understood: mood, data.weight" in page.warning
    assert main(["show", str(path)]) == 0
    assert SAYS in capsys.readouterr().out


@pytest.mark.parametrize("command", ["run", "resume"])
def test_a_newer_page_is_neither_trained_nor_written_over(command, tmp_path, capsys):
    path = tmp_path / "page.toml"
    path.write_text(NEWER.replace('status = "finished"', 'status = "interrupted"'))
    before = path.read_bytes()
    assert main(["--sessions", str(tmp_path / "pages"), command, str(path)]) == 2
    assert SAYS in capsys.readouterr().err
    with pytest.raises(LabError, match="schema 3, this lossbook knows 1"):
        Store(tmp_path).save(path, replace(codec.read_page(path), notes="new"))
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir() if found.name != "pages"] == ["page.toml"]


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ('schema = 3\ndata.name = "xor"\n[training]\noptimizer = "lion"\nepochs = 7\n', True),
        ('schema = 3\ndata.name = "xor"\n[training]\nepochs = "many"\n', True),
        ('schema = 3\ndata.name = "xor"\ntitle = 5\n[sweep]\n"training.rank" = [1, 2]\n', True),
        ('schema = 3\ndata.name = "xor"\n[record]\nstatus = "finished"\nruns = 5\n', True),
        ('schema = 3\ndata.name = "xor"\nrecord = 5\n', True),
        ('schema = 3\ndata.name = "xor"\n' + "".join(f"x{n} = 1\n" for n in range(500)), False),
        ('schema = 3\ndata.name = "galaxies"\n', False),
        ("schema = 3\ndata = 5\n", False),
        (f"schema = {'9' * 4_000}\ndata.name = 'xor'\n", True),
        (f"schema = 0x{'f' * 5_000}\ndata.name = 'xor'\n", True),
    ],
    ids=range(10),
)
def test_what_is_not_understood_of_a_newer_page_is_named_or_one_problem(text, understood):
    started = time.process_time()
    if understood:
        page = codec.parse(text, "f")
        assert "\n" not in page.warning
        assert "opened to read" in page.read_only
    else:
        with pytest.raises(LabError, match="this lossbook knows 1"):
            codec.parse(text, "f")
    assert time.process_time() - started <= 1


# --- keys of a later version of this schema ---------------------------------------------------------------------------

PLAIN = st.recursive(
    st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.booleans()
    | st.text("a\"\\\n'é\x1b", max_size=4)
    | st.dates(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b c", "é"]), inner, max_size=2),
    max_leaves=5,
)
KEYS = st.dictionaries(st.sampled_from(["later", "b c", "x.y"]), PLAIN, max_size=2)
PLACES = [
    *((), ("data",), ("environment",), ("branch",)),
    *(("interventions", 0), ("other_data", 0), ("baselines", 0), ("runs", 0), ("runs", 1)),
]
FOLDS = next(path for path in PAGES if path.stem == "folds")


@given(st.fixed_dictionaries(dict.fromkeys(PLACES, KEYS)), KEYS)
def test_keys_of_a_later_version_are_kept(keys, of_curve):
    page = codec.read_page(FOLDS)
    record = replace(
        page.record,
        interventions=(Intervention((0,), 1, "learning_rate", 0.5),),
        other_data=(page.record.data,),
        branch=Branched("parent", (1,), ({"training.learning_rate": 0.5},), "2026-11-25"),
    )
    body = codec.guarded.loads(codec.write_page(replace(page, record=record)), "f")
    for place, more in keys.items():
        table = body["record"]
        for step in place:
            table = table[step]
        table.update(more)
    curve = body["record"]["runs"][1]["train_curves"]["loss"]
    curve.update(of_curve)
    read = codec.from_tables(body, "f", {})
    text = codec.write_page(read)
    again = codec.guarded.loads(text, "f")["record"]
    for place, more in keys.items():
        table = again
        for step in place:
            table = table[step]
        assert {key: table[key] for key in more} == more
    assert {key: again["runs"][1]["train_curves"]["loss"][key] for key in of_curve} == of_curve
    assert codec.write_page(codec.parse(text, "f")) == text
    assert codec.parse(text, "f").warning == ""


def test_an_unknown_key_of_the_experiment_is_refused():
    with pytest.raises(LabError, match=re.escape("data.weight is not a key")):
        codec.parse(NOW.replace("[data]\n", "[data]\nweight = 2\n"), "f")
