"""Exports: tables that no spreadsheet executes, JSON, reports and pictures, and files that are never overwritten."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import string
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notebook import HOSTILE, SMALL, STEERING, record_of, saved_page

from engine import tables
from engine.errors import LabError
from sessions import codec
from sessions.export import EXPORTS, Subject, exported
from sessions.export.cells import defused
from sessions.export.markdown import block, escaped
from sessions.page import Page
from sessions.report import as_json
from tui.cli import build_parser, main
from tui.exporting import Picture

SWEEP = {
    "data": {"name": "wine"},
    "training": {"epochs": 3},
    "sweep": {"training.learning_rate": [0.001, 0.01], "training.optimizer": ["adam", "sgd"]},
}
FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "=cmd|' /C calc'!A0"]
PADDING = ["", " ", '"', "'", ' "', "\u00a0", "\ufeff", "\u200b", '"" ', "\u201c", "\x00"]


def subject(draft=None, path=None, **fields):
    experiment = tables.from_tables(draft or SMALL)
    page = Page(experiment, **{"title": "a page", "record": record_of(experiment)} | fields)
    return Subject(path or Path("page.toml"), page, Picture())


def text_of(given, name, **options):
    return exported(replace(given, **options), name)[1].text


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


# --- csv --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("padding", PADDING)
def test_what_a_spreadsheet_would_execute_begins_with_an_apostrophe(formula, padding):
    assert defused(padding + formula).startswith("'")


@pytest.mark.parametrize("formula", ["=1+1", "+1+1", "-1+1", "@x"])
@pytest.mark.parametrize("end", [";", "|", "\t", "\n", "\r", ';"', "; "])
def test_a_formula_is_found_wherever_a_cell_may_be_thought_to_begin(formula, end):
    assert re.search(rf"^a.?'?{re.escape(end[0])}'", defused(f"a{end}{formula}"), re.DOTALL)


@pytest.mark.parametrize("text", ["-1", "+1.5", "-1e-9", "0", ".5", "a=1", "learning_rate=-0.1", "a-b", "", "fold 1/3"])
def test_numbers_and_harmless_texts_stay_as_they_are(text):
    assert defused(text) == text


@given(st.text(st.sampled_from("=+-@\t\r\n'\" ;|,a1\u00a0"), max_size=8))
def test_no_text_leaves_a_formula(text):
    made = defused(text)
    bare = string.whitespace + "\"'\u00a0"
    for piece in re.split("[;|\t\r\n]", made):
        stripped = piece.lstrip(bare)
        assert not stripped or stripped[0] not in "=+-@" or piece.startswith("'") or float(piece) is not None
    assert made.replace("'", "") == text.replace("'", "")


def test_every_epoch_is_a_row_with_all_digits():
    given = subject()
    rows = rows_of(text_of(given, "csv"))
    assert len(rows) == sum(run.epoch for run in given.record.runs)
    for run in given.record.runs:
        mine = [row for row in rows if row["label"] == run.label]
        assert [int(row["epoch"]) for row in mine] == run.train_curves["loss"].epochs.tolist()
        for part, curves in (("train", run.train_curves), ("validation", run.validation_curves)):
            for name, curve in curves.items():
                assert [float(row[f"{part}.{name}"]) for row in mine] == curve.values.tolist()
    assert {row["role"] for row in rows} == {"candidate"}


def test_final_figures_are_a_row_a_run_and_settings_are_columns():
    given = subject(SWEEP)
    rows = rows_of(text_of(given, "csv", final=True))
    assert [row["training.optimizer"] for row in rows] == ["adam", "sgd"] * 2
    assert [float(row["training.learning_rate"]) for row in rows] == [0.001, 0.001, 0.01, 0.01]
    for row, run in zip(rows, given.record.runs, strict=True):
        assert float(row["validation.loss"]) == run.validation["loss"]
        assert int(row["parameters"]) == run.parameters


def test_hostile_labels_settings_and_columns_are_defused():
    given = subject(SWEEP)
    runs = [
        replace(run, label=formula, train_curves={"@loss": run.train_curves["loss"]}, validation_curves={})
        for run, formula in zip(given.record.runs, FORMULAS, strict=False)
    ]
    settings = tuple({"=key": '"=1"'} for _ in given.record.settings)
    page = replace(given.page, record=replace(given.record, runs=tuple(runs), settings=settings))
    header, *rows = csv.reader(io.StringIO(text_of(replace(given, page=page), "csv")))
    assert {"'=key", "train.@loss"} <= set(header)
    assert all(row[0].startswith("'") and row[1] == '\'"=1"' for row in rows)


def test_numbers_that_are_not_finite_stay_and_none_is_empty():
    given = subject()
    run = replace(given.record.runs[0], train={"loss": math.nan}, validation={"loss": -math.inf}, best_epoch=None)
    page = replace(given.page, record=replace(given.record, runs=(run,)))
    (row,) = rows_of(text_of(replace(given, page=page), "csv", final=True))
    assert (row["train.loss"], row["validation.loss"], row["best_epoch"]) == ("nan", "-inf", "")


# --- json, md, svg ----------------------------------------------------------------------------------------------------


def test_json_is_that_of_run_and_more():
    given = subject(notes="日本 \u202e", tags=("a",))
    text = text_of(given, "json")
    report = json.loads(text)
    assert not STEERING.intersection(text.removesuffix("\n"))
    for key, value in json.loads(json.dumps(as_json(given.path, given.page))).items():
        if key not in {"runs", "refit"}:
            assert report[key] == value
    assert report["notes"] == given.page.notes
    assert "日本" in text
    assert tables.from_tables(report["experiment"]) == given.page.experiment
    assert report["environment"] is None
    curve = report["runs"][0]["curves"]["validation"]["loss"]
    assert curve["values"] == given.record.runs[0].validation_curves["loss"].values.tolist()


def test_json_has_null_for_what_is_not_finite():
    given = subject()
    run = replace(given.record.runs[0], train={"loss": math.inf})
    page = replace(given.page, record=replace(given.record, runs=(run, *given.record.runs[1:])))
    assert json.loads(text_of(replace(given, page=page), "json"))["runs"][0]["train"] == {"loss": None}


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "a|b", "`a`", "[x](javascript:1)", "*a*", "https://a.b"]
)
def test_a_report_shows_texts_as_they_are(hostile):
    report = text_of(subject(title=hostile, tags=(hostile,)), "md")
    assert "<script" not in report
    for line in report.splitlines()[:3]:
        assert hostile not in line
    bare = re.sub(r"\\(.)", r"\1", report.splitlines()[0]).replace("&#8203;", "").replace("&lt;", "<")
    assert bare.replace("&gt;", ">") == f"# {hostile}"


@pytest.mark.parametrize("draft", [SMALL, SWEEP], ids=["folds", "sweep"])
def test_a_report_holds_settings_results_and_plot(draft):
    report = text_of(subject(draft, notes="# mine\n**bold**\n```"), "md")
    tables_of_report = re.findall(r"(?:^\|.*\n)+", report, re.MULTILINE)
    for table in tables_of_report:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
    assert "| data.name | wine |" in report
    assert "validation loss" in report
    assert "⠤" in report
    assert report.endswith("## Notes\n\n# mine\n**bold**\n```\n")
    assert ("mean ± sd" in report) == (draft is SMALL)


def test_nothing_closes_a_block_early():
    text = "a\n```\n````\nb"
    first, *lines, last = block(text).splitlines()
    assert "\n".join(lines) == text
    assert set(last) == {"`"}
    assert last not in lines
    assert first == f"{last}text"
    assert escaped("a\n# b") == "a \\# b"


@pytest.mark.parametrize("draft", [SMALL, SWEEP], ids=["folds", "sweep"])
@pytest.mark.parametrize("options", [{}, {"log": True}, {"metric": "accuracy"}])
def test_a_picture_is_xml_with_a_line_for_each_curve(draft, options):
    given = subject(draft, title="<a> & b")
    picture = text_of(given, "svg", **options)
    root = ET.fromstring(picture)
    assert "nan" not in picture.lower()
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "<a> & b" in texts
    assert "epoch" in texts
    paths = [element.get("d") for element in root.iter("{http://www.w3.org/2000/svg}path")]
    assert len(paths) == 1 + (8 if draft is SMALL else 2 * len(given.record.runs))
    sizes = [float(number) for number in re.findall(r"[ML]([\d.]+) ", " ".join(paths))]
    assert max(sizes) <= 760


@pytest.mark.parametrize("name", ["csv", "json", "md", "svg"])
@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_nothing_in_an_export_steers_a_terminal(name, hostile):
    given = subject(title=hostile, tags=(hostile,), notes=hostile)
    runs = tuple(replace(run, label=hostile, problem=hostile) for run in given.record.runs)
    page = replace(given.page, record=replace(given.record, runs=runs))
    text = text_of(replace(given, page=page), name)
    assert not (STEERING - {"\n", "\t"}).intersection(text)
    if name == "svg":
        ET.fromstring(text)


def test_a_page_that_nobody_has_trained_is_still_a_report():
    bare = subject(record=None)
    assert "not trained yet" in text_of(bare, "md")
    assert json.loads(text_of(bare, "json"))["runs"] == []
    for name in ("csv", "svg"):
        with pytest.raises(LabError, match=r"no runs|no curves"):
            text_of(bare, name)


# --- the command, and its files ---------------------------------------------------------------------------------------


@pytest.fixture
def page(tmp_path):
    return saved_page(tmp_path / "pages", "mine")


def test_the_command_prints_what_the_format_makes(page, capsys):
    assert main(["export", str(page), "--to", "csv"]) == 0
    printed = capsys.readouterr().out
    assert printed == text_of(Subject(page, codec.read_page(page), Picture()), "csv")


@pytest.mark.parametrize("name", ["csv", "json", "md", "svg"])
def test_a_file_is_written_and_never_over_another(page, tmp_path, capsys, name):
    out = tmp_path / "out.file"
    command = ["export", str(page), "--to", name, "--out", str(out)]
    assert main(command) == 0
    first = out.read_bytes()
    assert capsys.readouterr().err == f"wrote {out}\n"
    out.write_bytes(b"mine")
    assert main(command) == 2
    assert "is there already" in capsys.readouterr().err
    assert out.read_bytes() == b"mine"
    assert main([*command, "--force"]) == 0
    assert out.read_bytes() == first
    assert out.with_name("out.file.bak").read_bytes() == b"mine"


def test_what_is_no_plain_file_is_never_replaced(page, tmp_path, capsys):
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "elsewhere")
    for out in (tmp_path, link, "/dev/null", tmp_path / "no" / "folder.csv", "a\0b"):
        assert main(["export", str(page), "--to", "csv", "--force", "--out", str(out)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert link.is_symlink()
    assert not (tmp_path / "elsewhere").exists()


def test_options_that_mean_nothing_and_unknown_formats_are_refused(page, capsys):
    for wrong, says in (
        (["--to", "json", "--final"], "belongs to csv"),
        (["--to", "csv", "--log"], "belongs to md, svg"),
        (["--to", "svg", "--metric", "los"], "did you mean loss?"),
        (["--to", "svgg"], "did you mean svg?"),
    ):
        assert main(["export", str(page), *wrong]) == 2
        assert says in capsys.readouterr().err


def test_the_help_names_every_format():
    export = build_parser()._subparsers._group_actions[0].choices["export"].format_help()
    for name in EXPORTS:
        assert re.search(rf"\b{name}\b", export)
