"""The learning curve: which sizes there are, that they are nested and judged alike, and what it says."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import read_rows
from notebook import pages_in

from engine.errors import KeyProblem
from engine.learning_curve import FEWEST, learning_curve, sizes
from engine.tables import from_tables
from sessions.growth import said_of_growth
from sessions.page import Page
from sessions.record import Record, RunRecord
from tui.cli import main

FILE = """
title = "wines"
[data]
name = "wine"
[training]
epochs = 4
[validation]
method = "k-fold"
k = 3
"""


@given(st.integers(1, 10**7), st.integers(2, 20))
def test_sizes_ascend_to_all_rows_each_about_twice_the_one_before(most, points):
    found = sizes(most, points)
    assert found == tuple(sorted(set(found)))
    assert found[-1] == most
    assert len(found) <= points
    assert found[0] >= min(FEWEST, most)
    for before, after in pairwise(found[1:]):
        assert after / before == pytest.approx(2, abs=0.15)


def test_smaller_sets_are_parts_of_larger_ones_and_all_are_judged_on_the_same_rows():
    experiment = learning_curve(from_tables({"data": {"name": "wine"}, "validation": {"method": "k-fold", "k": 3}}))
    jobs = read_rows(experiment)
    for fold in range(3):
        mine = [job for job in jobs if job.fold == fold]
        for smaller, larger in pairwise(mine):
            assert set(smaller.train) < set(larger.train)
            np.testing.assert_array_equal(smaller.validation, larger.validation)
        assert not any(len(job.test) for job in mine)


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ({"sweep": {"training.learning_rate": [1, 2]}}, "a sweep itself"),
        ({"validation": {"method": "none"}}, "rows that validate"),
        ({"data": {"name": "line", "rows": 8}}, "too few"),
    ],
)
def test_what_has_no_curve_is_refused(tables, says):
    with pytest.raises(KeyProblem, match=says):
        learning_curve(from_tables({"data": {"name": "wine"}, **tables}))


def grown(*losses, size=50):
    """Return a page with the validation losses of three folds for each number of rows."""
    runs = tuple(
        RunRecord(f"{n}", setting=n, fold=fold, status="finished", train_rows=size, validation_rows=20,
                  validation={"loss": loss})
        for n, folds in enumerate(losses)
        for fold, loss in enumerate(folds, 1)
    )  # fmt: skip
    settings = tuple({"data.train_rows": size * 2**n} for n in range(len(losses)))
    return Page(from_tables({"data": {"name": "wine"}}), record=Record("finished", runs, settings=settings))


@pytest.mark.parametrize(
    ("losses", "says"),
    [
        (([9, 9, 9], [3.0, 3.1, 3.2], [2.0, 2.11, 2.19]), "more rows still help, from 100 to 200 rows"),
        (([2.0, 2.1, 2.2], [3.0, 3.11, 3.19]), "more rows have made it worse"),
        (([2.0, 2.1, 2.2], [2.5, 1.9, 2.1]), "no difference seen any more"),
        (([2.0], [1.0]), "one division of the rows has no spread"),
        (([2.0],), ""),
    ],
)
def test_it_says_what_the_last_doubling_brought(losses, says):
    assert says in said_of_growth(grown(*losses))
    assert bool(says) == bool(said_of_growth(grown(*losses)))


def test_the_command_keeps_a_page(tmp_path, capsys):
    path = tmp_path / "file.toml"
    path.write_text(FILE)
    call = ["--sessions", str(tmp_path / "pages"), "study", "learning-curve", str(path)]
    assert main([*call, "--json", "--set", "points=3", "--set", "training.epochs=2"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [one["settings"]["data.train_rows"] for one in said["candidates"]] == [24, 47, 94]
    assert (said["refit"], said["test_looks"], said["runs"][0]["epochs"]) == (None, 0, 2)
    (page,) = pages_in(tmp_path / "pages")
    assert page.title == "wines: learning curve"
    assert main(call) == 0
    assert "from 47 to 94 rows" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["learning-curve"], "needs an experiment"),
        (["learning-curve", "FILE", "--set", "points=1"], "from 2 to 20"),
        (["learning-curve", "FILE", "--set", "data.train_rows=0"], "at least 1"),
        (["learning-curv", "FILE"], "did you mean learning-curve"),
        (["peeking", "FILE"], "takes no file"),
    ],
)
def test_bad_input_is_one_line(arguments, says, tmp_path, capsys):
    (tmp_path / "file.toml").write_text(FILE)
    call = [str(tmp_path / "file.toml") if word == "FILE" else word for word in arguments]
    assert main(["--sessions", str(tmp_path / "pages"), "study", *call]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert says in said.err
