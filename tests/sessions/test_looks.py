"""The ledger of test looks: what counts as one, on which pages, and what the best of many is worth."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import tomli_w
from notebook import SMALL

from engine import tables
from engine.events import DataRead
from engine.optimism import expected_maximum
from sessions import codec
from sessions.looks import before, looks_in, looks_of, optimism, said_of_looks
from sessions.page import Page
from sessions.record import Record, RunRecord
from tui.cli import main

ROWS = "ab" * 32


def data(test_sha256=ROWS, outputs=1):
    return DataRead("d", 100, 2, outputs, "regression", "", "00", (), test_sha256)


def looked(looks=1, looks_before=0, test=None, rows=50, **keys):
    figures = test or {"loss": 1.0, "mae": 0.8, "rmse": 1.0}
    runs = tuple(RunRecord(f"r{n}", status="finished", test=figures, test_rows=rows) for n in range(looks))
    return Record("finished", runs, data(**keys), looks_before=looks_before)


def put(folder, name, record, notes=""):
    path = folder / f"{name}.toml"
    path.write_text(codec.write_page(Page(tables.from_tables(SMALL), name, notes=notes, record=record)))
    return path


@pytest.fixture
def lossbook_in(capsys):
    def run(folder, experiment):
        (folder / "e").mkdir(exist_ok=True)
        path = folder / "e" / "experiment.toml"
        path.write_text(tomli_w.dumps(experiment))
        assert main(["--sessions", str(folder / "pages"), "run", "--json", str(path)]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def test_looks_are_counted_over_all_pages_by_the_test_rows(tmp_path):
    put(tmp_path, "one", looked(1))
    put(tmp_path, "three", looked(3, looks_before=1))
    put(tmp_path, "others", looked(5, test_sha256="cd" * 32))
    put(tmp_path, "none", Record("finished", (RunRecord("r", status="finished"),), data()))
    mine = put(tmp_path, "mine", looked(1))
    assert looks_in(tmp_path, ROWS, but=mine) == 4
    assert before(tmp_path, looked(), mine) == 4
    assert before(tmp_path, Record("finished", (RunRecord("r"),), data()), mine) == 0
    assert before(tmp_path / "nowhere", looked(), mine) == 0


def test_neither_damage_nor_what_notes_say_is_a_look(tmp_path):
    put(tmp_path, "notes", None, notes=f'[record]\ntest_rows = "{ROWS}"\ntest_looks = 9\n')
    put(tmp_path, "told", looked(1), notes=f'[record]\ntest_rows = "{ROWS}"\ntest_looks = 9\n')
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe[record]\n\x00")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "link.toml").symlink_to(tmp_path / "told.toml")
    (tmp_path / "loop.toml").symlink_to(tmp_path / "loop.toml")
    assert looks_in(tmp_path, ROWS, but=tmp_path / "x.toml") == 1


def test_a_page_keeps_its_looks(tmp_path):
    record = looked(2, looks_before=3)
    page = codec.read_page(put(tmp_path, "p", record))
    assert page.record == record
    assert page.warning == ""
    assert looks_of(page.record) == 2


def test_the_optimism_is_the_expected_largest_of_so_many_errors():
    record = looked(1, looks_before=9, test={"loss": 0.2, "accuracy": 0.9, "f1": 0.9}, rows=400)
    metric, value, by = optimism(record)
    assert (metric, value) == ("accuracy", 0.9)
    assert by == pytest.approx(math.sqrt(0.9 * 0.1 / 400) * expected_maximum(10))
    rng = np.random.default_rng(0)
    best = (rng.random((2_000, 10, 400)) < 0.9).mean(axis=2).max(axis=1)
    assert by == pytest.approx(best.mean() - 0.9, rel=0.05)


def test_the_standard_error_of_a_mean_absolute_error_is_that_of_its_rows():
    errors = np.random.default_rng(1).standard_normal(500)
    figures = {"loss": 0.0, "mae": float(np.abs(errors).mean()), "rmse": float(np.sqrt((errors**2).mean()))}
    _, _, by = optimism(looked(2, test=figures, rows=500))
    assert by == pytest.approx(np.abs(errors).std() / math.sqrt(500) * expected_maximum(2))
    assert optimism(looked(2, test=figures, rows=500, outputs=2)) is None


@pytest.mark.parametrize(
    ("record", "says"),
    [
        (Record("finished", (RunRecord("r"),), data()), ""),
        (looked(), "the first look at these 50 test rows"),
        (looked(3), "3 looks at these 50 test rows on this page: the best of so many may look"),
        (looked(1, looks_before=2), "3 looks at these 50 test rows in this notebook: the best of so many may look"),
        (looked(2, test={"loss": 1.0}), "2 looks at these 50 test rows on this page"),
        (looked(2, test={"loss": math.nan, "mae": math.nan, "rmse": math.nan}), "2 looks at these 50 test rows"),
    ],
)
def test_looks_are_told(record, says):
    assert said_of_looks(record).startswith(says)
    assert bool(says) == bool(said_of_looks(record))


def test_the_report_has_the_looks_of_the_notebook(tmp_path, lossbook_in):
    bare = SMALL | {"baselines": False}
    status = [lossbook_in(tmp_path, bare) for _ in range(3)]
    assert [one["test_looks"] for one in status] == [1, 2, 3]
    assert [one["test_looks_before"] for one in status] == [0, 1, 2]
    assert status[0]["optimism"] is None
    assert status[2]["optimism"]["by"] > status[1]["optimism"]["by"] > 0
    assert lossbook_in(tmp_path, bare | {"seed": 5})["test_looks"] == 1, "another seed, other test rows"
