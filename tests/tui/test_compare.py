"""`lossbook compare`: what is printed for a person, the JSON that scripts rely on, and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notebook import HOSTILE, SMALL, STEERING, saved_page

from engine import tables
from engine.events import DataRead
from engine.intervals import corrected_interval, paired_interval
from sessions import codec
from sessions.compare import Comparison, compare_pages
from sessions.differing import Setting
from sessions.pairs import Compared, Pair, Spread
from tui import comparison as words
from tui.cli import main
from tui.text import safe

SMALLER = SMALL | {"model": {"hidden": [2]}}
WIDTH = 80


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "sessions"


@pytest.fixture
def lossbook(folder, capsys):
    """Run the command line in this process; return (status, output, errors)."""

    def call(*arguments):
        try:
            status = main(["--sessions", str(folder), *map(str, arguments)])
        except SystemExit as end:
            status = end.code
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def saved(folder, name, draft=SMALL):
    """Save the page of a draft that was trained in this process, with what a worker says of the data it has read."""
    page = codec.read_page(saved_page(folder, name, draft))
    data = DataRead(page.experiment.data.label, 100, 7, 1, task_of(page), "", "ab" * 32, ())
    return saved_page(folder, name, draft, record=replace(page.record, data=data))


def task_of(page):
    return "classification" if page.experiment.data.label == "wine" else "regression"


def of(first, second, interval, over="folds", **fields):
    """Return a figure of two settings, compared by hand."""
    spreads = (Spread(first, 0.01, 5), Spread(second, 0.01, 5))
    return Compared("loss", *spreads, over=over, interval=interval, **fields)


def test_two_pages_are_told_apart(folder, lossbook):
    saved(folder, "one")
    saved(folder, "two", SMALLER)
    status, out, errors = lossbook("compare", "one", "two")
    assert (status, errors) == (0, "")
    assert "model.hidden  [8]  [2]" in out
    for word in ("accuracy", "loss", "±", "b - a", "over 3 folds (95 %, corrected for"):
        assert word in " ".join(out.split()) or word in out
    assert max(map(len, out.splitlines())) < WIDTH


def test_the_json_is_what_scripts_rely_on(folder, lossbook):
    paths = [saved(folder, "one"), saved(folder, "two", SMALLER)]
    status, out, _ = lossbook("compare", "one", "two", "--json")
    assert (status, out.count("\n")) == (0, 1)
    said = json.loads(out)
    assert [(head["name"], head["session"], head["title"]) for head in said["sessions"]] == [
        ("a", str(paths[0]), "one"), ("b", str(paths[1]), "two"),
    ]  # fmt: skip
    assert said["settings"] == [{"key": "model.hidden", "values": [[8], [2]], "part_of": None}]
    (found,) = said["comparisons"]
    assert (found["first"], found["second"], found["paired"], found["differing_settings"]) == ("a", "b", True, 1)
    assert found["figure"] == "validation.loss"
    assert set(found["figures"]) == {"validation.loss", "validation.accuracy", "validation.f1"}
    loss = found["figures"]["validation.loss"]
    pages = [codec.read_page(path) for path in paths]
    differences = [
        after.validation["loss"] - before.validation["loss"]
        for before, after in zip(*(page.record.candidates for page in pages), strict=True)
    ]
    assert [pair["difference"] for pair in loss["pairs"]] == pytest.approx(differences)
    rows = [pages[0].record.candidates[0].train_rows, pages[0].record.candidates[0].validation_rows]
    assert [loss["train_rows"], loss["held_out_rows"]] == pytest.approx(rows, rel=0.02)
    interval = corrected_interval(differences, loss["train_rows"], loss["held_out_rows"])
    assert loss["interval"] == pytest.approx(interval.bounds)
    assert loss["difference"] == pytest.approx(interval.mean)
    assert (loss["level"], loss["corrected"], loss["over"], loss["left_out"]) == (0.95, True, "folds", 0)
    assert loss["verdict"] == found["verdict"]
    assert loss["first"]["count"] == 3


def test_dates_and_what_is_missing_are_plain_json(folder, lossbook):
    births = {"data": {"name": "births", "lags": 7, "test_from": "2013-01-01"}, "training": {"epochs": 1}}
    saved(folder, "one", births)
    saved(folder, "two", births | {"data": {"name": "births", "lags": 7}})
    said = json.loads(lossbook("compare", "one", "two", "--json")[1])
    (setting,) = said["settings"]
    assert (setting["key"], setting["values"]) == ("data.test_from", ["2013-01-01", None])
    (found,) = said["comparisons"]
    assert (found["paired"], found["verdict"]) == (False, None)
    assert [reason["key"] for reason in found["unpaired_by"]] == ["data.test_from"]
    assert found["figures"]["validation.loss"]["interval"] is None
    out = " ".join(lossbook("compare", "one", "two")[1].split())
    assert "a and b cannot be paired (data.test_from: 2013-01-01 and –), so there is no interval" in out


def test_several_pages_are_compared_with_the_first(folder, lossbook):
    for name, draft in (("one", SMALL), ("two", SMALLER), ("three", SMALL | {"model": {"hidden": [3]}})):
        saved(folder, name, draft)
    status, out, _ = lossbook("compare", "one", "two", "three")
    assert status == 0
    assert "model.hidden  [8]  [2]  [3]" in out
    assert "b - a" in out
    assert "c - a" in out
    assert "each of the 2 intervals holds with 95 % by itself" in out


def test_restarts_of_one_division_and_a_single_run(folder, lossbook):
    held_out = {"data": {"name": "wine"}, "model": {"hidden": [4]}, "training": {"epochs": 3}}
    for name, changes in (("one", {}), ("two", {"model": {"hidden": [2]}})):
        saved(folder, name, held_out | changes | {"restarts": 3})
        saved(folder, f"single {name}", held_out | changes)
    said = " ".join(lossbook("compare", "one", "two")[1].split())
    assert "over 3 restarts (95 %: it speaks of luck in training, not of other rows)" in said
    said = " ".join(lossbook("compare", "single one", "single two")[1].split())
    assert "one division of the rows has no spread" in said
    assert 'validation.method = "k-fold"' in said


def test_a_page_whose_runs_all_diverged_is_told(folder, lossbook):
    saved(folder, "one")
    page = codec.read_page(saved(folder, "two"))
    runs = tuple(replace(run, status="diverged", validation=None, test=None) for run in page.record.runs)
    saved_page(folder, "two", record=replace(page.record, runs=runs))
    status, out, _ = lossbook("compare", "one", "two")
    assert status == 0
    assert "no validation figure in common" in out
    assert "b has 3 of 3 runs that did not finish (3 diverged)" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["one"], "1 page cannot be compared"),
        (["one"] * 27, "27 pages cannot be compared"),
        (["one", "none"], "there is no session 'none'"),
        (["one", "empty"], "b (empty) has no runs to compare"),
        (["empty", "one", "--json"], "a (empty) has no runs to compare"),
    ],
)
def test_what_cannot_be_compared_is_one_line(folder, lossbook, arguments, says):
    saved(folder, "one")
    saved_page(folder, "empty", record=None)
    status, out, errors = lossbook("compare", *arguments)
    assert (status, out) == (2, "")
    assert errors.startswith("lossbook: ")
    assert errors.count("\n") == 1
    assert says in errors


def test_text_of_a_page_steers_nothing(folder, lossbook):
    for number, payload in enumerate(HOSTILE.values()):
        saved_page(folder, "one", title=payload)
        hostile = SMALL | {"data": {"name": "wine", "features": [payload, "*"]}}
        path = saved_page(folder, f"two{number}", title=payload, record=None)
        page = codec.read_page(saved_page(folder, "one", title=payload))
        path.write_text(codec.write_page(replace(page, experiment=tables.from_tables(hostile))), encoding="utf-8")
        for json_or_not in ([], ["--json"]):
            status, out, _ = lossbook("compare", "one", path.stem, *json_or_not)
            assert status == 0
            assert not STEERING.intersection(out.replace("\n", "")), payload
        assert safe(payload) in lossbook("compare", "one", path.stem)[1]


def test_it_imports_no_app(folder):
    saved(folder, "one")
    code = "import sys\nfrom tui.cli import main\nmain(sys.argv[1:])\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    command = [sys.executable, "-c", code, "--sessions", str(folder), "compare", "one", "one"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "no difference seen" in done.stdout
    assert not {"textual", "plotext"} & set(done.stderr.splitlines())


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("differences", "verdict", "says"),
    [
        (
            [-0.009, -0.0075, -0.0082, -0.0073],
            "better",
            (
                "b is better than a: validation.loss 0.2430 against 0.2510,"
                " difference -0.0080 [-0.0097, -0.0063] over 4 folds (95 %, corrected for shared training rows)"
            ),
        ),
        (
            [0.009, 0.0075, 0.0082, 0.0073],
            "worse",
            (
                "b is worse than a: validation.loss 0.2430 against 0.2510,"
                " difference +0.0080 [+0.0063, +0.0097] over 4 folds (95 %, corrected for shared training rows)"
            ),
        ),
        (
            [0.0, 0.0, 0.0, 0.0],
            "no difference seen",
            (
                "no difference seen between a and b: validation.loss 0.2430 against 0.2510,"
                " difference 0.0000 [0.0000, 0.0000] over 4 folds (95 %, corrected for shared training rows)"
            ),
        ),
    ],
)
def test_the_verdict_in_words(differences, verdict, says):
    interval = corrected_interval(differences, 80, 20)
    pairs = compare_pairs(differences)
    lead = of(0.251, 0.243, interval, verdict=verdict, pairs=pairs)
    assert words.headline(Comparison((), (), (lead,), {}, ()), ("a", "b")) == says


def compare_pairs(differences):
    return tuple(Pair(1, fold, 0, 0.0, difference) for fold, difference in enumerate(differences, start=1))


@pytest.mark.parametrize(
    ("first", "second", "differences", "shown"),
    [
        (0.25, 0.2500001, [1e-7, 2e-7], ("0.2500 ± 0.0100", "0.2500 ± 0.0100", "+1.5e-07 [-4.9e-07, +7.9e-07]")),
        (12_345.0, 12_335.0, [-10.0, -9.0], ("12345.0 ± 0.0", "12335.0 ± 0.0", "-9.5 [-15.9, -3.1]")),
        (0.9, 0.8, [-0.1, -0.12], ("0.9000 ± 0.0100", "0.8000 ± 0.0100", "-0.1100 [-0.2371, +0.0171]")),
        (0.0, 0.0, [0.0, 0.0], ("0.0000 ± 0.0100", "0.0000 ± 0.0100", "0.0000 [0.0000, 0.0000]")),
    ],
)
def test_digits_follow_what_is_known(first, second, differences, shown):
    lead = of(first, second, paired_interval(differences), over="restarts")
    assert words.figure_rows(Comparison((), (), (lead,), {}, ())) == [("loss", *shown)]


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=6), st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_any_numbers_fit_a_terminal(differences, first, second):
    lead = of(first, second, paired_interval(differences), over="restarts")
    ((_, *shown),) = words.figure_rows(Comparison((), (), (lead,), {}, ()))
    assert sum(map(len, shown)) + 4 <= WIDTH - len("accuracy  ")


def test_a_long_setting_does_not_fill_the_sentence(folder):
    pages = [codec.read_page(saved(folder, name)) for name in ("one", "two")]
    long = Setting("data.features", (["a" * 500], ["b" * 500]))
    found = replace(compare_pages(*pages), unpaired_by=(long,))
    assert len(words.headline(found, ("a", "b"))) < 300


def test_a_comparison_with_itself(folder):
    page = codec.read_page(saved(folder, "one"))
    found = compare_pages(page, page)
    assert found.settings == found.unpaired_by == ()
    assert {figure.verdict for figure in found.figures} == {"no difference seen"}
