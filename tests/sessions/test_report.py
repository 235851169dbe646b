"""The JSON of a study: its keys are INTERFACE's, its summary NumPy's."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import study

from engine.choosing import mean_and_sd
from engine.data.sources import Line, Wine
from engine.events import BaselineMeasured, DataRead, RefitPlanned, StudyEnded, StudyStarted
from engine.experiment import Data, Experiment, Training, ValidationPlan
from engine.plan import plan
from engine.sweep import Sweep
from engine.validations import KFold
from sessions.advice import conclusions
from sessions.index import listed
from sessions.page import Page
from sessions.record import Record, RunRecord, fold
from sessions.report import as_json, summarize
from tui.cli.tables import problems, study_table, sweep_table

TOP = {"session", "status", "runs", "candidates", "chosen", "summary", "refit", "test_looks", "verdict"}
RUN = {
    "label",
    "settings",
    "restart",
    "repeat",
    "fold",
    "status",
    "epochs",
    "best_epoch",
    "parameters",
    "seconds",
    "train",
    "validation",
    "test",
    "coefficients",
}


def page_of(experiment):
    specs = plan(experiment)
    places = [tuple(getattr(spec, name) + 1 for spec in specs) for name in ("restart", "repeat", "fold")]
    started = StudyStarted(tuple(spec.label for spec in specs), *places, experiment.training.epochs)
    return Page(experiment, "A page", record=fold([started, *study(experiment)[1], StudyEnded("finished")]))


def plain(page):
    said = as_json(Path("/x/page.toml"), page)
    return json.loads(json.dumps(said, allow_nan=False))


@pytest.mark.parametrize(
    "experiment",
    [
        Experiment(Data(Line(rows=60)), training=Training(epochs=3)),
        Experiment(Data(Wine()), training=Training(epochs=3), validation=ValidationPlan(KFold(3, 2)), restarts=2),
    ],
    ids=["one run", "folds"],
)
def test_the_keys_are_those_of_the_interface(experiment):
    said = plain(page_of(experiment))
    assert set(said) >= TOP
    assert said["session"] == "/x/page.toml"
    assert said["status"] == "finished"
    for run in said["runs"]:
        assert set(run) >= RUN
        assert run["status"] == "finished"
        assert run["epochs"] == 3
        assert set(run["train"]) == set(run["validation"])
    assert (said["chosen"], said["verdict"], said["refit"]) == ({}, None, None)
    assert said["candidates"] == [{"settings": {}, "summary": said["summary"]}]
    assert set(said["summary"]) >= {f"validation.{name}" for name in said["runs"][0]["validation"]}
    linear_regression = said["runs"][0]["coefficients"]
    assert (linear_regression is None) == isinstance(experiment.data.source, Wine)


def test_places_are_counted_from_one_and_labels_say_them():
    runs = plain(
        page_of(
            Experiment(Data(Wine()), training=Training(epochs=1), validation=ValidationPlan(KFold(2, 2)), restarts=2)
        )
    )["runs"]
    assert [(run["repeat"], run["fold"], run["restart"]) for run in runs] == [
        (repeat, fold, restart) for repeat in (1, 2) for fold in (1, 2) for restart in (1, 2)
    ]
    assert runs[-1]["label"] == "repeat 2/2 · fold 2/2 · restart 2/2"


def test_the_test_rows_are_looked_at_once_in_a_study_without_folds():
    said = plain(page_of(Experiment(Data(Line(rows=60)), training=Training(epochs=1))))
    assert said["test_looks"] == 1
    assert said["runs"][0]["test"]["loss"] > 0
    assert "test.loss" in said["summary"]
    folds = plain(page_of(Experiment(Data(Wine()), training=Training(epochs=1), validation=ValidationPlan(KFold(2)))))
    assert folds["test_looks"] == 0
    assert all(run["test"] is None for run in folds["runs"])


def test_the_refit_stands_apart():
    record = fold([StudyStarted(("a",), (1,), (1,), (1,), 3), RefitPlanned(1, "refit", 3, "why")])
    said = plain(Page(Experiment(Data(Wine())), record=record))
    assert said["refit"]["label"] == "refit"
    assert len(said["runs"]) == 1


def records(draw_loss):
    """Return records of repeats × folds × restarts."""

    @st.composite
    def drawn(draw):
        repeats, folds, restarts = draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
        return Record(
            "finished",
            tuple(
                RunRecord(
                    f"{repeat}{fold}{restart}",
                    restart=restart,
                    repeat=repeat,
                    fold=fold,
                    status="finished",
                    train={"loss": draw(draw_loss)},
                    validation={"loss": draw(draw_loss)},
                )
                for repeat in range(1, repeats + 1)
                for fold in range(1, folds + 1)
                for restart in range(1, restarts + 1)
            ),
        )

    return drawn()


@given(records(st.floats(-1e6, 1e6)))
def test_the_summary_is_numpys(record):
    shape = [max(getattr(run, name) for run in record.runs) for name in ("repeat", "fold", "restart")]
    for part in ("train", "validation"):
        values = np.array([getattr(run, part)["loss"] for run in record.runs]).reshape(shape)
        # Restarts are averaged within a fold; where there are no folds, they are what varies.
        groups = values.mean(axis=2).ravel() if shape[0] * shape[1] > 1 else values.ravel()
        said = summarize(record)[f"{part}.loss"]
        assert said["mean"] == pytest.approx(groups.mean(), rel=1e-9, abs=1e-6)
        sd = pytest.approx(groups.std(ddof=1), rel=1e-9, abs=1e-6) if len(groups) > 1 else None
        assert said["sd"] == sd
    assert set(summarize(record)) == {"train.loss", "validation.loss"}


def test_runs_that_did_not_finish_are_left_out_of_the_summary():
    def run(fold, status, loss):
        return RunRecord(str(fold), fold=fold, status=status, train={"loss": loss}, validation={"loss": loss})

    record = Record(
        "finished",
        (
            run(1, "finished", 1.0),
            run(2, "diverged", math.nan),
            run(3, "finished", 2.0),
            run(4, "stopped", 9.0),
            RunRecord("5", fold=5, status="failed"),
        ),
    )
    assert summarize(record)["validation.loss"] == {"mean": 1.5, "sd": pytest.approx(math.sqrt(0.5))}
    said = plain(Page(Experiment(Data(Wine())), record=record))
    assert said["runs"][1]["train"] == {"loss": None}
    assert [run["status"] for run in said["runs"]] == ["finished", "diverged", "finished", "stopped", "failed"]


def test_one_value_has_no_deviation_in_json_tables_or_sentences():
    def run(setting, loss):
        figures = {"loss": loss, "mae": loss}
        return RunRecord(f"rate {setting}", setting=setting, status="finished", train=figures, validation=figures)

    settings = ({"training.learning_rate": 0.1}, {"training.learning_rate": 0.2})
    record = Record("finished", (run(0, 1.0), run(1, 2.0)), settings=settings, chosen=0, chosen_by="loss")
    record = replace(record, baselines=(BaselineMeasured("constant", "c", {"loss": (3.0,)}, {"loss": (4.0,)}, None),))
    tried = Sweep((("training.learning_rate", (0.1, 0.2)),))
    page = Page(Experiment(Data(Wine()), sweep=tried), "A page", record=record)
    said = plain(page)
    summaries = [said["summary"], *(one["summary"] for one in (*said["candidates"], *said["baselines"]))]
    assert {figures["sd"] for summary in summaries for figures in summary.values()} == {None}
    for many in (record, replace(record, runs=record.runs * 7)):
        told = sweep_table(many) if many is record else study_table(many)
        assert ("±" in told) == (many is not record)
    assert "±" not in "".join(conclusions(record, "loss", str))


def test_a_first_run_without_figures_hides_no_other():
    record = Record(
        "finished",
        (
            RunRecord("1", fold=1, status="failed"),
            RunRecord("2", fold=2, status="finished", train={"loss": 1.0}),
        ),
    )
    assert summarize(record) == {"train.loss": {"mean": 1.0, "sd": None}}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_null(value):
    run = RunRecord(
        "1",
        status="finished",
        train={"loss": value},
        validation={"loss": value},
        seconds=0.5,
        coefficients={"x": value},
    )
    said = plain(Page(Experiment(Data(Wine())), record=Record("finished", (run,))))
    assert said["runs"][0]["train"] == {"loss": None}
    assert said["runs"][0]["coefficients"] == {"x": None}


EXTREME = st.floats() | st.sampled_from([math.inf, -math.inf, math.nan, 1.7e308, -1.7e308, 5e-324])
FIGURE_NAMES = ("loss", "mae", "rmse", "r2", "accuracy")


@st.composite
def swept_pages(draw):
    """Return finished pages of a sweep with any figures at all, also such as no float can hold the sum of."""
    settings = tuple({"training.learning_rate": rate} for rate in (0.1, 0.2, 0.3))
    figures = st.fixed_dictionaries(dict.fromkeys(FIGURE_NAMES, EXTREME))
    names = dict.fromkeys(FIGURE_NAMES, st.tuples(EXTREME, EXTREME))
    runs = [
        RunRecord(
            f"{setting} {fold}",
            setting=setting,
            fold=fold,
            status="finished",
            train_rows=9,
            validation_rows=3,
            train=draw(figures),
            validation=draw(figures),
        )
        for setting in range(3)
        for fold in (1, 2)
    ]
    refit = RunRecord("refit", "refit", status="finished", train=draw(figures), test=draw(figures), test_rows=7)
    by = draw(st.sampled_from(FIGURE_NAMES))
    record = Record(
        "finished",
        (*runs, refit),
        DataRead("d", 9, 2, 1, "regression", "", "00", ()),
        settings=settings,
        chosen=draw(st.none() | st.integers(0, 2)),
        chosen_by=by,
        looks_before=1,
        baselines=(
            BaselineMeasured(
                "constant", "c", draw(st.fixed_dictionaries(names)), draw(st.fixed_dictionaries(names)), None
            ),
        ),
    )
    tried = Sweep((("training.learning_rate", (0.1, 0.2, 0.3)),))
    return Page(Experiment(Data(Wine()), choose_by=by, sweep=tried), "A page", record=record)


@given(swept_pages())
def test_no_figure_is_too_much_for_json_tables_or_the_list(page):
    said = plain(page)
    for summary in (said["summary"], *(one["summary"] for one in said["candidates"])):
        assert all(set(one) == {"mean", "sd"} for one in summary.values())
    assert study_table(page.record, page.experiment.choose_by)
    assert problems(page.record)
    assert all(math.isfinite(one["mean"]) for one in listed(Path("/x"), "page.toml", page).summary.values())


@pytest.mark.parametrize(
    ("values", "keys", "status", "chosen", "says"),
    [
        ((math.nan, math.nan), "training.learning_rate", "finished", None, "none has a validation r2 that is a number"),
        ((math.nan, -math.inf), "training.learning_rate", "finished", None, "as where the target of a fold does not"),
        ((None, None), "training.learning_rate", "finished", None, "none has a validation r2 that is a number"),
        ((0.5, 0.4), "training.learning_rate", "finished", 0, ""),
        ((math.nan, 0.4), "training.learning_rate", "finished", 1, ""),
        ((math.nan, math.nan), "training.learning_rate", "stopped", None, ""),
        ((math.nan, math.nan), "training.learning_rate", "training", None, ""),
        ((0.5, 0.4), "data.target", "finished", None, "predict different things"),
        ("diverged", "training.learning_rate", "diverged", None, "no run has finished"),
    ],
)
def test_a_sweep_that_chooses_nothing_says_why(values, keys, status, chosen, says):
    def figures(value):
        return {"loss": 1.0} if value is None or isinstance(value, str) else {"loss": 1.0, "r2": value}

    runs = tuple(
        RunRecord(
            f"{setting} {fold}",
            setting=setting,
            fold=fold,
            status="diverged" if values == "diverged" else "finished",
            train=figures(0.0),
            validation=figures(value if fold == 1 else 0.3),
        )
        for setting, value in enumerate(values if isinstance(values, tuple) else ("", ""))
        for fold in (1, 2)
    )
    if values == (None, None):
        runs = tuple(run for run in runs if run.fold == 1)
    settings = ({keys: 0.1}, {keys: 0.2})
    data = DataRead("d", 9, 2, 1, "regression", "", "00", ())
    record = Record(status, runs, data, settings=settings, chosen=chosen, chosen_by="r2" if chosen is not None else "")
    tried = Sweep((("training.learning_rate", (0.1, 0.2)),))
    page = Page(Experiment(Data(Wine()), choose_by="r2", sweep=tried), "A page", record=record)
    said = plain(page)
    assert bool(said["not_chosen"]) == bool(says)
    assert says in (said["not_chosen"] or "")
    assert not says or said["not_chosen"] in study_table(record, "r2")
    if values != "diverged":
        for one, value in zip(said["candidates"], values, strict=True):
            assert set(one["summary"]) >= {
                f"{part}.{name}" for part in ("train", "validation") for name in ("r2", "mae")
            }
            known = value is not None and math.isfinite(value)
            assert (one["summary"]["validation.r2"]["mean"] is not None) == known
            assert one["summary"]["validation.mae"] == {"mean": None, "sd": None}


@pytest.mark.parametrize(("by", "better"), [("loss", 0.5), ("r2", 2.0)])
def test_a_better_mean_that_was_passed_over_for_want_of_finished_runs_is_told(by, better):
    def run(setting, fold, value, status="finished"):
        figures = {by: value}
        return RunRecord(
            f"{setting} {fold}", setting=setting, fold=fold, status=status, train=figures, validation=figures
        )

    settings = tuple({"training.learning_rate": rate} for rate in (0.1, 0.2, 0.3))
    runs = (
        *(run(0, fold, 1.0) for fold in (1, 2, 3)),
        *(run(1, fold, better, "finished" if fold < 3 else "diverged") for fold in (1, 2, 3)),
        *(run(2, fold, 1.0 / better, "finished" if fold < 2 else "diverged") for fold in (1, 2, 3)),
    )
    record = Record("finished", runs, settings=settings, chosen=0, chosen_by=by)
    tried = Sweep((("training.learning_rate", (0.1, 0.2, 0.3)),))
    said = plain(Page(Experiment(Data(Wine()), choose_by=by, sweep=tried), "A page", record=record))
    assert said["passed_over"] == [{"settings": settings[1], "mean": better, "finished": 2, "runs": 3}]
    assert [one["left_out"] for one in said["differences"]] == [1, 2]
    (line,) = [line for line in conclusions(record, by, str) if "before a better mean" in line]
    assert line.endswith(f"so not learning_rate=0.2 ({better}, 2/3 runs)")
    whole = replace(record, runs=tuple(replace(run, status="finished") for run in runs), chosen=1)
    assert "before a better mean" not in "".join(conclusions(whole, by, str))


def test_the_mean_of_large_numbers_is_one_of_them():
    assert mean_and_sd([1.7e308, 1.7e308, 1.7e308]) == (pytest.approx(1.7e308), 0.0)
    assert mean_and_sd([1.7e308, -1.7e308]) == (0.0, None)
    for infinite in ([-math.inf, 1.0], [math.inf, -math.inf], [math.nan, 2.0]):
        mean, sd = mean_and_sd(infinite)
        assert (math.isfinite(mean), sd) == (False, None)


def test_a_page_that_nobody_has_run():
    said = plain(Page(Experiment(Data(Wine()))))
    assert (said["status"], said["runs"], said["candidates"], said["chosen"], said["summary"]) == (
        "planned",
        [],
        [],
        None,
        {},
    )
    assert said["test_looks"] == 0


def test_mean_and_sd_by_hand():
    # (1 + 2 + 6)/3 = 3; √((4 + 1 + 9)/2) = √7
    assert mean_and_sd([1.0, 2.0, 6.0]) == (3.0, pytest.approx(math.sqrt(7)))
    assert mean_and_sd([5.0]) == (5.0, None)
