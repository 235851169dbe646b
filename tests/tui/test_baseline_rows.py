"""Baselines beside runs and settings: the command line's table, the app's rows, and which setting they are of."""

from __future__ import annotations

import json
import math

import pytest
from notebook import HOSTILE, STEERING, play
from rich.cells import cell_len

from engine.events import BaselineMeasured
from sessions.record import Record, RunRecord
from tui.cli import main
from tui.cli.tables import MOST_SETTINGS, baselines_table, every_run, study_table
from tui.portrait.lines import plain
from tui.screens.run_lines import ManyLines, aligned, table_of
from tui.settings.apart import baselines_of
from tui.settings.view import LEAST_CURVE, view_of

LAGS, RATE = "data.lags", "training.learning_rate"


def measured(name, losses=(2.0, 4.0), *, setting=0, test=None, left_out="", **others):
    columns = {} if left_out else {"loss": losses, "mae": (0.5,) * len(losses), "r2": (0.25,) * len(losses), **others}
    return BaselineMeasured(name, name, columns, columns, test, left_out, setting)


def study(*baselines, settings=({},), folds=2, loss=3.0, **fields):
    figures = {"loss": loss, "mae": 1.0, "r2": 0.5}
    runs = tuple(
        RunRecord(f"run {n} · fold {fold}", setting=n, fold=fold, status="finished", train=figures, validation=figures)
        for n in range(len(settings))
        for fold in range(1, folds + 1)
    )
    return Record("finished", runs, baselines=baselines, settings=tuple(settings), **fields)


# --- the command line's table -----------------------------------------------------------------------------------------


def rows_of(text):
    """Return a table's rows by their first word, the columns apart by two blanks."""
    return {row.split()[0]: [cell.strip() for cell in row.split("  ") if cell.strip()] for row in text.splitlines()}


def test_a_table_has_mean_and_sd_over_folds_and_the_one_figure_of_the_test():
    test = {"loss": 7.0, "mae": 8.0}
    text = baselines_table(study(measured("constant", (2.0, 4.0), test=test), measured("linear", (1.0, 1.0))))
    found = rows_of(text)
    heads = [f"{part} {name}" for name in ("loss", "mae") for part in ("train", "validation", "test")]
    assert found["baseline"] == ["baseline", *heads]
    spread, flat = "3.000 ± 1.41", "0.5000 ± 0.000"
    assert found["constant"] == ["constant", spread, spread, "7.000", flat, flat, "8.000"]
    assert found["linear"] == ["linear", "1.000 ± 0.000", "1.000 ± 0.000", "–", flat, flat, "–"]
    assert (
        len(
            {row.rindex(end) + len(end) for row, end in zip(text.splitlines(), ("test mae", "8.000", "–"), strict=True)}
        )
        == 1
    )


def test_a_single_fold_has_no_sd_and_what_is_not_there_no_column():
    found = rows_of(baselines_table(study(measured("constant", (2.5,)), folds=1)))
    assert found["baseline"] == ["baseline", "train loss", "validation loss", "train mae", "validation mae"]
    assert found["constant"] == ["constant", "2.500", "2.500", "0.5000", "0.5000"]


def test_what_was_left_out_says_why_and_a_lost_figure_is_none():
    out, lost = measured("linear", left_out="too many\x1b[31m features"), measured("svm", (math.nan, 1.0))
    text = baselines_table(study(measured("constant"), out, lost))
    found = rows_of(text)
    assert found["linear"] == ["linear", "–", "–", "–", "–"]
    assert found["svm"][1:3] == ["–", "–"]
    assert text.splitlines()[-1] == "linear: too many␛[31m features"


def test_the_metric_that_chooses_has_its_columns():
    record = study(measured("constant"))
    assert "validation r2" in baselines_table(record, "r2").splitlines()[0]
    assert "r2" not in baselines_table(record, "mae")
    assert "validation r2" in study_table(record, "r2").split("baseline ")[1]


def test_many_baselines_are_cut():
    settings = [{LAGS: lags} for lags in range(1, MOST_SETTINGS + 6)]
    record = study(*(measured("constant", setting=n) for n in range(len(settings))), settings=settings)
    lines = baselines_table(record).splitlines()
    assert len(lines) == MOST_SETTINGS + 2
    assert lines[-1].startswith("… and 5 baselines more")


@pytest.mark.parametrize(
    ("choose_by", "says"),
    [
        ("loss", "better, a baseline, reaches a validation mae of 0.5000: better than 1.000 here"),
        ("mae", "better, a baseline, reaches a validation mae of 0.5000: better than 1.000 here"),
        ("r2", "better, a baseline, reaches a validation r2 of 0.7500: better than 0.5000 here"),
        ("rmse", ""),
    ],
)
def test_the_sentence_follows_what_chooses(choose_by, says):
    record = study(measured("constant", mae=(9.0, 9.0)), measured("better", mae=(0.5, 0.5), r2=(0.75, 0.75)))
    text = study_table(record, choose_by)
    assert ("a baseline" in text) == bool(says)
    assert says in text.splitlines()[-1]


def test_a_better_loss_is_not_spoken_of_where_another_metric_chooses():
    record = study(measured("constant", (0.1, 0.1), mae=(0.1, 0.1), r2=(0.1, 0.1)))
    assert "a baseline" in study_table(record)
    assert "a baseline" not in study_table(record, "r2")


def test_all_runs_are_followed_by_the_baselines_apart():
    record = study(measured("constant"), measured("linear"))
    runs, baselines = every_run(record).split("\n\n")
    assert [line.split()[0] for line in baselines.splitlines()] == ["baseline", "constant", "linear"]
    assert not {"constant", "linear", "baseline"} & set(runs.split())
    assert runs.count("finished") == 2
    assert "finished" not in baselines
    assert every_run(study()).count("\n\n") == 0


# --- settings with other rows -----------------------------------------------------------------------------------------


OWN = (measured("constant"), measured("linear", (0.5, 0.5)), measured("constant", (6.0, 8.0), setting=1))
TWO = ({LAGS: 1}, {LAGS: 7})


def test_a_baseline_says_of_which_setting_it_is_the_chosen_ones_first():
    lines = baselines_table(study(*OWN, settings=TWO, chosen=1, chosen_by="loss")).splitlines()
    assert [line.partition("  ")[0] for line in lines[1:]] == [
        "constant · lags=7",
        "constant · lags=1",
        "linear · lags=1",
    ]
    assert "7.000 ± 1.41 " in lines[1]
    assert "lags" not in baselines_table(study(*OWN[:2], settings=({RATE: 1.0}, {RATE: 2.0})))


def test_rows_on_which_nothing_was_measured_are_spoken_of():
    settings = [*TWO, {LAGS: 8}, {LAGS: 9}]
    assert baselines_table(study(*OWN, settings=settings)).splitlines()[-1] == (
        "none was measured on the rows of 2 other settings"
    )
    assert "none was" not in baselines_table(study(*OWN, settings=TWO))


# --- the app's table of runs ------------------------------------------------------------------------------------------


def test_the_runs_are_followed_by_baselines_without_a_state():
    header, rows = table_of(study(measured("constant"), measured("linear", (1.0, 1.0))), 120)
    names = [row[0] for row in rows]
    assert names == ["run 0 · fold 1", "run 0 · fold 2", "mean ± sd", "── baselines", "constant", "linear"]
    place = header.index("val. loss")
    assert rows[4][1:3] == ["", ""]
    assert [row[place] for row in rows[2:]] == ["3.000 ±0.00", "", "3.000 ±1.4", "1.000 ±0.00"]
    assert all(len(row) == len(header) for row in rows)


def test_beside_single_figures_a_baseline_has_its_mean_alone():
    header, rows = table_of(study(*OWN, settings=TWO, chosen=1), 120)
    assert [row[0] for row in rows[-4:]] == [
        "── baselines",
        "constant · lags=7",
        "constant · lags=1",
        "linear · lags=1",
    ]
    assert rows[-3][header.index("val. loss")] == "7.000"
    assert all("baselines" not in row[0] for row in table_of(study(), 120)[1])


@pytest.mark.parametrize("width", [49, 60, 82, 120])
def test_the_lines_of_many_runs_end_with_the_same_baselines(width):
    settings = [{LAGS: lags} for lags in range(1, 121)]
    record = study(*OWN, settings=settings, chosen=1)
    lines = ManyLines(record, width)
    header, rows = table_of(record, width)
    few = aligned([header, *rows])
    assert len(lines) == len(few)
    assert [line.split("  ")[0] for line in lines[-4:]] == [line.split("  ")[0] for line in few[-4:]]
    assert lines[-4].split() == ["──", "baselines"]
    assert lines[-3].split()[:4] == ["constant", "·", "lags=2", "7.000"]
    assert all(cell_len(line) <= width for line in lines)


# --- the view of the settings -----------------------------------------------------------------------------------------


NUMERIC = tuple({RATE: rate} for rate in (0.1, 0.2, 0.3))
GRID = tuple({RATE: rate, "training.epochs": epochs} for rate in (0.1, 0.2) for epochs in (5, 6))
WORDS = tuple({"model.activation": name} for name in ("relu", "tanh"))


@pytest.mark.parametrize("settings", [NUMERIC, GRID, WORDS])
def test_each_view_of_settings_has_the_baselines_below(settings):
    baselines = measured("constant"), measured("linear", (1.0, 1.5))
    view = view_of(study(*baselines, settings=settings, chosen=0), "loss", 60, 20)
    with_none = view_of(study(settings=settings, chosen=0), "loss", 60, 20)
    lines = plain(view.body).splitlines()
    assert [line.split() for line in lines[-3:]] == [
        ["──", "baselines", "train", "loss", "val.", "loss"],
        ["constant", "3.000", "±1.4", "3.000", "±1.4"],
        ["linear", "1.250", "±0.35", "1.250", "±0.35"],
    ]
    assert "baselines" not in with_none.text
    assert view.body[-3][0].role == "header"
    assert "linear, a baseline, reaches a validation loss of 1.250" in view.text
    assert view.top == with_none.top


def test_a_curve_makes_room_for_baselines_but_stays_readable():
    def heights(count, height):
        record = study(*(measured(f"b{n}", mae=(9.0, 9.0)) for n in range(count)), settings=NUMERIC, chosen=0, loss=0.0)
        body = view_of(record, "mae", 60, height).body
        return len(body) - count - bool(count), len(body)

    alone, _ = heights(0, 30)
    assert heights(3, 30) == (alone - 4, alone)
    assert heights(40, 30)[0] == LEAST_CURVE
    assert heights(40, 8)[0] == heights(0, 8)[0] < LEAST_CURVE


@pytest.mark.parametrize("width", [20, 30, 49, 120])
def test_rows_of_baselines_fit_and_keep_the_validation_figure(width):
    lines = plain(baselines_of(study(*OWN, settings=TWO, chosen=1), "loss", width)).splitlines()
    assert all(cell_len(line) <= width for line in lines)
    assert lines[1].endswith("7.000 ±1.4")
    assert ("train loss" in lines[0]) == (width >= 49)


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE)
def test_texts_from_outside_are_made_safe(payload):
    settings = [{"data.target": f"{payload}{n}"} for n in range(2)]
    own = measured(payload), measured(payload, setting=1, left_out=payload)
    record = study(*own, settings=settings, chosen=1)
    shown = [study_table(record), every_run(record), view_of(record, "loss", 60, 20).text]
    shown.append("\n".join(aligned(table_of(record, 80)[1])))
    assert not STEERING.intersection("".join(shown).replace("\n", ""))


# --- from the data to the screen --------------------------------------------------------------------------------------


def run(capsys, tmp_path, text):
    (tmp_path / "e.toml").write_text(text)
    assert main(["--sessions", str(tmp_path / "pages"), "run", "--json", str(tmp_path / "e.toml")]) == 0
    return json.loads(capsys.readouterr().out)


BIRTHS = '[data]\nname = "births"\n{}[training]\nepochs = 1\n[validation]\nmethod = "rolling"\nk = 2\n'
SWEPT = BIRTHS.format("") + '[sweep]\n"training.learning_rate" = [0.1, 0.2]\n"data.lags" = [2, 7]\n'


def test_each_distinct_data_of_a_sweep_is_measured_as_it_would_be_alone(capsys, tmp_path):
    said = run(capsys, tmp_path, SWEPT)["baselines"]
    assert [one["settings"][LAGS] for one in said] == [2] * 4 + [7] * 4
    # A sweep takes the longest lag's rows from all settings: the data of that one are those of a study without.
    alone = run(capsys, tmp_path, BIRTHS.format("lags = 7\n"))["baselines"]
    own = [one for one in said if one["settings"][LAGS] == 7]
    drop = [{key: value for key, value in one.items() if key != "settings"} for one in own]
    assert drop == [{key: value for key, value in one.items() if key != "settings"} for one in alone]
    assert all(one["test"] is None for one in said if one["settings"][LAGS] == 2), "that one is not chosen"
    linear = {
        one["settings"][LAGS]: one["summary"]["validation.loss"]["mean"] for one in said if one["name"] == "linear"
    }
    assert linear[7] < linear[2]
    (name,) = {path.stem for path in (tmp_path / "pages").glob("*sweep*.toml")}
    assert main(["--sessions", str(tmp_path / "pages"), "show", "--runs", name]) == 0
    shown = capsys.readouterr().out
    assert "linear · lags=7" in shown.split("\n\n")[-1]


def test_the_app_shows_them_below_its_runs_and_settings(tmp_path):
    async def scene(lab):
        await lab.press("r")
        await lab.until_over()
        await lab.until_shown("── baselines", "constant", "logistic", "▲ chosen")
        await lab.press("w")
        await lab.until_shown("·· logistic")
        assert "── baselines" in lab.app.screen.query_one("#runs").text

    swept = {
        "data": {"name": "wine"},
        "training": {"epochs": 3},
        "sweep": {RATE: [0.001, 0.01, 0.1]},
    }
    play(scene, tmp_path, draft=swept, size=(120, 40))
