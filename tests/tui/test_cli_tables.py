"""What `run` and `show` print of a sweep: few runs one by one, many by their settings."""

from __future__ import annotations

from notebook import HOSTILE, STEERING

from sessions.record import Record, RunRecord
from tui.cli.tables import MOST_SETTINGS, runs_table, study_table

RATE = "training.learning_rate"


def study(settings, folds=5, **fields):
    runs = [
        RunRecord(
            f"learning_rate={setting} · fold {fold}/{folds}",
            setting=setting,
            fold=fold,
            status="finished",
            train={"loss": 1.0 + setting, "accuracy": 0.5},
            validation={"loss": 2.0 + setting + fold, "accuracy": 0.25},
        )
        for setting in range(settings)
        for fold in range(1, folds + 1)
    ]
    refit = RunRecord("refit", "refit", status="finished", train={"loss": 0.5}, test={"loss": 0.75})
    values = tuple({RATE: 0.5 + setting} for setting in range(settings))
    return Record("finished", (*runs, refit), settings=values, chosen=0, chosen_by="loss", **fields)


def test_few_runs_are_listed_one_by_one():
    lines = study_table(study(2)).splitlines()
    assert sum("fold" in line for line in lines) == 10
    assert "mean" not in "".join(lines)
    assert lines[-3:] == [
        "best by validation loss: learning_rate=0.5, 5.000 ± 1.581",
        "next: learning_rate=1.5, 1.000 behind, less than the sd",
        "learning_rate: the best is the smallest tried: try below 0.5",
    ]


def test_many_runs_are_told_by_their_settings_the_best_first():
    said = study_table(study(4))
    lines = said.splitlines()
    assert "fold 1/5" not in said
    assert lines[0].split()[:4] == ["learning_rate", "runs", "train", "loss"]
    assert lines[1].split() == [
        "★",
        "0.5",
        "5/5",
        "1.000",
        "±0.00",
        "5.000",
        "±1.6",
        "0.5000",
        "±0.00",
        "0.2500",
        "±0.00",
    ]
    assert [line.split()[0] for line in lines[2:5]] == ["1.5", "2.5", "3.5"]
    assert lines[5] == "★ chosen by validation loss"
    assert lines[8].split()[:5] == ["refit", "finished", "0", "0.5000", "0.7500"]
    assert lines[-1] == "learning_rate: the best is the smallest tried: try below 0.5"
    assert runs_table(study(4)).count("fold") == 20


def test_another_metric_that_chooses_has_its_columns():
    record = study(4)
    header = study_table(record, "f1").splitlines()[0]
    assert "validation f1" in header


def test_very_many_settings_are_cut():
    lines = study_table(study(MOST_SETTINGS + 5)).splitlines()
    assert "… and 5 settings more" in lines[MOST_SETTINGS + 1]


def test_one_setting_has_its_mean():
    record = Record("finished", study(1).candidates)
    assert "mean ± sd" in study_table(record)


def test_texts_from_outside_are_made_safe():
    for payload in HOSTILE.values():
        values = tuple({"data.target": f"{payload}{number}", f"data.{payload}": number} for number in range(4))
        record = Record("finished", study(4).runs, settings=values, chosen=0, chosen_by="loss")
        assert not STEERING.intersection(study_table(record).replace("\n", ""))
